#include "addon/promise_bridge.h"

#include <utility>

#include "addon/js_error.h"

namespace broker {
namespace {

struct NewPromise {
  // Null if the environment is ending. Napi::Promise::Deferred would leave them uninitialised.
  napi_deferred deferred = nullptr;
  napi_value promise = nullptr;
};

NewPromise newPromise(Napi::Env env) {
  NewPromise made;
  if (napi_create_promise(env, &made.deferred, &made.promise) != napi_ok) return {};
  return made;
}

// Settling fails only if the environment is ending: nobody can await the promise any more.

void resolveDeferred(Napi::Env env, napi_deferred deferred, Napi::Value value) {
  if (deferred != nullptr) napi_resolve_deferred(env, deferred, value);
}

void rejectDeferred(Napi::Env env, napi_deferred deferred, Napi::Value error) {
  if (deferred != nullptr) napi_reject_deferred(env, deferred, error);
}

}  // namespace

PromiseBridge::Opened PromiseBridge::open(Napi::Env env, bool keepAlive, Napi::Object owner) {
  const auto [deferred, promise] = newPromise(env);
  Napi::ObjectReference reference;
  if (!owner.IsEmpty()) reference = Napi::Persistent(owner);
  Opened opened{++lastId_, Napi::Promise(env, promise)};
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
  resolveDeferred(env, node.mapped().deferred, value);
  release(env, node.mapped());
  return true;
}

bool PromiseBridge::reject(Napi::Env env, Id id, const Failure& failure) {
  return isPending(id) && reject(env, id, toJsError(env, failure));
}

bool PromiseBridge::reject(Napi::Env env, Id id, Napi::Value error) {
  auto node = pending_.extract(id);
  if (node.empty()) return false;
  rejectDeferred(env, node.mapped().deferred, error);
  release(env, node.mapped());
  return true;
}

void PromiseBridge::release(Napi::Env env, const Pending& pending) {
  if (pending.keepAlive) thread_->release(env);
}

Napi::Promise PromiseBridge::rejected(Napi::Env env, const Failure& failure) {
  const auto [deferred, promise] = newPromise(env);
  rejectDeferred(env, deferred, toJsError(env, failure));
  return Napi::Promise(env, promise);
}

}  // namespace broker
