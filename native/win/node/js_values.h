#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "win/interactive_turns.h"
#include "win/wam_values.h"
#include "win/window_facts.h"

namespace broker {

// In the words of packages/broker-win/src/native.ts.

Napi::Value toJs(Napi::Env env, const ProviderValue& provider);
Napi::Value toJs(Napi::Env env, const AccountValue& account);
Napi::Value toJs(Napi::Env env, const AccountsValue& accounts);
Napi::Value toJs(Napi::Env env, const TokenResultValue& result);
Napi::Value toJs(Napi::Env env, const std::shared_ptr<Turn>& turn);
Napi::Value toJs(Napi::Env env, const Done&);
Napi::Value toJs(Napi::Env env, const std::optional<WindowFacts>& facts);
Napi::Value toJs(Napi::Env env, const SessionFacts& facts);

/** `null` for nothing. */
template <class T>
Napi::Value toJs(Napi::Env env, const std::optional<T>& value) {
  return value ? toJs(env, *value) : env.Null();
}

}  // namespace broker
