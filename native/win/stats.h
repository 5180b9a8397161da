#pragma once

#include <atomic>

#include "addon/counted.h"

namespace broker {

/** Live counts of what this process holds. */
struct Stats {
  std::atomic<int> operations{0};
  std::atomic<int> turns{0};
  std::atomic<int> objects{0};
};

inline Stats& stats() {
  static Stats instance;
  return instance;
}

}  // namespace broker
