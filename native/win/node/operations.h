#pragma once

#include <napi.h>

namespace broker {

// The functions of the addon that start something. Each returns `{ result, cancel }`.

Napi::Value findProvider(const Napi::CallbackInfo& info);
Napi::Value findAccounts(const Napi::CallbackInfo& info);
Napi::Value findAccount(const Napi::CallbackInfo& info);
Napi::Value requestToken(const Napi::CallbackInfo& info);
Napi::Value invalidateCache(const Napi::CallbackInfo& info);
Napi::Value signOut(const Napi::CallbackInfo& info);
Napi::Value pickProvider(const Napi::CallbackInfo& info);
Napi::Value beginInteractive(const Napi::CallbackInfo& info);

/** Methods of what these return. */
void cancelOperation(const Napi::CallbackInfo& info);
void endTurn(const Napi::CallbackInfo& info);

}  // namespace broker
