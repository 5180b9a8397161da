#pragma once

#include <string>
#include <utility>
#include <vector>

namespace broker {

/** Why something did not work, as a value. Becomes a JavaScript `Error` in `toJsError` and nowhere else. */
struct Failure {
  /** Machine-readable, e.g. `"timed_out"`. Always a string literal. */
  const char* code;
  /** For people: what happened. Never carries arguments or answers: these may be secrets. */
  std::string message;
  /** Further facts, each a property of the JavaScript error. The names are string literals. */
  std::vector<std::pair<const char*, std::string>> facts = {};
  /** Facts that are numbers. */
  std::vector<std::pair<const char*, double>> numbers = {};
};

}  // namespace broker
