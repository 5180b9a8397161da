#pragma once

#include <string>
#include <variant>
#include <vector>

#include "addon/result.h"
#include "linux/sd_handles.h"
#include "linux/value.h"

namespace broker {

/** A basic argument: `s` and `o`, `u`, `i`, `b`. No string has NUL inside. */
using Argument = std::variant<std::string, std::uint32_t, std::int32_t, bool>;

struct CallMessage {
  std::string destination;
  std::string path;
  std::string interface;
  std::string member;
  std::string signature;
  /** One for each character of `signature`, of the kind it says. */
  std::vector<Argument> arguments;
  bool autoStart = true;
};

struct Reply {
  std::string sender;
  std::string signature;
  List body;
};

Result<MessagePtr> encodeCall(sd_bus* bus, const CallMessage& call);
/** Refuses what a `Value` cannot hold, what is not valid D-Bus, and what is nested or split beyond reason. */
Result<Reply> decodeReply(sd_bus_message* message);

}  // namespace broker
