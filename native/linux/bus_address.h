#pragma once

#include <string>

#include "addon/result.h"

namespace broker {

/**
 * Lets through addresses of unix sockets only. sd-bus knows others, but `unixexec:` runs a program, and
 * `tcp:` looks up a host name on the calling thread and has no secure authentication.
 */
Result<Done> checkBusAddress(const std::string& address);

}  // namespace broker
