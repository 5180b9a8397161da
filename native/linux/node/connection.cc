#include "linux/node/connection.h"

#include <utility>

#include "addon/arguments.h"
#include "linux/bus_failure.h"
#include "linux/bus_names.h"
#include "linux/node/call_arguments.h"

namespace broker {
namespace {

Napi::Object ownerChangedEvent(Napi::Env env, const OwnerChange& change) {
  Napi::Object event = Napi::Object::New(env);
  event.Set("type", "owner_changed");
  event.Set("name", change.name);
  event.Set("oldOwner", change.oldOwner);
  event.Set("newOwner", change.newOwner);
  return event;
}

Napi::Object disconnectedEvent(Napi::Env env, const Failure& failure) {
  Napi::Object event = Napi::Object::New(env);
  event.Set("type", "disconnected");
  for (const auto& [name, value] : failure.facts) event.Set(name, value);
  return event;
}

/** Carries events from the I/O thread to the JavaScript thread, for as long as somebody is there to hear
 * them. */
BusConnection::Events forwardEvents(std::shared_ptr<JsThread> thread, std::weak_ptr<ConnectionHandle> weak) {
  return {
      .ownerChanged =
          [thread, weak](OwnerChange change) {
            thread->post([weak, change = std::move(change)](Napi::Env env) {
              if (auto handle = weak.lock()) handle->emit(env, ownerChangedEvent(env, change));
            });
          },
      .disconnected =
          [thread, weak](Failure failure) {
            thread->post([weak, failure = std::move(failure)](Napi::Env env) {
              auto handle = weak.lock();
              if (!handle || !handle->isOpen()) return;
              Environment::of(env).forget(handle);
              handle->emit(env, disconnectedEvent(env, failure));
            });
          },
  };
}

/** Work under way, with a way to give it up. `promised` is the promise's name. */
template <typename Cancel>
Napi::Object pendingWork(Napi::Env env, const char* promised, Napi::Promise promise, Cancel cancel) {
  Napi::Object pending = Napi::Object::New(env);
  pending.Set(promised, promise);
  pending.Set("cancel", Napi::Function::New(env, cancel, "cancel"));
  return pending;
}

/** Work that was refused at once. */
Napi::Object refusedWork(Napi::Env env, const char* promised, const Failure& failure) {
  return pendingWork(env, promised, PromiseBridge::rejected(env, failure), [](const Napi::CallbackInfo&) {});
}

}  // namespace

Napi::Value connect(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Environment& environment = Environment::of(env);
  ObjectReader reader(info[0], "options");
  ConnectRequest request;
  request.address = reader.string("address");
  request.timeout = reader.timeout("timeoutInMs");
  Napi::Function onEvent = reader.function("onEvent");
  const bool keepAlive = reader.optionalBoolean("keepAlive", true);
  if (reader.failure()) return refusedWork(env, "connection", *reader.failure());

  if (!environment.start(env)) return refusedWork(env, "connection", closedByCaller());
  Result<std::shared_ptr<IoThread>> io = IoThread::acquire();
  if (!io.ok()) return refusedWork(env, "connection", io.failure());

  const std::shared_ptr<ConnectionHandle> handle(new ConnectionHandle());
  handle->io = io.value();
  handle->bus = BusConnection::create(*handle->io, forwardEvents(environment.thread, handle));
  handle->onEvent = Napi::Persistent(onEvent);
  environment.connections.insert(handle);

  const auto [id, promise] = environment.promises->open(env, keepAlive);
  handle->bus->connect(
      std::move(request), [promises = environment.promises, thread = environment.thread, id = id,
                           weak = std::weak_ptr(handle)](Result<std::string> uniqueName) {
        thread->post([promises, id, weak, uniqueName = std::move(uniqueName)](Napi::Env env) {
          auto handle = weak.lock();
          if (!handle) return;
          if (uniqueName.ok()) {
            const Napi::Value connection = Connection::create(env, handle, uniqueName.value());
            if (!connection.IsEmpty()) promises->resolve(env, id, connection);
          } else {
            Environment::of(env).forget(handle);
            promises->reject(env, id, uniqueName.failure());
          }
        });
      });
  return pendingWork(env, "connection", promise,
                     [promises = environment.promises, id = id,
                      weak = std::weak_ptr(handle)](const Napi::CallbackInfo& info) {
                       if (!promises->reject(info.Env(), id, canceled("Connecting to the bus"))) return;
                       if (auto handle = weak.lock()) Environment::of(info.Env()).forget(handle);
                     });
}

Napi::Function Connection::define(Napi::Env env) {
  return DefineClass(
      env, "Connection",
      {InstanceMethod<&Connection::call>("call"), InstanceMethod<&Connection::watchOwner>("watchOwner"),
       InstanceMethod<&Connection::close>("close")});
}

Napi::Value Connection::create(Napi::Env env, const std::shared_ptr<ConnectionHandle>& handle,
                               const std::string& uniqueName) {
  Napi::Object object = Environment::of(env).connectionClass.New({});
  if (object.IsEmpty()) return {};
  Connection* connection = Unwrap(object);
  if (connection == nullptr) return {};
  connection->handle_ = handle;
  object.DefineProperty(
      Napi::PropertyDescriptor::Value("uniqueName", Napi::String::New(env, uniqueName), napi_enumerable));
  object.DefineProperty(Napi::PropertyDescriptor::Value(Napi::Symbol::New(env, "onEvent"),
                                                        handle->onEvent.Value(), napi_default));
  handle->onEvent.Unref();
  return object;
}

/** Collected: nobody can use the connection any more, and no call is in flight, for that would have kept it.
 */
Connection::~Connection() {
  // Not open once the environment has been torn down, when there is no instance data to ask either.
  if (isOpen()) Environment::of(env_).forget(handle_);
}

Napi::Value Connection::call(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Result<CallArguments> read = readCall(info[0]);
  if (!read.ok()) return refusedWork(env, "reply", read.failure());
  if (!isOpen()) return refusedWork(env, "reply", closedByCaller());
  Environment& environment = Environment::of(env);
  const std::shared_ptr<PromiseBridge>& promises = environment.promises;
  const auto [id, promise] = promises->open(env, read.value().keepAlive, Value());
  const Napi::Value pending = environment.callObjects.pendingCall(env, promise, id);
  // Nothing is sent for a caller who would not hear of it, and could not cancel it either.
  if (pending.IsEmpty()) {
    if (env.IsExceptionPending()) env.GetAndClearPendingException();
    // Nobody has this promise, so nobody could handle its rejection.
    promises->resolve(env, id, env.Undefined());
    return refusedWork(env, "reply", canceled("The call"));
  }
  handle_->bus->call(id, std::move(read.value().request), [promises, id = id](Result<Reply> reply) {
    promises->settle(id, std::move(reply), [](Napi::Env to, const Reply& value) {
      return Environment::of(to).callObjects.reply(to, value);
    });
  });
  return pending;
}

void cancelCall(const Napi::CallbackInfo& info) {
  const auto id = static_cast<PromiseBridge::Id>(info[0].As<Napi::Number>().Int64Value());
  const Napi::Object owner = Environment::of(info.Env()).promises->ownerOf(id);
  if (owner.IsEmpty()) return;
  // Null in a worker that is being stopped.
  Connection* connection = Connection::Unwrap(owner);
  if (connection != nullptr) connection->cancel(id);
}

void Connection::cancel(PromiseBridge::Id id) {
  // Rejects here and now: an answer that is already on its way to this thread comes late.
  if (Environment::of(env_).promises->reject(env_, id, canceled("The call")) && isOpen())
    handle_->bus->cancel(id);
}

Napi::Value Connection::watchOwner(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Result<std::string> name = readString(info[0], "name");
  if (!name.ok()) return PromiseBridge::rejected(env, name.failure());
  if (!isBusName(name.value())) {
    return PromiseBridge::rejected(env, invalidArgument("name", "a D-Bus bus name"));
  }
  bool keepAlive = true;
  if (!info[1].IsUndefined()) {
    ObjectReader reader(info[1], "options");
    keepAlive = reader.optionalBoolean("keepAlive", true);
    if (reader.failure()) return PromiseBridge::rejected(env, *reader.failure());
  }
  if (!isOpen()) return PromiseBridge::rejected(env, closedByCaller());
  const std::shared_ptr<PromiseBridge> promises = Environment::of(env).promises;
  const auto [id, promise] = promises->open(env, keepAlive, Value());
  handle_->bus->watchOwner(std::move(name.value()), [promises, id = id](Result<Done> result) {
    promises->settle(id, std::move(result), [](Napi::Env to, const Done&) { return to.Undefined(); });
  });
  return promise;
}

void Connection::close(const Napi::CallbackInfo& info) {
  if (handle_) Environment::of(info.Env()).forget(handle_);
}

}  // namespace broker
