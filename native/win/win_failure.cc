#include "win/win_failure.h"

#include <cstdint>
#include <cstdio>
#include <string>

namespace broker {
namespace {

Failure told(const char* code, const char* verb, HRESULT result, const char* stage) {
  const auto number = static_cast<std::uint32_t>(result);
  char text[sizeof(" (0x00000000)")];
  std::snprintf(text, sizeof(text), " (0x%08x)", static_cast<unsigned>(number));
  return Failure{
      code, std::string(stage) + verb + text, {{"stage", stage}}, {{"hresult", static_cast<double>(number)}}};
}

bool meansMissing(HRESULT result) {
  return result == REGDB_E_CLASSNOTREG || result == CLASS_E_CLASSNOTAVAILABLE || result == E_NOINTERFACE ||
         result == HRESULT_FROM_WIN32(ERROR_MOD_NOT_FOUND) ||
         result == HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND);
}

}  // namespace

Failure winFailure(HRESULT result, const char* stage) {
  return told("failed", " failed", result, stage);
}

Failure lastErrorFailure(const char* stage) {
  const DWORD error = GetLastError();
  return winFailure(error == ERROR_SUCCESS ? E_FAIL : HRESULT_FROM_WIN32(error), stage);
}

Failure missingFailure(HRESULT result, const char* stage) {
  return meansMissing(result) ? told("unavailable", " is not there on this Windows", result, stage)
                              : winFailure(result, stage);
}

Failure canceledFailure() {
  return Failure{"canceled", "The operation was canceled"};
}

Failure canceledByWindows(const char* stage) {
  return Failure{"canceled", std::string(stage) + " was canceled by Windows", {{"stage", stage}}};
}

}  // namespace broker
