#import <AuthenticationServices/AuthenticationServices.h>

#include "answer_objects.h"
#include "extension_state.h"
#include "weak_reference.h"

using broker_double::Answer;
using broker_double::ReceivedRequest;
using broker_double::RequestFacts;
using broker_double::RequestId;
using broker_double::RequestState;
using broker_double::state;

@implementation ASAuthorizationRequest
@synthesize provider = _provider;

- (instancetype)initWithProvider:(id<ASAuthorizationProvider>)provider {
  self = [super init];
  if (self != nil) _provider = [provider retain];
  return self;
}

- (void)dealloc {
  [_provider release];
  [super dealloc];
}
@end

@implementation ASAuthorizationOpenIDRequest
@synthesize requestedOperation = _requestedOperation;

- (void)dealloc {
  [_requestedOperation release];
  [super dealloc];
}
@end

@implementation ASAuthorizationSingleSignOnRequest
@synthesize authorizationOptions = _authorizationOptions;
@synthesize userInterfaceEnabled = _userInterfaceEnabled;

- (instancetype)initWithProvider:(id<ASAuthorizationProvider>)provider {
  self = [super initWithProvider:provider];
  if (self != nil) {
    _authorizationOptions = [[NSArray alloc] init];
    _userInterfaceEnabled = YES;
  }
  return self;
}

- (void)dealloc {
  [_authorizationOptions release];
  [super dealloc];
}
@end

@implementation ASAuthorizationSingleSignOnProvider
@synthesize url = _url;

+ (instancetype)authorizationProviderWithIdentityProviderURL:(NSURL*)url {
  ASAuthorizationSingleSignOnProvider* provider = [[[self alloc] init] autorelease];
  provider->_url = [url retain];
  return provider;
}

- (void)dealloc {
  [_url release];
  [super dealloc];
}

- (BOOL)canPerformAuthorization {
  broker_double::raiseIfAsked();
  std::unique_lock lock(state().mutex);
  state().canPerformChanged.wait(lock, [] { return state().canPerform.has_value(); });
  return *state().canPerform;
}

- (ASAuthorizationSingleSignOnRequest*)createRequest {
  return [[[ASAuthorizationSingleSignOnRequest alloc] initWithProvider:self] autorelease];
}
@end

/** Calls the delegate, on the thread that it is run on, if there still is somebody to call. */
@interface BrokerDoubleDelivery : NSObject {
  RequestId _request;
  Answer _answer;
  RequestState _outcome;
}
- (instancetype)initWithRequest:(RequestId)request answer:(Answer)answer outcome:(RequestState)outcome;
- (void)start;
- (void)run;
@end

/** The two references that Apple's header calls weak. */
struct WeakReferences {
  broker_double::WeakReference delegate;
  broker_double::WeakReference presentationContextProvider;
};

@implementation ASAuthorizationController
@synthesize authorizationRequests = _authorizationRequests;

- (instancetype)initWithAuthorizationRequests:(NSArray*)requests {
  self = [super init];
  if (self == nil) return nil;
  _authorizationRequests = [requests copy];
  _weakReferences = new WeakReferences();
  std::lock_guard lock(state().mutex);
  ++state().liveControllers;
  return self;
}

- (void)dealloc {
  {
    std::lock_guard lock(state().mutex);
    --state().liveControllers;
    auto& controllers = state().controllers;
    for (auto each = controllers.begin(); each != controllers.end();) {
      if (each->second != self) {
        ++each;
        continue;
      }
      RequestFacts* facts = broker_double::find(each->first);
      if (facts->state == RequestState::kPending) facts->state = RequestState::kAbandoned;
      each = controllers.erase(each);
    }
  }
  delete static_cast<WeakReferences*>(_weakReferences);
  [_authorizationRequests release];
  [super dealloc];
}

// Under the lock, so that an answer on another thread finds a living controller or none.
- (oneway void)release {
  std::lock_guard lock(state().mutex);
  [super release];
}

- (id<ASAuthorizationControllerDelegate>)delegate {
  return static_cast<WeakReferences*>(_weakReferences)->delegate.get();
}

- (void)setDelegate:(id<ASAuthorizationControllerDelegate>)delegate {
  static_cast<WeakReferences*>(_weakReferences)->delegate.set(delegate);
}

- (id<ASAuthorizationControllerPresentationContextProviding>)presentationContextProvider {
  return static_cast<WeakReferences*>(_weakReferences)->presentationContextProvider.get();
}

- (void)setPresentationContextProvider:(id<ASAuthorizationControllerPresentationContextProviding>)provider {
  static_cast<WeakReferences*>(_weakReferences)->presentationContextProvider.set(provider);
}

/** What the extension gets to see of a request. */
- (ReceivedRequest)receivedRequest:(ASAuthorizationSingleSignOnRequest*)request {
  ReceivedRequest received;
  const auto text = [](NSString* value) { return std::string(value == nil ? "" : [value UTF8String]); };
  received.identityProviderUrl =
      text([[(ASAuthorizationSingleSignOnProvider*)[request provider] url] absoluteString]);
  received.operation = text([request requestedOperation]);
  for (NSURLQueryItem* item in [request authorizationOptions]) {
    received.options.emplace_back(text([item name]), text([item value]));
  }
  received.userInterfaceEnabled = [request isUserInterfaceEnabled];
  received.isOnMainThread = [NSThread isMainThread];
  id<ASAuthorizationControllerPresentationContextProviding> provider = [self presentationContextProvider];
  received.hasPresentationContext = provider != nil;
  if (provider != nil && [request isUserInterfaceEnabled]) {
    received.anchorWindow =
        reinterpret_cast<std::uintptr_t>([provider presentationAnchorForAuthorizationController:self]);
  }
  return received;
}

- (void)performRequests {
  @autoreleasepool {
    broker_double::raiseIfAsked();
    const bool isEmpty = [_authorizationRequests count] == 0;
    ReceivedRequest received;
    if (!isEmpty) {
      received = [self
          receivedRequest:(ASAuthorizationSingleSignOnRequest*)[_authorizationRequests objectAtIndex:0]];
    }

    std::optional<Answer> immediateAnswer;
    std::function<void(ReceivedRequest)> listener;
    {
      std::lock_guard lock(state().mutex);
      received.id = ++state().lastId;
      state().requests.push_back(RequestFacts{received.id});
      state().controllers[received.id] = self;
      immediateAnswer = state().immediateAnswer;
      listener = state().listener;
    }
    if (isEmpty) {
      broker_double::answer(received.id, broker_double::appleError(ASAuthorizationErrorFailed));
    } else if (immediateAnswer) {
      [[[[BrokerDoubleDelivery alloc] initWithRequest:received.id
                                               answer:*immediateAnswer
                                              outcome:RequestState::kAnswered] autorelease] run];
    } else if (listener) {
      listener(std::move(received));
    }
  }
}

- (void)cancel {
  @autoreleasepool {
    std::lock_guard lock(state().mutex);
    for (const auto& [request, controller] : state().controllers) {
      RequestFacts* facts = broker_double::find(request);
      if (controller != self || facts->state != RequestState::kPending) continue;
      facts->state = RequestState::kCanceled;
      [[[[BrokerDoubleDelivery alloc] initWithRequest:request
                                               answer:broker_double::appleError(ASAuthorizationErrorCanceled)
                                              outcome:RequestState::kCanceled] autorelease] start];
    }
  }
}
@end

@implementation BrokerDoubleDelivery

- (instancetype)initWithRequest:(RequestId)request answer:(Answer)answer outcome:(RequestState)outcome {
  self = [super init];
  if (self != nil) {
    _request = request;
    _answer = std::move(answer);
    _outcome = outcome;
  }
  return self;
}

- (void)start {
  if (_answer.onMainThread) {
    // Without a run loop of its own yet, GNUstep's main thread would run it here and now.
    (void)[NSRunLoop currentRunLoop];
    [self performSelectorOnMainThread:@selector(run) withObject:nil waitUntilDone:NO];
  } else {
    [NSThread detachNewThreadSelector:@selector(run) toTarget:self withObject:nil];
  }
}

- (void)run {
  @autoreleasepool {
    ASAuthorizationController* controller = [self takeController];
    if (controller == nil) return;
    for (unsigned i = 0; i < _answer.times; ++i) [self callDelegateOf:controller];
  }
}

/** The controller, if it lives and its request still waits for this. */
- (ASAuthorizationController*)takeController {
  std::lock_guard lock(state().mutex);
  RequestFacts* facts = broker_double::find(_request);
  if (facts == nullptr) return nil;
  const bool isExpected = facts->state == RequestState::kPending || facts->state == _outcome;
  if (!isExpected || facts->delegateCalls > 0) return nil;
  facts->state = _outcome;
  const auto living = state().controllers.find(_request);
  return living == state().controllers.end() ? nil : [[living->second retain] autorelease];
}

- (void)callDelegateOf:(ASAuthorizationController*)controller {
  id answer = broker_double::answerObject(_answer.json);
  const SEL method = [answer isKindOfClass:[NSError class]]
                         ? @selector(authorizationController:didCompleteWithError:)
                         : @selector(authorizationController:didCompleteWithAuthorization:);
  id<ASAuthorizationControllerDelegate> delegate = [controller delegate];
  const bool isHeard = [delegate respondsToSelector:method];
  {
    std::lock_guard lock(state().mutex);
    RequestFacts* facts = broker_double::find(_request);
    if (facts == nullptr) return;
    facts->wasDelegateGone = delegate == nil;
    facts->wasCalledOnMainThread = isHeard && [NSThread isMainThread];
    if (isHeard) ++facts->delegateCalls;
  }
  if (isHeard) [(NSObject*)delegate performSelector:method withObject:controller withObject:answer];
}
@end

namespace broker_double {

void answer(RequestId id, const Answer& answer) {
  @autoreleasepool {
    [[[[BrokerDoubleDelivery alloc] initWithRequest:id answer:answer
                                            outcome:RequestState::kAnswered] autorelease] start];
  }
}

}  // namespace broker_double
