#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "addon/unique_function.h"

namespace broker {

/** Named queues in which one at a time has its turn: the first one in. For a single thread. */
class CallQueues {
 public:
  using Ticket = const void*;
  using Start = UniqueFunction<void()>;

  /** Joins a queue. True: it is your turn now. False: `start` runs when it is, in `runTurns`. */
  bool enter(const std::string& name, Ticket ticket, Start start) {
    std::deque<Waiting>& queue = queues_[name];
    const bool first = queue.empty();
    queue.push_back({ticket, first ? nullptr : std::move(start)});
    return first;
  }

  /** Leaves a queue, in turn or still waiting. */
  void leave(const std::string& name, Ticket ticket) {
    auto entry = queues_.find(name);
    if (entry == queues_.end()) return;
    std::deque<Waiting>& queue = entry->second;
    auto place = std::find_if(queue.begin(), queue.end(),
                              [&](const Waiting& waiting) { return waiting.ticket == ticket; });
    if (place == queue.end()) return;
    const bool hadTurn = place == queue.begin();
    queue.erase(place);
    if (queue.empty()) {
      queues_.erase(entry);
    } else if (hadTurn) {
      turns_.push_back(name);
    }
  }

  /**
   * Starts whoever's turn has come since. Apart from `leave`, because starting may end the call at once, and
   * a queue of a thousand such calls would recurse a thousand deep.
   */
  void runTurns() {
    while (!turns_.empty()) {
      const std::string name = std::move(turns_.front());
      turns_.pop_front();
      auto entry = queues_.find(name);
      if (entry == queues_.end()) continue;
      // Empty for who has started: a turn announced in vain starts nobody twice.
      Start start = std::exchange(entry->second.front().start, nullptr);
      if (start) start();
    }
  }

 private:
  struct Waiting {
    Ticket ticket;
    Start start;
  };

  std::map<std::string, std::deque<Waiting>> queues_;
  std::deque<std::string> turns_;
};

}  // namespace broker
