#pragma once

#include <napi.h>

#include <memory>

#include "addon/result.h"
#include "win/account_picker.h"
#include "win/web_account_manager.h"

namespace broker {

/** An argument of JavaScript, read. */
template <class T>
struct Asked {
  T request;
  bool keepAlive = true;
  /** For what shows a window. */
  std::shared_ptr<Turn> turn = nullptr;
};

Result<Asked<FindProviderRequest>> readFindProvider(Napi::Value value);
Result<Asked<FindAccountsRequest>> readFindAccounts(Napi::Value value);
Result<Asked<FindAccountRequest>> readFindAccount(Napi::Value value);
Result<Asked<TokenRequest>> readTokenRequest(Napi::Value value);
Result<Asked<ComPtr<winrt::IWebTokenRequestResult>>> readInvalidateCache(Napi::Value value);
Result<Asked<SignOutRequest>> readSignOut(Napi::Value value);
/** `offered` gets the objects that the request names as providers, in their order. */
Result<Asked<PickRequest>> readPickProvider(Napi::Value value, Napi::Array offered);
/** Only `keepAlive`; the value may be undefined. */
Result<Asked<Done>> readHold(Napi::Value value);
Result<HWND> readWindow(Napi::Value value);

}  // namespace broker
