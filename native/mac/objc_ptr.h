#pragma once

#import <Foundation/Foundation.h>

#include <utility>

namespace broker {

/**
 * Owns one reference to an Objective-C object. There is no automatic reference counting here: the runtime
 * that the tests run on has none.
 */
template <typename T>
class ObjcPtr {
 public:
  ObjcPtr() = default;
  /** Takes over a reference, as `alloc` and `copy` return one. */
  static ObjcPtr adopt(T* object) { return ObjcPtr(object); }
  ObjcPtr(ObjcPtr&& other) noexcept : object_(std::exchange(other.object_, nil)) {}
  ObjcPtr& operator=(ObjcPtr&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ObjcPtr() { [object_ release]; }

  T* get() const { return object_; }

 private:
  explicit ObjcPtr(T* object) : object_(object) {}

  T* object_ = nil;
};

}  // namespace broker
