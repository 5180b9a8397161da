#include <napi.h>

#include <memory>
#include <utility>

#include "addon/js_thread.h"
#include "extension.h"

/** The surface that `ExtensionDouble` of double.ts declares. */
namespace broker_double {
namespace {

struct Environment {
  std::shared_ptr<broker::JsThread> thread;
  Napi::FunctionReference listener;
  // The first request since the last reset is told as number 1.
  RequestId idsBefore = 0;
};

Environment& environmentOf(Napi::Env env) {
  return *env.GetInstanceData<Environment>();
}

std::string toJson(Napi::Env env, Napi::Value value) {
  const auto json = env.Global().Get("JSON").As<Napi::Object>();
  return json.Get("stringify").As<Napi::Function>().Call({value}).As<Napi::String>();
}

Answer readAnswer(const Napi::CallbackInfo& info) {
  Answer answer{toJson(info.Env(), info[0])};
  if (!info[1].IsObject()) return answer;
  const auto options = info[1].As<Napi::Object>();
  answer.onMainThread = !options.Has("thread") || options.Get("thread").ToString().Utf8Value() != "other";
  if (options.Has("times")) answer.times = options.Get("times").ToNumber().Uint32Value();
  return answer;
}

/** False with an exception thrown if the answer is none. */
bool isUsable(const Napi::CallbackInfo& info, const Answer& answer) {
  if (isReadable(answer)) return true;
  Napi::TypeError::New(info.Env(), "The answer cannot be told to GNUstep").ThrowAsJavaScriptException();
  return false;
}

Napi::Object requestObject(Napi::Env env, const ReceivedRequest& request) {
  Napi::Array options = Napi::Array::New(env, request.options.size());
  for (std::uint32_t i = 0; i < request.options.size(); ++i) {
    Napi::Array pair = Napi::Array::New(env, 2);
    pair.Set(0u, request.options[i].first);
    pair.Set(1u, request.options[i].second);
    options.Set(i, pair);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("id", static_cast<double>(request.id - environmentOf(env).idsBefore));
  object.Set("identityProviderUrl", request.identityProviderUrl);
  object.Set("operation", request.operation);
  object.Set("options", options);
  object.Set("userInterfaceEnabled", request.userInterfaceEnabled);
  object.Set("hasPresentationContext", request.hasPresentationContext);
  if (request.anchorWindow != 0) {
    object.Set("anchorWindow", Napi::BigInt::New(env, std::uint64_t{request.anchorWindow}));
  }
  object.Set("isOnMainThread", request.isOnMainThread);
  object.Set("answer", Napi::Function::New(env, [id = request.id](const Napi::CallbackInfo& info) {
               const Answer given = readAnswer(info);
               if (isUsable(info, given)) answer(id, given);
             }));
  return object;
}

void listen(const Napi::CallbackInfo& info) {
  Environment& environment = environmentOf(info.Env());
  if (!info[0].IsFunction()) {
    environment.listener.Reset();
    return onRequest({});
  }
  environment.listener = Napi::Persistent(info[0].As<Napi::Function>());
  onRequest([thread = environment.thread](ReceivedRequest request) {
    thread->post([request = std::move(request)](Napi::Env env) {
      Environment& environment = environmentOf(env);
      if (!environment.listener.IsEmpty()) environment.listener.Call({requestObject(env, request)});
    });
  });
}

void readCallerFacts(const Napi::CallbackInfo& info) {
  const auto caller = info[0].As<Napi::Object>();
  const auto read = [&](const char* name) -> std::optional<std::string> {
    if (!caller.Has(name)) return std::nullopt;
    return caller.Get(name).ToString().Utf8Value();
  };
  setCaller({read("bundleIdentifier"), read("signingIdentifier"), read("teamIdentifier")});
}

const char* nameOf(RequestState state) {
  switch (state) {
    case RequestState::kPending:
      return "pending";
    case RequestState::kAnswered:
      return "answered";
    case RequestState::kCanceled:
      return "canceled";
    case RequestState::kAbandoned:
      return "abandoned";
  }
  return "";
}

Napi::Value tellFacts(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::vector<RequestFacts> all = facts();
  Napi::Array requests = Napi::Array::New(env, all.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    Napi::Object request = Napi::Object::New(env);
    request.Set("id", static_cast<double>(all[i].id - environmentOf(env).idsBefore));
    request.Set("state", nameOf(all[i].state));
    request.Set("delegateCalls", all[i].delegateCalls);
    request.Set("wasCalledOnMainThread", all[i].wasCalledOnMainThread);
    request.Set("wasDelegateGone", all[i].wasDelegateGone);
    requests.Set(i, request);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("requests", requests);
  object.Set("liveControllers", liveControllers());
  object.Set("liveDelegates", liveDelegates());
  object.Set("windowsFreedElsewhere", windowsFreedElsewhere());
  return object;
}

Napi::Value makeView(const Napi::CallbackInfo& info) {
  const ViewInWindow made = createView();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("view", Napi::BigInt::New(info.Env(), std::uint64_t{made.view}));
  object.Set("window", Napi::BigInt::New(info.Env(), std::uint64_t{made.window}));
  return object;
}

void resetAll(const Napi::CallbackInfo& info) {
  Environment& environment = environmentOf(info.Env());
  environment.listener.Reset();
  reset();
  environment.idsBefore = lastRequestId();
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment{broker::JsThread::create(env), {}, lastRequestId()};
  env.SetInstanceData(environment);  // Node deletes it with the environment
  env.AddCleanupHook(
      [](Environment* ending) {
        onRequest({});
        ending->thread->close();
      },
      environment);
  const auto set = [&](const char* name, auto callback) {
    exports.Set(name, Napi::Function::New(env, callback, name));
  };
  set("onRequest", listen);
  set("answerInsidePerform", [](const Napi::CallbackInfo& info) {
    if (!info[0].IsObject()) return answerInsidePerform(std::nullopt);
    const Answer given = readAnswer(info);
    if (isUsable(info, given)) answerInsidePerform(given);
  });
  set("setCanPerform", [](const Napi::CallbackInfo& info) {
    setCanPerform(info[0].IsUndefined() ? std::nullopt : std::optional(info[0].ToBoolean().Value()));
  });
  set("setApplicationRunning", [](const Napi::CallbackInfo& info) {
    setApplicationRunning(info[0].IsUndefined() ? std::nullopt : std::optional(info[0].ToBoolean().Value()));
  });
  set("setCaller", readCallerFacts);
  set("raiseNext", [](const Napi::CallbackInfo& info) { raiseNext(info[0].ToString()); });
  set("createView", makeView);
  set("closeWindows", [](const Napi::CallbackInfo&) { closeWindows(); });
  set("facts", tellFacts);
  set("reset", resetAll);
  return exports;
}

}  // namespace

NODE_API_MODULE(fake_extension, initialize)

}  // namespace broker_double
