#pragma once

// What the addon uses of WinRT, declared by hand: interface ids and the order of methods, as in the Windows
// metadata (*.winmd). mingw-w64 has none of these headers, and one set of sources shall serve every compiler.
// native-abi.test.ts of @x/broker-win compares every declaration in here with a dump of that metadata, and
// computes the ids of the generic ones anew; with MSVC, sdk_ids.cc compares the ids with the Windows SDK's.
//
// Method names are those of the metadata. What is declared `IInspectable*` is nothing the addon touches.

#include <windows.h>
// Needs windows.h before it.
#include <activation.h>
#include <eventtoken.h>
#include <hstring.h>
#include <inspectable.h>

#include <cstddef>

namespace broker::winrt {

consteval GUID guid(const char (&text)[37]) {
  GUID id{};
  const auto digit = [](char c) -> unsigned {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  const auto byteAt = [&](std::size_t i) {
    return static_cast<unsigned char>(digit(text[i]) * 16 + digit(text[i + 1]));
  };
  const auto shortAt = [&](std::size_t i) {
    return static_cast<unsigned short>(byteAt(i) * 256 + byteAt(i + 2));
  };
  id.Data1 = static_cast<unsigned long>(shortAt(0)) * 65536 + shortAt(4);
  id.Data2 = shortAt(9);
  id.Data3 = shortAt(14);
  id.Data4[0] = byteAt(19);
  id.Data4[1] = byteAt(21);
  for (std::size_t i = 0; i < 6; ++i) id.Data4[2 + i] = byteAt(24 + 2 * i);
  return id;
}

/** The id of an interface. */
template <class T>
inline constexpr GUID kIid = T::undeclared;

#define BROKER_METHOD virtual HRESULT STDMETHODCALLTYPE

// ---- COM

template <>
inline constexpr GUID kIid<IUnknown> = guid("00000000-0000-0000-c000-000000000046");
template <>
inline constexpr GUID kIid<IInspectable> = guid("af86e2e0-b12d-4c6a-9c5a-d7aa65101e90");
template <>
inline constexpr GUID kIid<IActivationFactory> = guid("00000035-0000-0000-c000-000000000046");

/** Marks objects that any thread may call. */
struct IAgileObject : IUnknown {};
template <>
inline constexpr GUID kIid<IAgileObject> = guid("94ea2b94-e9cc-49e0-c0ff-ee64ca8f5b90");

// ---- Windows.Foundation

enum class AsyncStatus : int { Started = 0, Completed = 1, Canceled = 2, Error = 3 };

struct IAsyncInfo : IInspectable {
  BROKER_METHOD get_Id(UINT32* value) = 0;
  BROKER_METHOD get_Status(AsyncStatus* value) = 0;
  BROKER_METHOD get_ErrorCode(HRESULT* value) = 0;
  BROKER_METHOD Cancel() = 0;
  BROKER_METHOD Close() = 0;
};
template <>
inline constexpr GUID kIid<IAsyncInfo> = guid("00000036-0000-0000-c000-000000000046");

struct IAsyncAction;
struct AsyncActionCompletedHandler : IUnknown {
  BROKER_METHOD Invoke(IAsyncAction* action, AsyncStatus status) = 0;
};
template <>
inline constexpr GUID kIid<AsyncActionCompletedHandler> = guid("a4ed5c81-76c9-40bd-8be6-b1d90fb20ae7");

struct IAsyncAction : IInspectable {
  BROKER_METHOD put_Completed(AsyncActionCompletedHandler* handler) = 0;
  BROKER_METHOD get_Completed(AsyncActionCompletedHandler** handler) = 0;
  BROKER_METHOD GetResults() = 0;
};
template <>
inline constexpr GUID kIid<IAsyncAction> = guid("5a648006-843a-4da9-865b-9d26e5dfad7b");

template <class T>
struct IAsyncOperation;
template <class T>
struct AsyncOperationCompletedHandler : IUnknown {
  BROKER_METHOD Invoke(IAsyncOperation<T>* operation, AsyncStatus status) = 0;
};
template <class T>
struct IAsyncOperation : IInspectable {
  BROKER_METHOD put_Completed(AsyncOperationCompletedHandler<T>* handler) = 0;
  BROKER_METHOD get_Completed(AsyncOperationCompletedHandler<T>** handler) = 0;
  BROKER_METHOD GetResults(T** result) = 0;
};

template <class Sender, class Args>
struct TypedEventHandler : IUnknown {
  BROKER_METHOD Invoke(Sender* sender, Args* args) = 0;
};

// ---- Windows.Foundation.Collections, as far as used: maps from string to string, lists of objects

template <class T>
struct IIterator : IInspectable {
  BROKER_METHOD get_Current(T** value) = 0;
  BROKER_METHOD get_HasCurrent(boolean* value) = 0;
  BROKER_METHOD MoveNext(boolean* hasCurrent) = 0;
  BROKER_METHOD GetMany(UINT32 capacity, T** values, UINT32* actual) = 0;
};
template <class T>
struct IIterable : IInspectable {
  BROKER_METHOD First(IIterator<T>** value) = 0;
};
template <class T>
struct IVectorView : IInspectable {
  BROKER_METHOD GetAt(UINT32 index, T** value) = 0;
  BROKER_METHOD get_Size(UINT32* value) = 0;
  BROKER_METHOD IndexOf(T* value, UINT32* index, boolean* found) = 0;
  BROKER_METHOD GetMany(UINT32 start, UINT32 capacity, T** values, UINT32* actual) = 0;
};
template <class T>
struct IVector : IInspectable {
  BROKER_METHOD GetAt(UINT32 index, T** value) = 0;
  BROKER_METHOD get_Size(UINT32* value) = 0;
  BROKER_METHOD GetView(IVectorView<T>** value) = 0;
  BROKER_METHOD IndexOf(T* value, UINT32* index, boolean* found) = 0;
  BROKER_METHOD SetAt(UINT32 index, T* value) = 0;
  BROKER_METHOD InsertAt(UINT32 index, T* value) = 0;
  BROKER_METHOD RemoveAt(UINT32 index) = 0;
  BROKER_METHOD Append(T* value) = 0;
  BROKER_METHOD RemoveAtEnd() = 0;
  BROKER_METHOD Clear() = 0;
  BROKER_METHOD GetMany(UINT32 start, UINT32 capacity, T** values, UINT32* actual) = 0;
  BROKER_METHOD ReplaceAll(UINT32 count, T** values) = 0;
};

template <class K, class V>
struct IKeyValuePair;
template <class K, class V>
struct IMapView;
template <class K, class V>
struct IMap;

template <>
struct IKeyValuePair<HSTRING, HSTRING> : IInspectable {
  BROKER_METHOD get_Key(HSTRING* value) = 0;
  BROKER_METHOD get_Value(HSTRING* value) = 0;
};
template <>
struct IMapView<HSTRING, HSTRING> : IInspectable {
  BROKER_METHOD Lookup(HSTRING key, HSTRING* value) = 0;
  BROKER_METHOD get_Size(UINT32* value) = 0;
  BROKER_METHOD HasKey(HSTRING key, boolean* found) = 0;
  BROKER_METHOD Split(IMapView** first, IMapView** second) = 0;
};
template <>
struct IMap<HSTRING, HSTRING> : IInspectable {
  BROKER_METHOD Lookup(HSTRING key, HSTRING* value) = 0;
  BROKER_METHOD get_Size(UINT32* value) = 0;
  BROKER_METHOD HasKey(HSTRING key, boolean* found) = 0;
  BROKER_METHOD GetView(IMapView<HSTRING, HSTRING>** value) = 0;
  BROKER_METHOD Insert(HSTRING key, HSTRING value, boolean* replaced) = 0;
  BROKER_METHOD Remove(HSTRING key) = 0;
  BROKER_METHOD Clear() = 0;
};

using StringPair = IKeyValuePair<HSTRING, HSTRING>;
using StringMap = IMap<HSTRING, HSTRING>;
using StringMapView = IMapView<HSTRING, HSTRING>;

template <>
inline constexpr GUID kIid<IKeyValuePair<HSTRING, HSTRING>> = guid("60310303-49c5-52e6-abc6-a9b36eccc716");
template <>
inline constexpr GUID kIid<IMap<HSTRING, HSTRING>> = guid("f6d1f700-49c2-52ae-8154-826f9908773c");
template <>
inline constexpr GUID kIid<IMapView<HSTRING, HSTRING>> = guid("ac7f26f2-feb7-5b2a-8ac4-345bc62caede");
template <>
inline constexpr GUID kIid<IIterable<IKeyValuePair<HSTRING, HSTRING>>> =
    guid("e9bdaaf0-cbf6-5c72-be90-29cbf3a1319b");
template <>
inline constexpr GUID kIid<IIterator<IKeyValuePair<HSTRING, HSTRING>>> =
    guid("05eb86f1-7140-5517-b88d-cbaebe57e6b1");

// ---- Windows.Security.Credentials

struct IWebAccountProvider : IInspectable {
  BROKER_METHOD get_Id(HSTRING* value) = 0;
  BROKER_METHOD get_DisplayName(HSTRING* value) = 0;
  BROKER_METHOD get_IconUri(IInspectable** value) = 0;
};
template <>
inline constexpr GUID kIid<IWebAccountProvider> = guid("29dcc8c3-7ab9-4a7c-a336-b942f9dbf7c7");

struct IWebAccountProvider2 : IInspectable {
  BROKER_METHOD get_DisplayPurpose(HSTRING* value) = 0;
  BROKER_METHOD get_Authority(HSTRING* value) = 0;
};
template <>
inline constexpr GUID kIid<IWebAccountProvider2> = guid("4a01eb05-4e42-41d4-b518-e008a5163614");

struct IWebAccount : IInspectable {
  BROKER_METHOD get_WebAccountProvider(IWebAccountProvider** value) = 0;
  BROKER_METHOD get_UserName(HSTRING* value) = 0;
  BROKER_METHOD get_State(INT32* value) = 0;
};
template <>
inline constexpr GUID kIid<IWebAccount> = guid("69473eb2-8031-49be-80bb-96cb46d99aba");

struct IWebAccount2 : IInspectable {
  BROKER_METHOD get_Id(HSTRING* value) = 0;
  BROKER_METHOD get_Properties(StringMapView** value) = 0;
  BROKER_METHOD GetPictureAsync(INT32 size, IInspectable** operation) = 0;
  BROKER_METHOD SignOutAsync(IAsyncAction** operation) = 0;
  BROKER_METHOD SignOutWithClientIdAsync(HSTRING clientId, IAsyncAction** operation) = 0;
};
template <>
inline constexpr GUID kIid<IWebAccount2> = guid("7b56d6f8-990b-4eb5-94a7-5621f3a8b824");

// ---- Windows.Security.Authentication.Web.Core

struct IWebProviderError : IInspectable {
  BROKER_METHOD get_ErrorCode(UINT32* value) = 0;
  BROKER_METHOD get_ErrorMessage(HSTRING* value) = 0;
  BROKER_METHOD get_Properties(StringMap** value) = 0;
};
template <>
inline constexpr GUID kIid<IWebProviderError> = guid("db191bb1-50c5-4809-8dca-09c99410245c");

struct IWebTokenRequest : IInspectable {
  BROKER_METHOD get_WebAccountProvider(IWebAccountProvider** value) = 0;
  BROKER_METHOD get_Scope(HSTRING* value) = 0;
  BROKER_METHOD get_ClientId(HSTRING* value) = 0;
  BROKER_METHOD get_PromptType(INT32* value) = 0;
  BROKER_METHOD get_Properties(StringMap** value) = 0;
};
template <>
inline constexpr GUID kIid<IWebTokenRequest> = guid("b77b4d68-adcb-4673-b364-0cf7b35caf97");

struct IWebTokenRequest2 : IInspectable {
  BROKER_METHOD get_AppProperties(StringMap** value) = 0;
};
template <>
inline constexpr GUID kIid<IWebTokenRequest2> = guid("d700c079-30c8-4397-9654-961c3be8b855");

struct IWebTokenRequest3 : IInspectable {
  BROKER_METHOD get_CorrelationId(HSTRING* value) = 0;
  BROKER_METHOD put_CorrelationId(HSTRING value) = 0;
};
template <>
inline constexpr GUID kIid<IWebTokenRequest3> = guid("5a755b51-3bb1-41a5-a63d-90bc32c7db9a");

struct IWebTokenRequestFactory : IInspectable {
  BROKER_METHOD Create(IWebAccountProvider* provider, HSTRING scope, HSTRING clientId,
                       IWebTokenRequest** request) = 0;
  BROKER_METHOD CreateWithPromptType(IWebAccountProvider* provider, HSTRING scope, HSTRING clientId,
                                     INT32 promptType, IWebTokenRequest** request) = 0;
  BROKER_METHOD CreateWithProvider(IWebAccountProvider* provider, IWebTokenRequest** request) = 0;
  BROKER_METHOD CreateWithScope(IWebAccountProvider* provider, HSTRING scope, IWebTokenRequest** request) = 0;
};
template <>
inline constexpr GUID kIid<IWebTokenRequestFactory> = guid("6cf2141c-0ff0-4c67-b84f-99ddbe4a72c9");

struct IWebTokenResponse : IInspectable {
  BROKER_METHOD get_Token(HSTRING* value) = 0;
  BROKER_METHOD get_ProviderError(IWebProviderError** value) = 0;
  BROKER_METHOD get_WebAccount(IWebAccount** value) = 0;
  BROKER_METHOD get_Properties(StringMap** value) = 0;
};
template <>
inline constexpr GUID kIid<IWebTokenResponse> = guid("67a7c5ca-83f6-44c6-a3b1-0eb69e41fa8a");

struct IWebTokenRequestResult : IInspectable {
  BROKER_METHOD get_ResponseData(IVectorView<IWebTokenResponse>** value) = 0;
  BROKER_METHOD get_ResponseStatus(INT32* value) = 0;
  BROKER_METHOD get_ResponseError(IWebProviderError** value) = 0;
  BROKER_METHOD InvalidateCacheAsync(IAsyncAction** operation) = 0;
};
template <>
inline constexpr GUID kIid<IWebTokenRequestResult> = guid("c12a8305-d1f8-4483-8d54-38fe292784ff");

struct IFindAllAccountsResult : IInspectable {
  BROKER_METHOD get_Accounts(IVectorView<IWebAccount>** value) = 0;
  BROKER_METHOD get_Status(INT32* value) = 0;
  BROKER_METHOD get_ProviderError(IWebProviderError** value) = 0;
};
template <>
inline constexpr GUID kIid<IFindAllAccountsResult> = guid("a5812b5d-b72e-420c-86ab-aac0d7b7261f");

using TokenOperation = IAsyncOperation<IWebTokenRequestResult>;
using ProviderOperation = IAsyncOperation<IWebAccountProvider>;
using AccountOperation = IAsyncOperation<IWebAccount>;
using AccountsOperation = IAsyncOperation<IFindAllAccountsResult>;

struct IWebAuthenticationCoreManagerStatics : IInspectable {
  BROKER_METHOD GetTokenSilentlyAsync(IWebTokenRequest* request, TokenOperation** operation) = 0;
  BROKER_METHOD GetTokenSilentlyWithWebAccountAsync(IWebTokenRequest* request, IWebAccount* account,
                                                    TokenOperation** operation) = 0;
  BROKER_METHOD RequestTokenAsync(IWebTokenRequest* request, TokenOperation** operation) = 0;
  BROKER_METHOD RequestTokenWithWebAccountAsync(IWebTokenRequest* request, IWebAccount* account,
                                                TokenOperation** operation) = 0;
  BROKER_METHOD FindAccountAsync(IWebAccountProvider* provider, HSTRING id, AccountOperation** operation) = 0;
  BROKER_METHOD FindAccountProviderAsync(HSTRING id, ProviderOperation** operation) = 0;
  BROKER_METHOD FindAccountProviderWithAuthorityAsync(HSTRING id, HSTRING authority,
                                                      ProviderOperation** operation) = 0;
};
template <>
inline constexpr GUID kIid<IWebAuthenticationCoreManagerStatics> =
    guid("6aca7c92-a581-4479-9c10-752eff44fd34");

struct IWebAuthenticationCoreManagerStatics4 : IInspectable {
  BROKER_METHOD FindAllAccountsAsync(IWebAccountProvider* provider, AccountsOperation** operation) = 0;
  BROKER_METHOD FindAllAccountsWithClientIdAsync(IWebAccountProvider* provider, HSTRING clientId,
                                                 AccountsOperation** operation) = 0;
  BROKER_METHOD FindSystemAccountProviderAsync(HSTRING id, ProviderOperation** operation) = 0;
  BROKER_METHOD FindSystemAccountProviderWithAuthorityAsync(HSTRING id, HSTRING authority,
                                                            ProviderOperation** operation) = 0;
  BROKER_METHOD FindSystemAccountProviderWithAuthorityForUserAsync(HSTRING id, HSTRING authority,
                                                                   IInspectable* user,
                                                                   ProviderOperation** operation) = 0;
};
template <>
inline constexpr GUID kIid<IWebAuthenticationCoreManagerStatics4> =
    guid("54e633fe-96e0-41e8-9832-1298897c2aaf");

// Not in the metadata but in webauthenticationcoremanagerinterop.h: the form for programs with window
// handles.
struct IWebAuthenticationCoreManagerInterop : IInspectable {
  BROKER_METHOD RequestTokenForWindowAsync(HWND window, IInspectable* request, REFIID operationId,
                                           void** operation) = 0;
  BROKER_METHOD RequestTokenWithWebAccountForWindowAsync(HWND window, IInspectable* request,
                                                         IInspectable* account, REFIID operationId,
                                                         void** operation) = 0;
};
template <>
inline constexpr GUID kIid<IWebAuthenticationCoreManagerInterop> =
    guid("f4b8e804-811e-4436-b69c-44cb67b72084");

template <>
inline constexpr GUID kIid<IVectorView<IWebTokenResponse>> = guid("199e065c-8195-55da-9c10-8aeaf9ac1062");
template <>
inline constexpr GUID kIid<IVectorView<IWebAccount>> = guid("e0798d3d-2b4a-589a-ab12-02dccc158afc");
template <>
inline constexpr GUID kIid<IAsyncOperation<IWebTokenRequestResult>> =
    guid("0a815852-7c44-5674-b3d2-fa2e4c1e46c9");
template <>
inline constexpr GUID kIid<AsyncOperationCompletedHandler<IWebTokenRequestResult>> =
    guid("deb54b22-70f2-55ab-97c0-6cbdc5ddb6f0");
template <>
inline constexpr GUID kIid<IAsyncOperation<IWebAccountProvider>> =
    guid("88c66009-12f7-58e2-8dbe-6efc620c85ba");
template <>
inline constexpr GUID kIid<AsyncOperationCompletedHandler<IWebAccountProvider>> =
    guid("9477622b-1340-5574-81fc-5013581f57c9");
template <>
inline constexpr GUID kIid<IAsyncOperation<IWebAccount>> = guid("acd76b54-297f-5a18-9143-20a309e2dfd3");
template <>
inline constexpr GUID kIid<AsyncOperationCompletedHandler<IWebAccount>> =
    guid("4bd6f1e5-ca89-5240-8f3d-7f1b54ae90a7");
template <>
inline constexpr GUID kIid<IAsyncOperation<IFindAllAccountsResult>> =
    guid("9affb572-58c3-5c6c-9397-2b7704aa35c3");
template <>
inline constexpr GUID kIid<AsyncOperationCompletedHandler<IFindAllAccountsResult>> =
    guid("5de9ba5e-0ade-5344-9fe4-987f1d387ef7");

// ---- Windows.UI.ApplicationSettings

struct IWebAccountProviderCommand;
struct WebAccountProviderCommandInvokedHandler : IUnknown {
  BROKER_METHOD Invoke(IWebAccountProviderCommand* command) = 0;
};
template <>
inline constexpr GUID kIid<WebAccountProviderCommandInvokedHandler> =
    guid("b7de5527-4c8f-42dd-84da-5ec493abdb9a");

struct IWebAccountProviderCommand : IInspectable {
  BROKER_METHOD get_WebAccountProvider(IWebAccountProvider** value) = 0;
  BROKER_METHOD get_Invoked(WebAccountProviderCommandInvokedHandler** value) = 0;
};
template <>
inline constexpr GUID kIid<IWebAccountProviderCommand> = guid("d69bdd9a-a0a6-4e9b-88dc-c71e757a3501");

struct IWebAccountProviderCommandFactory : IInspectable {
  BROKER_METHOD CreateWebAccountProviderCommand(IWebAccountProvider* provider,
                                                WebAccountProviderCommandInvokedHandler* invoked,
                                                IWebAccountProviderCommand** command) = 0;
};
template <>
inline constexpr GUID kIid<IWebAccountProviderCommandFactory> = guid("d5658a1b-b176-4776-8469-a9d3ff0b3f59");

struct IAccountsSettingsPaneEventDeferral : IInspectable {
  BROKER_METHOD Complete() = 0;
};
template <>
inline constexpr GUID kIid<IAccountsSettingsPaneEventDeferral> = guid("cbf25d3f-e5ba-40ef-93da-65e096e5fb04");

struct IAccountsSettingsPaneCommandsRequestedEventArgs : IInspectable {
  BROKER_METHOD get_WebAccountProviderCommands(IVector<IWebAccountProviderCommand>** value) = 0;
  BROKER_METHOD get_WebAccountCommands(IInspectable** value) = 0;
  BROKER_METHOD get_CredentialCommands(IInspectable** value) = 0;
  BROKER_METHOD get_Commands(IInspectable** value) = 0;
  BROKER_METHOD get_HeaderText(HSTRING* value) = 0;
  BROKER_METHOD put_HeaderText(HSTRING value) = 0;
  BROKER_METHOD GetDeferral(IAccountsSettingsPaneEventDeferral** value) = 0;
};
template <>
inline constexpr GUID kIid<IAccountsSettingsPaneCommandsRequestedEventArgs> =
    guid("3b68c099-db19-45d0-9abf-95d3773c9330");

struct IAccountsSettingsPane;
using PaneHandler = TypedEventHandler<IAccountsSettingsPane, IAccountsSettingsPaneCommandsRequestedEventArgs>;

struct IAccountsSettingsPane : IInspectable {
  BROKER_METHOD add_AccountCommandsRequested(PaneHandler* handler, EventRegistrationToken* token) = 0;
  BROKER_METHOD remove_AccountCommandsRequested(EventRegistrationToken token) = 0;
};
template <>
inline constexpr GUID kIid<IAccountsSettingsPane> = guid("81ea942c-4f09-4406-a538-838d9b14b7e6");

// Not in the metadata but in accountssettingspaneinterop.h.
struct IAccountsSettingsPaneInterop : IInspectable {
  BROKER_METHOD GetForWindow(HWND window, REFIID paneId, void** pane) = 0;
  BROKER_METHOD ShowManageAccountsForWindowAsync(HWND window, REFIID actionId, void** action) = 0;
  BROKER_METHOD ShowAddAccountForWindowAsync(HWND window, REFIID actionId, void** action) = 0;
};
template <>
inline constexpr GUID kIid<IAccountsSettingsPaneInterop> = guid("d3ee12ad-3865-4362-9746-b75a682df0e6");

template <>
inline constexpr GUID kIid<IVector<IWebAccountProviderCommand>> =
    guid("d376abf3-f0c1-5233-9f42-de531884963e");
template <>
inline constexpr GUID
    kIid<TypedEventHandler<IAccountsSettingsPane, IAccountsSettingsPaneCommandsRequestedEventArgs>> =
        guid("69b8847e-7d72-5a15-bc1c-4ca39c93b162");

#undef BROKER_METHOD

}  // namespace broker::winrt
