// The part of AppKit that @x/broker-mac uses. Written from Apple's API reference.
#pragma once

#import <Foundation/Foundation.h>

@interface NSWindow : NSObject
@end

@interface NSView : NSObject {
  NSWindow* _window;
}
@property(nullable, nonatomic, readonly, assign) NSWindow* window;
@end

@interface NSApplication : NSObject {
  BOOL _running;
}
@property(nonatomic, readonly, getter=isRunning) BOOL running;
@end

/** The application, once somebody has made it; reading makes none. */
extern NSApplication* _Null_unspecified NSApp;
