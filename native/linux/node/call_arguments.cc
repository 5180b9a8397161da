#include "linux/node/call_arguments.h"

#include <systemd/sd-bus.h>

#include <cmath>
#include <limits>
#include <utility>

#include "addon/arguments.h"
#include "linux/bus_names.h"

namespace broker {
namespace {

template <typename T>
std::optional<T> toInteger(Napi::Value value) {
  if (!value.IsNumber()) return std::nullopt;
  const double number = value.As<Napi::Number>().DoubleValue();
  // Also false for NaN.
  const bool inRange = number >= std::numeric_limits<T>::min() && number <= std::numeric_limits<T>::max();
  if (!inRange || std::trunc(number) != number) return std::nullopt;
  return static_cast<T>(number);
}

Result<Argument> readArgument(char type, Napi::Value value, const std::string& name) {
  switch (type) {
    case SD_BUS_TYPE_STRING:
    case SD_BUS_TYPE_OBJECT_PATH: {
      Result<std::string> text = readString(value, name);
      if (!text.ok()) return std::move(text.failure());
      if (type == SD_BUS_TYPE_OBJECT_PATH && !isObjectPath(text.value())) {
        return invalidArgument(name, "a D-Bus object path");
      }
      return Argument(std::move(text.value()));
    }
    case SD_BUS_TYPE_UINT32:
      if (auto number = toInteger<std::uint32_t>(value)) return Argument(*number);
      return invalidArgument(name, "an integer from 0 to 4294967295");
    case SD_BUS_TYPE_INT32:
      if (auto number = toInteger<std::int32_t>(value)) return Argument(*number);
      return invalidArgument(name, "an integer from -2147483648 to 2147483647");
    case SD_BUS_TYPE_BOOLEAN:
      if (value.IsBoolean()) return Argument(value.As<Napi::Boolean>().Value());
      return invalidArgument(name, "a boolean");
    default:
      return invalidArgument("call.signature", "made of the types s, o, u, i and b");
  }
}

}  // namespace

Result<CallArguments> readCall(Napi::Value value) {
  ObjectReader reader(value, "call");
  CallArguments read;
  CallRequest& call = read.request;
  CallMessage& message = call.message;
  message.destination = reader.string("destination");
  message.path = reader.string("path");
  message.interface = reader.string("interface");
  message.member = reader.string("member");
  message.signature = reader.string("signature");
  message.autoStart = reader.boolean("autoStart");
  call.timeout = reader.timeout("timeoutInMs");
  call.queue = reader.optionalString("queue");
  read.keepAlive = reader.optionalBoolean("keepAlive", true);
  const Napi::Array arguments = reader.array("args");
  if (!isBusName(message.destination)) reader.refuse("destination", "a D-Bus bus name");
  if (!isObjectPath(message.path)) reader.refuse("path", "a D-Bus object path");
  if (!isInterfaceName(message.interface)) reader.refuse("interface", "a D-Bus interface name");
  if (!isMemberName(message.member)) reader.refuse("member", "a D-Bus member name");
  if (reader.failure()) return *reader.failure();
  if (arguments.Length() != message.signature.size()) {
    return invalidArgument("call.args", "as many as call.signature has types");
  }
  for (std::uint32_t i = 0; i < message.signature.size(); ++i) {
    Result<Argument> argument =
        readArgument(message.signature[i], arguments.Get(i), "call.args[" + std::to_string(i) + "]");
    if (!argument.ok()) return std::move(argument.failure());
    message.arguments.push_back(std::move(argument.value()));
  }
  return read;
}

}  // namespace broker
