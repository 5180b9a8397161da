#include "win/node/operations.h"

#include <functional>
#include <memory>
#include <utility>

#include "win/account_picker.h"
#include "win/node/environment.h"
#include "win/node/handles.h"
#include "win/node/js_values.h"
#include "win/node/wam_requests.h"
#include "win/win_failure.h"
#include "win/worker_threads.h"

namespace broker {

/** What the object that JavaScript gets for an operation under way holds. */
struct Underway {
  PromiseBridge::Id id = 0;
  // Weak: an operation ends when nobody works on it, whoever keeps this object.
  std::weak_ptr<Operation> operation;
};

template <>
inline constexpr std::uint64_t kHandleKind<Underway> = 5;

namespace {

Napi::Object operationObject(Napi::Env env, Napi::Promise result) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("result", result);
  object.Set("cancel", Environment::of(env).cancelOperation.Value());
  return object;
}

/** Work that was refused at once. */
Napi::Object refused(Napi::Env env, const Failure& failure) {
  return operationObject(env, PromiseBridge::rejected(env, failure));
}

/**
 * Opens a promise, and gives `start` what settles it. `start` returns a failure if nothing was started. What
 * JavaScript is told is made by `convert`.
 */
template <class Value, class Request, class Start, class Convert>
Napi::Value begin(Napi::Env env, const Asked<Request>& asked, Napi::Object owner, Start start,
                  Convert convert) {
  Environment& environment = Environment::of(env);
  if (!environment.start(env)) return refused(env, canceledFailure());
  const auto promises = environment.promises;
  const auto operation = std::make_shared<Operation>(environment.operations, asked.turn);
  const PromiseBridge::Opened opened = promises->open(env, asked.keepAlive, owner);
  std::function<void(Result<Value>)> then = [promises, id = opened.id, convert](Result<Value> result) {
    promises->settle(id, std::move(result),
                     [id, convert](Napi::Env to, const Value& value) { return convert(to, id, value); });
  };
  if (const auto failure = start(operation, std::move(then))) promises->reject(env, opened.id, *failure);
  Napi::Object object = operationObject(env, opened.promise);
  hold(env, object, Underway{opened.id, operation});
  return object;
}

/** An operation of WAM, which is started on a worker thread. */
template <class Value, class Request>
Napi::Value beginOnWorker(Napi::Env env, Result<Asked<Request>> asked,
                          void (*work)(const std::shared_ptr<Operation>&, const Request&,
                                       std::function<void(Result<Value>)>)) {
  if (!asked.ok()) return refused(env, asked.failure());
  // One copy, that goes with the task.
  auto request = std::make_shared<Request>(std::move(asked.value().request));
  return begin<Value>(
      env, asked.value(), Napi::Object(),
      [&](const std::shared_ptr<Operation>& operation, std::function<void(Result<Value>)> then) {
        return postToWorker([operation, request, work, then = std::move(then)] {
          if (operation->isCanceled()) return then(canceledFailure());
          work(operation, *request, then);
        });
      },
      [](Napi::Env to, PromiseBridge::Id, const Value& value) { return toJs(to, value); });
}

}  // namespace

Napi::Value findProvider(const Napi::CallbackInfo& info) {
  return beginOnWorker<std::optional<ProviderValue>>(info.Env(), readFindProvider(info[0]),
                                                     &wam::findProvider);
}

Napi::Value findAccounts(const Napi::CallbackInfo& info) {
  return beginOnWorker<AccountsValue>(info.Env(), readFindAccounts(info[0]), &wam::findAccounts);
}

Napi::Value findAccount(const Napi::CallbackInfo& info) {
  return beginOnWorker<std::optional<AccountValue>>(info.Env(), readFindAccount(info[0]), &wam::findAccount);
}

Napi::Value requestToken(const Napi::CallbackInfo& info) {
  return beginOnWorker<TokenResultValue>(info.Env(), readTokenRequest(info[0]), &wam::requestToken);
}

Napi::Value invalidateCache(const Napi::CallbackInfo& info) {
  return beginOnWorker<Done>(info.Env(), readInvalidateCache(info[0]), &wam::invalidateCache);
}

Napi::Value signOut(const Napi::CallbackInfo& info) {
  return beginOnWorker<Done>(info.Env(), readSignOut(info[0]), &wam::signOut);
}

Napi::Value pickProvider(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Napi::Array offered = Napi::Array::New(env);
  Result<Asked<PickRequest>> asked = readPickProvider(info[0], offered);
  if (!asked.ok()) return refused(env, asked.failure());
  return begin<Picked>(
      env, asked.value(), offered,
      [&](const std::shared_ptr<Operation>& operation, std::function<void(Result<Picked>)> then) {
        return pickProvider(operation, std::move(asked.value().request), std::move(then));
      },
      [](Napi::Env to, PromiseBridge::Id id, const Picked& picked) -> Napi::Value {
        if (!picked) return to.Null();
        // The very object that was offered.
        return Environment::of(to).promises->ownerOf(id).Get(static_cast<std::uint32_t>(*picked));
      });
}

Napi::Value beginInteractive(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Result<Asked<Done>> asked = readHold(info[0]);
  if (!asked.ok()) return refused(env, asked.failure());
  using TurnPtr = std::shared_ptr<Turn>;
  return begin<TurnPtr>(
      env, asked.value(), Napi::Object(),
      [](const std::shared_ptr<Operation>& operation, std::function<void(Result<TurnPtr>)> then) {
        Turn::wait(operation, [then = std::move(then)](TurnPtr turn) { then(std::move(turn)); });
        return std::optional<Failure>();
      },
      [](Napi::Env to, PromiseBridge::Id, const TurnPtr& turn) { return toJs(to, turn); });
}

void cancelOperation(const Napi::CallbackInfo& info) {
  const Underway* underway = heldBy<Underway>(info.This());
  if (underway == nullptr) return;
  // Rejects here and now: an answer that is already on its way to this thread comes late.
  if (!Environment::of(info.Env()).promises->reject(info.Env(), underway->id, canceledFailure())) return;
  if (const auto operation = underway->operation.lock()) operation->cancel();
}

void endTurn(const Napi::CallbackInfo& info) {
  if (auto* turn = heldBy<std::shared_ptr<Turn>>(info.This())) turn->reset();
}

}  // namespace broker
