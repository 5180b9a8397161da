#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "addon/failure.h"
#include "addon/result.h"

namespace broker {

using TextPairs = std::vector<std::pair<std::string, std::string>>;

/** A request to the single sign-on extension. */
struct SsoRequest {
  std::string identityProviderUrl;
  std::string operation;
  TextPairs options;
  bool userInterfaceEnabled = false;
  /** Address of an `NSView`; 0 for none. */
  std::uintptr_t anchorView = 0;
};

struct SsoResponse {
  TextPairs headers;
  std::int64_t status = 0;
  std::string url;
};

/** One `NSError`, without those beneath it. */
struct ErrorLink {
  std::string domain;
  std::int64_t code = 0;
  std::string localizedDescription;
  TextPairs userInfo;
};

struct SsoFailure {
  Failure failure;
  /** Outermost first, each followed by those beneath it. */
  std::vector<ErrorLink> errors = {};
};

using SsoOutcome = std::variant<SsoResponse, SsoFailure>;

/** Whether an extension is configured for the URL. Waits for the system, which may take its time. Any thread.
 */
Result<bool> canPerformAuthorization(const std::string& identityProviderUrl);

/** The same on a thread of its own: `onAnswer` is called once, from there. */
void askCanPerformAuthorization(const std::string& identityProviderUrl,
                                std::function<void(Result<bool>)> onAnswer);

/**
 * A request under way. Made and destroyed on the main thread; one that has not ended is cancelled when it is
 * destroyed.
 */
class SsoExchange {
 public:
  using OnOutcome = std::function<void(SsoOutcome)>;

  /** `onOutcome` is called at most once, from any thread, maybe before `start` returns, never after a failed
   * one. */
  static Result<std::unique_ptr<SsoExchange>> start(const SsoRequest& request, OnOutcome onOutcome);

  virtual ~SsoExchange() = default;

 protected:
  SsoExchange() = default;
};

}  // namespace broker
