#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "addon/counted.h"
#include "win/com.h"
#include "win/interactive_turns.h"
#include "win/stats.h"
#include "win/worker_threads.h"

namespace broker {

/** What JavaScript objects of this addon carry; the number tells them apart. */
template <class T>
inline constexpr std::uint64_t kHandleKind = T::noHandle;
template <>
inline constexpr std::uint64_t kHandleKind<ComPtr<winrt::IWebAccountProvider>> = 1;
template <>
inline constexpr std::uint64_t kHandleKind<ComPtr<winrt::IWebAccount>> = 2;
template <>
inline constexpr std::uint64_t kHandleKind<ComPtr<winrt::IWebTokenRequestResult>> = 3;
template <>
inline constexpr std::uint64_t kHandleKind<std::shared_ptr<Turn>> = 4;

template <class T>
struct Held {
  explicit Held(T held) : content(std::move(held)) {}
  T content;
};

template <class T>
struct Held<ComPtr<T>> {
  explicit Held(ComPtr<T> held) : content(std::move(held)) {}
  // Letting go of a COM object may take a call to another process.
  ~Held() {
    static_cast<void>(postToWorker([last = std::move(content)] {}));
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  ComPtr<T> content;
  const Counted counted{stats().objects};
};

template <class T>
napi_type_tag handleTag() {
  // An object of another copy of the addon in this process is not one of ours.
  static const char thisCopy = 0;
  return {reinterpret_cast<std::uintptr_t>(&thisCopy), kHandleKind<T>};
}

/** Lets `object` hold `content` until it is collected. */
template <class T>
void hold(Napi::Env env, const Napi::Object& object, T content) {
  auto held = std::make_unique<Held<T>>(std::move(content));
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Held<T>*>(data); };
  // Both fail only in an environment that is ending.
  if (napi_wrap(env, object, held.get(), finalize, nullptr, nullptr) != napi_ok) return;
  static_cast<void>(held.release());
  const napi_type_tag tag = handleTag<T>();
  napi_type_tag_object(env, object, &tag);
}

/** What `value` holds; null if it is not an object of that kind. */
template <class T>
T* heldBy(Napi::Value value) {
  const napi_type_tag tag = handleTag<T>();
  bool ours = false;
  void* data = nullptr;
  if (value.IsEmpty() || !value.IsObject()) return nullptr;
  if (napi_check_object_type_tag(value.Env(), value, &tag, &ours) != napi_ok || !ours) return nullptr;
  if (napi_unwrap(value.Env(), value, &data) != napi_ok) return nullptr;
  return &static_cast<Held<T>*>(data)->content;
}

}  // namespace broker
