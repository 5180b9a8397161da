#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/** The extension behind the double of AuthenticationServices, as those see it who script it. Any thread. */
namespace broker_double {

using RequestId = std::uint64_t;

struct ReceivedRequest {
  RequestId id = 0;
  std::string identityProviderUrl;
  std::string operation;
  std::vector<std::pair<std::string, std::string>> options;
  bool userInterfaceEnabled = false;
  bool hasPresentationContext = false;
  /** 0: none was named. */
  std::uintptr_t anchorWindow = 0;
  bool isOnMainThread = false;
};

enum class RequestState { kPending, kAnswered, kCanceled, kAbandoned };

struct RequestFacts {
  RequestId id = 0;
  RequestState state = RequestState::kPending;
  unsigned delegateCalls = 0;
  bool wasCalledOnMainThread = false;
  bool wasDelegateGone = false;
};

/** An answer as JSON text: `ExtensionAnswer` of double.ts. */
struct Answer {
  std::string json;
  bool onMainThread = true;
  unsigned times = 1;
};

struct CallerFacts {
  std::optional<std::string> bundleIdentifier;
  std::optional<std::string> signingIdentifier;
  std::optional<std::string> teamIdentifier;
};

struct ViewInWindow {
  std::uintptr_t view;
  std::uintptr_t window;
};

/** `listener` is called inside `performRequests`, but nothing that it does comes back from there. */
void onRequest(std::function<void(ReceivedRequest)> listener);
/** Whether an answer's text can be read; GNUstep cannot read text that is no valid Unicode. */
bool isReadable(const Answer& answer);
void answer(RequestId id, const Answer& answer);
void answerInsidePerform(std::optional<Answer> answer);
/** Nothing: it is not answered until something is set. */
void setCanPerform(std::optional<bool> value);
void setApplicationRunning(std::optional<bool> value);
void setCaller(CallerFacts caller);
void raiseNext(std::string exceptionName);
ViewInWindow createView();
void closeWindows();
/** How many windows were deallocated on another thread than the main one, against AppKit's rules. */
unsigned windowsFreedElsewhere();
std::vector<RequestFacts> facts();
unsigned liveControllers();
/** Delegates that have not been deallocated, whether or not they still are a controller's. */
unsigned liveDelegates();
/** 0 when there was none. */
RequestId lastRequestId();
void reset();

}  // namespace broker_double
