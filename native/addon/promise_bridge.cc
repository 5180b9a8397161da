#include "addon/promise_bridge.h"

#include <utility>

#include "addon/js_error.h"

namespace broker {

PromiseBridge::Opened PromiseBridge::open(Napi::Env env, bool keepAlive, Napi::Object owner) {
  Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
  Napi::ObjectReference reference;
  if (!owner.IsEmpty()) reference = Napi::Persistent(owner);
  Opened opened{++lastId_, deferred.Promise()};
  pending_.emplace(opened.id, Pending{deferred, std::move(reference), keepAlive});
  if (keepAlive) thread_->hold(env);
  return opened;
}

Napi::Object PromiseBridge::ownerOf(Id id) const {
  const auto entry = pending_.find(id);
  return entry == pending_.end() || entry->second.owner.IsEmpty() ? Napi::Object()
                                                                  : entry->second.owner.Value();
}

bool PromiseBridge::resolve(Napi::Env env, Id id, Napi::Value value) {
  auto node = pending_.extract(id);
  if (node.empty()) return false;
  node.mapped().deferred.Resolve(value);
  release(env, node.mapped());
  return true;
}

bool PromiseBridge::reject(Napi::Env env, Id id, const Failure& failure) {
  auto node = pending_.extract(id);
  if (node.empty()) return false;
  node.mapped().deferred.Reject(toJsError(env, failure));
  release(env, node.mapped());
  return true;
}

void PromiseBridge::release(Napi::Env env, const Pending& pending) {
  if (pending.keepAlive) thread_->release(env);
}

Napi::Promise PromiseBridge::rejected(Napi::Env env, const Failure& failure) {
  Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
  deferred.Reject(toJsError(env, failure));
  return deferred.Promise();
}

}  // namespace broker
