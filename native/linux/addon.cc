#include <napi.h>
#include <systemd/sd-bus.h>

#include <memory>
#include <unordered_set>
#include <utility>

#include "addon/arguments.h"
#include "addon/js_thread.h"
#include "addon/promise_bridge.h"
#include "linux/bus_connection.h"
#include "linux/bus_failure.h"
#include "linux/call_arguments.h"
#include "linux/io_thread.h"
#include "linux/js_values.h"
#include "linux/stats.h"

/** What src/native.ts declares: plain data in and out of `BusConnection`. */
namespace broker {
namespace {

/** One environment's hold on a connection. For the JavaScript thread only. */
struct ConnectionHandle {
  // Both or none. In this order: the last hold on the thread joins it, and the connection points to it.
  std::shared_ptr<IoThread> io;
  std::shared_ptr<BusConnection> bus;
  // Strong while connecting; then weak, and the connection's JavaScript object keeps the function alive. So a
  // listener that mentions its own connection does not keep it from being collected.
  Napi::FunctionReference onEvent;

  void close() {
    if (!bus) return;
    bus->close();
    bus.reset();
    io.reset();
  }
};

/** Everything of one JavaScript environment. */
struct Environment {
  std::shared_ptr<JsThread> thread;
  std::shared_ptr<PromiseBridge> promises;
  Napi::FunctionReference connectionClass;
  std::unordered_set<std::shared_ptr<ConnectionHandle>> connections;

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  void forget(const std::shared_ptr<ConnectionHandle>& handle) {
    handle->close();
    connections.erase(handle);
  }

  /** The environment ends: worker terminated, process exiting. */
  void tearDown() {
    if (thread) thread->close();
    for (const auto& handle : connections) {
      handle->onEvent.Reset();
      handle->close();
    }
    connections.clear();
    if (promises) promises->abandon();
  }
};

/** A `NativeConnection`. */
class Connection : public Napi::ObjectWrap<Connection> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "Connection",
        {InstanceMethod<&Connection::call>("call"), InstanceMethod<&Connection::watchOwner>("watchOwner"),
         InstanceMethod<&Connection::close>("close")});
  }

  static Napi::Value create(Napi::Env env, const std::shared_ptr<ConnectionHandle>& handle,
                            const std::string& uniqueName) {
    Napi::Object object = Environment::of(env).connectionClass.New({});
    if (env.IsExceptionPending()) return env.Undefined();
    Unwrap(object)->handle_ = handle;
    object.DefineProperty(
        Napi::PropertyDescriptor::Value("uniqueName", Napi::String::New(env, uniqueName), napi_enumerable));
    object.DefineProperty(Napi::PropertyDescriptor::Value(Napi::Symbol::New(env, "onEvent"),
                                                          handle->onEvent.Value(), napi_default));
    handle->onEvent.Unref();
    return object;
  }

  explicit Connection(const Napi::CallbackInfo& info) : ObjectWrap(info), env_(info.Env()) {}

  /** Collected: nobody can use the connection any more, and no call is in flight, or it would be kept. */
  ~Connection() override {
    // After the environment's teardown there is neither a handle to close nor instance data to ask.
    if (handle_ && handle_->bus) Environment::of(env_).forget(handle_);
  }

 private:
  Napi::Value call(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Environment& environment = Environment::of(env);
    Napi::Object pending = Napi::Object::New(env);
    Result<CallRequest> request = readCall(info[0]);
    if (!request.ok() || !isOpen()) {
      pending.Set("reply", PromiseBridge::rejected(env, request.ok() ? closedByCaller() : request.failure()));
      pending.Set("cancel", Napi::Function::New(
                                env, [](const Napi::CallbackInfo&) {}, "cancel"));
      return pending;
    }
    auto promises = environment.promises;
    const PromiseBridge::Opened opened = promises->open(env, Value());
    handle_->bus->call(opened.id, std::move(request.value()),
                       [promises, id = opened.id](Result<Reply> reply) {
                         promises->settle(id, std::move(reply),
                                          [](Napi::Env to, const Reply& value) { return toJs(to, value); });
                       });
    pending.Set("reply", opened.promise);
    // Rejected here and now: an answer already on its way to this thread is late.
    pending.Set("cancel", Napi::Function::New(
                              env,
                              [promises, id = opened.id,
                               weak = std::weak_ptr(handle_)](const Napi::CallbackInfo& call) {
                                if (!promises->reject(call.Env(), id, canceled())) return;
                                auto handle = weak.lock();
                                if (handle && handle->bus) handle->bus->cancel(id);
                              },
                              "cancel"));
    return pending;
  }

  Napi::Value watchOwner(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Result<std::string> name = readString(info[0], "name");
    if (!name.ok()) return PromiseBridge::rejected(env, name.failure());
    if (sd_bus_service_name_is_valid(name.value().c_str()) <= 0) {
      return PromiseBridge::rejected(env, invalidArgument("name", "a D-Bus bus name"));
    }
    if (!isOpen()) return PromiseBridge::rejected(env, closedByCaller());
    auto promises = Environment::of(env).promises;
    const PromiseBridge::Opened opened = promises->open(env, Value());
    handle_->bus->watchOwner(std::move(name.value()), [promises, id = opened.id](Result<Done> result) {
      promises->settle(id, std::move(result), [](Napi::Env to, const Done&) { return to.Undefined(); });
    });
    return opened.promise;
  }

  void close(const Napi::CallbackInfo& info) {
    if (handle_) Environment::of(info.Env()).forget(handle_);
  }

  bool isOpen() const { return handle_ && handle_->bus; }

  Napi::Env env_;
  std::shared_ptr<ConnectionHandle> handle_;
};

void emit(Napi::Env env, ConnectionHandle& handle, const Napi::Object& event) {
  if (handle.onEvent.IsEmpty()) return;
  Napi::Function listener = handle.onEvent.Value();
  if (listener.IsEmpty()) return;  // collected, together with the connection
  listener.Call(env.Undefined(), {event});
}

BusConnection::Events eventsFor(const std::shared_ptr<JsThread>& thread,
                                const std::weak_ptr<ConnectionHandle>& weak) {
  return {
      .ownerChanged =
          [thread, weak](OwnerChange change) {
            thread->post([weak, change = std::move(change)](Napi::Env env) {
              auto handle = weak.lock();
              if (!handle) return;
              Napi::Object event = Napi::Object::New(env);
              event.Set("type", "owner_changed");
              event.Set("name", change.name);
              event.Set("oldOwner", change.oldOwner);
              event.Set("newOwner", change.newOwner);
              emit(env, *handle, event);
            });
          },
      .disconnected =
          [thread, weak](Failure failure) {
            thread->post([weak, failure = std::move(failure)](Napi::Env env) {
              auto handle = weak.lock();
              if (!handle || !handle->bus) return;
              Environment::of(env).forget(handle);
              Napi::Object event = Napi::Object::New(env);
              event.Set("type", "disconnected");
              for (const auto& [name, value] : failure.facts) event.Set(name, value);
              emit(env, *handle, event);
            });
          },
  };
}

Napi::Value connect(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Environment& environment = Environment::of(env);
  ObjectReader reader(info[0], "options");
  ConnectRequest request;
  request.address = reader.string("address");
  request.timeout = reader.timeout("timeoutInMs");
  Napi::Function onEvent = reader.function("onEvent");
  if (reader.failure()) return PromiseBridge::rejected(env, *reader.failure());

  if (!environment.thread) {
    environment.thread = JsThread::create(env);
    if (!environment.thread) {
      return PromiseBridge::rejected(
          env, Failure{"connect_failed", "This JavaScript environment is shutting down"});
    }
    environment.promises = std::make_shared<PromiseBridge>(environment.thread);
    // Hooks run last added first: ours, before Node frees what JsThread::create made.
    env.AddCleanupHook([](Environment* ending) { ending->tearDown(); }, &environment);
  }
  Result<std::shared_ptr<IoThread>> io = IoThread::acquire();
  if (!io.ok()) return PromiseBridge::rejected(env, io.failure());

  auto handle = std::make_shared<ConnectionHandle>();
  handle->io = io.value();
  handle->bus = BusConnection::create(*handle->io, eventsFor(environment.thread, handle));
  handle->onEvent = Napi::Persistent(onEvent);
  environment.connections.insert(handle);

  auto promises = environment.promises;
  const PromiseBridge::Opened opened = promises->open(env);
  handle->bus->connect(std::move(request), [promises, thread = environment.thread, id = opened.id,
                                            weak = std::weak_ptr(handle)](Result<std::string> connected) {
    auto shared = std::make_shared<Result<std::string>>(std::move(connected));
    thread->post([promises, id, weak, shared](Napi::Env to) {
      auto handle = weak.lock();
      if (!handle) return;  // the environment has been torn down
      if (shared->ok()) {
        promises->resolve(to, id, Connection::create(to, handle, shared->value()));
      } else {
        Environment::of(to).forget(handle);
        promises->reject(to, id, shared->failure());
      }
    });
  });
  return opened.promise;
}

Napi::Value readStats(const Napi::CallbackInfo& info) {
  Napi::Object counts = Napi::Object::New(info.Env());
  counts.Set("connections", Napi::Number::New(info.Env(), stats().connections));
  counts.Set("callsInFlight", Napi::Number::New(info.Env(), stats().callsInFlight));
  counts.Set("ioThreads", Napi::Number::New(info.Env(), stats().ioThreads));
  return counts;
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment());
  Environment::of(env).connectionClass = Napi::Persistent(Connection::define(env));
  exports.Set("connect", Napi::Function::New<&connect>(env, "connect"));
  exports.Set("stats", Napi::Function::New<&readStats>(env, "stats"));
  return exports;
}

}  // namespace

NODE_API_MODULE(broker_linux, initialize)

}  // namespace broker
