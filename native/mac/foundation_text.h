#pragma once

#import <Foundation/Foundation.h>

#include <string>

namespace broker {

/** Autoreleased. */
inline NSString* toNSString(const std::string& text) {
  return [[[NSString alloc] initWithBytes:text.data() length:text.size()
                                 encoding:NSUTF8StringEncoding] autorelease];
}

/** Empty for nil. What is not valid Unicode is replaced. */
inline std::string toString(NSString* text) {
  NSData* utf8 = [text dataUsingEncoding:NSUTF8StringEncoding allowLossyConversion:YES];
  return utf8 == nil ? std::string() : std::string(static_cast<const char*>([utf8 bytes]), [utf8 length]);
}

}  // namespace broker
