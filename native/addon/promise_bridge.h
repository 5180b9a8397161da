#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "addon/failure.h"
#include "addon/js_thread.h"
#include "addon/result.h"

namespace broker {

/**
 * The promises of one environment that native work will settle. A pending one keeps the process alive, unless
 * it was opened in the background, and, through `owner`, the JavaScript object it belongs to. All methods but
 * `settle` are for the JavaScript thread.
 */
class PromiseBridge : public std::enable_shared_from_this<PromiseBridge> {
 public:
  using Id = std::uint64_t;
  struct Opened {
    Id id;
    /** Empty if the environment is ending. */
    Napi::Promise promise;
  };

  explicit PromiseBridge(std::shared_ptr<JsThread> thread) : thread_(std::move(thread)) {}

  Opened open(Napi::Env env, bool keepAlive, Napi::Object owner = Napi::Object());

  /** Any thread: settles the promise when the JavaScript thread gets to it. Only the first settling counts.
   */
  template <typename T, typename Convert>
  void settle(Id id, Result<T> result, Convert convert) {
    thread_->post([self = shared_from_this(), id, result = std::move(result), convert](Napi::Env env) {
      if (!result.ok()) {
        self->reject(env, id, result.failure());
      } else if (self->isPending(id)) {
        self->resolve(env, id, convert(env, result.value()));
      }
    });
  }

  bool isPending(Id id) const { return pending_.count(id) != 0; }
  /** The object a pending promise belongs to; empty if there is none. */
  Napi::Object ownerOf(Id id) const;
  bool resolve(Napi::Env env, Id id, Napi::Value value);
  /** False if it was settled before. */
  bool reject(Napi::Env env, Id id, const Failure& failure);
  /** For an error that carries more than a `Failure` can. */
  bool reject(Napi::Env env, Id id, Napi::Value error);

  /** From an environment cleanup hook: forgets every promise, for nobody can await one any more. */
  void abandon() { pending_.clear(); }

  /** A promise that never was pending; empty if the environment is ending. */
  static Napi::Promise rejected(Napi::Env env, const Failure& failure);

 private:
  struct Pending {
    napi_deferred deferred;
    Napi::ObjectReference owner;
    bool keepAlive;
  };

  void release(Napi::Env env, const Pending& pending);

  std::shared_ptr<JsThread> thread_;
  std::unordered_map<Id, Pending> pending_;
  Id lastId_ = 0;
};

}  // namespace broker
