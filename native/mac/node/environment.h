#pragma once

#include <napi.h>

#include <atomic>
#include <memory>
#include <unordered_map>

#include "addon/js_thread.h"
#include "addon/promise_bridge.h"
#include "mac/sso_extension.h"

namespace broker {

/** The requests under way in one environment. For its JavaScript thread only, which is the main thread. */
class Exchanges {
 public:
  void add(PromiseBridge::Id id, std::unique_ptr<SsoExchange> exchange);
  /** Lets go of one; a request that has not ended is cancelled. */
  void end(PromiseBridge::Id id);
  void endAll();

  /** How many there are in the process. */
  static int inFlight() { return inFlight_; }

 private:
  static std::atomic<int> inFlight_;
  std::unordered_map<PromiseBridge::Id, std::unique_ptr<SsoExchange>> exchanges_;
};

/** What the addon keeps for one JavaScript environment. Only that of the main thread ever has requests. */
struct Environment {
  std::shared_ptr<JsThread> thread;
  std::shared_ptr<PromiseBridge> promises;
  std::shared_ptr<Exchanges> exchanges;

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  /** Makes what is needed at the first request. False: the environment is about to end. */
  bool start(Napi::Env env);

 private:
  void tearDown();
};

}  // namespace broker
