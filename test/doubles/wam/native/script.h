#pragma once

#include <napi.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "addon/js_thread.h"
#include "answers.h"
#include "json.h"

namespace fake_wam {

/** An answer that calls of one kind get again and again. */
struct Repeated {
  std::string call;
  /** What must stand in the fields of the call, as JSON text. */
  std::string containing;
  Answer answer;
};

/** What is called, and what JavaScript makes of it. One for the process; any thread unless told otherwise. */
class Script {
 public:
  using Complete = std::function<void(const Answer&)>;

  static Script& instance();

  // ---- for the component

  /** Writes an entry of the log, unless answers are repeated; returns its number. */
  long long log(const char* call, const Fields& fields = {});

  /**
   * Logs a call and asks the script what it gets. Waits until the handler has returned. An answer is returned
   * if the handler gave one; else `complete` is called with it later, on a thread of the system's pool.
   * `alsoAsked` is told to the handler but not logged. `number` is set before the handler hears of it. A call
   * whose answer is repeated is neither logged nor asked.
   */
  std::optional<Answer> ask(const char* call, const Fields& fields, const Fields& alsoAsked,
                            std::atomic<long long>& number, Complete complete);
  /** The client has cancelled what was asked under this number. */
  void tellCanceled(long long number);

  bool isMissing(const std::string& name);

  // ---- for JavaScript, on its thread

  void start(Napi::Env env, Napi::Function onCall, Napi::Function onCanceled, std::set<std::string> missing,
             std::wstring logFile);
  void repeat(std::vector<Repeated> answers);
  void stop();
  void answer(long long number, Answer answer);
  std::string takeLog();

 private:
  struct Asking;

  std::string entry(long long number, const char* call, const Fields& fields) const;
  void append(const std::string& line);
  std::optional<Answer> callHandler(Napi::Env env, const std::string& json);

  std::mutex mutex_;
  long long lastNumber_ = 0;
  std::string log_;
  std::wstring logFile_;
  std::set<std::string> missing_;
  std::vector<Repeated> repeated_;
  std::unordered_map<long long, Complete> pending_;
  std::shared_ptr<broker::JsThread> thread_;
  // The JavaScript thread's.
  DWORD threadId_ = 0;
  std::optional<Napi::Env> env_;
  Napi::FunctionReference onCall_;
  Napi::FunctionReference onCanceled_;
};

/** Runs `work` on a thread of the system's pool, which is in the multithreaded apartment. */
void inBackground(std::function<void()> work);

}  // namespace fake_wam
