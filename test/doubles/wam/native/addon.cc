#include <napi.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core_manager.h"
#include "dispatcher_queue.h"
#include "objects.h"
#include "pane.h"
#include "script.h"
#include "test_windows.h"
#include "win/activation.h"

namespace fake_wam {
namespace {

using MakeFactory = ComPtr<IActivationFactory> (*)();

MakeFactory makerOf(const std::string& className) {
  const auto is = [&](const wchar_t* name) { return className == broker::toUtf8(name); };
  if (is(broker::runtime_class::kCoreManager)) return &makeCoreManagerFactory;
  if (is(broker::runtime_class::kTokenRequest)) return &makeTokenRequestFactory;
  if (is(broker::runtime_class::kSettingsPane)) return &makePaneFactory;
  if (is(broker::runtime_class::kProviderCommand)) return &makeProviderCommandFactory;
  if (className == kDispatcherQueueController) return &makeDispatcherQueueFactory;
  return nullptr;
}

// ---- what fake-wam.ts calls

std::set<std::string> strings(const Napi::Value& value) {
  std::set<std::string> all;
  const auto array = value.As<Napi::Array>();
  for (std::uint32_t i = 0; i < array.Length(); ++i) all.insert(array.Get(i).ToString().Utf8Value());
  return all;
}

void start(const Napi::CallbackInfo& info) {
  Script::instance().start(info.Env(), info[0].As<Napi::Function>(), info[1].As<Napi::Function>(),
                           strings(info[2]), broker::toWide(info[3].ToString().Utf8Value()));
}

void repeat(const Napi::CallbackInfo& info) {
  const auto answers = info[0].As<Napi::Array>();
  std::vector<Repeated> all;
  for (std::uint32_t i = 0; i < answers.Length(); ++i) {
    const auto one = answers.Get(i).As<Napi::Object>();
    all.push_back({one.Get("call").ToString(), one.Get("containing").ToString(),
                   readAnswer(one.Get("answer").As<Napi::Object>())});
  }
  Script::instance().repeat(std::move(all));
}

void stop(const Napi::CallbackInfo&) {
  Script::instance().stop();
}

void answer(const Napi::CallbackInfo& info) {
  Script::instance().answer(info[0].ToNumber().Int64Value(), readAnswer(info[1].As<Napi::Object>()));
}

Napi::Value readLog(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), Script::instance().takeLog());
}

Napi::Value countObjects(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), liveObjects);
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("start", Napi::Function::New<&start>(env));
  exports.Set("repeat", Napi::Function::New<&repeat>(env));
  exports.Set("stop", Napi::Function::New<&stop>(env));
  exports.Set("answer", Napi::Function::New<&answer>(env));
  exports.Set("log", Napi::Function::New<&readLog>(env));
  exports.Set("liveObjects", Napi::Function::New<&countObjects>(env));
  defineTestWindows(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(fake_wam, initialize)

}  // namespace fake_wam

extern "C" __declspec(dllexport) HRESULT WINAPI
    DllGetActivationFactory(HSTRING className, IActivationFactory** factory) {
  if (factory == nullptr) return E_POINTER;
  *factory = nullptr;
  const std::string name = fake_wam::textOf(className);
  fake_wam::Script::instance().log("DllGetActivationFactory", fake_wam::Fields().text("class", name));
  const auto make = fake_wam::makerOf(name);
  if (make == nullptr || fake_wam::Script::instance().isMissing(name)) return REGDB_E_CLASSNOTREG;
  auto made = make();
  made->AddRef();
  *factory = made.get();
  return S_OK;
}
