#pragma once

#include <napi.h>

#include "addon/failure.h"

namespace broker {

/** The one place where a `Failure` becomes a JavaScript error: `message`, `code`, and each fact a property.
 */
Napi::Value toJsError(Napi::Env env, const Failure& failure);

}  // namespace broker
