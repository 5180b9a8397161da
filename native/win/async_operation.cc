#include "win/async_operation.h"

namespace broker {

std::optional<Failure> failureOf(IInspectable* async, winrt::AsyncStatus status, const char* stage) {
  if (status == winrt::AsyncStatus::Completed) return std::nullopt;
  if (status == winrt::AsyncStatus::Canceled) return canceledByWindows(stage);
  ComPtr<winrt::IAsyncInfo> info;
  HRESULT reason = E_UNEXPECTED;
  if (SUCCEEDED(async->QueryInterface(winrt::kIid<winrt::IAsyncInfo>, info.putVoid()))) {
    HRESULT told = S_OK;
    if (SUCCEEDED(info->get_ErrorCode(&told)) && FAILED(told)) reason = told;
  }
  return winFailure(reason, stage);
}

}  // namespace broker
