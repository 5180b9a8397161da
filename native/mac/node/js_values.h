#pragma once

#include <napi.h>

#include "mac/caller.h"
#include "mac/sso_extension.h"

namespace broker {

/** `NativeResponse` of @x/broker-mac. */
Napi::Value toJs(Napi::Env env, const SsoResponse& response);

/** `NativeError` of @x/broker-mac. */
Napi::Value toJs(Napi::Env env, const SsoFailure& failure);

/** `NativeCaller` of @x/broker-mac. */
Napi::Value toJs(Napi::Env env, const Caller& caller);

}  // namespace broker
