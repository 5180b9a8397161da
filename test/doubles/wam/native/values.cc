#include "values.h"

#include "async.h"

namespace fake_wam {
namespace {

/** An object of ours, by the interface it is asked for first: the component has one class for each. */
template <class T, class I>
T* ours(IInspectable* object, const char* className) {
  ComPtr<I> found;
  if (object == nullptr || FAILED(object->QueryInterface(winrt::kIid<I>, found.putVoid()))) return nullptr;
  HSTRING name = nullptr;
  found->GetRuntimeClassName(&name);
  const bool same = textOf(name) == className;
  WindowsDeleteString(name);
  return same ? static_cast<T*>(found.get()) : nullptr;
}

constexpr char kProviderClass[] = "Windows.Security.Credentials.WebAccountProvider";
constexpr char kAccountClass[] = "Windows.Security.Credentials.WebAccount";
constexpr char kRequestClass[] = "Windows.Security.Authentication.Web.Core.WebTokenRequest";

class ProviderError final : public Object<Threading::Agile, winrt::IWebProviderError> {
 public:
  explicit ProviderError(ErrorData data)
      : Object("Windows.Security.Authentication.Web.Core.WebProviderError"), data_(std::move(data)) {}

  HRESULT STDMETHODCALLTYPE get_ErrorCode(UINT32* value) override { return giveValue(data_.code, value); }
  HRESULT STDMETHODCALLTYPE get_ErrorMessage(HSTRING* value) override {
    return giveText(data_.message, value);
  }
  HRESULT STDMETHODCALLTYPE get_Properties(winrt::StringMap** value) override {
    if (value == nullptr) return E_POINTER;
    *value = new StringMapObject("error.Properties", data_.properties);
    return S_OK;
  }

 private:
  const ErrorData data_;
};

ComPtr<winrt::IWebProviderError> errorFrom(const std::optional<ErrorData>& data) {
  return ComPtr<winrt::IWebProviderError>::adopt(data ? new ProviderError(*data) : nullptr);
}

class Response final : public Object<Threading::Agile, winrt::IWebTokenResponse> {
 public:
  explicit Response(const ResponseData& data)
      : Object("Windows.Security.Authentication.Web.Core.WebTokenResponse"),
        token_(data.token),
        account_(ComPtr<winrt::IWebAccount>::adopt(data.account ? new Account(*data.account) : nullptr)),
        error_(errorFrom(data.error)),
        properties_(
            ComPtr<winrt::StringMap>::adopt(new StringMapObject("response.Properties", data.properties))) {}

  HRESULT STDMETHODCALLTYPE get_Token(HSTRING* value) override {
    Script::instance().log("response.get_Token");
    return giveText(token_, value);
  }
  HRESULT STDMETHODCALLTYPE get_ProviderError(winrt::IWebProviderError** value) override {
    Script::instance().log("response.get_ProviderError");
    return give(error_, value);
  }
  HRESULT STDMETHODCALLTYPE get_WebAccount(winrt::IWebAccount** value) override {
    Script::instance().log("response.get_WebAccount");
    return give(account_, value);
  }
  HRESULT STDMETHODCALLTYPE get_Properties(winrt::StringMap** value) override {
    Script::instance().log("response.get_Properties");
    return give(properties_, value);
  }

 private:
  const std::string token_;
  const ComPtr<winrt::IWebAccount> account_;
  const ComPtr<winrt::IWebProviderError> error_;
  const ComPtr<winrt::StringMap> properties_;
};

class TokenResult final : public Object<Threading::Agile, winrt::IWebTokenRequestResult> {
 public:
  TokenResult(const Answer& answer, long long number)
      : Object("Windows.Security.Authentication.Web.Core.WebTokenRequestResult"),
        number_(number),
        status_(answer.status),
        error_(errorFrom(answer.error)) {
    for (const ResponseData& data : answer.responses) {
      tokens_.push_back(data.token);
      responses_.push_back(ComPtr<winrt::IWebTokenResponse>::adopt(new Response(data)));
    }
  }

  HRESULT STDMETHODCALLTYPE get_ResponseData(winrt::IVectorView<winrt::IWebTokenResponse>** value) override {
    Script::instance().log("result.get_ResponseData");
    if (value == nullptr) return E_POINTER;
    *value = new VectorView<winrt::IWebTokenResponse>(responses_);
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE get_ResponseStatus(INT32* value) override {
    Script::instance().log("result.get_ResponseStatus", Fields().number("status", status_));
    return giveValue(status_, value);
  }
  HRESULT STDMETHODCALLTYPE get_ResponseError(winrt::IWebProviderError** value) override {
    Script::instance().log("result.get_ResponseError");
    return give(error_, value);
  }
  HRESULT STDMETHODCALLTYPE InvalidateCacheAsync(winrt::IAsyncAction** operation) override {
    return askAsync<AsyncAction>("result.InvalidateCacheAsync", {},
                                 Fields().number("of", number_).texts("tokens", tokens_), operation,
                                 [](const Answer&, long long) { return AsyncAction::Value(); });
  }

 private:
  const long long number_;
  const INT32 status_;
  const ComPtr<winrt::IWebProviderError> error_;
  std::vector<std::string> tokens_;
  std::vector<ComPtr<winrt::IWebTokenResponse>> responses_;
};

class Accounts final : public Object<Threading::Agile, winrt::IFindAllAccountsResult> {
 public:
  explicit Accounts(const Answer& answer)
      : Object("Windows.Security.Authentication.Web.Core.FindAllAccountsResult"),
        status_(answer.status),
        error_(errorFrom(answer.error)) {
    for (const AccountData& data : answer.accounts) {
      accounts_.push_back(ComPtr<winrt::IWebAccount>::adopt(new Account(data)));
    }
  }

  HRESULT STDMETHODCALLTYPE get_Accounts(winrt::IVectorView<winrt::IWebAccount>** value) override {
    Script::instance().log("findall.get_Accounts");
    if (value == nullptr) return E_POINTER;
    *value = new VectorView<winrt::IWebAccount>(accounts_);
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE get_Status(INT32* value) override {
    Script::instance().log("findall.get_Status", Fields().number("status", status_));
    return giveValue(status_, value);
  }
  HRESULT STDMETHODCALLTYPE get_ProviderError(winrt::IWebProviderError** value) override {
    return give(error_, value);
  }

 private:
  const INT32 status_;
  const ComPtr<winrt::IWebProviderError> error_;
  std::vector<ComPtr<winrt::IWebAccount>> accounts_;
};

}  // namespace

// ---- providers

Provider::Provider(ProviderData data) : Object(kProviderClass), data_(std::move(data)) {}

Provider* Provider::of(IInspectable* object) {
  return ours<Provider, winrt::IWebAccountProvider>(object, kProviderClass);
}

HRESULT Provider::get_Id(HSTRING* value) {
  return giveText(data_.id, value);
}
HRESULT Provider::get_DisplayName(HSTRING* value) {
  return giveText(data_.displayName, value);
}
HRESULT Provider::get_IconUri(IInspectable** value) {
  return giveValue<IInspectable*>(nullptr, value);
}
HRESULT Provider::get_DisplayPurpose(HSTRING* value) {
  return giveText("", value);
}
HRESULT Provider::get_Authority(HSTRING* value) {
  Script::instance().log("provider.get_Authority", Fields().text("authority", data_.authority));
  return giveText(data_.authority, value);
}
HRESULT Provider::get_User(IInspectable** value) {
  return giveValue<IInspectable*>(nullptr, value);
}
HRESULT Provider::get_IsSystemProvider(boolean* value) {
  return giveValue<boolean>(FALSE, value);
}

// ---- accounts

Account::Account(AccountData data)
    : Object(kAccountClass),
      data_(std::move(data)),
      provider_(ComPtr<winrt::IWebAccountProvider>::adopt(new Provider(data_.provider))) {}

Account* Account::of(IInspectable* object) {
  return ours<Account, winrt::IWebAccount>(object, kAccountClass);
}

HRESULT Account::get_WebAccountProvider(winrt::IWebAccountProvider** value) {
  return give(provider_, value);
}
HRESULT Account::get_UserName(HSTRING* value) {
  Script::instance().log("account.get_UserName");
  return giveText(data_.userName, value);
}
HRESULT Account::get_State(INT32* value) {
  return giveValue(data_.state, value);
}
HRESULT Account::get_Id(HSTRING* value) {
  Script::instance().log("account.get_Id");
  return giveText(data_.id, value);
}
HRESULT Account::get_Properties(winrt::StringMapView** value) {
  Script::instance().log("account.get_Properties");
  if (value == nullptr) return E_POINTER;
  *value = new StringMapViewObject(data_.provider.authority == "consumers" ? "account(msa)" : "account(aad)",
                                   data_.properties);
  return S_OK;
}
HRESULT Account::GetPictureAsync(INT32, IInspectable** operation) {
  static_cast<void>(giveValue<IInspectable*>(nullptr, operation));
  return E_NOTIMPL;
}
HRESULT Account::SignOutAsync(winrt::IAsyncAction** operation) {
  return askAsync<AsyncAction>("account.SignOutAsync", Fields().text("id", data_.id), {}, operation,
                               [](const Answer&, long long) { return AsyncAction::Value(); });
}
HRESULT Account::SignOutWithClientIdAsync(HSTRING clientId, winrt::IAsyncAction** operation) {
  return askAsync<AsyncAction>("account.SignOutWithClientIdAsync",
                               Fields().text("id", data_.id).text("clientId", textOf(clientId)), {},
                               operation, [](const Answer&, long long) { return AsyncAction::Value(); });
}

// ---- requests

TokenRequestObject::TokenRequestObject(Provider* provider, std::string scope, std::string clientId,
                                       INT32 promptType)
    : Object(kRequestClass),
      provider_(ComPtr<Provider>::share(provider)),
      scope_(std::move(scope)),
      clientId_(std::move(clientId)),
      promptType_(promptType),
      properties_(make<StringMapObject>("request.Properties", StringRecord())),
      appProperties_(make<StringMapObject>("request.AppProperties", StringRecord())) {}

TokenRequestObject* TokenRequestObject::of(IInspectable* object) {
  return ours<TokenRequestObject, winrt::IWebTokenRequest>(object, kRequestClass);
}

Fields TokenRequestObject::fields() const {
  std::lock_guard lock(mutex_);
  return Fields()
      .fields("provider", Fields().text("id", provider().id).text("authority", provider().authority))
      .text("clientId", clientId_)
      .text("scope", scope_)
      .number("promptType", promptType_)
      .text("correlationId", correlationId_);
}

Fields TokenRequestObject::properties() const {
  return Fields()
      .record("properties", properties_->content())
      .record("appProperties", appProperties_->content());
}

HRESULT TokenRequestObject::get_WebAccountProvider(winrt::IWebAccountProvider** value) {
  if (value == nullptr) return E_POINTER;
  return provider_->QueryInterface(winrt::kIid<winrt::IWebAccountProvider>, reinterpret_cast<void**>(value));
}
HRESULT TokenRequestObject::get_Scope(HSTRING* value) {
  return giveText(scope_, value);
}
HRESULT TokenRequestObject::get_ClientId(HSTRING* value) {
  return giveText(clientId_, value);
}
HRESULT TokenRequestObject::get_PromptType(INT32* value) {
  return giveValue(promptType_, value);
}
HRESULT TokenRequestObject::get_Properties(winrt::StringMap** value) {
  return give<winrt::StringMap>(ComPtr<winrt::StringMap>::share(properties_.get()), value);
}
HRESULT TokenRequestObject::get_AppProperties(winrt::StringMap** value) {
  return give<winrt::StringMap>(ComPtr<winrt::StringMap>::share(appProperties_.get()), value);
}
HRESULT TokenRequestObject::get_CorrelationId(HSTRING* value) {
  std::lock_guard lock(mutex_);
  return giveText(correlationId_, value);
}
HRESULT TokenRequestObject::put_CorrelationId(HSTRING value) {
  Script::instance().log("request.put_CorrelationId", Fields().text("value", textOf(value)));
  std::lock_guard lock(mutex_);
  correlationId_ = textOf(value);
  return S_OK;
}

// ---- answers

ComPtr<winrt::IWebAccountProvider> providerFrom(const Answer& answer) {
  return ComPtr<winrt::IWebAccountProvider>::adopt(answer.provider ? new Provider(*answer.provider)
                                                                   : nullptr);
}

ComPtr<winrt::IWebAccount> accountFrom(const Answer& answer) {
  return ComPtr<winrt::IWebAccount>::adopt(answer.account ? new Account(*answer.account) : nullptr);
}

ComPtr<winrt::IFindAllAccountsResult> accountsFrom(const Answer& answer) {
  return ComPtr<winrt::IFindAllAccountsResult>::adopt(new Accounts(answer));
}

ComPtr<winrt::IWebTokenRequestResult> tokenResultFrom(const Answer& answer, long long number) {
  return ComPtr<winrt::IWebTokenRequestResult>::adopt(new TokenResult(answer, number));
}

}  // namespace fake_wam
