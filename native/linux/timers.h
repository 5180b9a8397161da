#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "addon/unique_function.h"

namespace broker {

using Clock = std::chrono::steady_clock;

/** One-shot timers of a single thread. */
class Timers {
 public:
  using Handle = std::pair<Clock::time_point, std::uint64_t>;

  Handle add(Clock::time_point when, UniqueFunction<void()> action) {
    const Handle handle{when, ++lastId_};
    actions_.emplace(handle, std::move(action));
    return handle;
  }

  /** Harmless for a timer that has gone off. */
  void remove(const Handle& handle) { actions_.erase(handle); }

  std::optional<Clock::time_point> next() const {
    if (actions_.empty()) return std::nullopt;
    return actions_.begin()->first.first;
  }

  /** Runs what is due; an action may add and remove timers. */
  void run(Clock::time_point now) {
    while (!actions_.empty() && actions_.begin()->first.first <= now) {
      UniqueFunction<void()> action = std::move(actions_.extract(actions_.begin()).mapped());
      action();
    }
  }

 private:
  std::map<Handle, UniqueFunction<void()>> actions_;
  std::uint64_t lastId_ = 0;
};

}  // namespace broker
