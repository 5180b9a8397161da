#pragma once

#include <napi.h>

#include <deque>
#include <memory>
#include <mutex>

#include "addon/unique_function.h"

namespace broker {

/**
 * The way back to one JavaScript environment from any thread. Made on that environment's thread; may outlive
 * the environment, and then drops what is posted. Does not keep the process alive unless `hold` was called.
 */
class JsThread {
 public:
  using Task = UniqueFunction<void(Napi::Env)>;

  /** Null when Node refuses, which it does only while the environment is being torn down. */
  static std::shared_ptr<JsThread> create(Napi::Env env);
  JsThread(const JsThread&) = delete;
  JsThread& operator=(const JsThread&) = delete;

  /**
   * Any thread. Tasks run in the order they were posted, each with its own microtask checkpoint, and only so
   * many in one turn of the event loop: a thousand answers at once shall not keep timers and sockets waiting.
   */
  void post(Task task);

  /** JavaScript thread only. Keeps the event loop alive until as many `release` calls came. */
  void hold(Napi::Env env);
  void release(Napi::Env env);

  /** JavaScript thread only, from an environment cleanup hook: from now on nothing is posted. */
  void close();

 private:
  JsThread();
  static void runTask(napi_env env, napi_value function, void* context, void* data);
  static void startTurn(napi_env env, napi_value function, void* context, void* data);
  void runOne(Napi::Env env);
  void takeAnnounced();
  /** With mutex_ held. */
  void announce();

  // Guards function_ against a post from another thread while the environment goes away: Node frees the
  // threadsafe function then, whoever still holds its handle.
  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;
  napi_threadsafe_function nextTurn_ = nullptr;
  std::deque<Task> tasks_;
  // How many of tasks_ the event loop knows of, and of how many more it may hear before its next turn.
  std::size_t announced_ = 0;
  unsigned allowed_;
  // For the JavaScript thread only. Tasks are taken together, for each taking may have to wait for who posts.
  std::deque<Task> begun_;
  unsigned holds_ = 0;
};

}  // namespace broker
