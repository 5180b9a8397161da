import type { BrokerError } from "@x/broker-contract";
import { type CallFacts, callError, foreignText } from "@x/broker-protocol";
import { chainError } from "./extension-errors.js";
import type { MacFacts } from "./mac-facts.js";
import type { NativeError } from "./native.js";

/** Why the addon could not do it. */
export function nativeError(error: unknown, facts: MacFacts): BrokerError {
  const { code, errors, className, exceptionName } = (error ?? {}) as Partial<NativeError>;
  switch (code) {
    case "request_failed":
      return chainError(errors ?? [], facts);
    case "not_main_thread":
      return notMainThread(facts);
    case "unexpected_credential":
      return callError("protocol_error", facts, {
        reason: "unexpected_credential",
        message: "macOS answered with something else than a single sign-on.",
        hint: "Try again; if it stays, report it together with the versions of macOS and the Company Portal.",
        ...(className !== undefined && { native: { className: foreignText(className, facts) } }),
      });
    case "invalid_argument":
      return callError("invalid_request", facts, {
        reason: "unsendable_request",
        message: "The request cannot be sent: one of its texts holds a NUL character, or is no valid text.",
        hint: "Check client id, scopes, claims, login hint and extra parameters.",
      });
    case "canceled":
      return connectionClosed(facts);
    default:
      return callError("broker_failed", facts, {
        reason: "platform_exception",
        message: "AuthenticationServices failed in a way that it never should.",
        hint: "Try again; if it stays, report it together with the version of macOS.",
        ...(exceptionName !== undefined && { native: { exceptionName: foreignText(exceptionName, facts) } }),
        // What the addon says is all told; what is not from it is a fault of ours.
        ...(code === undefined && { cause: error }),
      });
  }
}

/** AuthenticationServices is for the process' main thread. */
export function notMainThread(facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "not_main_thread",
    message:
      "The macOS broker cannot be asked from a worker thread: AuthenticationServices is for the main thread.",
    hint: "Get the token in the main thread and hand it to the worker.",
  });
}

/** `close()` came in between. */
export function connectionClosed(facts: MacFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "connection_closed",
    message: "The broker was closed while the call was under way.",
    hint: "Call again, and close the broker after the last call has ended.",
  });
}
