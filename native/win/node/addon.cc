#include <napi.h>

#include "addon/js_error.h"
#include "win/node/environment.h"
#include "win/node/js_values.h"
#include "win/node/operations.h"
#include "win/node/wam_requests.h"
#include "win/stats.h"

/** The surface that src/native.ts of @x/broker-win declares. */
namespace broker {
namespace {

Napi::Value bigintOf(Napi::Env env, HWND window) {
  return Napi::BigInt::New(env, static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(window)));
}

Napi::Value readWindowFacts(const Napi::CallbackInfo& info) {
  Result<HWND> window = readWindow(info[0]);
  if (window.ok()) return toJs(info.Env(), windowFacts(window.value()));
  Napi::Error(info.Env(), toJsError(info.Env(), window.failure())).ThrowAsJavaScriptException();
  return Napi::Value();
}

Napi::Value readConsoleWindow(const Napi::CallbackInfo& info) {
  return bigintOf(info.Env(), consoleWindow());
}

Napi::Value readDesktopWindow(const Napi::CallbackInfo& info) {
  return bigintOf(info.Env(), GetDesktopWindow());
}

Napi::Value readSession(const Napi::CallbackInfo& info) {
  return toJs(info.Env(), sessionFacts());
}

Napi::Value readStats(const Napi::CallbackInfo& info) {
  Napi::Object counts = Napi::Object::New(info.Env());
  counts.Set("operations", Napi::Number::New(info.Env(), stats().operations));
  counts.Set("turns", Napi::Number::New(info.Env(), stats().turns));
  counts.Set("objects", Napi::Number::New(info.Env(), stats().objects));
  return counts;
}

template <auto function>
void define(Napi::Env env, Napi::Object& exports, const char* name) {
  exports.Set(name, Napi::Function::New<function>(env, name));
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment();
  env.SetInstanceData(environment);  // Node deletes it with the environment
  environment->cancelOperation = Napi::Persistent(Napi::Function::New<&cancelOperation>(env, "cancel"));
  environment->endTurn = Napi::Persistent(Napi::Function::New<&endTurn>(env, "end"));
  define<&findProvider>(env, exports, "findProvider");
  define<&findAccounts>(env, exports, "findAccounts");
  define<&findAccount>(env, exports, "findAccount");
  define<&requestToken>(env, exports, "requestToken");
  define<&invalidateCache>(env, exports, "invalidateCache");
  define<&signOut>(env, exports, "signOut");
  define<static_cast<Napi::Value (*)(const Napi::CallbackInfo&)>(&pickProvider)>(env, exports,
                                                                                 "pickProvider");
  define<&beginInteractive>(env, exports, "beginInteractive");
  define<&readWindowFacts>(env, exports, "windowFacts");
  define<&readConsoleWindow>(env, exports, "consoleWindow");
  define<&readDesktopWindow>(env, exports, "desktopWindow");
  define<&readSession>(env, exports, "session");
  define<&readStats>(env, exports, "stats");
  return exports;
}

}  // namespace

NODE_API_MODULE(broker_win, initialize)

}  // namespace broker
