#pragma once

#include <napi.h>

#include "addon/result.h"
#include "mac/sso_extension.h"

namespace broker {

struct RequestArguments {
  SsoRequest request;
  bool keepAlive = true;
};

/** Reads what `NativeBinding.perform` is given. */
Result<RequestArguments> readRequest(Napi::Value value);

}  // namespace broker
