#include "addon/js_thread.h"

#include <utility>

namespace broker {

namespace {

// About half a millisecond with what the protocol does for an answer.
constexpr unsigned kTasksPerTurn = 8;

}  // namespace

JsThread::JsThread() : allowed_(kTasksPerTurn) {}

std::shared_ptr<JsThread> JsThread::create(Napi::Env env) {
  std::shared_ptr<JsThread> thread(new JsThread());
  napi_value name = Napi::String::New(env, "broker");
  const auto make = [&](napi_threadsafe_function_call_js callback, napi_threadsafe_function* function) {
    // Node may call back for what was queued before when nobody has the object any more.
    auto* self = new std::weak_ptr<JsThread>(thread);
    const auto forget = [](napi_env, void* data, void*) {
      delete static_cast<std::weak_ptr<JsThread>*>(data);
    };
    const napi_status status = napi_create_threadsafe_function(
        env, nullptr, nullptr, name, 0 /* no queue limit */, 1, self, forget, self, callback, function);
    if (status != napi_ok) {
      delete self;
      return false;
    }
    napi_unref_threadsafe_function(env, *function);
    return true;
  };
  const bool made =
      make(&JsThread::runTask, &thread->function_) && make(&JsThread::startTurn, &thread->nextTurn_);
  return made ? thread : nullptr;
}

void JsThread::post(Task task) {
  std::lock_guard lock(mutex_);
  if (function_ == nullptr) return;
  tasks_.push_back(std::move(task));
  announce();
}

void JsThread::announce() {
  for (; allowed_ > 0 && announced_ < tasks_.size(); --allowed_, ++announced_) {
    if (napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) != napi_ok) return;
  }
}

void JsThread::hold(Napi::Env env) {
  if (holds_++ == 0 && function_ != nullptr) napi_ref_threadsafe_function(env, function_);
}

void JsThread::release(Napi::Env env) {
  if (--holds_ == 0 && function_ != nullptr) napi_unref_threadsafe_function(env, function_);
}

void JsThread::close() {
  std::deque<Task> dropped;
  begun_.clear();
  std::lock_guard lock(mutex_);
  // Node's own cleanup hook, which runs after ours, frees them.
  function_ = nullptr;
  nextTurn_ = nullptr;
  dropped.swap(tasks_);
  announced_ = 0;
}

void JsThread::runTask(napi_env env, napi_value, void* context, void*) {
  // What was still queued when the environment ended: Node has called `forget` by then.
  if (env == nullptr) return;
  const auto self = static_cast<std::weak_ptr<JsThread>*>(context)->lock();
  if (self) self->runOne(Napi::Env(env));
}

void JsThread::takeAnnounced() {
  std::lock_guard lock(mutex_);
  for (; announced_ > 0; --announced_) {
    begun_.push_back(std::move(tasks_.front()));
    tasks_.pop_front();
  }
  if (allowed_ == 0 && nextTurn_ != nullptr) {
    napi_call_threadsafe_function(nextTurn_, nullptr, napi_tsfn_nonblocking);
  }
}

void JsThread::runOne(Napi::Env env) {
  if (begun_.empty()) takeAnnounced();
  if (begun_.empty()) return;
  Task task = std::move(begun_.front());
  begun_.pop_front();
  Napi::HandleScope scope(env);
  task(env);
  if (env.IsExceptionPending()) {
    // Node would turn it into a mere warning (DEP0168). It is an uncaught exception.
    napi_fatal_exception(env, env.GetAndClearPendingException().Value());
  }
}

void JsThread::startTurn(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;  // as in runTask
  const auto self = static_cast<std::weak_ptr<JsThread>*>(context)->lock();
  if (!self) return;
  std::lock_guard lock(self->mutex_);
  self->allowed_ = kTasksPerTurn;
  if (self->function_ != nullptr) self->announce();
}

}  // namespace broker
