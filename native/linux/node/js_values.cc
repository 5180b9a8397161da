#include "linux/node/js_values.h"

namespace broker {
namespace {

// A body has 255 values at most: that is how long a signature can be.
constexpr const char* kMakeReply = "(sender, signature, ...body) => ({ sender, signature, body })";
constexpr const char* kMakePendingCall = "(cancel) => (reply, id) => ({ reply, cancel: () => cancel(id) })";

Napi::Value toJs(Napi::Env env, const List& list);
Napi::Value toJs(Napi::Env env, const Map& map);

Napi::Value toJs(Napi::Env env, const Value& value) {
  return std::visit(
      [env](const auto& content) -> Napi::Value {
        using T = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<T, bool>) {
          return Napi::Boolean::New(env, content);
        } else if constexpr (std::is_same_v<T, double>) {
          return Napi::Number::New(env, content);
        } else if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::uint64_t>) {
          return Napi::BigInt::New(env, content);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return Napi::String::New(env, content);
        } else {
          return toJs(env, content);
        }
      },
      value.content);
}

Napi::Value toJs(Napi::Env env, const List& list) {
  Napi::Array array = Napi::Array::New(env, list.size());
  std::uint32_t index = 0;
  for (const Value& item : list) {
    // A million values would otherwise be a million handles at once.
    Napi::HandleScope scope(env);
    array.Set(index++, toJs(env, item));
  }
  return array;
}

Napi::Value toJs(Napi::Env env, const Map& map) {
  Napi::Object object = Napi::Object::New(env);
  for (const MapEntry& entry : map) {
    Napi::HandleScope scope(env);
    // Defined, not assigned: a peer may well send the key "__proto__".
    object.DefineProperty(Napi::PropertyDescriptor::Value(Napi::String::New(env, entry.key),
                                                          toJs(env, entry.value), napi_default_jsproperty));
  }
  return object;
}

}  // namespace

bool CallObjects::prepare(Napi::Env env, Napi::Function cancel) {
  const Napi::Value reply = env.RunScript(kMakeReply);
  const Napi::Value pendingCall = env.RunScript(kMakePendingCall);
  if (!reply.IsFunction() || !pendingCall.IsFunction()) return false;
  const Napi::Value bound = pendingCall.As<Napi::Function>().Call({cancel});
  if (!bound.IsFunction()) return false;
  makeReply_ = Napi::Persistent(reply.As<Napi::Function>());
  makePendingCall_ = Napi::Persistent(bound.As<Napi::Function>());
  return true;
}

Napi::Value CallObjects::pendingCall(Napi::Env env, Napi::Promise reply, std::uint64_t id) const {
  return makePendingCall_.Call({reply, Napi::Number::New(env, static_cast<double>(id))});
}

Napi::Value CallObjects::reply(Napi::Env env, const Reply& reply) const {
  std::vector<napi_value> parts{Napi::String::New(env, reply.sender),
                                Napi::String::New(env, reply.signature)};
  for (const Value& value : reply.body) parts.push_back(toJs(env, value));
  return makeReply_.Call(parts);
}

}  // namespace broker
