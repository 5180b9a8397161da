#pragma once

#include "win/winrt_abi.h"
// Needs the above before it.
#include <winstring.h>

#include <string>
#include <string_view>

namespace broker {

/** A WinRT string. */
class HString {
 public:
  HString() = default;
  /** From UTF-8. An empty one, or one there is no memory for, is the null handle: WinRT's empty string. */
  explicit HString(std::string_view utf8);
  HString(const HString&) = delete;
  HString& operator=(const HString&) = delete;
  ~HString() { WindowsDeleteString(handle_); }

  HSTRING get() const { return handle_; }
  HSTRING* put();
  std::string utf8() const;

 private:
  HSTRING handle_ = nullptr;
};

std::wstring toWide(std::string_view utf8);
std::string toUtf8(std::wstring_view wide);

}  // namespace broker
