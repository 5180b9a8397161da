#pragma once

#include <optional>
#include <string>

namespace broker {

/** Who this process is to the extension; what there is of it. */
struct Caller {
  std::optional<std::string> bundleIdentifier;
  std::optional<std::string> signingIdentifier;
  std::optional<std::string> teamIdentifier;
};

Caller readCaller();

}  // namespace broker
