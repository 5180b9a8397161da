#include "win/activation.h"

// Needs windows.h before it.
#include <roapi.h>
#include <winstring.h>

#include <string_view>

namespace broker {

HRESULT activationFactory(const wchar_t* className, REFIID id, void** factory) {
  HSTRING_HEADER header;
  HSTRING name = nullptr;
  const auto length = static_cast<UINT32>(std::wstring_view(className).size());
  const HRESULT made = WindowsCreateStringReference(className, length, &header, &name);
  return FAILED(made) ? made : RoGetActivationFactory(name, id, factory);
}

}  // namespace broker
