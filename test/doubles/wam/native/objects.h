#pragma once

#include <objbase.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "extra_abi.h"
#include "script.h"
#include "win/com.h"
#include "win/hstring.h"

namespace fake_wam {

using broker::ComPtr;
namespace winrt = broker::winrt;

/** Objects that clients hold at the moment. */
inline std::atomic<int> liveObjects{0};

inline HRESULT giveText(const std::string& utf8, HSTRING* text) {
  if (text == nullptr) return E_POINTER;
  const std::wstring wide = broker::toWide(utf8);
  return WindowsCreateString(wide.data(), static_cast<UINT32>(wide.size()), text);
}

inline std::string textOf(HSTRING text) {
  UINT32 length = 0;
  const wchar_t* characters = WindowsGetStringRawBuffer(text, &length);
  return broker::toUtf8(std::wstring_view(characters, length));
}

template <class T>
HRESULT give(const ComPtr<T>& object, T** out) {
  if (out == nullptr) return E_POINTER;
  *out = ComPtr<T>(object).get();
  if (*out != nullptr) (*out)->AddRef();
  return S_OK;
}

template <class T>
HRESULT giveValue(T value, T* out) {
  if (out == nullptr) return E_POINTER;
  *out = value;
  return S_OK;
}

/** Names of interfaces that a test may take away, as an older Windows has not got them. */
template <class I>
inline constexpr const char* kRemovable = nullptr;
template <>
inline constexpr const char* kRemovable<winrt::IWebTokenRequest2> = "IWebTokenRequest2";
template <>
inline constexpr const char* kRemovable<winrt::IWebTokenRequest3> = "IWebTokenRequest3";
template <>
inline constexpr const char* kRemovable<winrt::IWebAccount2> = "IWebAccount2";
template <>
inline constexpr const char* kRemovable<winrt::IWebAccountProvider2> = "IWebAccountProvider2";
template <>
inline constexpr const char* kRemovable<winrt::IWebAuthenticationCoreManagerStatics4> =
    "IWebAuthenticationCoreManagerStatics4";
template <>
inline constexpr const char* kRemovable<winrt::IWebAuthenticationCoreManagerInterop> =
    "IWebAuthenticationCoreManagerInterop";
template <>
inline constexpr const char* kRemovable<winrt::IAccountsSettingsPaneInterop> = "IAccountsSettingsPaneInterop";

enum class Threading { Agile, OneThread };

/**
 * A WinRT object. Agile ones may be called from any thread, and marshalled as themselves; the others answer
 * RPC_E_WRONG_THREAD (from `check`) when another than their own thread calls.
 */
template <Threading kThreading, class First, class... More>
class Object : public First, public More... {
 public:
  explicit Object(const char* className) : className_(className) { ++liveObjects; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** object) override {
    if (object == nullptr) return E_POINTER;
    *object = nullptr;
    if constexpr (kThreading == Threading::Agile) {
      if (IsEqualGUID(id, kMarshal)) return marshaler(id, object);
      if (IsEqualGUID(id, winrt::kIid<winrt::IAgileObject>)) *object = static_cast<First*>(this);
    }
    if (IsEqualGUID(id, winrt::kIid<IUnknown>) || IsEqualGUID(id, winrt::kIid<IInspectable>)) {
      *object = static_cast<First*>(this);
    } else if (*object == nullptr) {
      static_cast<void>(found<First>(id, object) || (found<More>(id, object) || ...));
    }
    if (*object == nullptr) return E_NOINTERFACE;
    AddRef();
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return ++references_; }
  ULONG STDMETHODCALLTYPE Release() override {
    const ULONG left = --references_;
    if (left == 0) delete this;
    return left;
  }
  HRESULT STDMETHODCALLTYPE GetIids(ULONG* count, IID** ids) override {
    if (count == nullptr || ids == nullptr) return E_POINTER;
    const IID all[] = {winrt::kIid<First>, winrt::kIid<More>...};
    *ids = static_cast<IID*>(CoTaskMemAlloc(sizeof(all)));
    if (*ids == nullptr) return E_OUTOFMEMORY;
    std::copy(std::begin(all), std::end(all), *ids);
    *count = static_cast<ULONG>(std::size(all));
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE GetRuntimeClassName(HSTRING* name) override { return giveText(className_, name); }
  HRESULT STDMETHODCALLTYPE GetTrustLevel(TrustLevel* level) override { return giveValue(BaseTrust, level); }

 protected:
  virtual ~Object() { --liveObjects; }

  HRESULT check() const {
    if constexpr (kThreading == Threading::Agile) {
      return S_OK;
    } else {
      return thread_ == GetCurrentThreadId() ? S_OK : RPC_E_WRONG_THREAD;
    }
  }

 private:
  static constexpr GUID kMarshal = winrt::guid("00000003-0000-0000-c000-000000000046");

  template <class I>
  bool found(REFIID id, void** object) {
    if (!IsEqualGUID(id, winrt::kIid<I>)) return false;
    if constexpr (kRemovable<I> != nullptr) {
      if (Script::instance().isMissing(kRemovable<I>)) return false;
    }
    *object = static_cast<I*>(this);
    return true;
  }

  HRESULT marshaler(REFIID id, void** object) {
    std::lock_guard lock(marshalerMutex_);
    if (!marshaler_) {
      const HRESULT made = CoCreateFreeThreadedMarshaler(static_cast<First*>(this), marshaler_.put());
      if (FAILED(made)) return made;
    }
    return marshaler_->QueryInterface(id, object);
  }

  std::atomic<ULONG> references_{1};
  const char* const className_;
  const DWORD thread_ = GetCurrentThreadId();
  std::mutex marshalerMutex_;
  // Part of this object, which it counts the references of: it must live as long.
  ComPtr<IUnknown> marshaler_;
};

template <class T, class... Args>
ComPtr<T> make(Args&&... args) {
  return ComPtr<T>::adopt(new T(std::forward<Args>(args)...));
}

template <class T>
class Iterator final : public Object<Threading::Agile, winrt::IIterator<T>> {
 public:
  explicit Iterator(std::vector<ComPtr<T>> items)
      : Object<Threading::Agile, winrt::IIterator<T>>("Windows.Foundation.Collections.IIterator`1"),
        items_(std::move(items)) {}

  HRESULT STDMETHODCALLTYPE get_Current(T** value) override {
    return next_ < items_.size() ? give(items_[next_], value) : kBounds;
  }
  HRESULT STDMETHODCALLTYPE get_HasCurrent(boolean* value) override {
    return giveValue<boolean>(next_ < items_.size(), value);
  }
  HRESULT STDMETHODCALLTYPE MoveNext(boolean* hasCurrent) override {
    if (next_ < items_.size()) ++next_;
    return get_HasCurrent(hasCurrent);
  }
  HRESULT STDMETHODCALLTYPE GetMany(UINT32 capacity, T** values, UINT32* actual) override {
    for (*actual = 0; *actual < capacity && next_ < items_.size(); ++*actual) give(items_[next_++], values++);
    return S_OK;
  }

 private:
  const std::vector<ComPtr<T>> items_;
  std::size_t next_ = 0;
};

/** A list that does not change. */
template <class T>
class VectorView final : public Object<Threading::Agile, winrt::IVectorView<T>, winrt::IIterable<T>> {
 public:
  explicit VectorView(std::vector<ComPtr<T>> items)
      : Object<Threading::Agile, winrt::IVectorView<T>, winrt::IIterable<T>>(
            "Windows.Foundation.Collections.IVectorView`1"),
        items_(std::move(items)) {}

  HRESULT STDMETHODCALLTYPE GetAt(UINT32 index, T** value) override {
    return index < items_.size() ? give(items_[index], value) : kBounds;
  }
  HRESULT STDMETHODCALLTYPE get_Size(UINT32* value) override {
    return giveValue(static_cast<UINT32>(items_.size()), value);
  }
  HRESULT STDMETHODCALLTYPE IndexOf(T* value, UINT32* index, boolean* found) override {
    *found = FALSE;
    for (*index = 0; *index < items_.size() && !*found; ++*index) *found = items_[*index].get() == value;
    if (*found) --*index;
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE GetMany(UINT32 start, UINT32 capacity, T** values, UINT32* actual) override {
    for (*actual = 0; *actual < capacity && start + *actual < items_.size(); ++*actual) {
      give(items_[start + *actual], values++);
    }
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE First(winrt::IIterator<T>** value) override {
    if (value == nullptr) return E_POINTER;
    *value = new Iterator<T>(items_);
    return S_OK;
  }

 private:
  const std::vector<ComPtr<T>> items_;
};

/** A list that clients fill, on one thread. */
template <class T>
class Vector final : public Object<Threading::OneThread, winrt::IVector<T>> {
 public:
  Vector() : Object<Threading::OneThread, winrt::IVector<T>>("Windows.Foundation.Collections.IVector`1") {}

  const std::vector<ComPtr<T>>& items() const { return items_; }

  HRESULT STDMETHODCALLTYPE GetAt(UINT32 index, T** value) override {
    return index < items_.size() ? give(items_[index], value) : kBounds;
  }
  HRESULT STDMETHODCALLTYPE get_Size(UINT32* value) override {
    return giveValue(static_cast<UINT32>(items_.size()), value);
  }
  HRESULT STDMETHODCALLTYPE GetView(winrt::IVectorView<T>** value) override {
    if (value != nullptr) *value = nullptr;
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE IndexOf(T* value, UINT32* index, boolean* found) override {
    *found = FALSE;
    for (*index = 0; *index < items_.size() && !*found; ++*index) *found = items_[*index].get() == value;
    if (*found) --*index;
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE SetAt(UINT32 index, T* value) override {
    if (index >= items_.size()) return kBounds;
    items_[index] = ComPtr<T>::share(value);
    return this->check();
  }
  HRESULT STDMETHODCALLTYPE InsertAt(UINT32 index, T* value) override {
    if (index > items_.size()) return kBounds;
    items_.insert(items_.begin() + index, ComPtr<T>::share(value));
    return this->check();
  }
  HRESULT STDMETHODCALLTYPE RemoveAt(UINT32 index) override {
    if (index >= items_.size()) return kBounds;
    items_.erase(items_.begin() + index);
    return this->check();
  }
  HRESULT STDMETHODCALLTYPE Append(T* value) override {
    if (value == nullptr) return E_INVALIDARG;
    if (FAILED(this->check())) return this->check();
    items_.push_back(ComPtr<T>::share(value));
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE RemoveAtEnd() override {
    if (items_.empty()) return kBounds;
    items_.pop_back();
    return this->check();
  }
  HRESULT STDMETHODCALLTYPE Clear() override {
    items_.clear();
    return this->check();
  }
  HRESULT STDMETHODCALLTYPE GetMany(UINT32 start, UINT32 capacity, T** values, UINT32* actual) override {
    for (*actual = 0; *actual < capacity && start + *actual < items_.size(); ++*actual) {
      give(items_[start + *actual], values++);
    }
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE ReplaceAll(UINT32 count, T** values) override {
    items_.clear();
    for (UINT32 i = 0; i < count; ++i) items_.push_back(ComPtr<T>::share(values[i]));
    return this->check();
  }

 private:
  std::vector<ComPtr<T>> items_;
};

}  // namespace fake_wam
