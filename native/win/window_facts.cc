#include "win/window_facts.h"

#include <cstddef>
#include <memory>
#include <vector>

#include "win/hstring.h"

namespace broker {
namespace {

struct HandleCloser {
  using pointer = HANDLE;
  void operator()(HANDLE handle) const { CloseHandle(handle); }
};

/** Name of a desktop or window station. */
std::optional<std::string> nameOf(HANDLE object) {
  wchar_t name[256];
  DWORD bytes = 0;
  if (object == nullptr || !GetUserObjectInformationW(object, UOI_NAME, name, sizeof(name), &bytes)) {
    return std::nullopt;
  }
  return toUtf8(name);
}

std::optional<bool> onDesktopOf(DWORD thread) {
  const auto theirs = nameOf(GetThreadDesktop(thread));
  const auto ours = nameOf(GetThreadDesktop(GetCurrentThreadId()));
  if (!theirs || !ours) return std::nullopt;
  return *theirs == *ours;
}

std::optional<std::uint32_t> integrityLevelOf(HANDLE token) {
  DWORD bytes = 0;
  GetTokenInformation(token, TokenIntegrityLevel, nullptr, 0, &bytes);
  std::vector<std::max_align_t> buffer(bytes / sizeof(std::max_align_t) + 1);
  if (!GetTokenInformation(token, TokenIntegrityLevel, buffer.data(), bytes, &bytes)) return std::nullopt;
  PSID sid = reinterpret_cast<TOKEN_MANDATORY_LABEL*>(buffer.data())->Label.Sid;
  const UCHAR parts = *GetSidSubAuthorityCount(sid);
  if (parts == 0) return std::nullopt;
  return *GetSidSubAuthority(sid, parts - 1);
}

std::optional<bool> isElevated(HANDLE token) {
  TOKEN_ELEVATION elevation{};
  DWORD bytes = 0;
  if (!GetTokenInformation(token, TokenElevation, &elevation, sizeof(elevation), &bytes)) return std::nullopt;
  return elevation.TokenIsElevated != 0;
}

std::optional<bool> isVisible(HWINSTA station) {
  USEROBJECTFLAGS flags{};
  DWORD bytes = 0;
  if (!GetUserObjectInformationW(station, UOI_FLAGS, &flags, sizeof(flags), &bytes)) return std::nullopt;
  return (flags.dwFlags & WSF_VISIBLE) != 0;
}

}  // namespace

std::optional<WindowFacts> windowFacts(HWND window) {
  if (!IsWindow(window)) return std::nullopt;
  WindowFacts facts;
  DWORD process = 0;
  const DWORD thread = GetWindowThreadProcessId(window, &process);
  if (thread != 0) {
    facts.threadId = thread;
    facts.processId = process;
    facts.sameDesktop = onDesktopOf(thread);
  }
  facts.visible = IsWindowVisible(window) != FALSE;
  wchar_t name[257];
  const int length = GetClassNameW(window, name, static_cast<int>(std::size(name)));
  facts.className = toUtf8(std::wstring_view(name, static_cast<std::size_t>(length)));
  return facts;
}

HWND consoleWindow() {
  const HWND console = GetConsoleWindow();
  if (console == nullptr) return nullptr;
  const HWND owner = GetAncestor(console, GA_ROOTOWNER);
  return owner != nullptr ? owner : console;
}

SessionFacts sessionFacts() {
  SessionFacts facts;
  DWORD session = 0;
  if (ProcessIdToSessionId(GetCurrentProcessId(), &session)) facts.sessionId = session;
  HANDLE opened = nullptr;
  if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &opened)) {
    const std::unique_ptr<HANDLE, HandleCloser> token(opened);
    facts.integrityLevel = integrityLevelOf(token.get());
    facts.elevated = isElevated(token.get());
  }
  if (const HWINSTA station = GetProcessWindowStation()) {
    facts.visibleStation = isVisible(station);
    facts.stationName = nameOf(station);
  }
  return facts;
}

}  // namespace broker
