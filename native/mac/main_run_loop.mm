#include "mac/main_run_loop.h"

#import <AppKit/AppKit.h>
#import <Foundation/Foundation.h>

namespace broker {

bool isMainThread() {
  return [NSThread isMainThread];
}

// NSApp is read, not [NSApplication sharedApplication]: that would make this process an application.
bool isApplicationRunning() {
  return NSApp != nil && [NSApp isRunning];
}

void serveMainRunLoop() {
  if (!isMainThread()) return;
  @autoreleasepool {
    @try {
      [[NSRunLoop currentRunLoop] runMode:NSDefaultRunLoopMode beforeDate:[NSDate distantPast]];
    } @catch (NSException* exception) {
      // Raised by whatever else uses the run loop. As AppKit's loop does: it is told, and the process goes
      // on. The name alone, for the reason may quote anything.
      NSLog(@"Uncaught exception in the main run loop: %@", [exception name]);
    }
  }
}

}  // namespace broker
