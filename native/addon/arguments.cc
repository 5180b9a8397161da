#include "addon/arguments.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace broker {
namespace {

// About 31 years: far from where the clock's 64 bits of nanoseconds overflow.
constexpr double kLongestTimeoutMs = 1e12;

// Node-API goes over a string once to measure it and once to copy it. What is not longer than a usual request
// of a broker is copied at once.
constexpr std::size_t kUsualSize = 4096;
constexpr std::size_t kLongestCharacter = 4;

/** False if it is no string. */
bool toUtf8(Napi::Value value, std::string& text) {
  char buffer[kUsualSize];
  std::size_t size = 0;
  if (napi_get_value_string_utf8(value.Env(), value, buffer, sizeof buffer, &size) != napi_ok) return false;
  // A character and the final NUL would still have had room, so this is all of it.
  if (size + kLongestCharacter < sizeof buffer) {
    text.assign(buffer, size);
  } else {
    text = value.As<Napi::String>().Utf8Value();
  }
  return true;
}

bool hasLoneSurrogate(const std::u16string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char16_t unit = text[i];
    if (unit < 0xD800 || unit > 0xDFFF) continue;
    const bool isPair =
        unit < 0xDC00 && i + 1 < text.size() && text[i + 1] >= 0xDC00 && text[i + 1] <= 0xDFFF;
    if (!isPair) return true;
    ++i;
  }
  return false;
}

}  // namespace

Failure invalidArgument(const std::string& name, const char* expectation) {
  return Failure{"invalid_argument", name + " must be " + expectation};
}

const char* readText(Napi::Value value, std::string& text) {
  if (!toUtf8(value, text)) return "a string";
  if (text.find('\0') != std::string::npos) return "a string without NUL characters";
  // Node turns a lone surrogate into U+FFFD: only where one shows up is the original worth a look.
  if (text.find("\xEF\xBF\xBD") != std::string::npos &&
      hasLoneSurrogate(value.As<Napi::String>().Utf16Value())) {
    return "well-formed Unicode, without lone surrogates";
  }
  return nullptr;
}

Result<std::string> readString(Napi::Value value, const std::string& name) {
  std::string text;
  if (const char* expectation = readText(value, text)) return invalidArgument(name, expectation);
  return text;
}

ObjectReader::ObjectReader(Napi::Value value, std::string name) : env_(value.Env()), name_(std::move(name)) {
  if (value.IsObject()) {
    object_ = value.As<Napi::Object>();
  } else {
    failure_ = invalidArgument(name_, "an object");
  }
}

std::string ObjectReader::string(const char* key) {
  return string(key, get(key));
}

std::string ObjectReader::string(const char* key, Napi::Value value) {
  std::string text;
  const char* expectation = readText(value, text);
  if (expectation == nullptr) return text;
  refuse(key, expectation);
  return {};
}

std::optional<std::string> ObjectReader::optionalString(const char* key) {
  Napi::Value value = get(key);
  if (value.IsUndefined()) return std::nullopt;
  return string(key, value);
}

bool ObjectReader::boolean(const char* key) {
  return boolean(key, get(key));
}

bool ObjectReader::boolean(const char* key, Napi::Value value) {
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  refuse(key, "a boolean");
  return false;
}

bool ObjectReader::optionalBoolean(const char* key, bool otherwise) {
  Napi::Value value = get(key);
  return value.IsUndefined() ? otherwise : boolean(key, value);
}

std::optional<std::int32_t> ObjectReader::optionalInteger(const char* key) {
  Napi::Value value = get(key);
  if (value.IsUndefined()) return std::nullopt;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  const auto integer = std::isfinite(number) && std::abs(number) <= std::numeric_limits<std::int32_t>::max()
                           ? static_cast<std::int32_t>(number)
                           : 0;
  if (static_cast<double>(integer) == number) return integer;
  refuse(key, "an integer of 32 bits");
  return std::nullopt;
}

std::uint64_t ObjectReader::unsignedBigint(const char* key) {
  Napi::Value value = get(key);
  bool lossless = false;
  const std::uint64_t number = value.IsBigInt() ? value.As<Napi::BigInt>().Uint64Value(&lossless) : 0;
  if (!lossless) refuse(key, "a bigint of 64 bits");
  return number;
}

std::vector<std::pair<std::string, std::string>> ObjectReader::stringRecord(const char* key) {
  std::vector<std::pair<std::string, std::string>> record;
  Napi::Value value = get(key);
  if (!value.IsObject()) {
    refuse(key, "an object of strings");
    return record;
  }
  const auto keep = [&](Result<std::string>& text) {
    if (!text.ok() && !failure_) failure_ = std::move(text.failure());
    return text.ok();
  };
  napi_value names = nullptr;
  napi_get_all_property_names(env_, value, napi_key_own_only,
                              static_cast<napi_key_filter>(napi_key_enumerable | napi_key_skip_symbols),
                              napi_key_numbers_to_strings, &names);
  const std::uint32_t count = names == nullptr ? 0 : Napi::Array(env_, names).Length();
  for (std::uint32_t i = 0; i < count && !env_.IsExceptionPending(); ++i) {
    const Napi::Value name = Napi::Array(env_, names).Get(i);
    Result<std::string> property = readString(name, label(key) + "'s names");
    if (!keep(property)) break;
    const Napi::Value content = value.As<Napi::Object>().Get(name);
    if (env_.IsExceptionPending()) break;
    Result<std::string> text = readString(content, label(key) + "." + property.value());
    if (!keep(text)) break;
    record.emplace_back(std::move(property.value()), std::move(text.value()));
  }
  if (env_.IsExceptionPending()) {
    env_.GetAndClearPendingException();  // a getter or a proxy threw
    refuse(key, "readable");
  }
  return record;
}

std::optional<std::chrono::milliseconds> ObjectReader::timeout(const char* key) {
  Napi::Value value = get(key);
  const double milliseconds = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!std::isfinite(milliseconds) || milliseconds < 0) {
    refuse(key, "a number of milliseconds, 0 for no limit");
    return std::nullopt;
  }
  if (milliseconds == 0) return std::nullopt;
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::ceil(std::min(milliseconds, kLongestTimeoutMs))));
}

Napi::Function ObjectReader::function(const char* key) {
  Napi::Value value = get(key);
  if (value.IsFunction()) return value.As<Napi::Function>();
  refuse(key, "a function");
  return Napi::Function();
}

Napi::Array ObjectReader::array(const char* key) {
  Napi::Value value = get(key);
  if (value.IsArray()) return value.As<Napi::Array>();
  refuse(key, "an array");
  return Napi::Array::New(env_);
}

std::vector<Napi::Value> ObjectReader::items(const char* key) {
  const Napi::Array list = array(key);
  std::vector<Napi::Value> all;
  for (std::uint32_t i = 0; !env_.IsExceptionPending() && i < list.Length(); ++i) all.push_back(list.Get(i));
  if (!env_.IsExceptionPending()) return all;
  env_.GetAndClearPendingException();  // a getter or a proxy threw
  refuse(key, "readable");
  return {};
}

void ObjectReader::refuse(const char* key, const char* expectation) {
  if (!failure_) failure_ = invalidArgument(label(key), expectation);
}

Napi::Value ObjectReader::get(const char* key) {
  if (failure_) return env_.Undefined();
  Napi::Value value = object_.Get(key);
  if (!env_.IsExceptionPending()) return value;
  env_.GetAndClearPendingException();  // a getter threw
  refuse(key, "readable");
  return env_.Undefined();
}

}  // namespace broker
