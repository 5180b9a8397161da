#include "win/node/wam_requests.h"

#include <string>
#include <utility>
#include <vector>

#include "addon/arguments.h"
#include "win/node/handles.h"

namespace broker {
namespace {

using ProviderPtr = ComPtr<winrt::IWebAccountProvider>;
using AccountPtr = ComPtr<winrt::IWebAccount>;
using ResultPtr = ComPtr<winrt::IWebTokenRequestResult>;
using TurnPtr = std::shared_ptr<Turn>;

/** Null for what no handle is wide enough for. */
HWND windowOf(std::uint64_t number) {
  const auto handle = static_cast<std::uintptr_t>(number);
  return handle == number ? reinterpret_cast<HWND>(handle) : nullptr;
}

/** An object that this addon has made. */
template <class T>
T readHeld(ObjectReader& reader, const char* key, const char* expectation) {
  if (const T* held = heldBy<T>(reader.get(key))) return *held;
  reader.refuse(key, expectation);
  return T();
}

ProviderPtr readProviderHandle(ObjectReader& reader) {
  return readHeld<ProviderPtr>(reader, "provider", "an account provider that this addon has found");
}

AccountPtr readAccountHandle(ObjectReader& reader) {
  return readHeld<AccountPtr>(reader, "account", "an account that this addon has found");
}

TurnPtr readTurn(ObjectReader& reader) {
  TurnPtr turn = readHeld<TurnPtr>(reader, "turn", "a turn from beginInteractive");
  if (turn == nullptr) reader.refuse("turn", "a turn that has not ended");
  return turn;
}

HWND readWindowToShowAbove(ObjectReader& reader) {
  const HWND window = windowOf(reader.unsignedBigint("window"));
  if (!IsWindow(window)) reader.refuse("window", "the handle of a window that exists");
  return window;
}

template <class T>
Result<Asked<T>> finish(ObjectReader& reader, T request, TurnPtr turn = nullptr) {
  const bool keepAlive = reader.optionalBoolean("keepAlive", true);
  if (reader.failure()) return Failure(*reader.failure());
  return Asked<T>{std::move(request), keepAlive, std::move(turn)};
}

}  // namespace

Result<Asked<FindProviderRequest>> readFindProvider(Napi::Value value) {
  ObjectReader reader(value, "request");
  FindProviderRequest request;
  request.id = reader.string("id");
  request.authority = reader.optionalString("authority");
  return finish(reader, std::move(request));
}

Result<Asked<FindAccountsRequest>> readFindAccounts(Napi::Value value) {
  ObjectReader reader(value, "request");
  FindAccountsRequest request;
  request.provider = readProviderHandle(reader);
  request.clientId = reader.string("clientId");
  return finish(reader, std::move(request));
}

Result<Asked<FindAccountRequest>> readFindAccount(Napi::Value value) {
  ObjectReader reader(value, "request");
  FindAccountRequest request;
  request.provider = readProviderHandle(reader);
  request.accountId = reader.string("accountId");
  return finish(reader, std::move(request));
}

Result<Asked<TokenRequest>> readTokenRequest(Napi::Value value) {
  ObjectReader reader(value, "request");
  TokenRequest request;
  TurnPtr turn;
  const std::string mode = reader.string("mode");
  if (mode == "window") {
    turn = readTurn(reader);
    request.window = readWindowToShowAbove(reader);
  } else if (mode != "silent") {
    reader.refuse("mode", "\"silent\" or \"window\"");
  }
  request.provider = readProviderHandle(reader);
  if (!reader.get("account").IsUndefined()) request.account = readAccountHandle(reader);
  request.scope = reader.string("scope");
  request.clientId = reader.string("clientId");
  request.promptType = reader.optionalInteger("promptType");
  request.properties = reader.stringRecord("properties");
  request.appProperties = reader.stringRecord("appProperties");
  request.correlationId = reader.optionalString("correlationId");
  return finish(reader, std::move(request), std::move(turn));
}

Result<Asked<ResultPtr>> readInvalidateCache(Napi::Value value) {
  ObjectReader reader(value, "request");
  auto result = readHeld<ResultPtr>(reader, "result", "a result of requestToken");
  return finish(reader, std::move(result));
}

Result<Asked<SignOutRequest>> readSignOut(Napi::Value value) {
  ObjectReader reader(value, "request");
  SignOutRequest request;
  request.account = readAccountHandle(reader);
  request.clientId = reader.string("clientId");
  return finish(reader, std::move(request));
}

Result<Asked<PickRequest>> readPickProvider(Napi::Value value, Napi::Array offered) {
  ObjectReader reader(value, "request");
  PickRequest request;
  TurnPtr turn = readTurn(reader);
  request.window = readWindowToShowAbove(reader);
  request.headerText = reader.string("headerText");
  const std::vector<Napi::Value> providers = reader.items("providers");
  if (providers.empty()) reader.refuse("providers", "at least one");
  for (const Napi::Value& item : providers) {
    const auto* provider = heldBy<ProviderPtr>(item);
    if (provider == nullptr) {
      reader.refuse("providers", "account providers that this addon has found");
      break;
    }
    offered.Set(static_cast<std::uint32_t>(request.providers.size()), item);
    request.providers.push_back(*provider);
  }
  return finish(reader, std::move(request), std::move(turn));
}

Result<Asked<Done>> readHold(Napi::Value value) {
  if (value.IsUndefined()) return Asked<Done>{};
  ObjectReader reader(value, "options");
  return finish(reader, Done{});
}

Result<HWND> readWindow(Napi::Value value) {
  bool lossless = false;
  const std::uint64_t number = value.IsBigInt() ? value.As<Napi::BigInt>().Uint64Value(&lossless) : 0;
  if (!lossless) return invalidArgument("window", "a bigint of 64 bits");
  return windowOf(number);
}

}  // namespace broker
