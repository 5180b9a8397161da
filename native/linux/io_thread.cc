#include "linux/io_thread.h"

#include <signal.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "linux/bus_failure.h"

namespace broker {
namespace {

struct Registry {
  std::mutex mutex;
  std::weak_ptr<IoThread> current;
  std::vector<std::unique_ptr<IoThread>> ending;
};

// Never destroyed: JavaScript workers may still come and go while the process runs its exit handlers. Made
// when the addon is loaded: making it at its first use would need libstdc++'s guards, and with them its
// exceptions.
Registry* const instance = new Registry();

Registry& registry() {
  return *instance;
}

}  // namespace

// `process.exit()` tears down no environment of the main thread. Without this the I/O thread would still be
// running while the process takes itself apart.
struct StopAtExit {
  ~StopAtExit() {
    std::shared_ptr<IoThread> current;
    {
      std::lock_guard lock(registry().mutex);
      current = registry().current.lock();
    }
    if (current) {
      current->requestStop();
      current->join();
    }
    IoThread::joinEnding();
  }
} stopAtExit;

Result<std::shared_ptr<IoThread>> IoThread::acquire() {
  std::lock_guard lock(registry().mutex);
  if (std::shared_ptr<IoThread> current = registry().current.lock()) return current;
  registry().ending.clear();  // joins
  UniqueFd wakeup(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wakeup.get() < 0) return connectFailed(ConnectStage::kConnect, errno);
  std::unique_ptr<IoThread> created(new IoThread(std::move(wakeup)));
  const int error = created->start();
  if (error != 0) return connectFailed(ConnectStage::kConnect, error);
  std::shared_ptr<IoThread> shared(created.release(), &IoThread::retire);
  registry().current = shared;
  return shared;
}

void IoThread::retire(IoThread* thread) {
  std::lock_guard lock(registry().mutex);
  registry().ending.emplace_back(thread);
  thread->requestStop();
}

void IoThread::joinEnding() {
  std::lock_guard lock(registry().mutex);
  registry().ending.clear();
}

IoThread::~IoThread() {
  join();
}

int IoThread::start() {
  // Signals are the business of Node's own threads: a thread inherits the mask of the one that makes it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread_, nullptr, &IoThread::main, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  joinable_ = error == 0;
  return error;
}

void IoThread::requestStop() {
  stopping_ = true;
  wake();
}

void IoThread::join() {
  std::lock_guard lock(joining_);
  if (joinable_) pthread_join(thread_, nullptr);
  joinable_ = false;
}

void IoThread::post(UniqueFunction<void()> task) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = tasks_.empty();
    tasks_.push_back(std::move(task));
  }
  // Whoever posted before has woken the thread already.
  if (first) wake();
}

void IoThread::runOrPost(UniqueFunction<void()> task) {
  {
    std::unique_lock working(working_, std::try_to_lock);
    if (working.owns_lock() && !stopping_ && !hasTasks()) {
      task();
      if (!waitsForTheRightThings()) wake();
      return;
    }
  }
  post(std::move(task));
}

bool IoThread::hasTasks() {
  std::lock_guard lock(mutex_);
  return !tasks_.empty();
}

bool IoThread::waitsForTheRightThings() const {
  if (polled_.size() != sources_.size() + 1) return false;
  const auto tooLate = [this](std::optional<Clock::time_point> time) {
    return time && (!until_ || *time < *until_);
  };
  if (tooLate(timers_.next())) return false;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const pollfd& polled = polled_[i + 1];
    if (polled.fd != sources_[i]->fd() || polled.events != sources_[i]->events() ||
        tooLate(sources_[i]->deadline()))
      return false;
  }
  return true;
}

void IoThread::wake() {
  const std::uint64_t one = 1;
  // Can only fail when the counter is full, and then the thread is being woken anyway.
  [[maybe_unused]] const ssize_t written = write(wakeup_.get(), &one, sizeof one);
}

void* IoThread::main(void* self) {
  pthread_setname_np(pthread_self(), "broker-dbus");
  Counted counted(stats().ioThreads);
  static_cast<IoThread*>(self)->run();
  return nullptr;
}

void IoThread::run() {
  std::lock_guard working(working_);
  while (!stopping_) {
    runTasks();
    timers_.run(Clock::now());
    // Processing one source never adds or removes another.
    for (const auto& source : sources_) {
      if (stopping_) break;
      source->process();
    }
    queues_.runTurns();
    std::erase_if(sources_, [](const auto& source) { return source->finished(); });
    if (!stopping_) wait();
  }
  runTasks();
  for (const auto& source : sources_) source->abandon();
  queues_.runTurns();
  sources_.clear();
}

void IoThread::runTasks() {
  std::vector<UniqueFunction<void()>> tasks;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (auto& task : tasks) task();
}

void IoThread::wait() {
  polled_.assign(1, {wakeup_.get(), POLLIN, 0});
  std::optional<Clock::time_point> until = timers_.next();
  for (const auto& source : sources_) {
    polled_.push_back({source->fd(), source->events(), 0});
    if (auto deadline = source->deadline()) until = until ? std::min(*until, *deadline) : *deadline;
  }
  const Clock::time_point now = Clock::now();
  // Waking up once for a timer that is gone is cheaper than being woken for each call's new one.
  if (until_ && *until_ > now) until = until ? std::min(*until, *until_) : *until_;
  until_ = until;
  timespec timeout{};
  if (until) {
    const auto left = std::max(Clock::duration::zero(), *until - now);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    timeout.tv_sec = static_cast<time_t>(seconds.count());
    timeout.tv_nsec = static_cast<long>(std::chrono::nanoseconds(left - seconds).count());
  }
  working_.unlock();
  ppoll(polled_.data(), polled_.size(), until ? &timeout : nullptr, nullptr);
  working_.lock();
  if ((polled_.front().revents & POLLIN) != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = read(wakeup_.get(), &count, sizeof count);
  }
}

}  // namespace broker
