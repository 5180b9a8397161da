#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "addon/result.h"
#include "win/operation.h"
#include "win/wam_values.h"

namespace broker {

// What is asked of WAM, in the words of packages/broker-win/src/native.ts.

struct FindProviderRequest {
  std::string id;
  std::optional<std::string> authority;
};

struct FindAccountsRequest {
  ComPtr<winrt::IWebAccountProvider> provider;
  std::string clientId;
};

struct FindAccountRequest {
  ComPtr<winrt::IWebAccountProvider> provider;
  std::string accountId;
};

struct TokenRequest {
  ComPtr<winrt::IWebAccountProvider> provider;
  ComPtr<winrt::IWebAccount> account;
  std::string scope;
  std::string clientId;
  std::optional<std::int32_t> promptType;
  StringPairs properties;
  StringPairs appProperties;
  std::optional<std::string> correlationId;
  /** Null: silently. */
  HWND window = nullptr;
};

struct SignOutRequest {
  ComPtr<winrt::IWebAccount> account;
  std::string clientId;
};

/**
 * The Web Account Manager. To be called on a worker thread. Each function calls `Then` once, on any thread;
 * nothing in here waits.
 */
namespace wam {

template <class T>
using Then = std::function<void(Result<T>)>;
using OperationPtr = std::shared_ptr<Operation>;

void findProvider(const OperationPtr& operation, const FindProviderRequest& request,
                  Then<std::optional<ProviderValue>> then);
void findAccounts(const OperationPtr& operation, const FindAccountsRequest& request,
                  Then<AccountsValue> then);
void findAccount(const OperationPtr& operation, const FindAccountRequest& request,
                 Then<std::optional<AccountValue>> then);
void requestToken(const OperationPtr& operation, const TokenRequest& request, Then<TokenResultValue> then);
void invalidateCache(const OperationPtr& operation, const ComPtr<winrt::IWebTokenRequestResult>& result,
                     Then<Done> then);
void signOut(const OperationPtr& operation, const SignOutRequest& request, Then<Done> then);

}  // namespace wam
}  // namespace broker
