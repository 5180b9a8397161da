#include "mac/error_chain.h"

#include <optional>

#include "mac/foundation_text.h"

namespace broker {
namespace {

// Far more than are ever seen; an extension may send a chain that bites its own tail.
constexpr std::size_t kMostLinks = 32;

// NSMultipleUnderlyingErrorsKey, which has a name since macOS 11.3 and none in other Foundations.
NSString* const kAllUnderlyingErrors = @"NSMultipleUnderlyingErrorsKey";

/** Whether errors stand under this key: they are links of their own. */
bool isUnderlying(NSString* key) {
  return [key isEqual:NSUnderlyingErrorKey] || [key isEqual:kAllUnderlyingErrors];
}

std::optional<std::string> textOf(id value) {
  if ([value isKindOfClass:[NSString class]]) return toString(value);
  if ([value isKindOfClass:[NSNumber class]]) return toString([value stringValue]);
  if ([value isKindOfClass:[NSURL class]]) return toString([value absoluteString]);
  const bool isContainer =
      [value isKindOfClass:[NSArray class]] || [value isKindOfClass:[NSDictionary class]];
  if (!isContainer || ![NSJSONSerialization isValidJSONObject:value]) return std::nullopt;
  NSData* json = [NSJSONSerialization dataWithJSONObject:value options:0 error:NULL];
  if (json == nil) return std::nullopt;
  return std::string(static_cast<const char*>([json bytes]), [json length]);
}

void appendChain(NSError* error, std::vector<ErrorLink>& chain) {
  if (chain.size() == kMostLinks || ![error isKindOfClass:[NSError class]]) return;
  NSDictionary* userInfo = [error userInfo];
  chain.push_back(ErrorLink{toString([error domain]), [error code], toString([error localizedDescription]),
                            textPairs(userInfo)});
  appendChain([userInfo objectForKey:NSUnderlyingErrorKey], chain);
  NSArray* others = [userInfo objectForKey:kAllUnderlyingErrors];
  if (![others isKindOfClass:[NSArray class]]) return;
  for (NSError* other in others) appendChain(other, chain);
}

}  // namespace

TextPairs textPairs(NSDictionary* dictionary) {
  TextPairs pairs;
  for (id key in dictionary) {
    if (![key isKindOfClass:[NSString class]] || isUnderlying(key)) continue;
    if (std::optional<std::string> text = textOf([dictionary objectForKey:key])) {
      pairs.emplace_back(toString(key), std::move(*text));
    }
  }
  return pairs;
}

std::vector<ErrorLink> errorChain(NSError* error) {
  std::vector<ErrorLink> chain;
  appendChain(error, chain);
  return chain;
}

}  // namespace broker
