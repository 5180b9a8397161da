#include "extension.h"

#include <algorithm>

#include "extension_state.h"
#include "weak_reference.h"

namespace broker_double {

State& state() {
  // Reached from dealloc methods, so at the very end of the process as well: never destroyed.
  static auto* instance = new State();
  return *instance;
}

RequestFacts* find(RequestId id) {
  auto& requests = state().requests;
  // Their ids rise; a benchmark makes many.
  const auto found = std::lower_bound(requests.begin(), requests.end(), id,
                                      [](const auto& each, RequestId wanted) { return each.id < wanted; });
  return found == requests.end() || found->id != id ? nullptr : &*found;
}

void raiseIfAsked() {
  std::string name;
  {
    std::lock_guard lock(state().mutex);
    name.swap(state().exceptionToRaise);
  }
  if (!name.empty()) {
    [NSException raise:[NSString stringWithUTF8String:name.c_str()] format:@"as the test asked"];
  }
}

void onRequest(std::function<void(ReceivedRequest)> listener) {
  std::lock_guard lock(state().mutex);
  state().listener = std::move(listener);
}

void answerInsidePerform(std::optional<Answer> answer) {
  std::lock_guard lock(state().mutex);
  state().immediateAnswer = std::move(answer);
}

void setCanPerform(std::optional<bool> value) {
  std::lock_guard lock(state().mutex);
  state().canPerform = value;
  state().canPerformChanged.notify_all();
}

void setCaller(CallerFacts caller) {
  std::lock_guard lock(state().mutex);
  state().caller = std::move(caller);
}

void raiseNext(std::string exceptionName) {
  std::lock_guard lock(state().mutex);
  state().exceptionToRaise = std::move(exceptionName);
}

std::vector<RequestFacts> facts() {
  std::lock_guard lock(state().mutex);
  return state().requests;
}

unsigned liveControllers() {
  std::lock_guard lock(state().mutex);
  return state().liveControllers;
}

unsigned windowsFreedElsewhere() {
  std::lock_guard lock(state().mutex);
  return state().windowsFreedElsewhere;
}

unsigned liveDelegates() {
  return static_cast<unsigned>(liveTargets());
}

RequestId lastRequestId() {
  std::lock_guard lock(state().mutex);
  return state().lastId;
}

void reset() {
  onRequest({});
  setApplicationRunning(std::nullopt);
  setCanPerform(true);
  closeWindows();
  std::lock_guard lock(state().mutex);
  state().immediateAnswer.reset();
  state().exceptionToRaise.clear();
  state().windowsFreedElsewhere = 0;
  state().caller = {};
  state().requests.clear();
  state().controllers.clear();
}

}  // namespace broker_double
