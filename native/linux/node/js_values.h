#pragma once

#include <napi.h>

#include <cstdint>

#include "linux/message_codec.h"

namespace broker {

/**
 * Makes the objects that every call needs, by a few words of JavaScript: Node-API sets one property at a
 * time, which takes five times as long. What cannot be made is empty: the
 * environment is ending then, or the caller's stack is at its end.
 */
class CallObjects {
 public:
  /** `cancel` is called with the id of the call to end. */
  bool prepare(Napi::Env env, Napi::Function cancel);
  /** A `NativePendingCall` (src/native.ts). */
  Napi::Value pendingCall(Napi::Env env, Napi::Promise reply, std::uint64_t id) const;
  /** A `NativeReply` (src/native.ts). */
  Napi::Value reply(Napi::Env env, const Reply& reply) const;

 private:
  Napi::FunctionReference makeReply_;
  Napi::FunctionReference makePendingCall_;
};

}  // namespace broker
