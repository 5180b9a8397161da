#include "script.h"

#include <combaseapi.h>

#include <utility>

namespace fake_wam {
namespace {

// Far longer than a handler takes, and far shorter than anybody waits for a test: for a JavaScript thread
// that is itself waiting for the caller.
constexpr DWORD kLongestHandlerMs = 10'000;

const ULONGLONG loadedAt = GetTickCount64();

const char* apartment() {
  APTTYPE type = APTTYPE_CURRENT;
  APTTYPEQUALIFIER qualifier = APTTYPEQUALIFIER_NONE;
  if (FAILED(CoGetApartmentType(&type, &qualifier))) return "none";
  switch (type) {
    case APTTYPE_STA:
      return "STA";
    case APTTYPE_MAINSTA:
      return "MAINSTA";
    case APTTYPE_NA:
      return "NA";
    default:
      return qualifier == APTTYPEQUALIFIER_IMPLICIT_MTA ? "MTA(implicit)" : "MTA";
  }
}

}  // namespace

/** One question: whose thread waits, and what the handler gave at once. */
struct Script::Asking {
  HANDLE returned = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  std::optional<Answer> answer;
  ~Asking() { CloseHandle(returned); }
};

Script& Script::instance() {
  static Script* const script = new Script();
  return *script;
}

std::string Script::entry(long long number, const char* call, const Fields& fields) const {
  Fields all;
  all.number("n", number)
      .number("ms", static_cast<long long>(GetTickCount64() - loadedAt))
      .number("tid", GetCurrentThreadId())
      .text("apt", apartment())
      .text("call", call)
      .all(fields);
  return all.content();
}

void Script::append(const std::string& line) {
  log_ += line + '\n';
  if (logFile_.empty()) return;
  const HANDLE file = CreateFileW(logFile_.c_str(), FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                  nullptr, OPEN_ALWAYS, 0, nullptr);
  if (file == INVALID_HANDLE_VALUE) return;
  DWORD written = 0;
  const std::string text = line + '\n';
  WriteFile(file, text.data(), static_cast<DWORD>(text.size()), &written, nullptr);
  CloseHandle(file);
}

long long Script::log(const char* call, const Fields& fields) {
  std::lock_guard lock(mutex_);
  const long long number = ++lastNumber_;
  if (repeated_.empty()) append('{' + entry(number, call, fields) + '}');
  return number;
}

std::optional<Answer> Script::ask(const char* call, const Fields& fields, const Fields& alsoAsked,
                                  std::atomic<long long>& number, Complete complete) {
  std::shared_ptr<broker::JsThread> thread;
  std::string json;
  bool onJsThread = false;
  {
    std::lock_guard lock(mutex_);
    const long long mine = ++lastNumber_;
    number = mine;
    for (const Repeated& known : repeated_) {
      if (known.call == call && fields.content().find(known.containing) != std::string::npos)
        return known.answer;
    }
    json = entry(mine, call, fields);
    append('{' + json + '}');
    if (!thread_) return failedAnswer(E_UNEXPECTED);
    pending_[mine] = std::move(complete);
    thread = thread_;
    onJsThread = threadId_ == GetCurrentThreadId();
  }
  if (!alsoAsked.content().empty()) json += ',' + alsoAsked.content();
  json = '{' + json + '}';

  std::optional<Answer> answer;
  if (onJsThread) {
    answer = callHandler(*env_, json);
  } else {
    auto asking = std::make_shared<Asking>();
    thread->post([this, asking, json](Napi::Env env) {
      asking->answer = callHandler(env, json);
      SetEvent(asking->returned);
    });
    if (WaitForSingleObject(asking->returned, kLongestHandlerMs) == WAIT_OBJECT_0) answer = asking->answer;
  }
  if (answer) {
    std::lock_guard lock(mutex_);
    pending_.erase(number);
  }
  return answer;
}

std::optional<Answer> Script::callHandler(Napi::Env env, const std::string& json) {
  Napi::HandleScope scope(env);
  if (onCall_.IsEmpty()) return failedAnswer(E_UNEXPECTED);
  const Napi::Value answer = onCall_.Call({Napi::String::New(env, json)});
  if (env.IsExceptionPending()) {
    env.GetAndClearPendingException();
    return failedAnswer(E_UNEXPECTED);
  }
  if (answer.IsEmpty() || !answer.IsObject()) return std::nullopt;
  return readAnswer(answer.As<Napi::Object>());
}

void Script::tellCanceled(long long number) {
  std::lock_guard lock(mutex_);
  if (pending_.erase(number) == 0 || !thread_) return;
  thread_->post([this, number](Napi::Env env) {
    if (!onCanceled_.IsEmpty()) onCanceled_.Call({Napi::Number::New(env, static_cast<double>(number))});
  });
}

void Script::answer(long long number, Answer answer) {
  Complete complete;
  {
    std::lock_guard lock(mutex_);
    const auto found = pending_.find(number);
    if (found == pending_.end()) return;
    complete = std::move(found->second);
    pending_.erase(found);
  }
  inBackground([complete = std::move(complete), answer = std::move(answer)] { complete(answer); });
}

bool Script::isMissing(const std::string& name) {
  std::lock_guard lock(mutex_);
  return missing_.count(name) != 0;
}

void Script::start(Napi::Env env, Napi::Function onCall, Napi::Function onCanceled,
                   std::set<std::string> missing, std::wstring logFile) {
  stop();
  onCall_ = Napi::Persistent(onCall);
  onCanceled_ = Napi::Persistent(onCanceled);
  std::lock_guard lock(mutex_);
  thread_ = broker::JsThread::create(env);
  threadId_ = GetCurrentThreadId();
  env_ = env;
  missing_ = std::move(missing);
  logFile_ = std::move(logFile);
  env.AddCleanupHook([this, ending = thread_] {
    ending->close();
    if (thread_ == ending) stop();
  });
}

void Script::repeat(std::vector<Repeated> answers) {
  std::lock_guard lock(mutex_);
  repeated_ = std::move(answers);
}

void Script::stop() {
  onCall_.Reset();
  onCanceled_.Reset();
  std::unordered_map<long long, Complete> dropped;
  std::lock_guard lock(mutex_);
  thread_.reset();
  threadId_ = 0;
  env_.reset();
  missing_.clear();
  repeated_.clear();
  logFile_.clear();
  log_.clear();
  lastNumber_ = 0;
  dropped.swap(pending_);
}

std::string Script::takeLog() {
  std::lock_guard lock(mutex_);
  return log_;
}

void inBackground(std::function<void()> work) {
  static const HRESULT apartmentKept = [] {
    CO_MTA_USAGE_COOKIE cookie;
    return CoIncrementMTAUsage(&cookie);
  }();
  static_cast<void>(apartmentKept);
  const auto run = [](PTP_CALLBACK_INSTANCE, void* context) {
    const std::unique_ptr<std::function<void()>> task(static_cast<std::function<void()>*>(context));
    (*task)();
  };
  auto task = std::make_unique<std::function<void()>>(std::move(work));
  if (TrySubmitThreadpoolCallback(run, task.get(), nullptr)) static_cast<void>(task.release());
}

}  // namespace fake_wam
