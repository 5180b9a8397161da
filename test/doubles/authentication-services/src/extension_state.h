#pragma once

#import <AuthenticationServices/AuthenticationServices.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "extension.h"

namespace broker_double {

/** What the double knows, behind one lock. */
struct State {
  std::recursive_mutex mutex;
  std::function<void(ReceivedRequest)> listener;
  std::optional<Answer> immediateAnswer;
  std::string exceptionToRaise;
  std::optional<bool> canPerform = true;
  std::condition_variable_any canPerformChanged;
  CallerFacts caller;
  // Ids are never used twice: a request from before a reset may still be around. Requests are told from the
  // first on.
  RequestId lastId = 0;
  std::vector<RequestFacts> requests;
  std::map<RequestId, ASAuthorizationController*> controllers;
  unsigned liveControllers = 0;
  unsigned windowsFreedElsewhere = 0;
};

State& state();

/** With the lock held; null for a request from before the last reset. */
RequestFacts* find(RequestId id);

/** Raises the exception that was asked for, if one was. */
void raiseIfAsked();

}  // namespace broker_double
