#include "weak_reference.h"

#include <objc/runtime.h>

#include <map>
#include <mutex>
#include <set>

namespace broker_double {
namespace {

using Dealloc = void (*)(id, SEL);
// What the compiler lets one kind of function pointer become another through.
using AnyFunction = void (*)();

// Reached from dealloc methods, so at the very end of the process as well: never destroyed.
struct Registry {
  std::recursive_mutex mutex;
  std::map<id, std::set<WeakReference*>> referencesTo;
  std::map<Class, Dealloc> originals;
  // Objects that were referred to at any time and still live.
  std::set<id> targets;
};

Registry& registry() {
  static auto* instance = new Registry();
  return *instance;
}

/** That of the class that was told: the object's own, or one that it inherits from. */
Dealloc originalOf(Class type) {
  std::lock_guard lock(registry().mutex);
  for (; type != Nil; type = class_getSuperclass(type)) {
    const auto found = registry().originals.find(type);
    if (found != registry().originals.end()) return found->second;
  }
  return nullptr;
}

}  // namespace

void clearReferencesTo(id object) {
  std::lock_guard lock(registry().mutex);
  registry().targets.erase(object);
  auto node = registry().referencesTo.extract(object);
  if (node.empty()) return;
  for (WeakReference* reference : node.mapped()) reference->object_ = nil;
}

namespace {

void clearingDealloc(id self, SEL command) {
  clearReferencesTo(self);
  originalOf(object_getClass(self))(self, command);
}

/** With the lock held. */
void watchDeallocOf(Class type) {
  const auto clearing = reinterpret_cast<IMP>(reinterpret_cast<AnyFunction>(&clearingDealloc));
  const SEL dealloc = @selector(dealloc);
  Method method = class_getInstanceMethod(type, dealloc);
  const IMP original = method_getImplementation(method);
  if (original == clearing) return;
  registry().originals[type] = reinterpret_cast<Dealloc>(reinterpret_cast<AnyFunction>(original));
  // Not class_replaceMethod: libobjc's replaces an inherited method in the class that has it, NSObject at the
  // worst.
  if (!class_addMethod(type, dealloc, clearing, method_getTypeEncoding(method))) {
    method_setImplementation(method, clearing);
  }
}

}  // namespace

void WeakReference::set(id object) {
  std::lock_guard lock(registry().mutex);
  if (object_ != nil) registry().referencesTo[object_].erase(this);
  object_ = object;
  if (object == nil) return;
  watchDeallocOf(object_getClass(object));
  registry().targets.insert(object);
  registry().referencesTo[object].insert(this);
}

id WeakReference::get() const {
  std::lock_guard lock(registry().mutex);
  return [[object_ retain] autorelease];
}

std::size_t liveTargets() {
  std::lock_guard lock(registry().mutex);
  return registry().targets.size();
}

}  // namespace broker_double
