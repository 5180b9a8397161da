#include "linux/bus_failure.h"

#include <cerrno>

#include "linux/sd_bus_library.h"

namespace broker {
namespace {

struct ErrnoName {
  int value;
  const char* name;
};

// What connecting, sending and reading can end with. strerrorname_np would know all, but needs glibc 2.32.
constexpr ErrnoName kErrnoNames[] = {
    {EACCES, "EACCES"},
    {EAFNOSUPPORT, "EAFNOSUPPORT"},
    {EAGAIN, "EAGAIN"},
    {EBADF, "EBADF"},
    {EBADMSG, "EBADMSG"},
    {ECHILD, "ECHILD"},
    {ECONNABORTED, "ECONNABORTED"},
    {ECONNREFUSED, "ECONNREFUSED"},
    {ECONNRESET, "ECONNRESET"},
    {EEXIST, "EEXIST"},
    {EINTR, "EINTR"},
    {EINVAL, "EINVAL"},
    {EIO, "EIO"},
    {ELOOP, "ELOOP"},
    {EMFILE, "EMFILE"},
    {EMSGSIZE, "EMSGSIZE"},
    {ENAMETOOLONG, "ENAMETOOLONG"},
    {ENFILE, "ENFILE"},
    {ENOBUFS, "ENOBUFS"},
    {ENOENT, "ENOENT"},
    {ENOMEM, "ENOMEM"},
    {ENOSYS, "ENOSYS"},
    {ENOTCONN, "ENOTCONN"},
    {ENOTDIR, "ENOTDIR"},
    {ENOTSOCK, "ENOTSOCK"},
    {ENXIO, "ENXIO"},
    {EOPNOTSUPP, "EOPNOTSUPP"},
    {EPERM, "EPERM"},
    {EPIPE, "EPIPE"},
    {EPROTO, "EPROTO"},
    {EPROTOTYPE, "EPROTOTYPE"},
    {ESHUTDOWN, "ESHUTDOWN"},
    {ETIMEDOUT, "ETIMEDOUT"},
};

const char* stageName(ConnectStage stage) {
  switch (stage) {
    case ConnectStage::kAddress:
      return "address";
    case ConnectStage::kConnect:
      return "connect";
    case ConnectStage::kAuthenticate:
      return "authenticate";
  }
  return "";
}

const char* stageMessage(ConnectStage stage) {
  switch (stage) {
    case ConnectStage::kAddress:
      return "The bus address cannot be used";
    case ConnectStage::kConnect:
      return "Cannot reach the bus";
    case ConnectStage::kAuthenticate:
      return "The bus did not let this process in";
  }
  return "";
}

}  // namespace

std::string errnoName(int error) {
  for (const auto& [value, name] : kErrnoNames) {
    if (value == error) return name;
  }
  return std::to_string(error);
}

Failure connectFailed(ConnectStage stage, int error) {
  const std::string name = errnoName(error);
  return Failure{"connect_failed",
                 std::string(stageMessage(stage)) + " (" + name + ")",
                 {{"errno", name}, {"stage", stageName(stage)}}};
}

Failure addressRefused(const std::string& reason) {
  return Failure{"connect_failed",
                 "The bus address cannot be used: " + reason,
                 {{"stage", stageName(ConnectStage::kAddress)}}};
}

Failure libraryMissing(const std::string& linkerMessage) {
  return Failure{
      "library_missing", "libsystemd cannot be used: " + linkerMessage, {{"linkerMessage", linkerMessage}}};
}

Failure disconnected(int error) {
  const std::string name = errnoName(error);
  return Failure{"disconnected", "The connection to the bus broke (" + name + ")", {{"errno", name}}};
}

Failure closedByCaller() {
  return Failure{"disconnected", "The connection to the bus is closed"};
}

Failure timedOut(const char* what) {
  return Failure{"timed_out", std::string(what) + " took too long"};
}

Failure canceled(const char* what) {
  return Failure{"canceled", std::string(what) + " was canceled"};
}

Failure unsupportedReply(const std::string& reason) {
  return Failure{"unsupported_reply", "The reply cannot be read: " + reason};
}

Failure dbusError(sd_bus_message* reply) {
  const sd_bus_error* error = sd().bus_message_get_error(reply);
  const std::string name = error->name != nullptr ? error->name : "";
  Failure failure{"dbus_error", "The call was answered with the D-Bus error " + name, {{"dbusName", name}}};
  if (error->message != nullptr) failure.facts.emplace_back("dbusMessage", error->message);
  return failure;
}

}  // namespace broker
