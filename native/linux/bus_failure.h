#pragma once

#include <systemd/sd-bus.h>

#include <string>

#include "addon/failure.h"

/** The ways a conversation over D-Bus fails. An `error` is an errno value, positive. */
namespace broker {

enum class ConnectStage { kAddress, kConnect, kAuthenticate };

Failure connectFailed(ConnectStage stage, int error);
Failure addressRefused(const std::string& reason);
/** libsystemd could not be opened; what the dynamic linker says. */
Failure libraryMissing(const std::string& linkerMessage);
Failure disconnected(int error);
Failure closedByCaller();
Failure timedOut(const char* what);
Failure canceled(const char* what);
Failure unsupportedReply(const std::string& reason);
/** From a D-Bus error reply. Its text goes into `dbusMessage` only: it may name the user. */
Failure dbusError(sd_bus_message* reply);

/** The symbolic name of an errno value, e.g. `"ECONNREFUSED"`; its number if it is an unusual one. */
std::string errnoName(int error);

}  // namespace broker
