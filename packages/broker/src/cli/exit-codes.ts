import { isBrokerError } from "@x/broker-contract";
import { AuthenticationRequiredErrorName, CredentialUnavailableErrorName } from "../credential/errors.js";

/** What `broker` exits with. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  unavailable: 3,
  interactionRequired: 4,
  userCanceled: 5,
  /** Ctrl+C, as a shell counts it: 128 and the signal's number. */
  interrupted: 130,
} as const;

/** The end of `broker --help`. */
export const exitCodesHelp = `
Exit codes:
  ${exitCodes.ok}    done
  ${exitCodes.failed}    failed; for doctor: a check failed
  ${exitCodes.usage}    the command line makes no sense
  ${exitCodes.unavailable}    there is no broker to use here
  ${exitCodes.interactionRequired}    the user has to sign in, and --silent forbade a window
  ${exitCodes.userCanceled}    the user closed the sign-in window
  ${exitCodes.interrupted}  interrupted with Ctrl+C`;

/** The command line names something that is not there or cannot be. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The exit code for a failure. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof Error)) return exitCodes.failed;
  const code = "code" in error ? error.code : undefined;
  switch (error.name) {
    case "AbortError":
      return exitCodes.interrupted;
    case "UsageError":
    case "TypeError":
    case "RangeError":
      return exitCodes.usage;
    case AuthenticationRequiredErrorName:
      return exitCodes.interactionRequired;
    case CredentialUnavailableErrorName:
      // Nobody is signed in: a window would help, so the machine is not at fault.
      return code === "account_not_found" || code === "interaction_required"
        ? exitCodes.interactionRequired
        : exitCodes.unavailable;
    default:
      break;
  }
  if (!isBrokerError(error)) return exitCodes.failed;
  switch (error.code) {
    case "broker_unavailable":
    case "keyring_locked":
    case "not_supported":
      return exitCodes.unavailable;
    case "interaction_required":
      return exitCodes.interactionRequired;
    case "user_canceled":
      return exitCodes.userCanceled;
    default:
      return exitCodes.failed;
  }
}
