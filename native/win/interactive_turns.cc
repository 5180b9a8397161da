#include "win/interactive_turns.h"

#include <deque>
#include <mutex>
#include <utility>

#include "win/operation.h"

namespace broker {
namespace {

struct Waiter {
  std::shared_ptr<Operation> operation;
  Turn::Granted granted;
};

struct Queue {
  std::mutex mutex;
  std::deque<Waiter> waiting;
  bool taken = false;
  // A turn that is dropped at once ends inside the call that granted it.
  bool passing = false;
};

Queue& queue() {
  // Never freed: threads may be in here until the process is gone.
  static Queue* const instance = new Queue();
  return *instance;
}

void passOn() {
  Queue& all = queue();
  std::unique_lock lock(all.mutex);
  if (all.passing) return;
  all.passing = true;
  while (!all.taken && !all.waiting.empty()) {
    Waiter next = std::move(all.waiting.front());
    all.waiting.pop_front();
    all.taken = true;
    lock.unlock();
    next.operation->onCancel(nullptr);
    next.granted(std::make_shared<Turn>());
    lock.lock();
  }
  all.passing = false;
}

void stopWaiting(const Operation* operation) {
  Waiter dropped;
  Queue& all = queue();
  std::lock_guard lock(all.mutex);
  for (auto waiter = all.waiting.begin(); waiter != all.waiting.end(); ++waiter) {
    if (waiter->operation.get() != operation) continue;
    dropped = std::move(*waiter);
    all.waiting.erase(waiter);
    return;
  }
}

}  // namespace

Turn::~Turn() {
  {
    std::lock_guard lock(queue().mutex);
    queue().taken = false;
  }
  passOn();
}

void Turn::wait(const std::shared_ptr<Operation>& waiting, Granted granted) {
  {
    std::lock_guard lock(queue().mutex);
    queue().waiting.push_back({waiting, std::move(granted)});
  }
  // Weak: the operation holds this function.
  waiting->onCancel([weak = std::weak_ptr(waiting)] {
    if (const auto operation = weak.lock()) stopWaiting(operation.get());
  });
  passOn();
}

}  // namespace broker
