import type { BrokerError, BrokerErrorCode, NativeErrorFacts } from "@x/broker-contract";
import {
  aadstsForTheUser,
  asObject,
  type CallFacts,
  callError,
  field,
  findAadsts,
  foreignText,
  type JsonObject,
  knownAadsts,
  numberField,
  objectField,
  quoted,
  redirectUriAdvice,
  stringField,
  textField,
} from "@x/broker-protocol";
import { brokerRedirectUri } from "./protocol.js";

interface StatusMeaning {
  /** The broker's own name for the status. */
  readonly name: string;
  readonly code: BrokerErrorCode;
  readonly reason?: string;
  readonly message: string;
  readonly hint: string;
  /** What to do instead where Windows' broker answered. */
  readonly hintOnWindows?: string;
  readonly retryable?: boolean;
}

const signInInteractively = "Sign in interactively: only the user can get any further.";
const reportIt =
  "Try again; if it stays, report it with the correlation id, under which the broker's log has more.";
const enrolWindows =
  "Connect Windows to the organization (Settings > Accounts > Access work or school), then try again.";
const enrol = "Register the device with the Company Portal (`intune-portal`), then try again.";

/**
 * The numbers in `status`, as the wire counts them (they differ from the public enum of Microsoft's client from
 * 15 on). Names and numbers captured from Microsoft's client.
 */
export const wireStatuses: readonly StatusMeaning[] = [
  {
    name: "Unexpected",
    code: "broker_failed",
    message: "The broker failed for an unexpected reason.",
    hint: reportIt,
  },
  {
    name: "Reserved",
    code: "broker_failed",
    message: "The broker failed with a reserved status.",
    hint: reportIt,
  },
  {
    name: "InteractionRequired",
    code: "interaction_required",
    message: "The broker needs the user.",
    hint: signInInteractively,
  },
  {
    name: "NoNetwork",
    code: "no_network",
    message: "The broker has no network.",
    hint: "Connect to the network, check the proxy the broker uses, and try again.",
    retryable: true,
  },
  {
    name: "NetworkTemporarilyUnavailable",
    code: "no_network",
    message: "The broker lost the network for a moment.",
    hint: "Try again a little later.",
    retryable: true,
  },
  {
    name: "ServerTemporarilyUnavailable",
    code: "temporarily_unavailable",
    message: "The tenant's sign-in service is busy.",
    hint: "Try again a little later.",
    retryable: true,
  },
  {
    name: "ApiContractViolation",
    code: "invalid_request",
    message: "The broker refuses the request.",
    hint: "Check client id, scopes, claims and extra parameters against what the broker says.",
  },
  {
    name: "UserCanceled",
    code: "user_canceled",
    message: "The user closed the sign-in window.",
    hint: "Ask again only if the user wants it.",
  },
  {
    name: "ApplicationCanceled",
    code: "broker_failed",
    reason: "application_canceled",
    message: "The sign-in was cancelled by a program, not by the user.",
    hint: "Try again when no other sign-in is under way.",
    retryable: true,
  },
  {
    name: "IncorrectConfiguration",
    code: "invalid_request",
    reason: "incorrect_configuration",
    message: "The app's registration does not fit the request.",
    hint: "Check the app registration: a public client with the redirect URI named below.",
  },
  {
    name: "InsufficientBuffer",
    code: "broker_failed",
    message: "The broker ran out of room.",
    hint: reportIt,
  },
  {
    name: "AuthorityUntrusted",
    code: "untrusted_authority",
    message: "The broker does not trust the authority.",
    hint: "Use an authority of Microsoft Entra, such as https://login.microsoftonline.com/<tenant id>.",
  },
  {
    name: "UserSwitch",
    code: "account_mismatch",
    reason: "user_switch",
    message: "Another user signed in than the one asked for.",
    hint: "Sign in with the account the app asked for, or ask for no account.",
  },
  {
    name: "AccountUnusable",
    code: "interaction_required",
    reason: "account_unusable",
    message: "The broker cannot use the account until the user signs in again.",
    hint: signInInteractively,
  },
  {
    name: "UserDataRemovalRequired",
    code: "broker_failed",
    reason: "user_data_removal_required",
    message: "The organization wants this account's data removed from the device.",
    hint: "Remove the account's data from the app; the organization's administrator knows why.",
  },
  {
    name: "TransientError",
    code: "temporarily_unavailable",
    message: "The broker failed for a moment.",
    hint: "Try again a little later.",
    retryable: true,
  },
  {
    name: "AccountSwitch",
    code: "account_mismatch",
    reason: "account_switch",
    message: "The broker switched to another account than the one asked for.",
    hint: "Sign in with the account the app asked for, or ask for no account.",
  },
  {
    name: "DeviceNotRegistered",
    code: "broker_unavailable",
    reason: "not_enrolled",
    message: "This device is not registered with the tenant.",
    hint: enrol,
    hintOnWindows: enrolWindows,
  },
  {
    name: "KeyNotFound",
    code: "broker_failed",
    reason: "key_not_found",
    message: "The broker does not have the key it needs.",
    hint: "Sign in again; if that does not help, register the device again with the Company Portal (`intune-portal`).",
    hintOnWindows:
      "Sign in again; if that does not help, disconnect and reconnect the account in Windows (Settings > Accounts > Access work or school).",
  },
  {
    name: "AccountNotFound",
    code: "account_not_found",
    message: "The broker does not know the account.",
    hint: "Ask the broker for its accounts, or sign in interactively.",
  },
  {
    name: "RequiredBrokerMissing",
    code: "broker_unavailable",
    reason: "required_broker_missing",
    message: "A part of the broker is missing on this device.",
    hint: "Install the packages microsoft-identity-broker and intune-portal again.",
    hintOnWindows: "Update Windows and WSL (`wsl --update`).",
  },
  {
    name: "FallbackToNativeMsal",
    code: "not_supported",
    reason: "fallback_to_native_msal",
    message: "The broker hands this request back to the app.",
    hint: "Sign in without the broker, for example with the browser.",
  },
  {
    name: "CertificateNotFound",
    code: "broker_failed",
    reason: "certificate_not_found",
    message: "The broker does not have the certificate it needs.",
    hint: "Register the device again with the Company Portal (`intune-portal`).",
    hintOnWindows: enrolWindows,
  },
  {
    name: "MdmEnrollmentHandoff",
    code: "broker_failed",
    reason: "mdm_enrollment_required",
    message: "The tenant wants this device under its management first.",
    hint: enrol,
    hintOnWindows: enrolWindows,
  },
];

/**
 * `diagnostics.raw_error_code` of Java brokers, which leave `status` at 0 although they know better. Names
 * captured from Microsoft's client, which only looks up a tag for them.
 */
const rawErrorCodes: ReadonlyMap<string, number> = new Map([
  ["no_account_found", 19],
  ["device_needs_to_be_managed", 23],
  ["device_network_not_available", 3],
  ["io_error", 3],
  ["auth_cancelled_by_sdk", 8],
  ["User cancelled", 7],
  ["Device registration failed", 17],
  ["device_broker_inactive", 20],
  ["illegal_argument_exception", 6],
]);

/** The status `InteractionRequired`. */
const interactionRequired = 2;

const unknownStatus: StatusMeaning = {
  name: "unknown",
  code: "broker_failed",
  message: "The broker failed with a status this version does not know.",
  hint: reportIt,
};

/** The error object of an answer, at either of the two places it may stand; `undefined` if there is none. */
export function findWireError(answer: JsonObject): JsonObject | undefined {
  const response = objectField(answer, "brokerTokenResponse");
  for (const place of [response, answer]) {
    if (place === undefined) continue;
    const error = field(place, "error");
    if (typeof error === "string" && error !== "") return { context: error };
    const object = asObject(error);
    if (object !== undefined) return object;
  }
  return undefined;
}

/** Turns the broker's error object into a `BrokerError`. Any part of it may be missing. */
export function wireError(error: JsonObject, facts: CallFacts): BrokerError {
  const context = stringField(error, "context") ?? "";
  const diagnostics = objectField(error, "diagnostics");
  const rawErrorCode = diagnostics && textField(diagnostics, "raw_error_code");
  const status = numberField(error, "status");
  const aadsts = findAadsts(context);
  const meaning = statusMeaning(status, rawErrorCode, aadsts);
  const known = aadsts === undefined ? undefined : knownAadsts[aadsts];
  const special = specialText(context, status);
  const code = special?.code ?? known?.code ?? meaning.code;
  const reason = special?.reason ?? known?.reason ?? (code === meaning.code ? meaning.reason : undefined);
  const named = facts.redirectUri ?? brokerRedirectUri;
  const redirectUri = code === "redirect_uri_mismatch" ? named : undefined;

  const ownHint = facts.platform === "wsl" ? (meaning.hintOnWindows ?? meaning.hint) : meaning.hint;
  const hints = [special?.hint ?? known?.hint ?? ownHint];
  if (redirectUri !== undefined || reason === "incorrect_configuration") hints.push(redirectUriAdvice(named));
  const claims = textField(error, "claims") ?? (diagnostics && textField(diagnostics, "claims"));
  const text = foreignText(context, facts);
  return callError(code, facts, {
    message: `${sentence(code, special?.message ?? meaning.message, facts)}${quoted("The broker says", text)}`,
    hint: hints.join(" "),
    native: nativeFacts(error, status, rawErrorCode, facts),
    retryable: code === meaning.code && meaning.retryable === true,
    ...(reason !== undefined && { reason }),
    ...(aadsts !== undefined && { aadsts }),
    ...(redirectUri !== undefined && { redirectUri }),
    ...(claims !== undefined && { claims }),
  });
}

/** What the status means; where it says nothing, what else the error names. */
function statusMeaning(
  status = 0,
  rawErrorCode: string | undefined,
  aadsts: string | undefined,
): StatusMeaning {
  let number = status;
  if (status === 0) {
    const refined = rawErrorCode === undefined ? undefined : rawErrorCodes.get(rawErrorCode);
    const needsUser = aadsts !== undefined && aadstsForTheUser.has(aadsts);
    number = refined ?? (needsUser ? interactionRequired : status);
  }
  return wireStatuses[number] ?? unknownStatus;
}

interface SpecialText extends Pick<StatusMeaning, "code" | "reason" | "hint" | "message"> {}

/** Answers whose text says more than their status. */
function specialText(context: string, status: number | undefined): SpecialText | undefined {
  if (/declined scopes/i.test(context)) {
    return {
      code: "interaction_required",
      reason: "declined_scopes",
      message: "The tenant did not grant every scope.",
      hint: `${signInInteractively} If it stays, ask for scopes exactly as the tenant writes them.`,
    };
  }
  if (/not implemented/i.test(context)) {
    return {
      code: "not_supported",
      message: "This broker does not do that.",
      hint: "Microsoft's broker (package microsoft-identity-broker) may; independent ones leave methods out.",
    };
  }
  if ((status === undefined || status === 0) && /missing account/i.test(context)) {
    return needsAccount;
  }
  return undefined;
}

/** himmelblau's broker signs in nobody it does not know by name. */
export const needsAccount: SpecialText = {
  code: "not_supported",
  reason: "account_needed",
  message: "This broker only signs in an account it is told.",
  hint: "Pass `account` (see getAccounts) or `loginHint` of an account this machine knows.",
};

function sentence(code: BrokerErrorCode, message: string, facts: CallFacts): string {
  if (code === "redirect_uri_mismatch") return "The redirect URI is not registered for the app.";
  if (code === "interaction_required" && facts.scopes !== undefined) {
    return `${message.replace(/\.$/, "")} (for ${facts.scopes.join(" ")}).`;
  }
  return message;
}

function nativeFacts(
  error: JsonObject,
  status: number | undefined,
  rawErrorCode: string | undefined,
  facts: CallFacts,
): NativeErrorFacts {
  const native: Record<string, string | number> = {};
  if (status !== undefined) {
    native["status"] = status;
    native["statusName"] = wireStatuses[status]?.name ?? unknownStatus.name;
  }
  for (const key of ["tag", "errorCode", "subStatus"]) {
    const value = numberField(error, key);
    if (value !== undefined) native[key] = value;
  }
  if (rawErrorCode !== undefined) native["rawErrorCode"] = foreignText(rawErrorCode, facts);
  return native;
}
