#pragma once

#include <napi.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "addon/failure.h"
#include "addon/result.h"

namespace broker {

/** `invalid_argument`, telling which one and what it must be; never its value. */
Failure invalidArgument(const std::string& name, const char* expectation);

/**
 * Reads a JavaScript string as UTF-8. Refused: anything else, NUL inside (C interfaces would cut the string
 * there), and lone surrogates (they would silently become another string). Null, or what the value must be.
 */
const char* readText(Napi::Value value, std::string& text);
/** The same, for a value that has a name. */
Result<std::string> readString(Napi::Value value, const std::string& name);

/**
 * Reads properties of an options bag into plain data. The first one that is not as expected is kept as the
 * failure, later reads then return empty values: read everything, then ask `failure`.
 */
class ObjectReader {
 public:
  /** `name` is what messages call the object. */
  ObjectReader(Napi::Value value, std::string name);

  std::string string(const char* key);
  std::optional<std::string> optionalString(const char* key);
  bool boolean(const char* key);
  bool optionalBoolean(const char* key, bool otherwise);
  /** A number that 32 bits with a sign hold. */
  std::optional<std::int32_t> optionalInteger(const char* key);
  /** A bigint that 64 bits without a sign hold. */
  std::uint64_t unsignedBigint(const char* key);
  /** The properties of an object, all of them strings, in their order. */
  std::vector<std::pair<std::string, std::string>> stringRecord(const char* key);
  /** Milliseconds; empty for 0, which means no limit. */
  std::optional<std::chrono::milliseconds> timeout(const char* key);
  Napi::Function function(const char* key);
  Napi::Array array(const char* key);
  /** What an array holds. */
  std::vector<Napi::Value> items(const char* key);
  /** Anything, for checks of the caller's own. Undefined after a failure. */
  Napi::Value get(const char* key);

  /** For checks on top of the type. Keeps the first failure only. */
  void refuse(const char* key, const char* expectation);

  const std::optional<Failure>& failure() const { return failure_; }

 private:
  std::string label(const char* key) const { return name_ + "." + key; }
  std::string string(const char* key, Napi::Value value);
  bool boolean(const char* key, Napi::Value value);

  Napi::Env env_;
  Napi::Object object_;
  std::string name_;
  std::optional<Failure> failure_;
};

}  // namespace broker
