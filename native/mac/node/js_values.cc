#include "mac/node/js_values.h"

#include "addon/js_error.h"

namespace broker {
namespace {

Napi::Array toPairs(Napi::Env env, const TextPairs& pairs) {
  Napi::Array array = Napi::Array::New(env, pairs.size());
  std::uint32_t index = 0;
  for (const auto& [name, value] : pairs) {
    Napi::HandleScope scope(env);
    Napi::Array pair = Napi::Array::New(env, 2);
    pair.Set(0u, Napi::String::New(env, name));
    pair.Set(1u, Napi::String::New(env, value));
    array.Set(index++, pair);
  }
  return array;
}

Napi::Object toRecord(Napi::Env env, const TextPairs& pairs) {
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [name, value] : pairs) {
    Napi::HandleScope scope(env);
    // Defined, not assigned: a name may well be "__proto__".
    object.DefineProperty(Napi::PropertyDescriptor::Value(
        Napi::String::New(env, name), Napi::String::New(env, value), napi_default_jsproperty));
  }
  return object;
}

Napi::Object toJs(Napi::Env env, const ErrorLink& link) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("domain", Napi::String::New(env, link.domain));
  object.Set("code", Napi::Number::New(env, static_cast<double>(link.code)));
  object.Set("localizedDescription", Napi::String::New(env, link.localizedDescription));
  object.Set("userInfo", toRecord(env, link.userInfo));
  return object;
}

}  // namespace

Napi::Value toJs(Napi::Env env, const SsoResponse& response) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("headers", toPairs(env, response.headers));
  object.Set("status", Napi::Number::New(env, static_cast<double>(response.status)));
  object.Set("url", Napi::String::New(env, response.url));
  return object;
}

Napi::Value toJs(Napi::Env env, const SsoFailure& failure) {
  Napi::Object error = toJsError(env, failure.failure).As<Napi::Object>();
  if (failure.errors.empty()) return error;
  Napi::Array chain = Napi::Array::New(env, failure.errors.size());
  std::uint32_t index = 0;
  for (const ErrorLink& link : failure.errors) chain.Set(index++, toJs(env, link));
  error.Set("errors", chain);
  return error;
}

Napi::Value toJs(Napi::Env env, const Caller& caller) {
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* name, const std::optional<std::string>& value) {
    if (value) object.Set(name, Napi::String::New(env, *value));
  };
  set("bundleIdentifier", caller.bundleIdentifier);
  set("signingIdentifier", caller.signingIdentifier);
  set("teamIdentifier", caller.teamIdentifier);
  return object;
}

}  // namespace broker
