#include "addon/js_error.h"

namespace broker {

Napi::Value toJsError(Napi::Env env, const Failure& failure) {
  Napi::Object error = Napi::Error::New(env, failure.message).Value();
  error.Set("code", Napi::String::New(env, failure.code));
  for (const auto& [name, value] : failure.facts) {
    error.Set(name, Napi::String::New(env, value));
  }
  for (const auto& [name, value] : failure.numbers) {
    error.Set(name, Napi::Number::New(env, value));
  }
  return error;
}

}  // namespace broker
