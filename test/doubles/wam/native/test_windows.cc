#include "test_windows.h"

#include <windows.h>
// Needs windows.h before it.
#include <objbase.h>

#include <cstdint>

namespace fake_wam {
namespace {

struct Opening {
  HANDLE opened = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  HWND window = nullptr;
};

LRESULT CALLBACK handleMessage(HWND window, UINT message, WPARAM first, LPARAM second) {
  if (message == WM_DESTROY) PostQuitMessage(0);
  return DefWindowProcW(window, message, first, second);
}

/** A window as programs have it: top level, with a thread that handles its messages. */
DWORD WINAPI windowThread(void* context) {
  auto* opening = static_cast<Opening*>(context);
  WNDCLASSW description{};
  description.lpfnWndProc = &handleMessage;
  description.hInstance = GetModuleHandleW(nullptr);
  description.lpszClassName = L"FakeWamTestWindow";
  RegisterClassW(&description);
  const HWND window = CreateWindowExW(0, description.lpszClassName, L"test", WS_OVERLAPPEDWINDOW, 0, 0, 400,
                                      300, nullptr, nullptr, description.hInstance, nullptr);
  opening->window = window;
  SetEvent(opening->opened);
  MSG message;
  while (window != nullptr && GetMessageW(&message, nullptr, 0, 0) > 0) DispatchMessageW(&message);
  return 0;
}

Napi::Value openWindow(const Napi::CallbackInfo& info) {
  Opening opening;
  const HANDLE thread = CreateThread(nullptr, 0, &windowThread, &opening, 0, nullptr);
  WaitForSingleObject(opening.opened, INFINITE);
  CloseHandle(opening.opened);
  CloseHandle(thread);
  return Napi::BigInt::New(info.Env(),
                           static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(opening.window)));
}

void closeWindow(const Napi::CallbackInfo& info) {
  bool lossless = false;
  const std::uint64_t number = info[0].As<Napi::BigInt>().Uint64Value(&lossless);
  SendMessageW(reinterpret_cast<HWND>(static_cast<std::uintptr_t>(number)), WM_CLOSE, 0, 0);
}

Napi::Value enterSta(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), SUCCEEDED(CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED)));
}

}  // namespace

void defineTestWindows(Napi::Env env, Napi::Object& exports) {
  exports.Set("openWindow", Napi::Function::New<&openWindow>(env));
  exports.Set("closeWindow", Napi::Function::New<&closeWindow>(env));
  exports.Set("enterSta", Napi::Function::New<&enterSta>(env));
}

}  // namespace fake_wam
