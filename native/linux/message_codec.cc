#include "linux/message_codec.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "linux/bus_failure.h"

namespace broker {
namespace {

// The D-Bus specification's own limit on nesting, arrays, structs and variants together.
constexpr int kMaxDepth = 64;
// A message of 16 MiB of single bytes would become gigabytes of values. Brokers send a handful.
constexpr std::size_t kMaxValues = 1 << 20;

bool isAscii(const std::string& text) {
  std::uint64_t seen = 0;
  std::size_t i = 0;
  for (; i + sizeof seen <= text.size(); i += sizeof seen) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + i, sizeof eight);
    seen |= eight;
  }
  for (; i < text.size(); ++i) seen |= static_cast<unsigned char>(text[i]);
  return (seen & 0x8080808080808080) == 0;
}

/**
 * sd-bus looks at every character, which is most of what it costs to send a broker's request. Of ASCII
 * without NUL there is nothing to find out.
 */
int appendString(sd_bus_message* message, const std::string& text) {
  if (!isAscii(text)) return sd().bus_message_append_basic(message, SD_BUS_TYPE_STRING, text.c_str());
  char* space = nullptr;
  const int r = sd().bus_message_append_string_space(message, text.size(), &space);
  if (r >= 0) text.copy(space, text.size());
  return r;
}

int appendArgument(sd_bus_message* message, char type, const Argument& argument) {
  const auto* text = std::get_if<std::string>(&argument);
  if (text != nullptr && type == SD_BUS_TYPE_STRING) return appendString(message, *text);
  if (text != nullptr) return sd().bus_message_append_basic(message, type, text->c_str());
  if (const auto* flag = std::get_if<bool>(&argument)) {
    const int wide = *flag ? 1 : 0;
    return sd().bus_message_append_basic(message, type, &wide);
  }
  if (const auto* number = std::get_if<std::int32_t>(&argument)) {
    return sd().bus_message_append_basic(message, type, number);
  }
  return sd().bus_message_append_basic(message, type, std::get_if<std::uint32_t>(&argument));
}

class BodyDecoder {
 public:
  explicit BodyDecoder(sd_bus_message* message) : message_(message) {}

  /** All values up to the end of the innermost open container. */
  Result<List> readAll(int depth) {
    List values;
    for (;;) {
      const int end = sd().bus_message_at_end(message_, false);
      if (end < 0) return invalid(end);
      if (end > 0) return values;
      Result<Value> value = readOne(depth);
      if (!value.ok()) return std::move(value.failure());
      values.push_back(std::move(value.value()));
    }
  }

 private:
  Result<Value> readOne(int depth) {
    if (depth > kMaxDepth) return unsupportedReply("it is nested too deeply");
    if (++count_ > kMaxValues) return unsupportedReply("it has too many values");
    char type = 0;
    const char* peeked = nullptr;
    const int r = sd().bus_message_peek_type(message_, &type, &peeked);
    if (r < 0) return invalid(r);
    if (r == 0) return invalid(-EBADMSG);
    // The peeked text belongs to the message and goes with the next read.
    const std::string contents = peeked != nullptr ? peeked : "";
    switch (type) {
      case SD_BUS_TYPE_STRING:
      case SD_BUS_TYPE_OBJECT_PATH:
      case SD_BUS_TYPE_SIGNATURE:
        return readText(type);
      case SD_BUS_TYPE_BOOLEAN:
        return readBasic<int>(type, [](int value) { return Value{value != 0}; });
      case SD_BUS_TYPE_BYTE:
        return readNumber<std::uint8_t>(type);
      case SD_BUS_TYPE_INT16:
        return readNumber<std::int16_t>(type);
      case SD_BUS_TYPE_UINT16:
        return readNumber<std::uint16_t>(type);
      case SD_BUS_TYPE_INT32:
        return readNumber<std::int32_t>(type);
      case SD_BUS_TYPE_UINT32:
        return readNumber<std::uint32_t>(type);
      case SD_BUS_TYPE_DOUBLE:
        return readNumber<double>(type);
      case SD_BUS_TYPE_INT64:
        return readBasic<std::int64_t>(type, [](std::int64_t value) { return Value{value}; });
      case SD_BUS_TYPE_UINT64:
        return readBasic<std::uint64_t>(type, [](std::uint64_t value) { return Value{value}; });
      case SD_BUS_TYPE_ARRAY:
        return !contents.empty() && contents.front() == SD_BUS_TYPE_DICT_ENTRY_BEGIN
                   ? readMap(contents, depth)
                   : readList(type, contents, depth);
      case SD_BUS_TYPE_STRUCT:
        return readList(type, contents, depth);
      case SD_BUS_TYPE_VARIANT:
        return readVariant(contents, depth);
      default:
        return unsupportedReply(std::string("it has a value of type '") + type + "'");
    }
  }

  template <typename T, typename Convert>
  Result<Value> readBasic(char type, Convert convert) {
    T value{};
    const int r = sd().bus_message_read_basic(message_, type, &value);
    if (r <= 0) return invalid(r);
    return convert(value);
  }

  template <typename T>
  Result<Value> readNumber(char type) {
    return readBasic<T>(type, [](T value) { return Value{static_cast<double>(value)}; });
  }

  Result<Value> readText(char type) {
    return readBasic<const char*>(type, [](const char* text) { return Value{std::string(text)}; });
  }

  Result<Value> readList(char type, const std::string& contents, int depth) {
    const int r = sd().bus_message_enter_container(message_, type, contents.c_str());
    if (r <= 0) return invalid(r);
    Result<List> items = readAll(depth + 1);
    if (!items.ok()) return std::move(items.failure());
    return leave(Value{std::move(items.value())});
  }

  Result<Value> readVariant(const std::string& contents, int depth) {
    const int r = sd().bus_message_enter_container(message_, SD_BUS_TYPE_VARIANT, contents.c_str());
    if (r <= 0) return invalid(r);
    Result<Value> inner = readOne(depth + 1);
    if (!inner.ok()) return inner;
    return leave(std::move(inner.value()));
  }

  Result<Value> readMap(const std::string& contents, int depth) {
    int r = sd().bus_message_enter_container(message_, SD_BUS_TYPE_ARRAY, contents.c_str());
    if (r <= 0) return invalid(r);
    // "{sv}" without its braces
    const std::string entry = contents.substr(1, contents.size() - 2);
    const char keyType = entry.front();
    if (keyType != SD_BUS_TYPE_STRING && keyType != SD_BUS_TYPE_OBJECT_PATH &&
        keyType != SD_BUS_TYPE_SIGNATURE) {
      return unsupportedReply("it has a map whose keys are not strings");
    }
    Map map;
    while ((r = sd().bus_message_enter_container(message_, SD_BUS_TYPE_DICT_ENTRY, entry.c_str())) > 0) {
      const char* key = nullptr;
      r = sd().bus_message_read_basic(message_, keyType, &key);
      if (r <= 0) return invalid(r);
      MapEntry item{key, {}};
      Result<Value> value = readOne(depth + 1);
      if (!value.ok()) return value;
      item.value = std::move(value.value());
      map.push_back(std::move(item));
      r = sd().bus_message_exit_container(message_);
      if (r < 0) return invalid(r);
    }
    if (r < 0) return invalid(r);
    return leave(Value{std::move(map)});
  }

  Result<Value> leave(Value value) {
    const int r = sd().bus_message_exit_container(message_);
    if (r < 0) return invalid(r);
    return value;
  }

  static Failure invalid(int r) {
    return unsupportedReply("it is not valid D-Bus (" + errnoName(r < 0 ? -r : EBADMSG) + ")");
  }

  sd_bus_message* message_;
  std::size_t count_ = 0;
};

}  // namespace

Result<MessagePtr> encodeCall(sd_bus* bus, const CallMessage& call) {
  sd_bus_message* raw = nullptr;
  int r = sd().bus_message_new_method_call(bus, &raw, call.destination.c_str(), call.path.c_str(),
                                           call.interface.c_str(), call.member.c_str());
  MessagePtr message(raw);
  if (r >= 0) r = sd().bus_message_set_auto_start(message.get(), call.autoStart ? 1 : 0);
  for (std::size_t i = 0; r >= 0 && i < call.arguments.size(); ++i) {
    r = appendArgument(message.get(), call.signature[i], call.arguments[i]);
  }
  if (r < 0) {
    return Failure{"invalid_argument",
                   "The call cannot be written as a D-Bus message (" + errnoName(-r) + ")"};
  }
  return message;
}

Result<Reply> decodeReply(sd_bus_message* message) {
  const char* sender = sd().bus_message_get_sender(message);
  const char* signature = sd().bus_message_get_signature(message, true);
  Reply reply;
  reply.sender = sender != nullptr ? sender : "";
  reply.signature = signature != nullptr ? signature : "";
  Result<List> body = BodyDecoder(message).readAll(1);
  if (!body.ok()) return std::move(body.failure());
  reply.body = std::move(body.value());
  return reply;
}

}  // namespace broker
