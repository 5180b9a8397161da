#pragma once

#include <functional>
#include <memory>

#include "addon/counted.h"
#include "win/stats.h"

namespace broker {

class Operation;

/**
 * The right to show windows. One at a time for the whole process, in the order they were asked for. It passes
 * on when nobody holds it any more.
 */
class Turn {
 public:
  using Granted = std::function<void(std::shared_ptr<Turn>)>;

  Turn() = default;
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /** Calls `granted` when it is this one's turn, perhaps before it returns, unless `waiting` is cancelled. */
  static void wait(const std::shared_ptr<Operation>& waiting, Granted granted);

 private:
  const Counted counted_{stats().turns};
};

}  // namespace broker
