#include "win/wam_values.h"

#include <type_traits>

#include "win/hstring.h"
#include "win/win_failure.h"

namespace broker {
namespace {

using winrt::IAsyncAction;
using winrt::IIterable;
using winrt::IIterator;
using winrt::IVectorView;
using winrt::IWebAccount;
using winrt::StringMap;
using winrt::StringMapView;
using winrt::StringPair;

/**
 * Reads properties of objects. The first one that cannot be read is kept as the failure, later reads then
 * return empty values: read everything, then ask `failure`.
 */
class Reader {
 public:
  template <class I>
  std::string text(I* object, HRESULT (STDMETHODCALLTYPE I::*get)(HSTRING*), const char* stage) {
    HString value;
    return check((object->*get)(value.put()), stage) ? value.utf8() : std::string();
  }

  template <class I, class N>
  N number(I* object, HRESULT (STDMETHODCALLTYPE I::*get)(N*), const char* stage) {
    N value = 0;
    return check((object->*get)(&value), stage) ? value : N{0};
  }

  template <class I, class T>
  ComPtr<T> part(I* object, HRESULT (STDMETHODCALLTYPE I::*get)(T**), const char* stage) {
    ComPtr<T> value;
    if (!check((object->*get)(value.put()), stage)) value.reset();
    return value;
  }

  /** Every pair of a map; none where there is no map. */
  template <class M>
  StringPairs pairs(const ComPtr<M>& map, const char* stage) {
    StringPairs all;
    ComPtr<IIterable<StringPair>> iterable;
    ComPtr<IIterator<StringPair>> entries;
    if (!map || !check(map.as(iterable), stage) || !check(iterable->First(entries.put()), stage)) return all;
    boolean more = FALSE;
    for (HRESULT result = entries->get_HasCurrent(&more); check(result, stage) && more;
         result = entries->MoveNext(&more)) {
      ComPtr<StringPair> pair;
      if (!check(entries->get_Current(pair.put()), stage)) break;
      std::string key = text(pair.get(), &StringPair::get_Key, stage);
      all.emplace_back(std::move(key), text(pair.get(), &StringPair::get_Value, stage));
    }
    return all;
  }

  /** Every object of a list; none where there is no list. */
  template <class T>
  std::vector<ComPtr<T>> items(const ComPtr<IVectorView<T>>& list, const char* stage) {
    std::vector<ComPtr<T>> all;
    UINT32 size = 0;
    if (!list || !check(list->get_Size(&size), stage)) return all;
    for (UINT32 i = 0; i < size; ++i) {
      ComPtr<T> item;
      if (!check(list->GetAt(i, item.put()), stage)) break;
      if (item) all.push_back(std::move(item));
    }
    return all;
  }

  const std::optional<Failure>& failure() const { return failure_; }

  template <class T>
  Result<T> finish(T value) {
    if (failure_) return std::move(*failure_);
    return value;
  }

 private:
  bool check(HRESULT result, const char* stage) {
    if (failure_) return false;
    if (FAILED(result)) failure_ = winFailure(result, stage);
    return SUCCEEDED(result);
  }

  std::optional<Failure> failure_;
};

std::optional<ProviderErrorValue> providerErrorOf(Reader& reader,
                                                  const ComPtr<winrt::IWebProviderError>& error) {
  if (!error) return std::nullopt;
  ProviderErrorValue value;
  value.code =
      reader.number(error.get(), &winrt::IWebProviderError::get_ErrorCode, "WebProviderError.ErrorCode");
  value.message =
      reader.text(error.get(), &winrt::IWebProviderError::get_ErrorMessage, "WebProviderError.ErrorMessage");
  value.properties = reader.pairs(
      reader.part(error.get(), &winrt::IWebProviderError::get_Properties, "WebProviderError.Properties"),
      "WebProviderError.Properties");
  return value;
}

AccountValue accountOf(Reader& reader, ComPtr<IWebAccount> account) {
  AccountValue value;
  value.userName = reader.text(account.get(), &IWebAccount::get_UserName, "WebAccount.UserName");
  value.state = reader.number(account.get(), &IWebAccount::get_State, "WebAccount.State");
  ComPtr<winrt::IWebAccount2> more;
  if (SUCCEEDED(account.as(more))) {
    value.id = reader.text(more.get(), &winrt::IWebAccount2::get_Id, "WebAccount.Id");
    value.properties =
        reader.pairs(reader.part(more.get(), &winrt::IWebAccount2::get_Properties, "WebAccount.Properties"),
                     "WebAccount.Properties");
  }
  value.object = std::move(account);
  return value;
}

TokenResponseValue responseOf(Reader& reader, const ComPtr<winrt::IWebTokenResponse>& response) {
  using winrt::IWebTokenResponse;
  TokenResponseValue value;
  value.token = reader.text(response.get(), &IWebTokenResponse::get_Token, "WebTokenResponse.Token");
  auto account =
      reader.part(response.get(), &IWebTokenResponse::get_WebAccount, "WebTokenResponse.WebAccount");
  if (account) value.account = accountOf(reader, std::move(account));
  value.properties = reader.pairs(
      reader.part(response.get(), &IWebTokenResponse::get_Properties, "WebTokenResponse.Properties"),
      "WebTokenResponse.Properties");
  value.providerError = providerErrorOf(
      reader,
      reader.part(response.get(), &IWebTokenResponse::get_ProviderError, "WebTokenResponse.ProviderError"));
  return value;
}

}  // namespace

Result<ProviderValue> readProvider(ComPtr<winrt::IWebAccountProvider> provider) {
  using winrt::IWebAccountProvider;
  Reader reader;
  ProviderValue value;
  value.id = reader.text(provider.get(), &IWebAccountProvider::get_Id, "WebAccountProvider.Id");
  value.displayName =
      reader.text(provider.get(), &IWebAccountProvider::get_DisplayName, "WebAccountProvider.DisplayName");
  ComPtr<winrt::IWebAccountProvider2> more;
  if (SUCCEEDED(provider.as(more))) {
    value.authority =
        reader.text(more.get(), &winrt::IWebAccountProvider2::get_Authority, "WebAccountProvider.Authority");
  }
  value.object = std::move(provider);
  return reader.finish(std::move(value));
}

Result<AccountValue> readAccount(ComPtr<IWebAccount> account) {
  Reader reader;
  AccountValue value = accountOf(reader, std::move(account));
  return reader.finish(std::move(value));
}

Result<AccountsValue> readAccounts(ComPtr<winrt::IFindAllAccountsResult> accounts) {
  using winrt::IFindAllAccountsResult;
  // FindAllWebAccountsStatus
  constexpr std::int32_t kSuccess = 0;
  Reader reader;
  AccountsValue value;
  value.status =
      reader.number(accounts.get(), &IFindAllAccountsResult::get_Status, "FindAllAccountsResult.Status");
  if (value.status == kSuccess) {
    const auto list =
        reader.part(accounts.get(), &IFindAllAccountsResult::get_Accounts, "FindAllAccountsResult.Accounts");
    for (auto& account : reader.items(list, "FindAllAccountsResult.Accounts")) {
      value.accounts.push_back(accountOf(reader, std::move(account)));
    }
  } else {
    value.providerError =
        providerErrorOf(reader, reader.part(accounts.get(), &IFindAllAccountsResult::get_ProviderError,
                                            "FindAllAccountsResult.ProviderError"));
  }
  return reader.finish(std::move(value));
}

Result<TokenResultValue> readTokenResult(ComPtr<winrt::IWebTokenRequestResult> result) {
  using winrt::IWebTokenRequestResult;
  // WebTokenRequestStatus
  constexpr std::int32_t kSuccess = 0;
  constexpr std::int32_t kAccountSwitch = 2;
  Reader reader;
  TokenResultValue value;
  value.status = reader.number(result.get(), &IWebTokenRequestResult::get_ResponseStatus,
                               "WebTokenRequestResult.ResponseStatus");
  // What need not be there: the status alone is an answer, too.
  Reader lenient;
  Reader& responsesReader = value.status == kSuccess || value.status == kAccountSwitch ? reader : lenient;
  const auto responses = responsesReader.part(result.get(), &IWebTokenRequestResult::get_ResponseData,
                                              "WebTokenRequestResult.ResponseData");
  for (const auto& response : responsesReader.items(responses, "WebTokenRequestResult.ResponseData")) {
    value.responses.push_back(responseOf(responsesReader, response));
  }
  value.error =
      providerErrorOf(lenient, lenient.part(result.get(), &IWebTokenRequestResult::get_ResponseError,
                                            "WebTokenRequestResult.ResponseError"));
  value.object = std::move(result);
  return reader.finish(std::move(value));
}

}  // namespace broker
