#include "answer_objects.h"

#import <AuthenticationServices/AuthenticationServices.h>

NSString* const ASAuthorizationErrorDomain = @"com.apple.AuthenticationServices.AuthorizationError";

@implementation ASAuthorization
@synthesize credential = _credential;

- (instancetype)initWithCredential:(id<ASAuthorizationCredential>)credential {
  self = [super init];
  if (self != nil) _credential = [credential retain];
  return self;
}

- (void)dealloc {
  [_credential release];
  [super dealloc];
}
@end

@implementation ASAuthorizationSingleSignOnCredential
@synthesize authenticatedResponse = _authenticatedResponse;

- (instancetype)initWithResponse:(NSHTTPURLResponse*)response {
  self = [super init];
  if (self != nil) _authenticatedResponse = [response retain];
  return self;
}

- (void)dealloc {
  [_authenticatedResponse release];
  [super dealloc];
}
@end

@implementation ASPasswordCredential
@end

/** One that cannot be read. */
@interface BrokerDoubleBrokenCredential : ASAuthorizationSingleSignOnCredential
@end

@implementation BrokerDoubleBrokenCredential
- (NSHTTPURLResponse*)authenticatedResponse {
  [NSException raise:@"BrokenCredential" format:@"as the test asked"];
  return nil;
}
@end

namespace broker_double {
namespace {

/** Nil if it is not the text of an object. */
NSDictionary* parse(const std::string& json) {
  NSData* data = [NSData dataWithBytes:json.data() length:json.size()];
  return [NSJSONSerialization JSONObjectWithData:data options:0 error:NULL];
}

/** JSON's own values as they are, but for the objects that stand for other classes. */
id userInfoValue(id value) {
  if (![value isKindOfClass:[NSDictionary class]]) return value;
  if (NSString* url = [value objectForKey:@"$url"]) return [NSURL URLWithString:url];
  if (NSString* data = [value objectForKey:@"$data"]) return [data dataUsingEncoding:NSUTF8StringEncoding];
  return value;
}

NSError* errorFrom(NSDictionary* facts) {
  NSMutableDictionary* userInfo = [NSMutableDictionary dictionary];
  NSDictionary* given = [facts objectForKey:@"userInfo"];
  for (NSString* key in given) {
    // The name behind Apple's constant; GNUstep's has another one.
    NSString* name = [key isEqual:@"NSLocalizedDescription"] ? NSLocalizedDescriptionKey : key;
    [userInfo setObject:userInfoValue([given objectForKey:key]) forKey:name];
  }
  if (NSDictionary* underlying = [facts objectForKey:@"underlying"]) {
    [userInfo setObject:errorFrom(underlying) forKey:NSUnderlyingErrorKey];
  }
  if (NSArray* all = [facts objectForKey:@"allUnderlying"]) {
    NSMutableArray* errors = [NSMutableArray array];
    for (NSDictionary* each in all) [errors addObject:errorFrom(each)];
    [userInfo setObject:errors forKey:@"NSMultipleUnderlyingErrorsKey"];
  }
  return [NSError errorWithDomain:[facts objectForKey:@"domain"]
                             code:[[facts objectForKey:@"code"] integerValue]
                         userInfo:userInfo];
}

NSHTTPURLResponse* responseFrom(NSDictionary* facts) {
  id url = [facts objectForKey:@"url"];
  if (url == nil) url = @"https://login.microsoftonline.com/common";
  NSNumber* status = [facts objectForKey:@"status"];
  return [[[NSHTTPURLResponse alloc]
       initWithURL:[url isKindOfClass:[NSString class]] ? [NSURL URLWithString:url] : nil
        statusCode:status == nil ? 200 : [status integerValue]
       HTTPVersion:@"HTTP/1.1"
      headerFields:[facts objectForKey:@"headers"]] autorelease];
}

}  // namespace

id answerObject(const std::string& json) {
  NSDictionary* facts = parse(json);
  if (NSDictionary* error = [facts objectForKey:@"error"]) return errorFrom(error);
  id credential = nil;
  NSString* kind = [facts objectForKey:@"credential"];
  if ([kind isEqual:@"other"]) {
    credential = [[[ASPasswordCredential alloc] init] autorelease];
  } else if ([kind isEqual:@"broken"]) {
    credential = [[[BrokerDoubleBrokenCredential alloc] initWithResponse:nil] autorelease];
  } else {
    const bool isEmpty = [kind isEqual:@"empty"];
    credential = [[[ASAuthorizationSingleSignOnCredential alloc]
        initWithResponse:isEmpty ? nil : responseFrom(facts)] autorelease];
  }
  return [[[ASAuthorization alloc] initWithCredential:credential] autorelease];
}

bool isReadable(const Answer& answer) {
  @autoreleasepool {
    return parse(answer.json) != nil;
  }
}

Answer appleError(int code) {
  return Answer{R"({"error":{"domain":"com.apple.AuthenticationServices.AuthorizationError","code":)" +
                std::to_string(code) + "}}"};
}

}  // namespace broker_double
