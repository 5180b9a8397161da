#include "linux/node/call_arguments.h"

#include <systemd/sd-bus.h>

#include <cmath>
#include <limits>
#include <utility>

#include "addon/arguments.h"
#include "linux/bus_names.h"

namespace broker {
namespace {

constexpr const char* kArgumentTypes = "souib";

template <typename T>
std::optional<T> toInteger(Napi::Value value) {
  if (!value.IsNumber()) return std::nullopt;
  const double number = value.As<Napi::Number>().DoubleValue();
  // Also false for NaN.
  const bool inRange = number >= std::numeric_limits<T>::min() && number <= std::numeric_limits<T>::max();
  if (!inRange || std::trunc(number) != number) return std::nullopt;
  return static_cast<T>(number);
}

/** Null, or what the value must be. */
const char* readArgument(char type, Napi::Value value, Argument& argument) {
  switch (type) {
    case SD_BUS_TYPE_STRING:
    case SD_BUS_TYPE_OBJECT_PATH: {
      std::string& text = argument.emplace<std::string>();
      if (const char* expectation = readText(value, text)) return expectation;
      return type == SD_BUS_TYPE_OBJECT_PATH && !isObjectPath(text) ? "a D-Bus object path" : nullptr;
    }
    case SD_BUS_TYPE_UINT32: {
      const auto number = toInteger<std::uint32_t>(value);
      argument = number.value_or(0);
      return number ? nullptr : "an integer from 0 to 4294967295";
    }
    case SD_BUS_TYPE_INT32: {
      const auto number = toInteger<std::int32_t>(value);
      argument = number.value_or(0);
      return number ? nullptr : "an integer from -2147483648 to 2147483647";
    }
    default:
      if (!value.IsBoolean()) return "a boolean";
      argument = value.As<Napi::Boolean>().Value();
      return nullptr;
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
  if (message.signature.find_first_not_of(kArgumentTypes) != std::string::npos) {
    reader.refuse("signature", "made of the types s, o, u, i and b");
  }
  if (reader.failure()) return *reader.failure();
  if (arguments.Length() != message.signature.size()) {
    return invalidArgument("call.args", "as many as call.signature has types");
  }
  message.arguments.resize(message.signature.size());
  for (std::uint32_t i = 0; i < message.signature.size(); ++i) {
    const char* expectation = readArgument(message.signature[i], arguments.Get(i), message.arguments[i]);
    if (value.Env().IsExceptionPending()) {
      value.Env().GetAndClearPendingException();  // a getter threw
      expectation = "readable";
    }
    if (expectation != nullptr) {
      return invalidArgument("call.args[" + std::to_string(i) + "]", expectation);
    }
  }
  return read;
}

}  // namespace broker
