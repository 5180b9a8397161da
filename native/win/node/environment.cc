#include "win/node/environment.h"

namespace broker {

bool Environment::start(Napi::Env env) {
  if (thread) return true;
  thread = JsThread::create(env);
  if (!thread) return false;
  promises = std::make_shared<PromiseBridge>(thread);
  // Hooks run last added first: ours, before Node frees what JsThread::create made.
  env.AddCleanupHook([](Environment* ending) { ending->tearDown(); }, this);
  return true;
}

void Environment::tearDown() {
  thread->close();
  promises->abandon();
  // So that no window stays open which nobody waits for. Nobody waits for the end of that either.
  operations->cancelAll();
}

}  // namespace broker
