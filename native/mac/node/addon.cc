#include <napi.h>

#include <utility>

#include "addon/arguments.h"
#include "addon/js_error.h"
#include "mac/caller.h"
#include "mac/main_run_loop.h"
#include "mac/node/environment.h"
#include "mac/node/js_values.h"
#include "mac/node/request_arguments.h"
#include "mac/sso_extension.h"

/** The surface that src/native.ts of @x/broker-mac declares. */
namespace broker {
namespace {

Failure notMainThread() {
  return Failure{"not_main_thread", "AuthenticationServices works on the process' main thread only"};
}

Failure canceled() {
  return Failure{"canceled", "The request was cancelled"};
}

Napi::Value throwFailure(Napi::Env env, const Failure& failure) {
  napi_throw(env, toJsError(env, failure));
  return env.Undefined();
}

Napi::Value canPerformNow(const Napi::CallbackInfo& info) {
  const Result<std::string> url = readString(info[0], "identityProviderUrl");
  if (!url.ok()) return throwFailure(info.Env(), url.failure());
  if (!isMainThread()) return throwFailure(info.Env(), notMainThread());
  const Result<bool> can = canPerformAuthorization(url.value());
  if (!can.ok()) return throwFailure(info.Env(), can.failure());
  return Napi::Boolean::New(info.Env(), can.value());
}

Napi::Value canPerform(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Environment& environment = Environment::of(env);
  const Result<std::string> url = readString(info[0], "identityProviderUrl");
  if (!url.ok()) return PromiseBridge::rejected(env, url.failure());
  if (!isMainThread()) return PromiseBridge::rejected(env, notMainThread());
  if (!environment.start(env)) return PromiseBridge::rejected(env, canceled());

  // Not kept alive for: the system may never answer.
  const auto [id, promise] = environment.promises->open(env, false);
  askCanPerformAuthorization(url.value(), [promises = environment.promises, id = id](Result<bool> can) {
    promises->settle(id, std::move(can),
                     [](Napi::Env env, bool can) { return Napi::Boolean::New(env, can); });
  });
  return promise;
}

template <typename Cancel>
Napi::Object pendingRequest(Napi::Env env, Napi::Promise result, Cancel cancel) {
  Napi::Object pending = Napi::Object::New(env);
  pending.Set("result", result);
  pending.Set("cancel", Napi::Function::New(env, std::move(cancel), "cancel"));
  return pending;
}

/** A request that was refused at once. */
Napi::Object refusedRequest(Napi::Env env, const Failure& failure) {
  return pendingRequest(env, PromiseBridge::rejected(env, failure), [](const Napi::CallbackInfo&) {});
}

/** Carries the outcome to the JavaScript thread, and there lets go of the request. */
SsoExchange::OnOutcome forwardOutcome(const Environment& environment, PromiseBridge::Id id) {
  return [thread = environment.thread, promises = environment.promises, exchanges = environment.exchanges,
          id](SsoOutcome outcome) {
    thread->post([promises, exchanges, id, outcome = std::move(outcome)](Napi::Env env) {
      exchanges->end(id);
      if (!promises->isPending(id)) return;
      if (const auto* response = std::get_if<SsoResponse>(&outcome)) {
        promises->resolve(env, id, toJs(env, *response));
      } else {
        promises->reject(env, id, toJs(env, *std::get_if<SsoFailure>(&outcome)));
      }
    });
  };
}

Napi::Value perform(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Environment& environment = Environment::of(env);
  Result<RequestArguments> read = readRequest(info[0]);
  if (!read.ok()) return refusedRequest(env, read.failure());
  if (!isMainThread()) return refusedRequest(env, notMainThread());
  if (!environment.start(env)) return refusedRequest(env, canceled());

  const auto [id, promise] = environment.promises->open(env, read.value().keepAlive);
  auto exchange = SsoExchange::start(read.value().request, forwardOutcome(environment, id));
  if (exchange.ok()) {
    environment.exchanges->add(id, std::move(exchange.value()));
  } else {
    environment.promises->reject(env, id, exchange.failure());
  }
  return pendingRequest(env, promise,
                        [promises = environment.promises, exchanges = environment.exchanges,
                         id = id](const Napi::CallbackInfo& cancel) {
                          if (promises->reject(cancel.Env(), id, canceled())) exchanges->end(id);
                        });
}

Napi::Value readIsMainThread(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), isMainThread());
}

Napi::Value readIsApplicationRunning(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), isApplicationRunning());
}

void serve(const Napi::CallbackInfo&) {
  serveMainRunLoop();
}

Napi::Value describeCaller(const Napi::CallbackInfo& info) {
  return toJs(info.Env(), readCaller());
}

Napi::Value readStats(const Napi::CallbackInfo& info) {
  Napi::Object counts = Napi::Object::New(info.Env());
  counts.Set("requestsInFlight", Napi::Number::New(info.Env(), Exchanges::inFlight()));
  return counts;
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment());  // Node deletes it with the environment
  exports.Set("canPerform", Napi::Function::New<&canPerform>(env, "canPerform"));
  exports.Set("canPerformNow", Napi::Function::New<&canPerformNow>(env, "canPerformNow"));
  exports.Set("perform", Napi::Function::New<&perform>(env, "perform"));
  exports.Set("isMainThread", Napi::Function::New<&readIsMainThread>(env, "isMainThread"));
  exports.Set("isApplicationRunning",
              Napi::Function::New<&readIsApplicationRunning>(env, "isApplicationRunning"));
  exports.Set("serveMainRunLoop", Napi::Function::New<&serve>(env, "serveMainRunLoop"));
  exports.Set("caller", Napi::Function::New<&describeCaller>(env, "caller"));
  exports.Set("stats", Napi::Function::New<&readStats>(env, "stats"));
  return exports;
}

}  // namespace

NODE_API_MODULE(broker_mac, initialize)

}  // namespace broker
