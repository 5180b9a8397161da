#pragma once

#import <Foundation/Foundation.h>

namespace broker_double {

/**
 * A weak reference that becomes nil with its object. The GNU runtime has none, so the `dealloc` of the
 * object's class is told to clear it. Any thread.
 */
class WeakReference {
 public:
  WeakReference() = default;
  ~WeakReference() { set(nil); }
  WeakReference(const WeakReference&) = delete;
  WeakReference& operator=(const WeakReference&) = delete;

  void set(id object);
  /** Autoreleased. */
  id get() const;

 private:
  friend void clearReferencesTo(id object);
  id object_ = nil;
};

/** How many objects live that weak references ever referred to. */
std::size_t liveTargets();

}  // namespace broker_double
