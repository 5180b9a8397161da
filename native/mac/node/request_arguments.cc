#include "mac/node/request_arguments.h"

#include <string>
#include <utility>

#include "addon/arguments.h"

namespace broker {
namespace {

Result<std::pair<std::string, std::string>> readOption(Napi::Value value, const std::string& name) {
  if (!value.IsArray() || value.As<Napi::Array>().Length() != 2) {
    return invalidArgument(name, "a pair of a name and a value");
  }
  const auto pair = value.As<Napi::Array>();
  Result<std::string> first = readString(pair.Get(0u), name + "[0]");
  if (!first.ok()) return std::move(first.failure());
  Result<std::string> second = readString(pair.Get(1u), name + "[1]");
  if (!second.ok()) return std::move(second.failure());
  return std::make_pair(std::move(first.value()), std::move(second.value()));
}

}  // namespace

Result<RequestArguments> readRequest(Napi::Value value) {
  ObjectReader reader(value, "request");
  RequestArguments read;
  SsoRequest& request = read.request;
  request.identityProviderUrl = reader.string("identityProviderUrl");
  request.operation = reader.string("operation");
  request.userInterfaceEnabled = reader.boolean("userInterfaceEnabled");
  if (!reader.get("anchorView").IsUndefined()) {
    request.anchorView = static_cast<std::uintptr_t>(reader.unsignedBigint("anchorView"));
    if (request.anchorView == 0) reader.refuse("anchorView", "the address of a view");
  }
  read.keepAlive = reader.optionalBoolean("keepAlive", true);
  const Napi::Array options = reader.array("options");
  if (const auto& failure = reader.failure()) return *failure;
  for (std::uint32_t i = 0; i < options.Length(); ++i) {
    auto option = readOption(options.Get(i), "request.options[" + std::to_string(i) + "]");
    if (!option.ok()) return std::move(option.failure());
    request.options.push_back(std::move(option.value()));
  }
  return read;
}

}  // namespace broker
