#include "answers.h"

namespace fake_wam {
namespace {

bool has(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  return !value.IsUndefined() && !value.IsNull();
}

std::string text(const Napi::Object& object, const char* key) {
  return object.Get(key).ToString().Utf8Value();
}

StringRecord record(const Napi::Object& object, const char* key) {
  StringRecord all;
  if (!has(object, key)) return all;
  const auto properties = object.Get(key).As<Napi::Object>();
  const Napi::Array names = properties.GetPropertyNames();
  for (std::uint32_t i = 0; i < names.Length(); ++i) {
    const Napi::Value name = names.Get(i);
    all[name.ToString().Utf8Value()] = properties.Get(name).ToString().Utf8Value();
  }
  return all;
}

ProviderData readProvider(const Napi::Object& object) {
  ProviderData data{text(object, "id"), text(object, "displayName"), text(object, "authority"), {}};
  if (has(object, "tag")) data.tag = text(object, "tag");
  return data;
}

AccountData readAccount(const Napi::Object& object) {
  AccountData data;
  data.id = text(object, "id");
  data.userName = text(object, "userName");
  if (has(object, "state")) data.state = object.Get("state").ToNumber().Int32Value();
  data.provider = readProvider(object.Get("provider").As<Napi::Object>());
  data.properties = record(object, "properties");
  return data;
}

std::optional<ErrorData> readError(const Napi::Object& object, const char* key) {
  if (!has(object, key)) return std::nullopt;
  const auto error = object.Get(key).As<Napi::Object>();
  return ErrorData{error.Get("code").ToNumber().Uint32Value(), text(error, "message"),
                   record(error, "properties")};
}

std::optional<AccountData> readOptionalAccount(const Napi::Object& object, const char* key) {
  if (!has(object, key)) return std::nullopt;
  return readAccount(object.Get(key).As<Napi::Object>());
}

template <class T, class Read>
std::vector<T> list(const Napi::Object& object, const char* key, Read read) {
  std::vector<T> all;
  if (!has(object, key)) return all;
  const auto array = object.Get(key).As<Napi::Array>();
  for (std::uint32_t i = 0; i < array.Length(); ++i) all.push_back(read(array.Get(i).As<Napi::Object>()));
  return all;
}

ResponseData readResponse(const Napi::Object& object) {
  return ResponseData{text(object, "token"), readOptionalAccount(object, "account"),
                      readError(object, "error"), record(object, "properties")};
}

}  // namespace

Answer failedAnswer(std::int32_t result) {
  Answer answer;
  answer.failure = result;
  return answer;
}

Answer readAnswer(const Napi::Object& object) {
  Answer answer;
  if (has(object, "hresult")) {
    answer.failure = static_cast<std::int32_t>(object.Get("hresult").ToNumber().Uint32Value());
  }
  answer.fromCall = has(object, "from") && text(object, "from") == "call";
  answer.immediately = has(object, "completes") && text(object, "completes") == "immediately";
  answer.canceled = has(object, "ends") && text(object, "ends") == "canceled";
  if (has(object, "status")) answer.status = object.Get("status").ToNumber().Int32Value();
  if (has(object, "provider")) answer.provider = readProvider(object.Get("provider").As<Napi::Object>());
  answer.accounts = list<AccountData>(object, "accounts", &readAccount);
  answer.account = readOptionalAccount(object, "account");
  answer.responses = list<ResponseData>(object, "responses", &readResponse);
  answer.error = readError(object, "error");
  if (has(object, "choice")) answer.choice = object.Get("choice").ToNumber().Uint32Value();
  return answer;
}

}  // namespace fake_wam
