#pragma once

#include <napi.h>

#include <memory>
#include <unordered_set>

#include "addon/js_thread.h"
#include "addon/promise_bridge.h"
#include "linux/bus_connection.h"
#include "linux/io_thread.h"
#include "linux/node/js_values.h"

namespace broker {

/** One environment's hold on a connection. For its JavaScript thread only. */
struct ConnectionHandle {
  // Both or none: the connection points to the thread.
  std::shared_ptr<IoThread> io;
  std::shared_ptr<BusConnection> bus;
  // Strong while connecting; then weak, and the connection's JavaScript object keeps the function alive. So a
  // listener that mentions its own connection does not keep that from being collected.
  Napi::FunctionReference onEvent;

  bool isOpen() const { return bus != nullptr; }
  void close();
  /** Calls the listener, if it has not been collected together with its connection. */
  void emit(Napi::Env env, const Napi::Object& event);
};

/** What the addon keeps for one JavaScript environment: the main thread's, or a worker's. */
struct Environment {
  Napi::FunctionReference connectionClass;
  CallObjects callObjects;
  std::shared_ptr<JsThread> thread;
  std::shared_ptr<PromiseBridge> promises;
  std::unordered_set<std::shared_ptr<ConnectionHandle>> connections;

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  /** Makes the above at the first call. False: the environment is about to end. */
  bool start(Napi::Env env);
  /** Closes a connection and lets go of it. */
  void forget(const std::shared_ptr<ConnectionHandle>& handle);

 private:
  void tearDown();
};

}  // namespace broker
