#pragma once

#include <napi.h>

#include <memory>

#include "addon/js_thread.h"
#include "addon/promise_bridge.h"
#include "win/operation.h"

namespace broker {

/** What the addon keeps for one JavaScript environment: the main thread's, or a worker's. */
struct Environment {
  /** The method `cancel` of every operation under way. */
  Napi::FunctionReference cancelOperation;
  /** The method `end` of every turn. */
  Napi::FunctionReference endTurn;
  std::shared_ptr<JsThread> thread;
  std::shared_ptr<PromiseBridge> promises;
  const std::shared_ptr<OperationSet> operations = std::make_shared<OperationSet>();

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  /** Makes `thread` and `promises` at the first call. False: the environment is about to end. */
  bool start(Napi::Env env);

 private:
  void tearDown();
};

}  // namespace broker
