#include "mac/sso_extension.h"

#import <AppKit/AppKit.h>
#import <AuthenticationServices/AuthenticationServices.h>
#import <Foundation/Foundation.h>
#include <pthread.h>

#include <atomic>
#include <bit>

#include "mac/error_chain.h"
#include "mac/foundation_text.h"
#include "mac/objc_ptr.h"

namespace broker {
namespace {

Failure platformException(NSException* exception) {
  return Failure{"platform_exception",
                 "AuthenticationServices raised an exception",
                 {{"exceptionName", toString([exception name])}}};
}

SsoFailure unexpectedCredential(const std::string& what, Class came) {
  return {Failure{"unexpected_credential", what, {{"className", toString(NSStringFromClass(came))}}}};
}

SsoOutcome readAnswer(ASAuthorization* authorization) {
  id credential = [authorization credential];
  if (![credential isKindOfClass:[ASAuthorizationSingleSignOnCredential class]]) {
    return unexpectedCredential("The answer is not one of single sign-on", [credential class]);
  }
  NSHTTPURLResponse* answer = [(ASAuthorizationSingleSignOnCredential*)credential authenticatedResponse];
  if (answer == nil) {
    return unexpectedCredential("The answer holds no response", [credential class]);
  }
  SsoResponse response;
  response.status = [answer statusCode];
  response.url = toString([[answer URL] absoluteString]);
  response.headers = textPairs([answer allHeaderFields]);
  return response;
}

// Nothing may be raised into AuthenticationServices, which calls from threads of its own, too.

SsoOutcome outcomeOf(ASAuthorization* authorization) {
  @try {
    return readAnswer(authorization);
  } @catch (NSException* exception) {
    return SsoFailure{platformException(exception)};
  }
}

SsoOutcome outcomeOf(NSError* error) {
  @try {
    return SsoFailure{Failure{"request_failed", "AuthenticationServices answered with an error"},
                      errorChain(error)};
  } @catch (NSException* exception) {
    return SsoFailure{platformException(exception)};
  }
}

}  // namespace
}  // namespace broker

// The runtime that the tests run on wants every instance variable in the interface.
@interface BrokerSsoDelegate
    : NSObject <ASAuthorizationControllerDelegate, ASAuthorizationControllerPresentationContextProviding> {
 @private
  broker::SsoExchange::OnOutcome _onOutcome;
  std::atomic<bool> _isFinished;
  NSWindow* _anchor;
}
- (instancetype)initWithAnchor:(NSWindow*)anchor onOutcome:(broker::SsoExchange::OnOutcome)onOutcome;
/** Whether the answer came. */
- (BOOL)isFinished;
/** Main thread only: who calls the delegate may be the last to release it, and windows end on that thread
 * alone. */
- (void)forgetAnchor;
@end

@implementation BrokerSsoDelegate

- (instancetype)initWithAnchor:(NSWindow*)anchor onOutcome:(broker::SsoExchange::OnOutcome)onOutcome {
  self = [super init];
  if (self != nil) {
    _onOutcome = std::move(onOutcome);
    _anchor = [anchor retain];
  }
  return self;
}

- (void)dealloc {
  [self forgetAnchor];
  [super dealloc];
}

- (void)forgetAnchor {
  [_anchor release];
  _anchor = nil;
}

- (BOOL)isFinished {
  return _isFinished;
}

- (void)finish:(broker::SsoOutcome)outcome {
  // Calls after the first are against Apple's promise, and nobody waits for them.
  if (!_isFinished.exchange(true)) _onOutcome(std::move(outcome));
}

- (void)authorizationController:(ASAuthorizationController*)controller
    didCompleteWithAuthorization:(ASAuthorization*)authorization {
  (void)controller;
  @autoreleasepool {
    [self finish:broker::outcomeOf(authorization)];
  }
}

- (void)authorizationController:(ASAuthorizationController*)controller didCompleteWithError:(NSError*)error {
  (void)controller;
  @autoreleasepool {
    [self finish:broker::outcomeOf(error)];
  }
}

- (ASPresentationAnchor)presentationAnchorForAuthorizationController:(ASAuthorizationController*)controller {
  (void)controller;
  return _anchor;
}

@end

namespace broker {
namespace {

/** Nil if the text is no absolute URL. */
ASAuthorizationSingleSignOnProvider* providerFor(const std::string& identityProviderUrl) {
  NSURL* url = [NSURL URLWithString:toNSString(identityProviderUrl)];
  if ([[url scheme] length] == 0) return nil;
  return [ASAuthorizationSingleSignOnProvider authorizationProviderWithIdentityProviderURL:url];
}

Failure notAUrl() {
  return Failure{"invalid_argument", "identityProviderUrl must be an absolute URL"};
}

class ControllerExchange final : public SsoExchange {
 public:
  ControllerExchange(ObjcPtr<ASAuthorizationController> controller, ObjcPtr<BrokerSsoDelegate> delegate)
      : controller_(std::move(controller)), delegate_(std::move(delegate)) {}

  ~ControllerExchange() override {
    @autoreleasepool {
      @try {
        [controller_.get() setDelegate:nil];
        [controller_.get() setPresentationContextProvider:nil];
        [delegate_.get() forgetAnchor];
        if ([delegate_.get() isFinished]) return;
        // Before macOS 13 there is nothing to tell: the controller is let go, and a late answer finds nobody.
        if (@available(macOS 13.0, *)) [controller_.get() cancel];
      } @catch (NSException*) {
        // Nobody is left who could be told.
      }
    }
  }

  ASAuthorizationController* controller() const { return controller_.get(); }

 private:
  ObjcPtr<ASAuthorizationController> controller_;
  // The controller does not keep its delegate.
  ObjcPtr<BrokerSsoDelegate> delegate_;
};

struct ProviderQuestion {
  std::string identityProviderUrl;
  std::function<void(Result<bool>)> onAnswer;
};

void* runQuestion(void* data) {
  const std::unique_ptr<ProviderQuestion> question(static_cast<ProviderQuestion*>(data));
  question->onAnswer(canPerformAuthorization(question->identityProviderUrl));
  return nullptr;
}

}  // namespace

Result<bool> canPerformAuthorization(const std::string& identityProviderUrl) {
  @autoreleasepool {
    @try {
      ASAuthorizationSingleSignOnProvider* provider = providerFor(identityProviderUrl);
      if (provider == nil) return notAUrl();
      return static_cast<bool>([provider canPerformAuthorization]);
    } @catch (NSException* exception) {
      return platformException(exception);
    }
  }
}

void askCanPerformAuthorization(const std::string& identityProviderUrl,
                                std::function<void(Result<bool>)> onAnswer) {
  // The thread's own.
  auto* question = new ProviderQuestion{identityProviderUrl, std::move(onAnswer)};
  pthread_t thread;
  if (pthread_create(&thread, nullptr, &runQuestion, question) == 0) {
    pthread_detach(thread);
  } else {
    // No thread is to be had: better asked here than not at all.
    runQuestion(question);
  }
}

Result<std::unique_ptr<SsoExchange>> SsoExchange::start(const SsoRequest& request, OnOutcome onOutcome) {
  @autoreleasepool {
    @try {
      ASAuthorizationSingleSignOnProvider* provider = providerFor(request.identityProviderUrl);
      if (provider == nil) return notAUrl();
      NSMutableArray* items = [NSMutableArray arrayWithCapacity:request.options.size()];
      for (const auto& [name, value] : request.options) {
        [items addObject:[NSURLQueryItem queryItemWithName:toNSString(name) value:toNSString(value)]];
      }
      ASAuthorizationSingleSignOnRequest* message = [provider createRequest];
      [message setRequestedOperation:toNSString(request.operation)];
      [message setAuthorizationOptions:items];
      [message setUserInterfaceEnabled:request.userInterfaceEnabled];

      NSWindow* anchor = [std::bit_cast<NSView*>(request.anchorView) window];
      auto delegate =
          ObjcPtr<BrokerSsoDelegate>::adopt([[BrokerSsoDelegate alloc] initWithAnchor:anchor
                                                                            onOutcome:std::move(onOutcome)]);
      auto controller = ObjcPtr<ASAuthorizationController>::adopt([[ASAuthorizationController alloc]
          initWithAuthorizationRequests:[NSArray arrayWithObject:message]]);
      [controller.get() setDelegate:delegate.get()];
      if (request.userInterfaceEnabled) [controller.get() setPresentationContextProvider:delegate.get()];
      auto exchange = std::make_unique<ControllerExchange>(std::move(controller), std::move(delegate));
      [exchange->controller() performRequests];
      return std::unique_ptr<SsoExchange>(std::move(exchange));
    } @catch (NSException* exception) {
      return platformException(exception);
    }
  }
}

}  // namespace broker
