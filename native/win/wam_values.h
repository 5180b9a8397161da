#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "addon/result.h"
#include "win/com.h"

namespace broker {

using StringPairs = std::vector<std::pair<std::string, std::string>>;

// The objects of WinRT told in plain data, each with the object itself where it is needed again.

struct ProviderValue {
  ComPtr<winrt::IWebAccountProvider> object;
  std::string id;
  std::string displayName;
  std::optional<std::string> authority;
};

struct AccountValue {
  ComPtr<winrt::IWebAccount> object;
  std::optional<std::string> id;
  std::string userName;
  std::int32_t state = 0;
  StringPairs properties;
};

struct ProviderErrorValue {
  std::uint32_t code = 0;
  std::string message;
  StringPairs properties;
};

struct AccountsValue {
  std::int32_t status = 0;
  std::vector<AccountValue> accounts;
  std::optional<ProviderErrorValue> providerError;
};

struct TokenResponseValue {
  std::string token;
  std::optional<AccountValue> account;
  StringPairs properties;
  std::optional<ProviderErrorValue> providerError;
};

struct TokenResultValue {
  ComPtr<winrt::IWebTokenRequestResult> object;
  std::int32_t status = 0;
  std::vector<TokenResponseValue> responses;
  std::optional<ProviderErrorValue> error;
};

Result<ProviderValue> readProvider(ComPtr<winrt::IWebAccountProvider> provider);
Result<AccountValue> readAccount(ComPtr<winrt::IWebAccount> account);
Result<AccountsValue> readAccounts(ComPtr<winrt::IFindAllAccountsResult> accounts);
Result<TokenResultValue> readTokenResult(ComPtr<winrt::IWebTokenRequestResult> result);

}  // namespace broker
