// The part of Security, and of CoreFoundation beneath it, that @x/broker-mac uses. Written from Apple's API
// reference.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef const void* CFTypeRef;
/** Toll-free bridged to NSDictionary. */
typedef const struct __CFDictionary* CFDictionaryRef;
/** Toll-free bridged to NSString. */
typedef const struct __CFString* CFStringRef;
void CFRelease(CFTypeRef _Nonnull object);

typedef int32_t OSStatus;
enum { errSecSuccess = 0, errSecCSUnsigned = -67062 };

typedef struct __SecCode* SecCodeRef;
/** So running code may be given where static code is wanted. */
typedef const struct __SecCode* SecStaticCodeRef;
typedef uint32_t SecCSFlags;
enum { kSecCSDefaultFlags = 0, kSecCSSigningInformation = 1 << 1 };

OSStatus SecCodeCopySelf(SecCSFlags flags, SecCodeRef _Nullable* _Nonnull self);
OSStatus SecCodeCopySigningInformation(SecStaticCodeRef _Nonnull code, SecCSFlags flags,
                                       CFDictionaryRef _Nullable* _Nonnull information);

extern const CFStringRef _Nonnull kSecCodeInfoIdentifier;
extern const CFStringRef _Nonnull kSecCodeInfoTeamIdentifier;

#ifdef __cplusplus
}
#endif
