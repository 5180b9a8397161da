#include "linux/node/js_values.h"

namespace broker {
namespace {

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

Napi::Value toJs(Napi::Env env, const Reply& reply) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("sender", Napi::String::New(env, reply.sender));
  object.Set("signature", Napi::String::New(env, reply.signature));
  object.Set("body", toJs(env, reply.body));
  return object;
}

}  // namespace broker
