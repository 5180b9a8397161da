#include "win/node/js_values.h"

#include <string>

#include "win/node/environment.h"
#include "win/node/handles.h"

namespace broker {
namespace {

Napi::Object toJs(Napi::Env env, const StringPairs& pairs) {
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [key, value] : pairs) {
    Napi::HandleScope scope(env);
    // Defined, not assigned: a plug-in may well send the key "__proto__".
    object.DefineProperty(Napi::PropertyDescriptor::Value(
        Napi::String::New(env, key), Napi::String::New(env, value), napi_default_jsproperty));
  }
  return object;
}

Napi::Object toJs(Napi::Env env, const ProviderErrorValue& error) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("code", Napi::Number::New(env, error.code));
  object.Set("message", error.message);
  object.Set("properties", toJs(env, error.properties));
  return object;
}

Napi::Object toJs(Napi::Env env, const TokenResponseValue& response) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("token", response.token);
  if (response.account) object.Set("account", broker::toJs(env, *response.account));
  object.Set("properties", toJs(env, response.properties));
  if (response.providerError) object.Set("providerError", toJs(env, *response.providerError));
  return object;
}

template <class T>
void setIfKnown(Napi::Env env, Napi::Object& object, const char* name, const std::optional<T>& value) {
  if (value) object.Set(name, Napi::Value::From(env, *value));
}

}  // namespace

Napi::Value toJs(Napi::Env env, const ProviderValue& provider) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("id", provider.id);
  object.Set("displayName", provider.displayName);
  setIfKnown(env, object, "authority", provider.authority);
  hold(env, object, provider.object);
  return object;
}

Napi::Value toJs(Napi::Env env, const AccountValue& account) {
  Napi::Object object = Napi::Object::New(env);
  setIfKnown(env, object, "id", account.id);
  object.Set("userName", account.userName);
  object.Set("state", Napi::Number::New(env, account.state));
  object.Set("properties", toJs(env, account.properties));
  hold(env, object, account.object);
  return object;
}

Napi::Value toJs(Napi::Env env, const AccountsValue& accounts) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("status", Napi::Number::New(env, accounts.status));
  Napi::Array list = Napi::Array::New(env, accounts.accounts.size());
  std::uint32_t index = 0;
  for (const AccountValue& account : accounts.accounts) {
    Napi::HandleScope scope(env);
    list.Set(index++, toJs(env, account));
  }
  object.Set("accounts", list);
  if (accounts.providerError) object.Set("providerError", toJs(env, *accounts.providerError));
  return object;
}

Napi::Value toJs(Napi::Env env, const TokenResultValue& result) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("status", Napi::Number::New(env, result.status));
  Napi::Array responses = Napi::Array::New(env, result.responses.size());
  std::uint32_t index = 0;
  for (const TokenResponseValue& response : result.responses) {
    Napi::HandleScope scope(env);
    responses.Set(index++, toJs(env, response));
  }
  object.Set("responses", responses);
  if (result.error) object.Set("error", toJs(env, *result.error));
  hold(env, object, result.object);
  return object;
}

Napi::Value toJs(Napi::Env env, const std::shared_ptr<Turn>& turn) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("end", Environment::of(env).endTurn.Value());
  hold(env, object, turn);
  return object;
}

Napi::Value toJs(Napi::Env env, const Done&) {
  return env.Undefined();
}

Napi::Value toJs(Napi::Env env, const std::optional<WindowFacts>& facts) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("exists", Napi::Boolean::New(env, facts.has_value()));
  if (!facts) return object;
  setIfKnown(env, object, "processId", facts->processId);
  setIfKnown(env, object, "threadId", facts->threadId);
  object.Set("visible", Napi::Boolean::New(env, facts->visible));
  setIfKnown(env, object, "sameDesktop", facts->sameDesktop);
  object.Set("className", facts->className);
  return object;
}

Napi::Value toJs(Napi::Env env, const SessionFacts& facts) {
  Napi::Object object = Napi::Object::New(env);
  setIfKnown(env, object, "sessionId", facts.sessionId);
  setIfKnown(env, object, "integrityLevel", facts.integrityLevel);
  setIfKnown(env, object, "elevated", facts.elevated);
  setIfKnown(env, object, "visibleStation", facts.visibleStation);
  setIfKnown(env, object, "stationName", facts.stationName);
  return object;
}

}  // namespace broker
