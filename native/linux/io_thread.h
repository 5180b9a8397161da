#pragma once

#include <poll.h>
#include <pthread.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "addon/result.h"
#include "addon/unique_function.h"
#include "linux/call_queues.h"
#include "linux/stats.h"
#include "linux/timers.h"
#include "linux/unique_fd.h"

namespace broker {

/** Something the I/O thread looks after. All methods are called on that thread and must not block. */
class IoSource {
 public:
  virtual ~IoSource() = default;
  /** What to wait for: a file descriptor (or -1), `poll` events, and the latest time to look again. */
  virtual int fd() const = 0;
  virtual short events() const = 0;
  virtual std::optional<Clock::time_point> deadline() const = 0;
  virtual void process() = 0;
  /** True when there is nothing left to look after. */
  virtual bool finished() const = 0;
  /** The thread ends: let everything go. */
  virtual void abandon() = 0;
};

/**
 * The one thread that talks to the bus, shared by all connections of all JavaScript environments of the
 * process. Letting go of the last hold on it tells it to end, and does not wait for that.
 */
class IoThread {
 public:
  /** The running thread, or a new one. There never are two: waits for one that is about to end. */
  static Result<std::shared_ptr<IoThread>> acquire();
  /** Waits until threads nobody holds any more have ended. They do not wait for anything themselves. */
  static void joinEnding();

  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  /** Any thread. Tasks run in the order they were posted. */
  void post(UniqueFunction<void()> task);
  /**
   * Any thread: runs the task here and now while the I/O thread sleeps and nothing was posted before, else
   * posts it. Never waits. Waking a thread takes as long as a quarter of a whole call over the bus.
   */
  void runOrPost(UniqueFunction<void()> task);

  // For the I/O thread only.
  void add(std::shared_ptr<IoSource> source) { sources_.push_back(std::move(source)); }
  Timers& timers() { return timers_; }
  CallQueues& queues() { return queues_; }

 private:
  friend struct StopAtExit;

  explicit IoThread(UniqueFd wakeup) : wakeup_(std::move(wakeup)) {}
  static void retire(IoThread* thread);
  static void* main(void* self);
  int start();
  void requestStop();
  void join();
  void run();
  void runTasks();
  void wait();
  void wake();
  bool hasTasks();
  bool waitsForTheRightThings() const;

  UniqueFd wakeup_;
  std::mutex mutex_;
  std::vector<UniqueFunction<void()>> tasks_;  // guarded by mutex_
  std::atomic<bool> stopping_{false};

  std::mutex joining_;
  pthread_t thread_{};  // guarded by joining_, like joinable_
  bool joinable_ = false;

  // Held by the I/O thread except while it sleeps, and by whoever does its work meanwhile. Guards what
  // follows, and everything the sources have.
  std::mutex working_;
  std::vector<std::shared_ptr<IoSource>> sources_;
  Timers timers_;
  CallQueues queues_;
  /** What the I/O thread sleeps for: the wake-up first, then the sources, and the time to look again. */
  std::vector<pollfd> polled_;
  std::optional<Clock::time_point> until_;
};

}  // namespace broker
