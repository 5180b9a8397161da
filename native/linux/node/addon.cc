#include <napi.h>

#include "linux/node/connection.h"
#include "linux/node/environment.h"
#include "linux/sd_bus_library.h"
#include "linux/stats.h"

/** The surface that src/native.ts of @x/broker-linux declares. */
namespace broker {
namespace {

Napi::Value readStats(const Napi::CallbackInfo& info) {
  Napi::Object counts = Napi::Object::New(info.Env());
  counts.Set("connections", Napi::Number::New(info.Env(), stats().connections));
  counts.Set("callsInFlight", Napi::Number::New(info.Env(), stats().callsInFlight));
  counts.Set("ioThreads", Napi::Number::New(info.Env(), stats().ioThreads));
  return counts;
}

Napi::Value loadLibrary(const Napi::CallbackInfo& info) {
  const std::optional<std::string> reason = openSdBusLibrary();
  return reason ? Napi::String::New(info.Env(), *reason) : info.Env().Undefined();
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment();
  env.SetInstanceData(environment);  // Node deletes it with the environment
  environment->connectionClass = Napi::Persistent(Connection::define(env));
  exports.Set("connect", Napi::Function::New<&connect>(env, "connect"));
  exports.Set("loadLibrary", Napi::Function::New<&loadLibrary>(env, "loadLibrary"));
  exports.Set("stats", Napi::Function::New<&readStats>(env, "stats"));
  return exports;
}

}  // namespace

NODE_API_MODULE(broker_linux, initialize)

}  // namespace broker
