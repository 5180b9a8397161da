#pragma once

#include "answers.h"
#include "maps.h"
#include "objects.h"

namespace fake_wam {

class Provider final
    : public Object<Threading::Agile, winrt::IWebAccountProvider, winrt::IWebAccountProvider2,
                    winrt::IWebAccountProvider3, winrt::IWebAccountProvider4> {
 public:
  explicit Provider(ProviderData data);
  /** Null for what is not one of ours. */
  static Provider* of(IInspectable* object);
  const ProviderData& data() const { return data_; }

  HRESULT STDMETHODCALLTYPE get_Id(HSTRING* value) override;
  HRESULT STDMETHODCALLTYPE get_DisplayName(HSTRING* value) override;
  HRESULT STDMETHODCALLTYPE get_IconUri(IInspectable** value) override;
  HRESULT STDMETHODCALLTYPE get_DisplayPurpose(HSTRING* value) override;
  HRESULT STDMETHODCALLTYPE get_Authority(HSTRING* value) override;
  HRESULT STDMETHODCALLTYPE get_User(IInspectable** value) override;
  HRESULT STDMETHODCALLTYPE get_IsSystemProvider(boolean* value) override;

 private:
  const ProviderData data_;
};

class Account final : public Object<Threading::Agile, winrt::IWebAccount, winrt::IWebAccount2> {
 public:
  explicit Account(AccountData data);
  static Account* of(IInspectable* object);
  const AccountData& data() const { return data_; }

  HRESULT STDMETHODCALLTYPE get_WebAccountProvider(winrt::IWebAccountProvider** value) override;
  HRESULT STDMETHODCALLTYPE get_UserName(HSTRING* value) override;
  HRESULT STDMETHODCALLTYPE get_State(INT32* value) override;
  HRESULT STDMETHODCALLTYPE get_Id(HSTRING* value) override;
  HRESULT STDMETHODCALLTYPE get_Properties(winrt::StringMapView** value) override;
  HRESULT STDMETHODCALLTYPE GetPictureAsync(INT32 size, IInspectable** operation) override;
  HRESULT STDMETHODCALLTYPE SignOutAsync(winrt::IAsyncAction** operation) override;
  HRESULT STDMETHODCALLTYPE SignOutWithClientIdAsync(HSTRING clientId,
                                                     winrt::IAsyncAction** operation) override;

 private:
  const AccountData data_;
  const ComPtr<winrt::IWebAccountProvider> provider_;
};

class TokenRequestObject final : public Object<Threading::Agile, winrt::IWebTokenRequest,
                                               winrt::IWebTokenRequest2, winrt::IWebTokenRequest3> {
 public:
  TokenRequestObject(Provider* provider, std::string scope, std::string clientId, INT32 promptType);
  static TokenRequestObject* of(IInspectable* object);
  /** In the words of the log. */
  Fields fields() const;
  Fields properties() const;
  const ProviderData& provider() const { return provider_->data(); }

  HRESULT STDMETHODCALLTYPE get_WebAccountProvider(winrt::IWebAccountProvider** value) override;
  HRESULT STDMETHODCALLTYPE get_Scope(HSTRING* value) override;
  HRESULT STDMETHODCALLTYPE get_ClientId(HSTRING* value) override;
  HRESULT STDMETHODCALLTYPE get_PromptType(INT32* value) override;
  HRESULT STDMETHODCALLTYPE get_Properties(winrt::StringMap** value) override;
  HRESULT STDMETHODCALLTYPE get_AppProperties(winrt::StringMap** value) override;
  HRESULT STDMETHODCALLTYPE get_CorrelationId(HSTRING* value) override;
  HRESULT STDMETHODCALLTYPE put_CorrelationId(HSTRING value) override;

 private:
  const ComPtr<Provider> provider_;
  const std::string scope_;
  const std::string clientId_;
  const INT32 promptType_;
  const ComPtr<StringMapObject> properties_;
  const ComPtr<StringMapObject> appProperties_;
  mutable std::mutex mutex_;
  std::string correlationId_;
};

ComPtr<winrt::IWebAccountProvider> providerFrom(const Answer& answer);
ComPtr<winrt::IWebAccount> accountFrom(const Answer& answer);
ComPtr<winrt::IFindAllAccountsResult> accountsFrom(const Answer& answer);
/** `number` is that of the call in the log. */
ComPtr<winrt::IWebTokenRequestResult> tokenResultFrom(const Answer& answer, long long number);

}  // namespace fake_wam
