#pragma once

#include "addon/failure.h"
#include "win/com.h"

namespace broker {

/** `failed`. `stage` is the call's name in the metadata, or of the Win32 function: a string literal. */
Failure winFailure(HRESULT result, const char* stage);
/** For functions of Win32: `failed` with GetLastError(). */
Failure lastErrorFailure(const char* stage);
/** Activating a class, or asking for an interface, failed: `unavailable` if this Windows does not have it. */
Failure missingFailure(HRESULT result, const char* stage);
/** `canceled`, by `cancel()`. */
Failure canceledFailure();
/** `canceled`, by Windows, in the asynchronous operation `stage`. */
Failure canceledByWindows(const char* stage);

}  // namespace broker
