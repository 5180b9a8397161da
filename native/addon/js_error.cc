#include "addon/js_error.h"

namespace broker {

Napi::Value toJsError(Napi::Env env, const Failure& failure) {
  Napi::Object error = Napi::Error::New(env, failure.message).Value();
  error.Set("code", failure.code);
  for (const auto& [name, value] : failure.facts) error.Set(name, value);
  for (const auto& [name, value] : failure.numbers) error.Set(name, value);
  return error;
}

}  // namespace broker
