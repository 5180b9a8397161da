#pragma once

#include <napi.h>

#include "addon/result.h"
#include "linux/bus_connection.h"

namespace broker {

/** A `NativeCall` (src/native.ts): what the bus is asked, and what is for this side only. */
struct CallArguments {
  CallRequest request;
  bool keepAlive = true;
};

/** Reads a `NativeCall` into plain data, refusing what D-Bus cannot carry. */
Result<CallArguments> readCall(Napi::Value value);

}  // namespace broker
