#pragma once

#include <atomic>

#include "addon/counted.h"

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

}  // namespace broker
