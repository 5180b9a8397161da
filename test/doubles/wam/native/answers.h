#pragma once

#include <napi.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fake_wam {

using StringRecord = std::map<std::string, std::string>;

// What the script answers, as ../fake-wam.ts declares it.

struct ProviderData {
  std::string id;
  std::string displayName;
  std::string authority;
  std::optional<std::string> tag;
};

struct AccountData {
  std::string id;
  std::string userName;
  std::int32_t state = 1;
  ProviderData provider;
  StringRecord properties;
};

struct ErrorData {
  std::uint32_t code = 0;
  std::string message;
  StringRecord properties;
};

struct ResponseData {
  std::string token;
  std::optional<AccountData> account;
  std::optional<ErrorData> error;
  StringRecord properties;
};

/** Every field that any answer may have. */
struct Answer {
  std::optional<std::int32_t> failure;
  bool fromCall = false;
  bool immediately = false;
  bool canceled = false;
  std::int32_t status = 0;
  std::optional<ProviderData> provider;
  std::vector<AccountData> accounts;
  std::optional<AccountData> account;
  std::vector<ResponseData> responses;
  std::optional<ErrorData> error;
  std::optional<std::uint32_t> choice;
};

/** The answer to a call nobody answers. */
Answer failedAnswer(std::int32_t result);

Answer readAnswer(const Napi::Object& object);

}  // namespace fake_wam
