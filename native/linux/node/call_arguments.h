#pragma once

#include <napi.h>

#include "addon/result.h"
#include "linux/bus_connection.h"

namespace broker {

/** Reads a `NativeCall` (src/native.ts) into plain data, refusing what D-Bus cannot carry. */
Result<CallRequest> readCall(Napi::Value value);

}  // namespace broker
