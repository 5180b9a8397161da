#include "win/operation.h"

#include <utility>
#include <vector>

#include "win/worker_threads.h"

namespace broker {

void OperationSet::add(Operation* operation) {
  std::lock_guard lock(mutex_);
  operations_.insert(operation);
}

void OperationSet::remove(Operation* operation) {
  std::lock_guard lock(mutex_);
  operations_.erase(operation);
}

void OperationSet::cancelAll() {
  std::vector<std::shared_ptr<Operation>> living;
  {
    std::lock_guard lock(mutex_);
    for (Operation* operation : operations_) {
      // Empty for one that is just being destroyed, and waits for the lock.
      if (auto held = operation->weak_from_this().lock()) living.push_back(std::move(held));
    }
  }
  for (const auto& operation : living) operation->cancel();
}

Operation::Operation(std::shared_ptr<OperationSet> set, std::shared_ptr<Turn> turn)
    : set_(std::move(set)), turn_(std::move(turn)) {
  set_->add(this);
}

Operation::~Operation() {
  set_->remove(this);
}

bool Operation::isCanceled() const {
  std::lock_guard lock(mutex_);
  return canceled_;
}

void Operation::cancel() {
  std::function<void()> action;
  {
    std::lock_guard lock(mutex_);
    canceled_ = true;
    action = std::exchange(action_, nullptr);
  }
  // A worker that cannot be had leaves the operation to end by itself; its answer is not awaited any more.
  if (action) static_cast<void>(postToWorker(std::move(action)));
}

void Operation::onCancel(std::function<void()> action) {
  {
    std::lock_guard lock(mutex_);
    // What was there is destroyed after the lock is gone.
    std::swap(action_, action);
    if (!canceled_ || !action_) return;
    action = std::exchange(action_, nullptr);
  }
  static_cast<void>(postToWorker(std::move(action)));
}

}  // namespace broker
