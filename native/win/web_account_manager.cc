#include "win/web_account_manager.h"

#include <utility>

#include "win/activation.h"
#include "win/async_operation.h"
#include "win/hstring.h"

namespace broker::wam {
namespace {

using winrt::IWebTokenRequest;

template <class T>
Result<ComPtr<T>> factoryOf(const wchar_t* className, const char* stage) {
  ComPtr<T> factory;
  const HRESULT result = activationFactory(className, factory);
  if (FAILED(result)) return missingFailure(result, stage);
  return factory;
}

Result<ComPtr<winrt::IWebAuthenticationCoreManagerStatics>> coreManager() {
  return factoryOf<winrt::IWebAuthenticationCoreManagerStatics>(runtime_class::kCoreManager,
                                                                "WebAuthenticationCoreManager");
}

/**
 * Goes on with an asynchronous operation that was started, or not. `read` makes a `Result` of what it ends
 * with.
 */
template <class Async, class Value, class Read>
void finish(const OperationPtr& operation, HRESULT started, ComPtr<Async> async, const char* stage,
            Then<Value> then, Read read) {
  if (FAILED(started)) return then(winFailure(started, stage));
  if (!async) return then(winFailure(E_POINTER, stage));
  whenEnded(operation, std::move(async), stage,
            [then = std::move(then), read](Result<typename AsyncTraits<Async>::Value> ended) {
              if (ended.ok()) {
                then(read(std::move(ended.value())));
              } else {
                then(std::move(ended.failure()));
              }
            });
}

/** For what may well be null. */
template <class Value, class T>
auto optionally(Result<Value> (*read)(ComPtr<T>)) {
  return [read](ComPtr<T> object) -> Result<std::optional<Value>> {
    if (!object) return std::optional<Value>();
    Result<Value> value = read(std::move(object));
    if (!value.ok()) return std::move(value.failure());
    return std::optional<Value>(std::move(value.value()));
  };
}

/** For what must not be null. */
template <class Value, class T>
auto necessarily(Result<Value> (*read)(ComPtr<T>), const char* stage) {
  return [read, stage](ComPtr<T> object) -> Result<Value> {
    if (!object) return winFailure(E_POINTER, stage);
    return read(std::move(object));
  };
}

Result<Done> done(Done) {
  return Done{};
}

std::optional<Failure> insertAll(const ComPtr<winrt::StringMap>& map, const StringPairs& pairs,
                                 const char* stage) {
  for (const auto& [key, value] : pairs) {
    boolean replaced = FALSE;
    const HRESULT result = map->Insert(HString(key).get(), HString(value).get(), &replaced);
    if (FAILED(result)) return winFailure(result, stage);
  }
  return std::nullopt;
}

std::optional<Failure> setCorrelationId(const ComPtr<IWebTokenRequest>& request,
                                        const ComPtr<winrt::StringMap>& properties, const std::string& id) {
  static constexpr char kStage[] = "WebTokenRequest.CorrelationId";
  ComPtr<winrt::IWebTokenRequest3> newer;
  // Before Windows 10 1703 the work account's plug-in took it as a property.
  if (FAILED(request.as(newer))) return insertAll(properties, {{"correlationId", id}}, kStage);
  const HRESULT result = newer->put_CorrelationId(HString(id).get());
  if (FAILED(result)) return winFailure(result, kStage);
  return std::nullopt;
}

std::optional<Failure> setProperties(const ComPtr<IWebTokenRequest>& request, const TokenRequest& asked) {
  ComPtr<winrt::StringMap> properties;
  HRESULT result = request->get_Properties(properties.put());
  if (FAILED(result) || !properties)
    return winFailure(FAILED(result) ? result : E_POINTER, "WebTokenRequest.Properties");
  if (auto failure = insertAll(properties, asked.properties, "WebTokenRequest.Properties")) return failure;
  if (asked.correlationId) {
    if (auto failure = setCorrelationId(request, properties, *asked.correlationId)) return failure;
  }
  if (asked.appProperties.empty()) return std::nullopt;

  static constexpr char kStage[] = "WebTokenRequest.AppProperties";
  ComPtr<winrt::IWebTokenRequest2> newer;
  result = request.as(newer);
  if (FAILED(result)) return missingFailure(result, kStage);
  ComPtr<winrt::StringMap> appProperties;
  result = newer->get_AppProperties(appProperties.put());
  if (FAILED(result) || !appProperties) return winFailure(FAILED(result) ? result : E_POINTER, kStage);
  return insertAll(appProperties, asked.appProperties, kStage);
}

Result<ComPtr<IWebTokenRequest>> makeRequest(const TokenRequest& asked) {
  auto factory = factoryOf<winrt::IWebTokenRequestFactory>(runtime_class::kTokenRequest, "WebTokenRequest");
  if (!factory.ok()) return std::move(factory.failure());
  const HString scope(asked.scope);
  const HString clientId(asked.clientId);
  ComPtr<IWebTokenRequest> request;
  const HRESULT result =
      asked.promptType
          ? factory.value()->CreateWithPromptType(asked.provider.get(), scope.get(), clientId.get(),
                                                  *asked.promptType, request.put())
          : factory.value()->Create(asked.provider.get(), scope.get(), clientId.get(), request.put());
  if (FAILED(result) || !request)
    return winFailure(FAILED(result) ? result : E_POINTER, "WebTokenRequest.Create");
  if (auto failure = setProperties(request, asked)) return std::move(*failure);
  return request;
}

HRESULT startSilently(winrt::IWebAuthenticationCoreManagerStatics* manager, const TokenRequest& asked,
                      IWebTokenRequest* request, winrt::TokenOperation** async) {
  return asked.account ? manager->GetTokenSilentlyWithWebAccountAsync(request, asked.account.get(), async)
                       : manager->GetTokenSilentlyAsync(request, async);
}

HRESULT startForWindow(winrt::IWebAuthenticationCoreManagerInterop* manager, const TokenRequest& asked,
                       IWebTokenRequest* request, void** async) {
  constexpr const GUID& id = winrt::kIid<winrt::TokenOperation>;
  return asked.account ? manager->RequestTokenWithWebAccountForWindowAsync(asked.window, request,
                                                                           asked.account.get(), id, async)
                       : manager->RequestTokenForWindowAsync(asked.window, request, id, async);
}

}  // namespace

void findProvider(const OperationPtr& operation, const FindProviderRequest& request,
                  Then<std::optional<ProviderValue>> then) {
  auto manager = coreManager();
  if (!manager.ok()) return then(std::move(manager.failure()));
  const HString id(request.id);
  ComPtr<winrt::ProviderOperation> async;
  const HRESULT started = request.authority
                              ? manager.value()->FindAccountProviderWithAuthorityAsync(
                                    id.get(), HString(*request.authority).get(), async.put())
                              : manager.value()->FindAccountProviderAsync(id.get(), async.put());
  finish(operation, started, std::move(async), "FindAccountProviderAsync", std::move(then),
         optionally(&readProvider));
}

void findAccounts(const OperationPtr& operation, const FindAccountsRequest& request,
                  Then<AccountsValue> then) {
  static constexpr char kStage[] = "FindAllAccountsAsync";
  auto manager = factoryOf<winrt::IWebAuthenticationCoreManagerStatics4>(runtime_class::kCoreManager, kStage);
  if (!manager.ok()) return then(std::move(manager.failure()));
  ComPtr<winrt::AccountsOperation> async;
  const HRESULT started = manager.value()->FindAllAccountsWithClientIdAsync(
      request.provider.get(), HString(request.clientId).get(), async.put());
  finish(operation, started, std::move(async), kStage, std::move(then), necessarily(&readAccounts, kStage));
}

void findAccount(const OperationPtr& operation, const FindAccountRequest& request,
                 Then<std::optional<AccountValue>> then) {
  auto manager = coreManager();
  if (!manager.ok()) return then(std::move(manager.failure()));
  ComPtr<winrt::AccountOperation> async;
  const HRESULT started = manager.value()->FindAccountAsync(request.provider.get(),
                                                            HString(request.accountId).get(), async.put());
  finish(operation, started, std::move(async), "FindAccountAsync", std::move(then), optionally(&readAccount));
}

void requestToken(const OperationPtr& operation, const TokenRequest& asked, Then<TokenResultValue> then) {
  auto manager = coreManager();
  if (!manager.ok()) return then(std::move(manager.failure()));
  auto request = makeRequest(asked);
  if (!request.ok()) return then(std::move(request.failure()));

  ComPtr<winrt::TokenOperation> async;
  if (asked.window == nullptr) {
    static constexpr char kStage[] = "GetTokenSilentlyAsync";
    const HRESULT started = startSilently(manager.value().get(), asked, request.value().get(), async.put());
    finish(operation, started, std::move(async), kStage, std::move(then),
           necessarily(&readTokenResult, kStage));
    return;
  }
  static constexpr char kStage[] = "RequestTokenForWindowAsync";
  ComPtr<winrt::IWebAuthenticationCoreManagerInterop> interop;
  const HRESULT known = manager.value().as(interop);
  if (FAILED(known)) return then(missingFailure(known, kStage));
  const HRESULT started = startForWindow(interop.get(), asked, request.value().get(), async.putVoid());
  finish(operation, started, std::move(async), kStage, std::move(then),
         necessarily(&readTokenResult, kStage));
}

void invalidateCache(const OperationPtr& operation, const ComPtr<winrt::IWebTokenRequestResult>& result,
                     Then<Done> then) {
  ComPtr<winrt::IAsyncAction> async;
  const HRESULT started = result->InvalidateCacheAsync(async.put());
  finish(operation, started, std::move(async), "InvalidateCacheAsync", std::move(then), &done);
}

void signOut(const OperationPtr& operation, const SignOutRequest& request, Then<Done> then) {
  static constexpr char kStage[] = "SignOutAsync";
  ComPtr<winrt::IWebAccount2> account;
  const HRESULT known = request.account.as(account);
  if (FAILED(known)) return then(missingFailure(known, kStage));
  ComPtr<winrt::IAsyncAction> async;
  const HRESULT started = account->SignOutWithClientIdAsync(HString(request.clientId).get(), async.put());
  finish(operation, started, std::move(async), kStage, std::move(then), &done);
}

}  // namespace broker::wam
