#include <winstring.h>

#include <string_view>

#include "win/activation.h"

// In the place of native/win/system_activation.cc: the addon gets its factories from the fake, which the test
// must have loaded. For Windows itself, whose own classes nobody can replace.

namespace broker {

HRESULT activationFactory(const wchar_t* className, REFIID id, void** factory) {
  using GetFactory = HRESULT(WINAPI*)(HSTRING, IActivationFactory**);
  const HMODULE fake = GetModuleHandleW(L"fake-wam.node");
  if (fake == nullptr) return HRESULT_FROM_WIN32(ERROR_MOD_NOT_FOUND);
  const auto getFactory =
      reinterpret_cast<GetFactory>(reinterpret_cast<void*>(GetProcAddress(fake, "DllGetActivationFactory")));
  if (getFactory == nullptr) return HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND);
  HSTRING_HEADER header;
  HSTRING name = nullptr;
  const HRESULT named = WindowsCreateStringReference(
      className, static_cast<UINT32>(std::wstring_view(className).size()), &header, &name);
  if (FAILED(named)) return named;
  ComPtr<IActivationFactory> made;
  const HRESULT result = getFactory(name, made.put());
  return FAILED(result) ? result : made->QueryInterface(id, factory);
}

}  // namespace broker
