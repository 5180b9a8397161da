#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace broker {

struct Value;
struct MapEntry;
using List = std::vector<Value>;
using Map = std::vector<MapEntry>;

/** A D-Bus value in plain C++. Integers of up to 32 bits are doubles already, as JavaScript has them. */
struct Value {
  std::variant<bool, double, std::int64_t, std::uint64_t, std::string, List, Map> content;
};

struct MapEntry {
  std::string key;
  Value value;
};

}  // namespace broker
