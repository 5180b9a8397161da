#pragma once

#include <string>
#include <string_view>

#include "answers.h"
#include "win/winrt_abi.h"

namespace fake_wam {

/** The fields of a JSON object, for one entry of the log. */
class Fields {
 public:
  Fields& text(const char* name, std::string_view utf8);
  Fields& number(const char* name, long long value);
  Fields& boolean(const char* name, bool value);
  Fields& record(const char* name, const StringRecord& values);
  Fields& fields(const char* name, const Fields& value);
  Fields& texts(const char* name, const std::vector<std::string>& values);
  Fields& guid(const char* name, REFIID id);
  Fields& window(const char* name, HWND handle);
  /** Adds what another one has. */
  Fields& all(const Fields& other);

  /** Without braces. */
  const std::string& content() const { return content_; }

 private:
  Fields& raw(const char* name, const std::string& json);

  std::string content_;
};

}  // namespace fake_wam
