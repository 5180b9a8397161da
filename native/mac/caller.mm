#include "mac/caller.h"

#import <Foundation/Foundation.h>
#import <Security/Security.h>

#include "mac/foundation_text.h"

namespace broker {
namespace {

template <typename T>
struct ReleaseCf {
  T ref = nullptr;
  ~ReleaseCf() {
    if (ref != nullptr) CFRelease(ref);
  }
};

std::optional<std::string> textOf(NSString* text) {
  if (![text isKindOfClass:[NSString class]]) return std::nullopt;
  return toString(text);
}

}  // namespace

Caller readCaller() {
  @autoreleasepool {
    Caller caller;
    caller.bundleIdentifier = textOf([[NSBundle mainBundle] bundleIdentifier]);

    ReleaseCf<SecCodeRef> self;
    ReleaseCf<CFDictionaryRef> facts;
    if (SecCodeCopySelf(kSecCSDefaultFlags, &self.ref) != errSecSuccess) return caller;
    // An unsigned executable has no such facts.
    if (SecCodeCopySigningInformation(self.ref, kSecCSSigningInformation, &facts.ref) != errSecSuccess) {
      return caller;
    }
    NSDictionary* signature = (NSDictionary*)facts.ref;
    caller.signingIdentifier = textOf([signature objectForKey:(NSString*)kSecCodeInfoIdentifier]);
    caller.teamIdentifier = textOf([signature objectForKey:(NSString*)kSecCodeInfoTeamIdentifier]);
    return caller;
  }
}

}  // namespace broker
