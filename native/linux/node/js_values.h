#pragma once

#include <napi.h>

#include "linux/message_codec.h"

namespace broker {

/** A `NativeReply` (src/native.ts). */
Napi::Value toJs(Napi::Env env, const Reply& reply);

}  // namespace broker
