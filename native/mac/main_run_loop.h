#pragma once

namespace broker {

/** Whether this is the process' main thread, the only one AuthenticationServices and AppKit are used on. */
bool isMainThread();

/** Whether AppKit's own loop serves the main run loop. */
bool isApplicationRunning();

/** Serves what is ready in the main run loop, without waiting. Does nothing on another thread. */
void serveMainRunLoop();

}  // namespace broker
