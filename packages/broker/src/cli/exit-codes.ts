import { isBrokerError } from "@x/broker-contract";
import { AuthenticationRequiredErrorName, CredentialUnavailableErrorName } from "../credential/errors.js";
import { inCliWords } from "./cli-words.js";

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

/** Reads what was written on the command line: what the reader refuses there is a {@link UsageError}. */
export function asWritten<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError)
      throw new UsageError(inCliWords(error.message));
    throw error;
  }
}

/** The exit code for a failure; `silent` where `--silent` forbade a window. */
export function exitCodeOf(error: unknown, silent: boolean): number {
  if (!(error instanceof Error)) return exitCodes.failed;
  const code = "code" in error ? error.code : undefined;
  // What a window would have put right is only a want of one where the person said so.
  const wantsWindow = silent ? exitCodes.interactionRequired : exitCodes.failed;
  switch (error.name) {
    case "AbortError":
      return exitCodes.interrupted;
    case "UsageError":
      return exitCodes.usage;
    case AuthenticationRequiredErrorName:
      return wantsWindow;
    case CredentialUnavailableErrorName:
      // Nobody is signed in: the machine is not at fault.
      return silent && (code === "account_not_found" || code === "interaction_required")
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
      return wantsWindow;
    case "user_canceled":
      return exitCodes.userCanceled;
    default:
      return exitCodes.failed;
  }
}
