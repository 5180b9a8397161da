#pragma once

#include <mutex>

#include "objects.h"

namespace fake_wam {

template <class Async>
struct AsyncParts;

template <class T>
struct AsyncParts<winrt::IAsyncOperation<T>> {
  using Handler = winrt::AsyncOperationCompletedHandler<T>;
  using Value = ComPtr<T>;
};

template <>
struct AsyncParts<winrt::IAsyncAction> {
  using Handler = winrt::AsyncActionCompletedHandler;
  struct Value {};
};

/**
 * The states of an asynchronous operation, as WinRT prescribes them: it ends once, as completed, failed or
 * cancelled; its handler can be set once, and is called once; results are there only after the end.
 */
template <class Async>
class AsyncObject : public Object<Threading::Agile, Async, winrt::IAsyncInfo> {
 public:
  using Handler = typename AsyncParts<Async>::Handler;
  using Value = typename AsyncParts<Async>::Value;

  explicit AsyncObject(const char* call)
      : Object<Threading::Agile, Async, winrt::IAsyncInfo>("Windows.Foundation.IAsyncOperation`1"),
        call_(call) {}

  /** What cancelling does beside ending the operation. Before anybody has the object. */
  void onCancel(std::function<void()> action) { onCancel_ = std::move(action); }

  void complete(Value value) { end(winrt::AsyncStatus::Completed, S_OK, std::move(value)); }
  void fail(HRESULT result) { end(winrt::AsyncStatus::Error, result, Value()); }
  void cancelFromInside() { end(winrt::AsyncStatus::Canceled, HRESULT_FROM_WIN32(ERROR_CANCELLED), Value()); }

  HRESULT STDMETHODCALLTYPE put_Completed(Handler* handler) override {
    winrt::AsyncStatus status;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return kIllegalMethodCall;
      if (handlerSet_) return kIllegalDelegateAssignment;
      handlerSet_ = true;
      status = status_;
      if (status == winrt::AsyncStatus::Started) handler_ = ComPtr<Handler>::share(handler);
    }
    const bool done = status != winrt::AsyncStatus::Started;
    Script::instance().log("async.put_Completed", Fields().text("op", call_).boolean("alreadyDone", done));
    if (done && handler != nullptr) handler->Invoke(this, status);
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE get_Completed(Handler** handler) override {
    std::lock_guard lock(mutex_);
    return give(handler_, handler);
  }
  HRESULT STDMETHODCALLTYPE get_Id(UINT32* value) override { return giveValue<UINT32>(1, value); }
  HRESULT STDMETHODCALLTYPE get_Status(winrt::AsyncStatus* value) override {
    std::lock_guard lock(mutex_);
    return closed_ ? kIllegalMethodCall : giveValue(status_, value);
  }
  HRESULT STDMETHODCALLTYPE get_ErrorCode(HRESULT* value) override {
    std::lock_guard lock(mutex_);
    return closed_ ? kIllegalMethodCall : giveValue(error_, value);
  }
  HRESULT STDMETHODCALLTYPE Cancel() override {
    Script::instance().log("async.Cancel", Fields().text("op", call_));
    if (cancelFromOutside() && onCancel_) onCancel_();
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE Close() override {
    Script::instance().log("async.Close", Fields().text("op", call_));
    std::lock_guard lock(mutex_);
    if (status_ == winrt::AsyncStatus::Started) return kIllegalStateChange;
    closed_ = true;
    value_ = Value();
    return S_OK;
  }

 protected:
  /** What GetResults has to say; the value is there if it succeeds. */
  HRESULT result(Value& value) {
    std::lock_guard lock(mutex_);
    if (closed_ || status_ == winrt::AsyncStatus::Started) return kIllegalMethodCall;
    if (status_ != winrt::AsyncStatus::Completed) return error_;
    value = value_;
    return S_OK;
  }

 private:
  bool cancelFromOutside() {
    return end(winrt::AsyncStatus::Canceled, HRESULT_FROM_WIN32(ERROR_CANCELLED), Value());
  }

  bool end(winrt::AsyncStatus status, HRESULT error, Value value) {
    ComPtr<Handler> handler;
    {
      std::lock_guard lock(mutex_);
      if (status_ != winrt::AsyncStatus::Started) return false;
      status_ = status;
      error_ = error;
      value_ = std::move(value);
      std::swap(handler, handler_);
    }
    Script::instance().log("async.complete", Fields()
                                                 .text("op", call_)
                                                 .number("status", static_cast<int>(status))
                                                 .boolean("handler", static_cast<bool>(handler)));
    if (handler) handler->Invoke(this, status);
    return true;
  }

  const char* const call_;
  std::function<void()> onCancel_;
  std::mutex mutex_;
  winrt::AsyncStatus status_ = winrt::AsyncStatus::Started;
  HRESULT error_ = S_OK;
  Value value_;
  ComPtr<Handler> handler_;
  bool handlerSet_ = false;
  bool closed_ = false;
};

template <class T>
class AsyncOperation final : public AsyncObject<winrt::IAsyncOperation<T>> {
 public:
  using AsyncObject<winrt::IAsyncOperation<T>>::AsyncObject;
  HRESULT STDMETHODCALLTYPE GetResults(T** value) override {
    ComPtr<T> object;
    const HRESULT told = this->result(object);
    return FAILED(told) ? told : give(object, value);
  }
};

class AsyncAction final : public AsyncObject<winrt::IAsyncAction> {
 public:
  using AsyncObject<winrt::IAsyncAction>::AsyncObject;
  HRESULT STDMETHODCALLTYPE GetResults() override {
    Value nothing;
    return this->result(nothing);
  }
};

/**
 * Asks the script what a call gets, and gives out the asynchronous operation that ends with it. `Made` is
 * AsyncOperation or AsyncAction; `convert` makes what it ends with from an answer.
 */
template <class Made, class Out, class Convert>
HRESULT askAsync(const char* call, const Fields& fields, const Fields& alsoAsked, Out** out,
                 Convert convert) {
  if (out == nullptr) return E_POINTER;
  *out = nullptr;
  auto operation = ComPtr<Made>::adopt(new Made(call));
  auto number = std::make_shared<std::atomic<long long>>(0);
  operation->onCancel([number] { Script::instance().tellCanceled(*number); });
  const auto end = [operation, number, convert](const Answer& answer) {
    if (answer.failure) {
      operation->fail(*answer.failure);
    } else if (answer.canceled) {
      operation->cancelFromInside();
    } else {
      operation->complete(convert(answer, *number));
    }
  };
  const std::optional<Answer> answer = Script::instance().ask(call, fields, alsoAsked, *number, end);
  if (answer && answer->failure && answer->fromCall) return *answer->failure;
  if (answer && answer->immediately) {
    end(*answer);
  } else if (answer) {
    inBackground([end, answer = *answer] { end(answer); });
  }
  operation->AddRef();
  *out = operation.get();
  return S_OK;
}

}  // namespace fake_wam
