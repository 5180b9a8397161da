#pragma once

#include <functional>
#include <optional>

#include "addon/failure.h"

namespace broker {

/**
 * Runs a task on one of a few threads of this process that belong to COM's multithreaded apartment, where
 * WinRT is called: never on a JavaScript thread, which may be an STA (Electron's main thread is). Any thread.
 * Tasks do not wait for the end of what they start. Never joined: Windows ends the threads with the process,
 * and the addon is never unloaded once they exist.
 */
std::optional<Failure> postToWorker(std::function<void()> task);

}  // namespace broker
