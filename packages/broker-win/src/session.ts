import type { BrokerError } from "@x/broker-contract";
import { type CallFacts, callError } from "@x/broker-protocol";
import type { NativeSession } from "./native.js";
import { highIntegrity } from "./wam-constants.js";

/** Whether a process runs as administrator: WAM then shows no account picker. */
export function isElevated({ elevated, integrityLevel = 0 }: NativeSession): boolean {
  return elevated === true || integrityLevel >= highIntegrity;
}

/** Why no window can be shown in a session; `undefined` if one can. */
export function whyNoWindow(session: NativeSession, facts: CallFacts): BrokerError | undefined {
  const { sessionId, visibleStation } = session;
  if (sessionId === 0) {
    return callError("broker_unavailable", facts, {
      reason: "session_0",
      native: { sessionId },
      message: "This process runs in the session of Windows' services, whose windows nobody sees.",
      hint: "Run the app in the session of the user who is logged on; a service or a task that runs without a user cannot sign in this way.",
    });
  }
  if (visibleStation === false) {
    return callError("broker_unavailable", facts, {
      reason: "no_desktop",
      native: sessionId === undefined ? {} : { sessionId },
      message: "This process has no desktop to show a sign-in window on.",
      hint: "Run the app on the desktop of the user who is logged on, not over SSH or in a task without a desktop.",
    });
  }
  return undefined;
}

/** The account picker of Windows closes at once in an elevated process (reported for Windows 10 and 11). */
export function pickerNeedsUser(facts: CallFacts): BrokerError {
  return callError("not_supported", facts, {
    reason: "elevated_process",
    message: "Windows shows no account picker to a process that runs as administrator.",
    hint: "Name the tenant in the authority (or organizations, or consumers) instead of common, or run the app without elevation.",
  });
}
