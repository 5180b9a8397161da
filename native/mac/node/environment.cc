#include "mac/node/environment.h"

#include <utility>

namespace broker {

std::atomic<int> Exchanges::inFlight_{0};

void Exchanges::add(PromiseBridge::Id id, std::unique_ptr<SsoExchange> exchange) {
  exchanges_.emplace(id, std::move(exchange));
  ++inFlight_;
}

void Exchanges::end(PromiseBridge::Id id) {
  inFlight_ -= static_cast<int>(exchanges_.erase(id));
}

void Exchanges::endAll() {
  inFlight_ -= static_cast<int>(exchanges_.size());
  exchanges_.clear();
}

bool Environment::start(Napi::Env env) {
  if (thread) return true;
  thread = JsThread::create(env);
  if (!thread) return false;
  promises = std::make_shared<PromiseBridge>(thread);
  exchanges = std::make_shared<Exchanges>();
  // Hooks run last added first: ours, before Node frees what JsThread::create made.
  env.AddCleanupHook([](Environment* ending) { ending->tearDown(); }, this);
  return true;
}

void Environment::tearDown() {
  thread->close();
  // A window that is up shall not stay behind.
  exchanges->endAll();
  promises->abandon();
}

}  // namespace broker
