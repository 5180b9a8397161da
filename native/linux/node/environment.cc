#include "linux/node/environment.h"

#include "linux/node/connection.h"

namespace broker {

void ConnectionHandle::close() {
  if (!isOpen()) return;
  bus->close();
  bus.reset();
  io.reset();
}

void ConnectionHandle::emit(Napi::Env env, const Napi::Object& event) {
  if (onEvent.IsEmpty()) return;
  const Napi::Function listener = onEvent.Value();
  if (!listener.IsEmpty()) listener.Call(env.Undefined(), {event});
}

bool Environment::start(Napi::Env env) {
  if (thread) return true;
  if (!callObjects.prepare(env, Napi::Function::New<&cancelCall>(env, "cancel"))) return false;
  thread = JsThread::create(env);
  if (!thread) return false;
  promises.reset(new PromiseBridge(thread));
  // Hooks run last added first: ours, before Node frees what JsThread::create made.
  env.AddCleanupHook([](Environment* ending) { ending->tearDown(); }, this);
  return true;
}

void Environment::forget(const std::shared_ptr<ConnectionHandle>& handle) {
  handle->close();
  connections.erase(handle);
}

void Environment::tearDown() {
  thread->close();
  for (const auto& handle : connections) {
    handle->onEvent.Reset();
    handle->close();
  }
  connections.clear();
  promises->abandon();
  // So that a worker or a process that has ended leaves no thread behind.
  IoThread::joinEnding();
}

}  // namespace broker
