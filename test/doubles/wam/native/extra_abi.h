#pragma once

// Interfaces that the addon does not use, but that other clients of WAM may ask for: ids from the Windows
// metadata.

#include "win/winrt_abi.h"

namespace broker::winrt {

struct IWebAccountProvider3 : IInspectable {
  virtual HRESULT STDMETHODCALLTYPE get_User(IInspectable** value) = 0;
};
template <>
inline constexpr GUID kIid<IWebAccountProvider3> = guid("da1c518b-970d-4d49-825c-f2706f8ca7fe");

struct IWebAccountProvider4 : IInspectable {
  virtual HRESULT STDMETHODCALLTYPE get_IsSystemProvider(boolean* value) = 0;
};
template <>
inline constexpr GUID kIid<IWebAccountProvider4> = guid("718fd8db-e796-4210-b74e-84d29894b080");

template <>
inline constexpr GUID kIid<IIterable<IWebTokenResponse>> = guid("7e5bb7ec-bbd7-5575-9a61-f5815fa22a0e");
template <>
inline constexpr GUID kIid<IIterable<IWebAccount>> = guid("cb15d439-a910-542a-89ed-7cfe67848a83");
template <>
inline constexpr GUID kIid<IIterator<IWebTokenResponse>> = guid("f080b0c9-a095-5b3a-a1dc-d17e7d2982c7");
template <>
inline constexpr GUID kIid<IIterator<IWebAccount>> = guid("bfb82cca-aebc-567c-95d9-eba25c365faa");

// What else a pane can offer. The addon offers none of it; a client may look at the lists.
struct IWebAccountCommand : IInspectable {};
struct ICredentialCommand : IInspectable {};
struct ISettingsCommand : IInspectable {};
template <>
inline constexpr GUID kIid<IVector<IWebAccountCommand>> = guid("64e864c8-7fef-5df5-a624-50b577f48554");
template <>
inline constexpr GUID kIid<IVector<ICredentialCommand>> = guid("b6af1cb5-f60e-5b08-b312-2eb51135cfc6");
template <>
inline constexpr GUID kIid<IVector<ISettingsCommand>> = guid("10bd9cdd-3767-5e96-9022-f00f9cbd6241");

// C++/WinRT holds the sources of its events weakly.
struct IWeakReference : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Resolve(REFIID id, void** object) = 0;
};
template <>
inline constexpr GUID kIid<IWeakReference> = guid("00000037-0000-0000-c000-000000000046");
struct IWeakReferenceSource : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE GetWeakReference(IWeakReference** reference) = 0;
};
template <>
inline constexpr GUID kIid<IWeakReferenceSource> = guid("00000038-0000-0000-c000-000000000046");

}  // namespace broker::winrt

/** Failures of WinRT that mingw-w64's headers do not have. */
namespace fake_wam {
inline constexpr HRESULT kBounds = static_cast<HRESULT>(0x8000000BL);
inline constexpr HRESULT kIllegalStateChange = static_cast<HRESULT>(0x8000000DL);
inline constexpr HRESULT kIllegalMethodCall = static_cast<HRESULT>(0x8000000EL);
inline constexpr HRESULT kIllegalDelegateAssignment = static_cast<HRESULT>(0x80000018L);
}  // namespace fake_wam
