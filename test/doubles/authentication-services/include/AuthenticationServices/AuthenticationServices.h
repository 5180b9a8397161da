// The part of AuthenticationServices that @x/broker-mac uses. Written from Apple's API reference.
#pragma once

#import <AppKit/AppKit.h>
#import <Foundation/Foundation.h>

#define AS_AVAILABLE(version) __attribute__((availability(macos, introduced = version)))

typedef NSString* ASAuthorizationOpenIDOperation;

extern NSString* _Nonnull const ASAuthorizationErrorDomain AS_AVAILABLE(10.15);

enum {
  ASAuthorizationErrorUnknown = 1000,
  ASAuthorizationErrorCanceled = 1001,
  ASAuthorizationErrorInvalidResponse = 1002,
  ASAuthorizationErrorNotHandled = 1003,
  ASAuthorizationErrorFailed = 1004,
  ASAuthorizationErrorNotInteractive AS_AVAILABLE(12.0) = 1005
};

typedef NSWindow* ASPresentationAnchor;

AS_AVAILABLE(10.15)
@protocol ASAuthorizationProvider <NSObject>
@end

AS_AVAILABLE(10.15)
@protocol ASAuthorizationCredential <NSObject>
@end

AS_AVAILABLE(10.15)
@interface ASAuthorization : NSObject {
  id<ASAuthorizationCredential> _credential;
}
@property(nonnull, nonatomic, readonly, retain) id<ASAuthorizationCredential> credential;
@end

AS_AVAILABLE(10.15)
@interface ASAuthorizationRequest : NSObject {
  id<ASAuthorizationProvider> _provider;
}
@property(nonnull, nonatomic, readonly, retain) id<ASAuthorizationProvider> provider;
@end

AS_AVAILABLE(10.15)
@interface ASAuthorizationOpenIDRequest : ASAuthorizationRequest {
  ASAuthorizationOpenIDOperation _requestedOperation;
}
@property(nonnull, nonatomic, copy) ASAuthorizationOpenIDOperation requestedOperation;
@end

AS_AVAILABLE(10.15)
@interface ASAuthorizationSingleSignOnRequest : ASAuthorizationOpenIDRequest {
  NSArray<NSURLQueryItem*>* _authorizationOptions;
  BOOL _userInterfaceEnabled;
}
/** Empty by default. */
@property(nonnull, nonatomic, copy) NSArray<NSURLQueryItem*>* authorizationOptions;
/** YES by default. */
@property(nonatomic, getter=isUserInterfaceEnabled) BOOL userInterfaceEnabled AS_AVAILABLE(12.0);
@end

AS_AVAILABLE(10.15)
@interface ASAuthorizationSingleSignOnProvider : NSObject <ASAuthorizationProvider> {
  NSURL* _url;
}
@property(nonnull, nonatomic, readonly, retain) NSURL* url;
@property(nonatomic, readonly) BOOL canPerformAuthorization;
+ (nonnull instancetype)authorizationProviderWithIdentityProviderURL:(nonnull NSURL*)url;
- (nonnull ASAuthorizationSingleSignOnRequest*)createRequest;
@end

AS_AVAILABLE(10.15)
@interface ASAuthorizationSingleSignOnCredential : NSObject <ASAuthorizationCredential> {
  NSHTTPURLResponse* _authenticatedResponse;
}
@property(nullable, nonatomic, readonly, copy) NSHTTPURLResponse* authenticatedResponse;
@end

AS_AVAILABLE(10.15)
@interface ASPasswordCredential : NSObject <ASAuthorizationCredential>
@end

@class ASAuthorizationController;

AS_AVAILABLE(10.15)
@protocol ASAuthorizationControllerDelegate <NSObject>
@optional
- (void)authorizationController:(nonnull ASAuthorizationController*)controller
    didCompleteWithAuthorization:(nonnull ASAuthorization*)authorization;
- (void)authorizationController:(nonnull ASAuthorizationController*)controller
           didCompleteWithError:(nonnull NSError*)error;
@end

AS_AVAILABLE(10.15)
@protocol ASAuthorizationControllerPresentationContextProviding <NSObject>
- (nonnull ASPresentationAnchor)presentationAnchorForAuthorizationController:
    (nonnull ASAuthorizationController*)controller;
@end

AS_AVAILABLE(10.15)
@interface ASAuthorizationController : NSObject {
  NSArray<ASAuthorizationRequest*>* _authorizationRequests;
  void* _weakReferences;
}
@property(nonnull, nonatomic, readonly, retain) NSArray<ASAuthorizationRequest*>* authorizationRequests;
// Both are weak in Apple's header. The GNU runtime has no such attribute; the double does it by hand.
@property(nullable, nonatomic, assign) id<ASAuthorizationControllerDelegate> delegate;
@property(nullable, nonatomic, assign) id<ASAuthorizationControllerPresentationContextProviding>
    presentationContextProvider;
- (nonnull instancetype)initWithAuthorizationRequests:(nonnull NSArray<ASAuthorizationRequest*>*)requests;
- (void)performRequests;
- (void)cancel AS_AVAILABLE(13.0);
@end
