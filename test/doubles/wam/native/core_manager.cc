#include "core_manager.h"

#include "async.h"
#include "values.h"

namespace fake_wam {
namespace {

using winrt::IWebAccountProvider;
using winrt::IWebTokenRequest;

/** What the log calls the provider of an account call. */
Fields authorityOf(const Provider& provider) {
  return Fields().text("provider", provider.data().authority);
}

/** What a request for a token is given beside the request. */
struct Extra {
  IInspectable* account = nullptr;
  bool hasAccount = false;
  const HWND* window = nullptr;
};

Fields windowFields(HWND window) {
  wchar_t name[257];
  const int length = GetClassNameW(window, name, 257);
  return Fields()
      .window("hwnd", window)
      .boolean("isWindow", IsWindow(window) != FALSE)
      .text("windowClass", broker::toUtf8(std::wstring_view(name, static_cast<std::size_t>(length))))
      .guid("riid", winrt::kIid<winrt::TokenOperation>);
}

HRESULT requestToken(const char* call, IInspectable* asked, const Extra& extra,
                     winrt::TokenOperation** operation) {
  if (operation == nullptr) return E_POINTER;
  *operation = nullptr;
  const TokenRequestObject* request = TokenRequestObject::of(asked);
  if (request == nullptr) return E_INVALIDARG;
  const Account* account = Account::of(extra.account);
  if (extra.hasAccount && account == nullptr) return E_INVALIDARG;
  Fields fields = request->fields();
  fields.text("webAccount", account == nullptr ? "" : account->data().id);
  if (extra.window != nullptr) fields.all(windowFields(*extra.window));
  fields.all(request->properties());
  if (extra.window != nullptr && !IsWindow(*extra.window)) {
    Script::instance().log(call, fields);
    return HRESULT_FROM_WIN32(ERROR_INVALID_WINDOW_HANDLE);
  }
  Fields alsoAsked;
  if (const auto& tag = request->provider().tag) alsoAsked.text("providerTag", *tag);
  return askAsync<AsyncOperation<winrt::IWebTokenRequestResult>>(call, fields, alsoAsked, operation,
                                                                 &tokenResultFrom);
}

HRESULT findProvider(const char* call, HSTRING id, const HSTRING* authority,
                     winrt::ProviderOperation** operation) {
  Fields fields;
  fields.text("id", textOf(id));
  if (authority != nullptr) fields.text("authority", textOf(*authority));
  return askAsync<AsyncOperation<IWebAccountProvider>>(
      call, fields, {}, operation, [](const Answer& answer, long long) { return providerFrom(answer); });
}

HRESULT findAll(const char* call, IWebAccountProvider* asked, const HSTRING* clientId,
                winrt::AccountsOperation** operation) {
  Provider* provider = Provider::of(asked);
  if (provider == nullptr) return E_INVALIDARG;
  Fields fields = authorityOf(*provider);
  if (clientId != nullptr) fields.text("clientId", textOf(*clientId));
  return askAsync<AsyncOperation<winrt::IFindAllAccountsResult>>(
      call, fields, {}, operation, [](const Answer& answer, long long) { return accountsFrom(answer); });
}

class CoreManagerFactory final
    : public Object<Threading::Agile, IActivationFactory, winrt::IWebAuthenticationCoreManagerStatics,
                    winrt::IWebAuthenticationCoreManagerStatics4,
                    winrt::IWebAuthenticationCoreManagerInterop> {
 public:
  CoreManagerFactory() : Object("Windows.Security.Authentication.Web.Core.WebAuthenticationCoreManager") {}

  HRESULT STDMETHODCALLTYPE ActivateInstance(IInspectable** instance) override {
    static_cast<void>(giveValue<IInspectable*>(nullptr, instance));
    return E_NOTIMPL;
  }

  HRESULT STDMETHODCALLTYPE GetTokenSilentlyAsync(IWebTokenRequest* request,
                                                  winrt::TokenOperation** operation) override {
    return requestToken("GetTokenSilentlyAsync", request, {}, operation);
  }
  HRESULT STDMETHODCALLTYPE GetTokenSilentlyWithWebAccountAsync(IWebTokenRequest* request,
                                                                winrt::IWebAccount* account,
                                                                winrt::TokenOperation** operation) override {
    return requestToken("GetTokenSilentlyWithWebAccountAsync", request, {account, true}, operation);
  }
  // These two are for programs with a core window, which a process of Node.js has not got.
  HRESULT STDMETHODCALLTYPE RequestTokenAsync(IWebTokenRequest* request,
                                              winrt::TokenOperation** operation) override {
    return requestToken("RequestTokenAsync", request, {}, operation);
  }
  HRESULT STDMETHODCALLTYPE RequestTokenWithWebAccountAsync(IWebTokenRequest* request,
                                                            winrt::IWebAccount* account,
                                                            winrt::TokenOperation** operation) override {
    return requestToken("RequestTokenWithWebAccountAsync", request, {account, true}, operation);
  }
  HRESULT STDMETHODCALLTYPE FindAccountAsync(IWebAccountProvider* asked, HSTRING id,
                                             winrt::AccountOperation** operation) override {
    Provider* provider = Provider::of(asked);
    if (provider == nullptr) return E_INVALIDARG;
    return askAsync<AsyncOperation<winrt::IWebAccount>>(
        "FindAccountAsync", Fields().text("id", textOf(id)), authorityOf(*provider), operation,
        [](const Answer& answer, long long) { return accountFrom(answer); });
  }
  HRESULT STDMETHODCALLTYPE FindAccountProviderAsync(HSTRING id,
                                                     winrt::ProviderOperation** operation) override {
    return findProvider("FindAccountProviderAsync", id, nullptr, operation);
  }
  HRESULT STDMETHODCALLTYPE FindAccountProviderWithAuthorityAsync(
      HSTRING id, HSTRING authority, winrt::ProviderOperation** operation) override {
    return findProvider("FindAccountProviderWithAuthorityAsync", id, &authority, operation);
  }

  HRESULT STDMETHODCALLTYPE FindAllAccountsAsync(IWebAccountProvider* provider,
                                                 winrt::AccountsOperation** operation) override {
    return findAll("FindAllAccountsAsync", provider, nullptr, operation);
  }
  HRESULT STDMETHODCALLTYPE FindAllAccountsWithClientIdAsync(IWebAccountProvider* provider, HSTRING clientId,
                                                             winrt::AccountsOperation** operation) override {
    return findAll("FindAllAccountsWithClientIdAsync", provider, &clientId, operation);
  }
  HRESULT STDMETHODCALLTYPE FindSystemAccountProviderAsync(HSTRING id,
                                                           winrt::ProviderOperation** operation) override {
    return findProvider("FindSystemAccountProviderAsync", id, nullptr, operation);
  }
  HRESULT STDMETHODCALLTYPE FindSystemAccountProviderWithAuthorityAsync(
      HSTRING id, HSTRING authority, winrt::ProviderOperation** operation) override {
    return findProvider("FindSystemAccountProviderWithAuthorityAsync", id, &authority, operation);
  }
  HRESULT STDMETHODCALLTYPE FindSystemAccountProviderWithAuthorityForUserAsync(
      HSTRING id, HSTRING authority, IInspectable*, winrt::ProviderOperation** operation) override {
    return findProvider("FindSystemAccountProviderWithAuthorityForUserAsync", id, &authority, operation);
  }

  HRESULT STDMETHODCALLTYPE RequestTokenForWindowAsync(HWND window, IInspectable* request, REFIID operationId,
                                                       void** operation) override {
    return forWindow("RequestTokenForWindowAsync", request, {nullptr, false, &window}, operationId,
                     operation);
  }
  HRESULT STDMETHODCALLTYPE RequestTokenWithWebAccountForWindowAsync(HWND window, IInspectable* request,
                                                                     IInspectable* account,
                                                                     REFIID operationId,
                                                                     void** operation) override {
    return forWindow("RequestTokenWithWebAccountForWindowAsync", request, {account, true, &window},
                     operationId, operation);
  }

 private:
  static HRESULT forWindow(const char* call, IInspectable* request, const Extra& extra, REFIID operationId,
                           void** operation) {
    if (operation == nullptr) return E_POINTER;
    *operation = nullptr;
    if (!IsEqualGUID(operationId, winrt::kIid<winrt::TokenOperation>)) return E_NOINTERFACE;
    return requestToken(call, request, extra, reinterpret_cast<winrt::TokenOperation**>(operation));
  }
};

class TokenRequestFactory final
    : public Object<Threading::Agile, IActivationFactory, winrt::IWebTokenRequestFactory> {
 public:
  TokenRequestFactory() : Object("Windows.Security.Authentication.Web.Core.WebTokenRequest") {}

  HRESULT STDMETHODCALLTYPE ActivateInstance(IInspectable** instance) override {
    static_cast<void>(giveValue<IInspectable*>(nullptr, instance));
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE Create(IWebAccountProvider* provider, HSTRING scope, HSTRING clientId,
                                   IWebTokenRequest** request) override {
    return create("WebTokenRequest.Create", provider, scope, clientId, 0, request);
  }
  HRESULT STDMETHODCALLTYPE CreateWithPromptType(IWebAccountProvider* provider, HSTRING scope,
                                                 HSTRING clientId, INT32 promptType,
                                                 IWebTokenRequest** request) override {
    return create("WebTokenRequest.CreateWithPromptType", provider, scope, clientId, promptType, request);
  }
  HRESULT STDMETHODCALLTYPE CreateWithProvider(IWebAccountProvider* provider,
                                               IWebTokenRequest** request) override {
    return create("WebTokenRequest.CreateWithProvider", provider, nullptr, nullptr, 0, request);
  }
  HRESULT STDMETHODCALLTYPE CreateWithScope(IWebAccountProvider* provider, HSTRING scope,
                                            IWebTokenRequest** request) override {
    return create("WebTokenRequest.CreateWithScope", provider, scope, nullptr, 0, request);
  }

 private:
  static HRESULT create(const char* call, IWebAccountProvider* asked, HSTRING scope, HSTRING clientId,
                        INT32 promptType, IWebTokenRequest** request) {
    Script::instance().log(call, Fields()
                                     .text("scope", textOf(scope))
                                     .text("clientId", textOf(clientId))
                                     .number("promptType", promptType));
    if (request == nullptr) return E_POINTER;
    *request = nullptr;
    Provider* provider = Provider::of(asked);
    constexpr INT32 kForceAuthentication = 1;
    if (provider == nullptr || promptType < 0 || promptType > kForceAuthentication) return E_INVALIDARG;
    *request = new TokenRequestObject(provider, textOf(scope), textOf(clientId), promptType);
    return S_OK;
  }
};

}  // namespace

ComPtr<IActivationFactory> makeCoreManagerFactory() {
  return ComPtr<IActivationFactory>::adopt(new CoreManagerFactory());
}

ComPtr<IActivationFactory> makeTokenRequestFactory() {
  return ComPtr<IActivationFactory>::adopt(new TokenRequestFactory());
}

}  // namespace fake_wam
