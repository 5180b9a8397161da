// What a program sees of AuthenticationServices, tried on the double: prints a line of JSON for each fact,
// which double.test.ts compares with what Apple's reference says.
#import <AuthenticationServices/AuthenticationServices.h>
#import <Foundation/Foundation.h>

#include <cstdio>

#include "extension.h"

namespace {

void tell(const char* name, long value) {
  std::printf("{\"%s\":%ld}\n", name, value);
}

void serveMainRunLoop() {
  for (int pass = 0; pass < 3; ++pass) {
    [[NSRunLoop currentRunLoop] runMode:NSDefaultRunLoopMode beforeDate:[NSDate distantPast]];
  }
}

ASAuthorizationSingleSignOnRequest* newRequest() {
  NSURL* url = [NSURL URLWithString:@"https://login.microsoftonline.com/common"];
  return
      [[ASAuthorizationSingleSignOnProvider authorizationProviderWithIdentityProviderURL:url] createRequest];
}

ASAuthorizationController* newController(NSArray* requests) {
  return [[ASAuthorizationController alloc] initWithAuthorizationRequests:requests];
}

void answerLast() {
  broker_double::answer(broker_double::lastRequestId(), {R"({"headers":{"a":"b"}})"});
}

broker_double::RequestFacts lastFacts() {
  return broker_double::facts().back();
}

}  // namespace

@interface Listener : NSObject <ASAuthorizationControllerDelegate> {
 @public
  long _answers;
  long _errorCode;
}
@end

@implementation Listener
- (void)authorizationController:(ASAuthorizationController*)controller
    didCompleteWithAuthorization:(ASAuthorization*)authorization {
  (void)controller;
  (void)authorization;
  ++_answers;
}
- (void)authorizationController:(ASAuthorizationController*)controller didCompleteWithError:(NSError*)error {
  (void)controller;
  ++_answers;
  _errorCode = [error code];
}
@end

@interface DeafListener : NSObject <ASAuthorizationControllerDelegate>
@end

@implementation DeafListener
@end

namespace {

void tryDefaults() {
  ASAuthorizationSingleSignOnRequest* request = newRequest();
  tell("userInterfaceEnabled", [request isUserInterfaceEnabled]);
  tell("authorizationOptions", static_cast<long>([[request authorizationOptions] count]));
}

void tryAnswer() {
  Listener* listener = [[Listener alloc] init];
  ASAuthorizationController* controller = newController(@[ newRequest() ]);
  [controller setDelegate:listener];
  [controller performRequests];
  answerLast();
  tell("answersBeforeTheRunLoop", listener->_answers);
  serveMainRunLoop();
  tell("answersInTheRunLoop", listener->_answers);
  answerLast();
  serveMainRunLoop();
  tell("answersInAll", listener->_answers);
  [controller release];
  [listener release];
}

void tryNoRequests() {
  Listener* listener = [[Listener alloc] init];
  ASAuthorizationController* controller = newController(@[]);
  [controller setDelegate:listener];
  [controller performRequests];
  tell("errorsInsidePerformRequests", listener->_answers);
  serveMainRunLoop();
  tell("errorWithoutRequests", listener->_errorCode);
  [controller release];
  [listener release];
}

void tryCancel() {
  Listener* listener = [[Listener alloc] init];
  ASAuthorizationController* controller = newController(@[ newRequest() ]);
  [controller setDelegate:listener];
  [controller performRequests];
  [controller cancel];
  tell("errorsInsideCancel", listener->_answers);
  answerLast();
  serveMainRunLoop();
  tell("errorAfterCancel", listener->_errorCode);
  [controller cancel];
  serveMainRunLoop();
  tell("answersAfterCancel", listener->_answers);
  [controller release];
  [listener release];
}

void tryDelegateGone() {
  Listener* listener = [[Listener alloc] init];
  ASAuthorizationController* controller = newController(@[ newRequest() ]);
  [controller setDelegate:listener];
  [controller performRequests];
  const NSUInteger references = [listener retainCount];
  tell("referencesToTheDelegate", static_cast<long>(references));
  [listener release];
  tell("delegateAfterItsEnd", [controller delegate] != nil);
  answerLast();
  serveMainRunLoop();
  tell("delegateWasGone", lastFacts().wasDelegateGone);
  [controller release];
}

void tryControllerGone() {
  Listener* listener = [[Listener alloc] init];
  ASAuthorizationController* controller = newController(@[ newRequest() ]);
  [controller setDelegate:listener];
  [controller performRequests];
  [controller release];
  tell("abandoned", lastFacts().state == broker_double::RequestState::kAbandoned);
  answerLast();
  serveMainRunLoop();
  tell("answersToAnAbandonedRequest", listener->_answers);
  [listener release];
}

void tryDeafDelegate() {
  DeafListener* listener = [[DeafListener alloc] init];
  ASAuthorizationController* controller = newController(@[ newRequest() ]);
  [controller setDelegate:listener];
  [controller performRequests];
  answerLast();
  serveMainRunLoop();
  tell("callsOfWhatIsNotThere", lastFacts().delegateCalls);
  [controller release];
  [listener release];
}

}  // namespace

int main() {
  for (const auto attempt : {&tryDefaults, &tryAnswer, &tryNoRequests, &tryCancel, &tryDelegateGone,
                             &tryControllerGone, &tryDeafDelegate}) {
    @autoreleasepool {
      attempt();
    }
  }
  tell("controllersLeft", broker_double::liveControllers());
  tell("delegatesLeft", broker_double::liveDelegates());
  return 0;
}
