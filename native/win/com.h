#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "win/winrt_abi.h"

namespace broker {

/** Holds one reference to a COM object. */
template <class T>
class ComPtr {
 public:
  ComPtr() = default;
  ComPtr(const ComPtr& other) : object_(other.object_) {
    if (object_ != nullptr) object_->AddRef();
  }
  ComPtr(ComPtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ComPtr& operator=(ComPtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ComPtr() { reset(); }

  /** Takes over a reference that someone else has counted. */
  static ComPtr adopt(T* object) {
    ComPtr pointer;
    pointer.object_ = object;
    return pointer;
  }
  static ComPtr share(T* object) {
    if (object != nullptr) object->AddRef();
    return adopt(object);
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

  void reset() {
    // Releasing may call back into what holds this pointer.
    if (T* object = std::exchange(object_, nullptr)) object->Release();
  }
  /** Where a function writes its result to. */
  T** put() {
    reset();
    return &object_;
  }
  void** putVoid() { return reinterpret_cast<void**>(put()); }

  template <class U>
  HRESULT as(ComPtr<U>& other) const {
    return object_->QueryInterface(winrt::kIid<U>, other.putVoid());
  }

 private:
  T* object_ = nullptr;
};

/** A function as a COM delegate that any thread may call. `H` is the delegate's interface. */
template <class H, class... Args>
class Delegate final : public H {
 public:
  using Function = std::function<HRESULT(Args...)>;

  static ComPtr<H> make(Function function) { return ComPtr<H>::adopt(new Delegate(std::move(function))); }

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** object) override {
    const bool known = IsEqualGUID(id, winrt::kIid<IUnknown>) || IsEqualGUID(id, winrt::kIid<H>) ||
                       IsEqualGUID(id, winrt::kIid<winrt::IAgileObject>);
    *object = known ? static_cast<H*>(this) : nullptr;
    if (!known) return E_NOINTERFACE;
    AddRef();
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return ++references_; }
  ULONG STDMETHODCALLTYPE Release() override {
    const ULONG left = --references_;
    if (left == 0) delete this;
    return left;
  }
  HRESULT STDMETHODCALLTYPE Invoke(Args... args) override { return function_(args...); }

 private:
  explicit Delegate(Function function) : function_(std::move(function)) {}
  virtual ~Delegate() = default;

  std::atomic<ULONG> references_{1};
  Function function_;
};

}  // namespace broker
