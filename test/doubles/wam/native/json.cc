#include "json.h"

#include <cstdint>
#include <cstdio>

namespace fake_wam {
namespace {

std::string quoted(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escape[sizeof("\\u0000")];
      std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(c));
      json += escape;
    } else {
      json += c;
    }
  }
  return json + '"';
}

}  // namespace

Fields& Fields::raw(const char* name, const std::string& json) {
  if (!content_.empty()) content_ += ',';
  content_ += quoted(name) + ':' + json;
  return *this;
}

Fields& Fields::text(const char* name, std::string_view utf8) {
  return raw(name, quoted(utf8));
}

Fields& Fields::number(const char* name, long long value) {
  return raw(name, std::to_string(value));
}

Fields& Fields::boolean(const char* name, bool value) {
  return raw(name, value ? "true" : "false");
}

Fields& Fields::record(const char* name, const StringRecord& values) {
  Fields inner;
  for (const auto& [key, value] : values) inner.text(key.c_str(), value);
  return fields(name, inner);
}

Fields& Fields::fields(const char* name, const Fields& value) {
  return raw(name, '{' + value.content_ + '}');
}

Fields& Fields::texts(const char* name, const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ",") + quoted(value);
  return raw(name, '[' + list + ']');
}

Fields& Fields::guid(const char* name, REFIID id) {
  char digits[sizeof("00000000-0000-0000-0000-000000000000")];
  std::snprintf(digits, sizeof(digits), "%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                static_cast<unsigned long>(id.Data1), id.Data2, id.Data3, id.Data4[0], id.Data4[1],
                id.Data4[2], id.Data4[3], id.Data4[4], id.Data4[5], id.Data4[6], id.Data4[7]);
  return text(name, digits);
}

Fields& Fields::window(const char* name, HWND handle) {
  return number(name, static_cast<long long>(reinterpret_cast<std::intptr_t>(handle)));
}

Fields& Fields::all(const Fields& other) {
  if (!content_.empty() && !other.content_.empty()) content_ += ',';
  content_ += other.content_;
  return *this;
}

}  // namespace fake_wam
