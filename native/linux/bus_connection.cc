#include "linux/bus_connection.h"

#include <cerrno>
#include <utility>

#include "linux/bus_address.h"
#include "linux/bus_failure.h"

namespace broker {
namespace {

constexpr std::uint64_t kNoTimeout = UINT64_MAX;
// So that a busy connection does not starve the others.
constexpr int kMessagesPerTurn = 64;
// sd-bus itself refuses more than 393216 and moves all of them up whenever it has sent one.
constexpr std::uint64_t kMaxUnsent = 256;
// A unix socket whose listen backlog is full gives no event when there is room again.
constexpr std::chrono::milliseconds kBacklogRetry{10};

/**
 * Takes the time limit off the calls that sd-bus makes itself (Hello, AddMatch): neither its 25 seconds nor
 * $SYSTEMD_BUS_TIMEOUT shall end anything here. Before libsystemd 240 (RHEL 8 has 239) that cannot be done,
 * and the 25 seconds stay.
 */
int liftOwnTimeLimit(sd_bus* bus) {
  const auto set = sd().bus_set_method_call_timeout;
  return set == nullptr ? 0 : set(bus, kNoTimeout);
}

void removeTimer(Timers& timers, std::optional<Timers::Handle>& timer) {
  if (timer) timers.remove(*timer);
  timer.reset();
}

}  // namespace

struct BusConnection::Call {
  BusConnection* connection;
  CallId id;
  CallRequest request;
  CallDone done;
  std::optional<Timers::Handle> timer;
  MessagePtr message;
  SlotPtr slot;
  Counted counted{stats().callsInFlight};
};

struct BusConnection::Watch {
  BusConnection* connection;
  std::string name;
  std::vector<WatchDone> waiting;
  bool installed = false;
  SlotPtr slot;
};

BusConnection::BusConnection(IoThread& io, Events events) : io_(io), events_(std::move(events)) {
  counted_.emplace(stats().connections);
}

BusConnection::~BusConnection() = default;

std::shared_ptr<BusConnection> BusConnection::create(IoThread& io, Events events) {
  return std::shared_ptr<BusConnection>(new BusConnection(io, std::move(events)));
}

void BusConnection::connect(ConnectRequest request, ConnectDone done) {
  io_.post([self = shared_from_this(), request = std::move(request), done = std::move(done)]() mutable {
    if (self->state_ != State::kNew) return done(closedByCaller());
    Result<Done> checked = checkBusAddress(request.address);
    self->state_ = State::kConnecting;
    self->connectDone_ = std::move(done);
    if (!checked.ok()) return self->failConnecting(checked.failure());
    // Here and not sooner: it reads files, which no JavaScript thread shall wait for.
    if (const auto reason = openSdBusLibrary()) return self->failConnecting(libraryMissing(*reason));
    if (request.timeout) {
      self->connectTimer_ = self->io_.timers().add(
          Clock::now() + *request.timeout,
          [connection = self.get()] { connection->failConnecting(timedOut("Connecting to the bus")); });
    }
    self->io_.add(self);
    self->open(request.address);
  });
}

void BusConnection::call(CallId id, CallRequest request, CallDone done) {
  // The first of many shall not wait for a thread to wake up; the others shall not keep the caller from
  // making more. Turns in a queue are given on the I/O thread.
  const bool alone = stats().callsInFlight == 0 && !request.queue;
  auto task = [self = shared_from_this(), id, request = std::move(request),
               done = std::move(done)]() mutable { self->begin(id, std::move(request), std::move(done)); };
  if (alone)
    io_.runOrPost(std::move(task));
  else
    io_.post(std::move(task));
}

void BusConnection::cancel(CallId id) {
  io_.post([self = shared_from_this(), id] { self->end(id, canceled("The call")); });
}

void BusConnection::watchOwner(std::string name, WatchDone done) {
  io_.post([self = shared_from_this(), name = std::move(name), done = std::move(done)]() mutable {
    self->beginWatch(std::move(name), std::move(done));
  });
}

void BusConnection::close() {
  io_.post([self = shared_from_this()] { self->abandon(); });
}

// --- connecting

void BusConnection::open(const std::string& address) {
  sd_bus* raw = nullptr;
  int r = sd().bus_new(&raw);
  bus_.reset(raw);
  if (r >= 0) r = sd().bus_set_address(bus_.get(), address.c_str());
  if (r < 0) return failConnecting(connectFailed(ConnectStage::kAddress, -r));
  r = sd().bus_set_bus_client(bus_.get(), 1);
  // Replies with open files are nothing we could tell, so the bus shall not send any.
  if (r >= 0) r = sd().bus_negotiate_fds(bus_.get(), 0);
  if (r >= 0) r = liftOwnTimeLimit(bus_.get());
  if (r >= 0) r = sd().bus_start(bus_.get());
  if (r == -EAGAIN) {
    bus_.reset();
    retryTimer_ = io_.timers().add(Clock::now() + kBacklogRetry, [this, address] { open(address); });
    return;
  }
  // EINVAL: sd-bus reads the address when it starts.
  if (r < 0) {
    failConnecting(connectFailed(r == -EINVAL ? ConnectStage::kAddress : ConnectStage::kConnect, -r));
  }
}

void BusConnection::becomeReady() {
  const char* name = nullptr;
  const int r = sd().bus_get_unique_name(bus_.get(), &name);
  if (r < 0) return failConnecting(connectFailed(ConnectStage::kAuthenticate, -r));
  state_ = State::kReady;
  removeTimer(io_.timers(), connectTimer_);
  std::exchange(connectDone_, nullptr)(std::string(name));
}

void BusConnection::failConnecting(const Failure& failure) {
  ConnectDone done = std::exchange(connectDone_, nullptr);
  shutDown(failure);
  if (done) done(failure);
}

void BusConnection::breakOff(int error) {
  if (state_ == State::kConnecting) return failConnecting(connectFailed(ConnectStage::kAuthenticate, error));
  const Failure failure = disconnected(error);
  shutDown(failure);
  events_.disconnected(failure);
}

void BusConnection::abandon() {
  if (state_ == State::kClosed) return;
  if (state_ == State::kConnecting) return failConnecting(closedByCaller());
  shutDown(closedByCaller());
}

void BusConnection::shutDown(const Failure& reason) {
  state_ = State::kClosed;
  removeTimer(io_.timers(), connectTimer_);
  removeTimer(io_.timers(), retryTimer_);
  // Before the bus, which their slots belong to.
  while (!calls_.empty()) end(calls_.begin()->first, reason);
  heldBack_.clear();
  for (auto& [name, watch] : std::exchange(watches_, {})) {
    for (WatchDone& done : watch->waiting) done(reason);
  }
  bus_.reset();
  counted_.reset();
}

// --- the I/O thread's questions

int BusConnection::fd() const {
  if (!bus_) return -1;
  const int fd = sd().bus_get_fd(bus_.get());
  return fd < 0 ? -1 : fd;
}

short BusConnection::events() const {
  if (!bus_) return 0;
  const int events = sd().bus_get_events(bus_.get());
  return events < 0 ? 0 : static_cast<short>(events);
}

std::optional<Clock::time_point> BusConnection::deadline() const {
  std::uint64_t microseconds = 0;
  // sd-bus tells the time by CLOCK_MONOTONIC, as does std::chrono::steady_clock on Linux.
  if (!bus_ || sd().bus_get_timeout(bus_.get(), &microseconds) <= 0) return std::nullopt;
  return Clock::time_point(std::chrono::microseconds(microseconds));
}

void BusConnection::process() {
  for (int i = 0; bus_ && i < kMessagesPerTurn; ++i) {
    const int r = sd().bus_process(bus_.get(), nullptr);
    if (r < 0) return breakOff(-r);
    // sd-bus would now answer all pending calls with a made-up NoReply. We know better.
    if (sd().bus_is_open(bus_.get()) <= 0) return breakOff(ECONNRESET);
    if (state_ == State::kConnecting && sd().bus_is_ready(bus_.get()) > 0) becomeReady();
    if (r == 0) break;
  }
  sendHeldBack();
}

// --- calls

void BusConnection::begin(CallId id, CallRequest request, CallDone done) {
  if (state_ != State::kReady) return done(closedByCaller());
  Result<MessagePtr> message = encodeCall(bus_.get(), request.message);
  if (!message.ok()) return done(std::move(message.failure()));
  // The message holds the arguments now; they are needed once only.
  request.message.arguments.clear();
  auto owned = std::unique_ptr<Call>(new Call{.connection = this,
                                              .id = id,
                                              .request = std::move(request),
                                              .done = std::move(done),
                                              .timer = std::nullopt,
                                              .message = std::move(message.value()),
                                              .slot = nullptr});
  Call& call = *owned;
  calls_.emplace(id, std::move(owned));
  if (call.request.timeout) {
    call.timer = io_.timers().add(Clock::now() + *call.request.timeout,
                                  [this, id] { end(id, timedOut("The answer")); });
  }
  if (call.request.queue && !io_.queues().enter(*call.request.queue, &call, [this, &call] { send(call); }))
    return;
  send(call);
}

void BusConnection::send(Call& call) {
  if (!heldBack_.empty() || !trySend(call)) heldBack_.push_back(call.id);
}

/** False: enough messages are waiting for the socket, so this one is to wait its turn. */
bool BusConnection::trySend(Call& call) {
  std::uint64_t unsent = 0;
  if (sd().bus_get_n_queued_write(bus_.get(), &unsent) >= 0 && unsent >= kMaxUnsent) return false;
  sd_bus_slot* slot = nullptr;
  const int r =
      sd().bus_call_async(bus_.get(), &slot, call.message.get(), &BusConnection::onReply, &call, kNoTimeout);
  if (r < 0) {
    end(call.id, disconnected(-r));
  } else {
    call.slot.reset(slot);
    call.message.reset();
  }
  return true;
}

void BusConnection::sendHeldBack() {
  while (!heldBack_.empty()) {
    auto entry = calls_.find(heldBack_.front());
    if (entry != calls_.end() && !trySend(*entry->second)) return;
    heldBack_.pop_front();
  }
}

void BusConnection::end(CallId id, Result<Reply> result) {
  auto node = calls_.extract(id);
  if (node.empty()) return;
  std::unique_ptr<Call> call = std::move(node.mapped());
  removeTimer(io_.timers(), call->timer);
  if (call->request.queue) io_.queues().leave(*call->request.queue, call.get());
  CallDone done = std::move(call->done);
  call.reset();  // counted out before the caller hears of it
  done(std::move(result));
}

int BusConnection::onReply(sd_bus_message* message, void* userdata, sd_bus_error*) {
  Call& call = *static_cast<Call*>(userdata);
  BusConnection& connection = *call.connection;
  if (sd().bus_message_is_method_error(message, nullptr) > 0) {
    connection.end(call.id, dbusError(message));
  } else {
    connection.end(call.id, decodeReply(message));
  }
  return 1;
}

// --- watching a name

void BusConnection::beginWatch(std::string name, WatchDone done) {
  if (state_ != State::kReady) return done(closedByCaller());
  auto [entry, added] = watches_.try_emplace(name);
  if (!added) {
    if (entry->second->installed) return done(Done{});
    entry->second->waiting.push_back(std::move(done));
    return;
  }
  entry->second =
      std::unique_ptr<Watch>(new Watch{.connection = this, .name = name, .waiting = {}, .slot = nullptr});
  Watch& watch = *entry->second;
  watch.waiting.push_back(std::move(done));
  const std::string rule =
      "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
      "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" +
      name + "'";
  sd_bus_slot* slot = nullptr;
  const int r = sd().bus_add_match_async(bus_.get(), &slot, rule.c_str(), &BusConnection::onOwnerChanged,
                                         &BusConnection::onWatchInstalled, &watch);
  if (r >= 0) {
    watch.slot.reset(slot);
    return;
  }
  WatchDone waiting = std::move(watch.waiting.front());
  watches_.erase(entry);
  waiting(disconnected(-r));
}

int BusConnection::onWatchInstalled(sd_bus_message* message, void* userdata, sd_bus_error*) {
  Watch& watch = *static_cast<Watch*>(userdata);
  std::vector<WatchDone> waiting = std::exchange(watch.waiting, {});
  if (sd().bus_message_is_method_error(message, nullptr) > 0) {
    const Failure failure = dbusError(message);
    watch.connection->watches_.erase(watch.name);
    for (WatchDone& done : waiting) done(failure);
    return 1;
  }
  watch.installed = true;
  for (WatchDone& done : waiting) done(Done{});
  return 1;
}

int BusConnection::onOwnerChanged(sd_bus_message* message, void* userdata, sd_bus_error*) {
  const char* name = nullptr;
  const char* oldOwner = nullptr;
  const char* newOwner = nullptr;
  // A signal that is not what it says it is tells nothing.
  if (sd().bus_message_read(message, "sss", &name, &oldOwner, &newOwner) < 0) return 0;
  static_cast<Watch*>(userdata)->connection->events_.ownerChanged({name, oldOwner, newOwner});
  return 0;
}

}  // namespace broker
