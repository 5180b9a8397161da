import { type AccountKind, requestStatus } from "./wam-constants.js";

/**
 * What came of a token request that gave no token, in the terms of Microsoft's client: its error statuses, and the
 * one it uses only within.
 */
export type WamFailure =
  | "Unexpected"
  | "InteractionRequired"
  | "NoNetwork"
  | "ServerTemporarilyUnavailable"
  | "ApiContractViolation"
  | "UserCanceled"
  | "IncorrectConfiguration"
  | "UserSwitched"
  | "TransientError";

/**
 * What an answer without a token means. Captured from Microsoft's client: its status for every row of the table was
 * recorded, and for some 1,000 error codes (test-data/error-map-*.txt).
 * @param status `WebTokenRequestStatus`
 * @param errorCode `WebProviderError.ErrorCode`, an unsigned 32-bit number
 */
export function classifyFailure(
  kind: AccountKind,
  silent: boolean,
  status: number,
  errorCode: number,
): WamFailure {
  const work = kind === "organizations";
  switch (status) {
    case requestStatus.userCancel:
      return "UserCanceled";
    case requestStatus.accountSwitch:
      return work ? "UserSwitched" : "Unexpected";
    case requestStatus.userInteractionRequired:
      return work || silent ? "InteractionRequired" : "Unexpected";
    case requestStatus.providerError:
      return (work ? workError(errorCode) : personalErrors.get(errorCode)) ?? "Unexpected";
    default:
      return "Unexpected";
  }
}

function workError(code: number): WamFailure | undefined {
  return workErrors.get(code) ?? workFacilities.get(code >>> 16);
}

const workErrors: ReadonlyMap<number, WamFailure> = new Map<number, WamFailure>([
  // invalid_grant
  [0xcaa20003, "InteractionRequired"],
  // Keys of the device, or the TPM that holds them, are not usable.
  [0x80090016, "InteractionRequired"],
  [0x80090030, "InteractionRequired"],
  [0x80284001, "InteractionRequired"],
  [0xcaa20001, "IncorrectConfiguration"],
  [0xcaa20002, "IncorrectConfiguration"],
  [0xcaa20004, "IncorrectConfiguration"],
  [0xcaa20007, "IncorrectConfiguration"],
  [0xcaa2000b, "IncorrectConfiguration"],
  [0xcaa20005, "ServerTemporarilyUnavailable"],
  [0xcaa20008, "ServerTemporarilyUnavailable"],
  [0xcaa20009, "ApiContractViolation"],
  [0xcaa10005, "ApiContractViolation"],
  [0xcaa10006, "ApiContractViolation"],
  [0xcaa10007, "ApiContractViolation"],
  [0xcaa10009, "ApiContractViolation"],
  [0x800704cf, "NoNetwork"],
  [0xcaa60007, "TransientError"],
  [0x80080300, "TransientError"],
]);

/** By the upper half of the code. */
const workFacilities: ReadonlyMap<number, WamFailure> = new Map<number, WamFailure>([
  [0xcaa3, "NoNetwork"],
  [0xcaa7, "NoNetwork"],
  [0xcaa8, "NoNetwork"],
  [0xcaad, "TransientError"],
]);

const personalErrors: ReadonlyMap<number, WamFailure> = new Map<number, WamFailure>([
  [0x800704cf, "NoNetwork"],
  [0x80190001, "NoNetwork"],
  [0x80860001, "ApiContractViolation"],
  [0x80860003, "ApiContractViolation"],
  [0x80049d59, "ApiContractViolation"],
]);
