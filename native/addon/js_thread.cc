#include "addon/js_thread.h"

#include <utility>

namespace broker {

std::shared_ptr<JsThread> JsThread::create(Napi::Env env) {
  std::shared_ptr<JsThread> thread(new JsThread());
  napi_value name = Napi::String::New(env, "broker");
  napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, name, 0 /* no queue limit */, 1, nullptr,
                                      nullptr, nullptr, &JsThread::runTask, &thread->function_);
  if (status != napi_ok) return nullptr;
  napi_unref_threadsafe_function(env, thread->function_);
  return thread;
}

void JsThread::post(Task task) {
  auto owned = std::make_unique<Task>(std::move(task));
  std::lock_guard lock(mutex_);
  if (function_ == nullptr) return;
  if (napi_call_threadsafe_function(function_, owned.get(), napi_tsfn_nonblocking) == napi_ok) {
    static_cast<void>(owned.release());  // runTask owns it now
  }
}

void JsThread::hold(Napi::Env env) {
  if (holds_++ == 0 && function_ != nullptr) napi_ref_threadsafe_function(env, function_);
}

void JsThread::release(Napi::Env env) {
  if (--holds_ == 0 && function_ != nullptr) napi_unref_threadsafe_function(env, function_);
}

void JsThread::close() {
  std::lock_guard lock(mutex_);
  function_ = nullptr;  // Node's own cleanup hook, which runs after ours, frees it
}

void JsThread::runTask(napi_env env, napi_value, void*, void* data) {
  std::unique_ptr<Task> task(static_cast<Task*>(data));
  if (env == nullptr) return;  // the environment is gone: only free the task
  Napi::Env scoped(env);
  Napi::HandleScope scope(scoped);
  (*task)(scoped);
  if (scoped.IsExceptionPending()) {
    // Node would turn it into a mere warning (DEP0168). It is an uncaught exception.
    napi_fatal_exception(env, scoped.GetAndClearPendingException().Value());
  }
}

}  // namespace broker
