#include <windows.h>
// Needs windows.h before it.
#include <delayimp.h>

#include <string_view>

// Node-API comes from the program that loads the addon, which need not be called node.exe (Electron, renamed
// or single executables). The linker is told to load "node.exe" late; here it is made the program itself.

namespace {

bool isNode(std::string_view name) {
  constexpr std::string_view kNode = "node.exe";
  if (name.size() != kNode.size()) return false;
  for (std::size_t i = 0; i < kNode.size(); ++i) {
    const char lower = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] + ('a' - 'A')) : name[i];
    if (lower != kNode[i]) return false;
  }
  return true;
}

FARPROC WINAPI findHost(unsigned event, PDelayLoadInfo info) {
  if (event != dliNotePreLoadLibrary || !isNode(info->szDll)) return nullptr;
  // Node.js built as a library for other programs has it under this name.
  const HMODULE library = GetModuleHandleW(L"libnode.dll");
  return reinterpret_cast<FARPROC>(library != nullptr ? library : GetModuleHandleW(nullptr));
}

}  // namespace

// The two runtimes declare the hook differently.
#ifdef _MSC_VER
extern "C" const PfnDliHook __pfnDliNotifyHook2 = &findHost;
#else
extern "C" {
PfnDliHook __pfnDliNotifyHook2 = &findHost;
}
#endif
