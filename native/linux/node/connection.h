#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "linux/node/environment.h"

namespace broker {

/** `connect` of src/native.ts. */
Napi::Value connect(const Napi::CallbackInfo& info);

/** `NativePendingCall.cancel` of src/native.ts, for all pending calls: takes the id of the one to end. */
void cancelCall(const Napi::CallbackInfo& info);

/** The class behind `NativeConnection` of src/native.ts. */
class Connection : public Napi::ObjectWrap<Connection> {
 public:
  static Napi::Function define(Napi::Env env);
  /** Empty if the environment is ending. */
  static Napi::Value create(Napi::Env env, const std::shared_ptr<ConnectionHandle>& handle,
                            const std::string& uniqueName);

  void cancel(PromiseBridge::Id id);

  explicit Connection(const Napi::CallbackInfo& info) : ObjectWrap(info), env_(info.Env()) {}
  ~Connection() override;

 private:
  Napi::Value call(const Napi::CallbackInfo& info);
  Napi::Value watchOwner(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  bool isOpen() const { return handle_ && handle_->isOpen(); }

  Napi::Env env_;
  std::shared_ptr<ConnectionHandle> handle_;
};

}  // namespace broker
