// The part of Foundation that @x/broker-mac uses. Written from Apple's API reference.
#pragma once

#include <stdarg.h>
#include <stddef.h>

typedef __typeof__(__objc_yes) BOOL;
#define YES __objc_yes
#define NO __objc_no
#define nil ((id)0)
#define Nil ((Class)0)
typedef long NSInteger;
typedef unsigned long NSUInteger;
typedef NSUInteger NSStringEncoding;
enum { NSUTF8StringEncoding = 4 };
typedef struct _NSZone NSZone;
typedef struct {
  unsigned long state;
  id __unsafe_unretained* itemsPtr;
  unsigned long* mutationsPtr;
  unsigned long extra[5];
} NSFastEnumerationState;

@class NSDictionary<KeyType, ObjectType>;
@class NSString;

@protocol NSObject
- (BOOL)isKindOfClass:(Class)type;
- (BOOL)isEqual:(id)object;
- (Class)class;
- (instancetype)retain;
- (oneway void)release;
- (instancetype)autorelease;
@end

@protocol NSFastEnumeration
- (NSUInteger)countByEnumeratingWithState:(NSFastEnumerationState*)state
                                  objects:(id __unsafe_unretained*)buffer
                                    count:(NSUInteger)count;
@end

__attribute__((objc_root_class))
@interface NSObject<NSObject> {
  Class isa;
}
+ (instancetype)alloc;
+ (Class)class;
- (instancetype)init;
- (void)dealloc;
@end

@interface NSData : NSObject
- (const void*)bytes;
- (NSUInteger)length;
@end

@interface NSString : NSObject
- (instancetype)initWithBytes:(const void*)bytes
                       length:(NSUInteger)length
                     encoding:(NSStringEncoding)encoding;
- (NSData*)dataUsingEncoding:(NSStringEncoding)encoding allowLossyConversion:(BOOL)lossy;
- (NSUInteger)length;
@end

@interface NSNumber : NSObject
- (NSString*)stringValue;
@end

@interface NSArray<ObjectType> : NSObject <NSFastEnumeration>
+ (instancetype)arrayWithObject:(ObjectType)object;
@end

@interface NSMutableArray<ObjectType> : NSArray <ObjectType>
+ (instancetype)arrayWithCapacity:(NSUInteger)count;
- (void)addObject:(ObjectType)object;
@end

@interface NSDictionary<KeyType, ObjectType> : NSObject <NSFastEnumeration>
- (ObjectType)objectForKey:(KeyType)key;
@end

@interface NSError : NSObject
- (NSString*)domain;
- (NSInteger)code;
- (NSDictionary*)userInfo;
- (NSString*)localizedDescription;
@end

__attribute__((objc_exception))
@interface NSException : NSObject
- (NSString*)name;
@end

@interface NSURL : NSObject
+ (instancetype)URLWithString:(NSString*)text;
- (NSString*)absoluteString;
- (NSString*)scheme;
@end

@interface NSURLQueryItem : NSObject
+ (instancetype)queryItemWithName:(NSString*)name value:(NSString*)value;
@end

@interface NSURLResponse : NSObject
- (NSURL*)URL;
@end

@interface NSHTTPURLResponse : NSURLResponse
- (NSInteger)statusCode;
- (NSDictionary*)allHeaderFields;
@end

@interface NSJSONSerialization : NSObject
+ (BOOL)isValidJSONObject:(id)object;
+ (NSData*)dataWithJSONObject:(id)object options:(NSUInteger)options error:(NSError**)error;
@end

@interface NSBundle : NSObject
+ (NSBundle*)mainBundle;
- (NSString*)bundleIdentifier;
@end

@interface NSDate : NSObject
+ (NSDate*)distantPast;
@end

@interface NSThread : NSObject
+ (BOOL)isMainThread;
@end

@interface NSRunLoop : NSObject
+ (NSRunLoop*)currentRunLoop;
- (BOOL)runMode:(NSString*)mode beforeDate:(NSDate*)date;
@end

extern "C" {
extern NSString* const NSDefaultRunLoopMode;
extern NSString* const NSUnderlyingErrorKey;
NSString* NSStringFromClass(Class type);
void NSLog(NSString* format, ...);
}
