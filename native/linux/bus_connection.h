#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "addon/result.h"
#include "addon/unique_function.h"
#include "linux/io_thread.h"
#include "linux/message_codec.h"
#include "linux/sd_handles.h"
#include "linux/stats.h"

namespace broker {

struct OwnerChange {
  std::string name;
  std::string oldOwner;
  std::string newOwner;
};

struct ConnectRequest {
  std::string address;
  std::optional<std::chrono::milliseconds> timeout;
};

struct CallRequest {
  CallMessage message;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::string> queue;
};

/**
 * One connection to a message bus. The public methods may be called from any thread; they hand the work to
 * the I/O thread and return. Every callback runs on the I/O thread, once, and must not block.
 */
class BusConnection : public IoSource, public std::enable_shared_from_this<BusConnection> {
 public:
  using CallId = std::uint64_t;
  using ConnectDone = UniqueFunction<void(Result<std::string>)>;
  using CallDone = UniqueFunction<void(Result<Reply>)>;
  using WatchDone = UniqueFunction<void(Result<Done>)>;
  struct Events {
    UniqueFunction<void(OwnerChange)> ownerChanged;
    /** The connection broke by itself. Nothing follows. */
    UniqueFunction<void(Failure)> disconnected;
  };

  static std::shared_ptr<BusConnection> create(IoThread& io, Events events);
  ~BusConnection() override;

  /** Yields this connection's unique name. */
  void connect(ConnectRequest request, ConnectDone done);
  /** `id`: the caller's, unique on this connection. */
  void call(CallId id, CallRequest request, CallDone done);
  void cancel(CallId id);
  void watchOwner(std::string name, WatchDone done);
  /** Ends every call, then the connection. */
  void close();

  int fd() const override;
  short events() const override;
  std::optional<Clock::time_point> deadline() const override;
  void process() override;
  bool finished() const override { return state_ == State::kClosed; }
  void abandon() override;

 private:
  enum class State { kNew, kConnecting, kReady, kClosed };
  struct Call;
  struct Watch;

  BusConnection(IoThread& io, Events events);

  void open(const std::string& address);
  void becomeReady();
  void failConnecting(const Failure& failure);
  void breakOff(int error);
  void shutDown(const Failure& reason);

  void begin(CallId id, CallRequest request, CallDone done);
  void send(Call& call);
  bool trySend(Call& call);
  void sendHeldBack();
  void end(CallId id, Result<Reply> result);
  static int onReply(sd_bus_message* message, void* userdata, sd_bus_error* error);

  void beginWatch(std::string name, WatchDone done);
  static int onWatchInstalled(sd_bus_message* message, void* userdata, sd_bus_error* error);
  static int onOwnerChanged(sd_bus_message* message, void* userdata, sd_bus_error* error);

  IoThread& io_;
  Events events_;
  State state_ = State::kNew;
  BusPtr bus_;

  ConnectDone connectDone_;
  std::optional<Timers::Handle> connectTimer_;
  std::optional<Timers::Handle> retryTimer_;

  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  /** Calls that were too many to be sent yet, in their order. */
  std::deque<CallId> heldBack_;
  std::map<std::string, std::unique_ptr<Watch>> watches_;
  std::optional<Counted> counted_;
};

}  // namespace broker
