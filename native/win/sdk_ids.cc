// Compares the interface ids that winrt_abi.h declares with those of the Windows SDK. Compiled with MSVC
// only, which has the SDK's headers; there is nothing in it to run.
#include "win/winrt_abi.h"
// Need the above before them.
#include <accountssettingspaneinterop.h>
#include <webauthenticationcoremanagerinterop.h>
#include <windows.foundation.h>
#include <windows.security.authentication.web.core.h>
#include <windows.security.credentials.h>
#include <windows.ui.applicationsettings.h>

namespace {

namespace foundation = ABI::Windows::Foundation;
namespace collections = ABI::Windows::Foundation::Collections;
namespace core = ABI::Windows::Security::Authentication::Web::Core;
namespace credentials = ABI::Windows::Security::Credentials;
namespace settings = ABI::Windows::UI::ApplicationSettings;
namespace ours = broker::winrt;

consteval bool same(const GUID& left, const GUID& right) {
  bool equal = left.Data1 == right.Data1 && left.Data2 == right.Data2 && left.Data3 == right.Data3;
  for (int i = 0; i < 8; ++i) equal = equal && left.Data4[i] == right.Data4[i];
  return equal;
}

template <class Ours, class Theirs>
consteval bool agree() {
  return same(ours::kIid<Ours>, __uuidof(Theirs));
}

static_assert(agree<IUnknown, ::IUnknown>());
static_assert(agree<IInspectable, ::IInspectable>());
static_assert(agree<IActivationFactory, ::IActivationFactory>());
static_assert(agree<ours::IAgileObject, ::IAgileObject>());
static_assert(agree<ours::IAsyncInfo, ::IAsyncInfo>());
static_assert(agree<ours::IAsyncAction, foundation::IAsyncAction>());
static_assert(agree<ours::AsyncActionCompletedHandler, foundation::IAsyncActionCompletedHandler>());

static_assert(agree<ours::StringPair, collections::IKeyValuePair<HSTRING, HSTRING>>());
static_assert(agree<ours::StringMap, collections::IMap<HSTRING, HSTRING>>());
static_assert(agree<ours::StringMapView, collections::IMapView<HSTRING, HSTRING>>());
static_assert(agree<ours::IIterable<ours::StringPair>,
                    collections::IIterable<collections::IKeyValuePair<HSTRING, HSTRING>*>>());
static_assert(agree<ours::IIterator<ours::StringPair>,
                    collections::IIterator<collections::IKeyValuePair<HSTRING, HSTRING>*>>());

static_assert(agree<ours::IWebAccountProvider, credentials::IWebAccountProvider>());
static_assert(agree<ours::IWebAccountProvider2, credentials::IWebAccountProvider2>());
static_assert(agree<ours::IWebAccount, credentials::IWebAccount>());
static_assert(agree<ours::IWebAccount2, credentials::IWebAccount2>());

static_assert(agree<ours::IWebProviderError, core::IWebProviderError>());
static_assert(agree<ours::IWebTokenRequest, core::IWebTokenRequest>());
static_assert(agree<ours::IWebTokenRequest2, core::IWebTokenRequest2>());
static_assert(agree<ours::IWebTokenRequest3, core::IWebTokenRequest3>());
static_assert(agree<ours::IWebTokenRequestFactory, core::IWebTokenRequestFactory>());
static_assert(agree<ours::IWebTokenResponse, core::IWebTokenResponse>());
static_assert(agree<ours::IWebTokenRequestResult, core::IWebTokenRequestResult>());
static_assert(agree<ours::IFindAllAccountsResult, core::IFindAllAccountsResult>());
static_assert(
    agree<ours::IWebAuthenticationCoreManagerStatics, core::IWebAuthenticationCoreManagerStatics>());
static_assert(
    agree<ours::IWebAuthenticationCoreManagerStatics4, core::IWebAuthenticationCoreManagerStatics4>());
static_assert(agree<ours::IWebAuthenticationCoreManagerInterop, ::IWebAuthenticationCoreManagerInterop>());
static_assert(
    agree<ours::IVectorView<ours::IWebTokenResponse>, collections::IVectorView<core::WebTokenResponse*>>());
static_assert(
    agree<ours::IVectorView<ours::IWebAccount>, collections::IVectorView<credentials::WebAccount*>>());
static_assert(agree<ours::TokenOperation, foundation::IAsyncOperation<core::WebTokenRequestResult*>>());
static_assert(agree<ours::AsyncOperationCompletedHandler<ours::IWebTokenRequestResult>,
                    foundation::IAsyncOperationCompletedHandler<core::WebTokenRequestResult*>>());
static_assert(
    agree<ours::ProviderOperation, foundation::IAsyncOperation<credentials::WebAccountProvider*>>());
static_assert(agree<ours::AsyncOperationCompletedHandler<ours::IWebAccountProvider>,
                    foundation::IAsyncOperationCompletedHandler<credentials::WebAccountProvider*>>());
static_assert(agree<ours::AccountOperation, foundation::IAsyncOperation<credentials::WebAccount*>>());
static_assert(agree<ours::AsyncOperationCompletedHandler<ours::IWebAccount>,
                    foundation::IAsyncOperationCompletedHandler<credentials::WebAccount*>>());
static_assert(agree<ours::AccountsOperation, foundation::IAsyncOperation<core::FindAllAccountsResult*>>());
static_assert(agree<ours::AsyncOperationCompletedHandler<ours::IFindAllAccountsResult>,
                    foundation::IAsyncOperationCompletedHandler<core::FindAllAccountsResult*>>());

static_assert(agree<ours::WebAccountProviderCommandInvokedHandler,
                    settings::IWebAccountProviderCommandInvokedHandler>());
static_assert(agree<ours::IWebAccountProviderCommand, settings::IWebAccountProviderCommand>());
static_assert(agree<ours::IWebAccountProviderCommandFactory, settings::IWebAccountProviderCommandFactory>());
static_assert(
    agree<ours::IAccountsSettingsPaneEventDeferral, settings::IAccountsSettingsPaneEventDeferral>());
static_assert(agree<ours::IAccountsSettingsPaneCommandsRequestedEventArgs,
                    settings::IAccountsSettingsPaneCommandsRequestedEventArgs>());
static_assert(agree<ours::IAccountsSettingsPane, settings::IAccountsSettingsPane>());
static_assert(agree<ours::IAccountsSettingsPaneInterop, ::IAccountsSettingsPaneInterop>());
static_assert(agree<ours::IVector<ours::IWebAccountProviderCommand>,
                    collections::IVector<settings::WebAccountProviderCommand*>>());
static_assert(
    agree<ours::PaneHandler,
          foundation::ITypedEventHandler<settings::AccountsSettingsPane*,
                                         settings::AccountsSettingsPaneCommandsRequestedEventArgs*>>());

}  // namespace
