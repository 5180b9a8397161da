#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "addon/counted.h"
#include "win/interactive_turns.h"
#include "win/stats.h"

namespace broker {

class Operation;

/** The operations of one environment that have not ended, so that its end can cancel them. Any thread. */
class OperationSet {
 public:
  void add(Operation* operation);
  void remove(Operation* operation);
  void cancelAll();

 private:
  std::mutex mutex_;
  std::unordered_set<Operation*> operations_;
};

/**
 * One piece of work in Windows. Whoever works on it, or waits for Windows to call back, holds it; it has
 * ended when nobody does. Any thread.
 */
class Operation : public std::enable_shared_from_this<Operation> {
 public:
  /** `turn` is held until the end, for work that shows a window. */
  explicit Operation(std::shared_ptr<OperationSet> set, std::shared_ptr<Turn> turn = nullptr);
  ~Operation();

  /** Asks Windows to end it; returns at once, and harmless when repeated. */
  void cancel();
  bool isCanceled() const;

  /**
   * What `cancel` shall do from here on; called once, on a worker thread, and right away if it was cancelled
   * before. Empty: there is nothing to cancel (any more).
   */
  void onCancel(std::function<void()> action);

 private:
  const std::shared_ptr<OperationSet> set_;
  const std::shared_ptr<Turn> turn_;
  const Counted counted_{stats().operations};
  mutable std::mutex mutex_;
  bool canceled_ = false;
  std::function<void()> action_;
};

}  // namespace broker
