#import <AppKit/AppKit.h>
#import <Foundation/Foundation.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "extension_state.h"

NSApplication* NSApp = nil;

@implementation NSWindow
- (void)dealloc {
  if (![NSThread isMainThread]) {
    std::lock_guard lock(broker_double::state().mutex);
    ++broker_double::state().windowsFreedElsewhere;
  }
  [super dealloc];
}
@end

@implementation NSView
@synthesize window = _window;

- (instancetype)initInWindow:(NSWindow*)window {
  self = [super init];
  if (self != nil) _window = window;
  return self;
}
@end

@implementation NSApplication
@synthesize running = _running;

- (instancetype)initRunning:(BOOL)running {
  self = [super init];
  if (self != nil) _running = running;
  return self;
}
@end

// GNUstep takes the thread that uses it first for the main one; macOS that which the process began with.
@interface NSThread (BrokerDouble)
+ (BOOL)isMainThread;
@end

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wobjc-protocol-method-implementation"
@implementation NSThread (BrokerDouble)
+ (BOOL)isMainThread {
  return getpid() == syscall(SYS_gettid);
}
@end
#pragma clang diagnostic pop

namespace broker_double {
namespace {

NSMutableArray* windows = nil;

}  // namespace

void setApplicationRunning(std::optional<bool> value) {
  [NSApp release];
  NSApp = value ? [[NSApplication alloc] initRunning:*value] : nil;
}

ViewInWindow createView() {
  @autoreleasepool {
    if (windows == nil) windows = [[NSMutableArray alloc] init];
    NSWindow* window = [[[NSWindow alloc] init] autorelease];
    NSView* view = [[[NSView alloc] initInWindow:window] autorelease];
    [windows addObject:window];
    [windows addObject:view];
    return {reinterpret_cast<std::uintptr_t>(view), reinterpret_cast<std::uintptr_t>(window)};
  }
}

void closeWindows() {
  @autoreleasepool {
    [windows removeAllObjects];
  }
}

}  // namespace broker_double
