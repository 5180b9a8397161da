#include "win/hstring.h"

namespace broker {

HString::HString(std::string_view utf8) {
  const std::wstring wide = toWide(utf8);
  WindowsCreateString(wide.data(), static_cast<UINT32>(wide.size()), &handle_);
}

HSTRING* HString::put() {
  WindowsDeleteString(handle_);
  handle_ = nullptr;
  return &handle_;
}

std::string HString::utf8() const {
  UINT32 length = 0;
  const wchar_t* text = WindowsGetStringRawBuffer(handle_, &length);
  return toUtf8(std::wstring_view(text, length));
}

std::wstring toWide(std::string_view utf8) {
  const int length = static_cast<int>(utf8.size());
  std::wstring wide(MultiByteToWideChar(CP_UTF8, 0, utf8.data(), length, nullptr, 0), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.data(), length, wide.data(), static_cast<int>(wide.size()));
  return wide;
}

std::string toUtf8(std::wstring_view wide) {
  const int length = static_cast<int>(wide.size());
  std::string utf8(WideCharToMultiByte(CP_UTF8, 0, wide.data(), length, nullptr, 0, nullptr, nullptr), '\0');
  WideCharToMultiByte(CP_UTF8, 0, wide.data(), length, utf8.data(), static_cast<int>(utf8.size()), nullptr,
                      nullptr);
  return utf8;
}

}  // namespace broker
