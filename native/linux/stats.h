#pragma once

#include <atomic>

namespace broker {

/** Live counts of what this process holds. */
struct Stats {
  std::atomic<int> connections{0};
  std::atomic<int> callsInFlight{0};
  std::atomic<int> ioThreads{0};
};

inline Stats& stats() {
  static Stats instance;
  return instance;
}

/** Counts itself for as long as it lives. */
class Counted {
 public:
  explicit Counted(std::atomic<int>& counter) : counter_(counter) { ++counter_; }
  ~Counted() { --counter_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<int>& counter_;
};

}  // namespace broker
