#pragma once

#include <windows.h>

#include <cstdint>
#include <optional>
#include <string>

namespace broker {

/** What Windows knows of a window. Empty where it does not tell. */
struct WindowFacts {
  std::optional<std::uint32_t> processId;
  std::optional<std::uint32_t> threadId;
  bool visible = false;
  std::optional<bool> sameDesktop;
  std::string className;
};

/** What this process may do with windows. Empty where Windows does not tell. */
struct SessionFacts {
  std::optional<std::uint32_t> sessionId;
  std::optional<std::uint32_t> integrityLevel;
  std::optional<bool> elevated;
  std::optional<bool> visibleStation;
  std::optional<std::string> stationName;
};

/** Empty if there is no such window. */
std::optional<WindowFacts> windowFacts(HWND window);
/** Under a terminal (ConPTY) the console's own window is hidden and owned by the terminal's. Null if none. */
HWND consoleWindow();
SessionFacts sessionFacts();

}  // namespace broker
