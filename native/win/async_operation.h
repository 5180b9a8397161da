#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "addon/result.h"
#include "win/com.h"
#include "win/operation.h"
#include "win/win_failure.h"

namespace broker {

/** Why an asynchronous operation of WinRT that has ended gave no result; empty if it completed. */
std::optional<Failure> failureOf(IInspectable* async, winrt::AsyncStatus status, const char* stage);

template <class Async>
struct AsyncTraits;

template <class T>
struct AsyncTraits<winrt::IAsyncOperation<T>> {
  using Handler = winrt::AsyncOperationCompletedHandler<T>;
  /** Null is a result like any other: WinRT's "there is none". */
  using Value = ComPtr<T>;
  static HRESULT results(winrt::IAsyncOperation<T>* async, Value& value) {
    return async->GetResults(value.put());
  }
};

template <>
struct AsyncTraits<winrt::IAsyncAction> {
  using Handler = winrt::AsyncActionCompletedHandler;
  using Value = Done;
  static HRESULT results(winrt::IAsyncAction* async, Value&) { return async->GetResults(); }
};

/**
 * Calls `then` once with what an asynchronous operation of WinRT ends with, on the thread that Windows
 * chooses. Until then `operation` lives, and cancelling it cancels the asynchronous operation.
 */
template <class Async, class Then>
void whenEnded(const std::shared_ptr<Operation>& operation, ComPtr<Async> async, const char* stage,
               Then then) {
  using Traits = AsyncTraits<Async>;
  ComPtr<winrt::IAsyncInfo> info;
  HRESULT result = async.as(info);
  if (FAILED(result)) return then(winFailure(result, stage));

  auto handler = Delegate<typename Traits::Handler, Async*, winrt::AsyncStatus>::make(
      [held = std::shared_ptr<Operation>(operation), stage, then](Async* ended,
                                                                  winrt::AsyncStatus status) mutable {
        // Whoever keeps this handler does not keep the operation.
        const auto ending = std::exchange(held, nullptr);
        if (ending == nullptr) return S_OK;
        ending->onCancel(nullptr);
        const auto tell = std::move(then);
        if (auto failure = failureOf(ended, status, stage)) {
          tell(std::move(*failure));
          return S_OK;
        }
        typename Traits::Value value;
        const HRESULT read = Traits::results(ended, value);
        if (FAILED(read)) {
          tell(winFailure(read, stage));
        } else {
          tell(std::move(value));
        }
        return S_OK;
      });
  operation->onCancel([info] { info->Cancel(); });
  result = async->put_Completed(handler.get());
  if (FAILED(result)) {
    operation->onCancel(nullptr);
    then(winFailure(result, stage));
  }
}

}  // namespace broker
