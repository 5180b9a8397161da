#import <Foundation/Foundation.h>
#import <Security/Security.h>

#include "extension_state.h"

using broker_double::state;

namespace {

NSString* toNSString(const std::optional<std::string>& text) {
  return text ? [NSString stringWithUTF8String:text->c_str()] : nil;
}

}  // namespace

const CFStringRef kSecCodeInfoIdentifier = (CFStringRef) @"identifier";
const CFStringRef kSecCodeInfoTeamIdentifier = (CFStringRef) @"teamid";

void CFRelease(CFTypeRef object) {
  [(id)object release];
}

OSStatus SecCodeCopySelf(SecCSFlags, SecCodeRef* self) {
  *self = (SecCodeRef)[[NSObject alloc] init];
  return errSecSuccess;
}

OSStatus SecCodeCopySigningInformation(SecStaticCodeRef, SecCSFlags flags, CFDictionaryRef* information) {
  std::lock_guard lock(state().mutex);
  // As Security: of an unsigned program it tells where that is, and little else.
  NSMutableDictionary* facts = [[NSMutableDictionary alloc] init];
  NSString* identifier = toNSString(state().caller.signingIdentifier);
  NSString* team = toNSString(state().caller.teamIdentifier);
  if (identifier != nil) [facts setObject:identifier forKey:(NSString*)kSecCodeInfoIdentifier];
  if (team != nil && (flags & kSecCSSigningInformation) != 0) {
    [facts setObject:team forKey:(NSString*)kSecCodeInfoTeamIdentifier];
  }
  *information = (CFDictionaryRef)facts;
  return errSecSuccess;
}

@interface NSBundle (BrokerDouble)
- (NSString*)bundleIdentifier;
@end

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wobjc-protocol-method-implementation"
@implementation NSBundle (BrokerDouble)
- (NSString*)bundleIdentifier {
  std::lock_guard lock(state().mutex);
  return self == [NSBundle mainBundle] ? toNSString(state().caller.bundleIdentifier)
                                       : [[self infoDictionary] objectForKey:@"CFBundleIdentifier"];
}
@end
#pragma clang diagnostic pop
