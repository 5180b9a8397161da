#pragma once

#include "win/com.h"

namespace fake_wam {

/** Windows.System.DispatcherQueueController, which Wine lacks and Microsoft's own client shows windows with.
 */
inline constexpr const char* kDispatcherQueueController = "Windows.System.DispatcherQueueController";

broker::ComPtr<IActivationFactory> makeDispatcherQueueFactory();

}  // namespace fake_wam
