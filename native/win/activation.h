#pragma once

#include "win/com.h"

namespace broker {

/** The classes of WinRT that the addon activates. */
namespace runtime_class {
inline constexpr wchar_t kCoreManager[] =
    L"Windows.Security.Authentication.Web.Core.WebAuthenticationCoreManager";
inline constexpr wchar_t kTokenRequest[] = L"Windows.Security.Authentication.Web.Core.WebTokenRequest";
inline constexpr wchar_t kSettingsPane[] = L"Windows.UI.ApplicationSettings.AccountsSettingsPane";
inline constexpr wchar_t kProviderCommand[] = L"Windows.UI.ApplicationSettings.WebAccountProviderCommand";
}  // namespace runtime_class

/**
 * The activation factory of a class. system_activation.cc asks Windows; a build for tests has another source
 * in its place, which asks the fake (Windows lets nobody replace its own classes).
 */
HRESULT activationFactory(const wchar_t* className, REFIID id, void** factory);

template <class T>
HRESULT activationFactory(const wchar_t* className, ComPtr<T>& factory) {
  return activationFactory(className, winrt::kIid<T>, factory.putVoid());
}

}  // namespace broker
