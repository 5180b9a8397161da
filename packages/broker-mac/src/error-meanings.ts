import type { BrokerErrorCode } from "@x/broker-contract";

/** What an error of the extension means to a caller. */
export interface Meaning {
  readonly code: BrokerErrorCode;
  readonly reason?: string;
  readonly message: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

const signInInteractively = "Sign in interactively: only the user can get any further.";
const reportIt =
  "Try again; if it stays, report it with the correlation id, under which the Company Portal's log has more (Help > Save Diagnostic Report).";
const checkRegistration = "Check the app registration: a public client with the redirect URI named below.";

/** Every meaning by a name of its own. */
export const meanings = {
  interaction_required: {
    code: "interaction_required",
    message: "The SSO extension needs the user.",
    hint: signInInteractively,
  },
  declined_scopes: {
    code: "interaction_required",
    reason: "declined_scopes",
    message: "The tenant did not grant every scope.",
    hint: `${signInInteractively} If it stays, ask for scopes exactly as the tenant writes them.`,
  },
  password_reset: {
    code: "interaction_required",
    reason: "password_reset",
    message: "The user has to set a new password first.",
    hint: signInInteractively,
  },
  user_canceled: {
    code: "user_canceled",
    message: "The user closed the sign-in window.",
    hint: "Ask again only if the user wants it.",
  },
  canceled_by_system: {
    code: "temporarily_unavailable",
    reason: "canceled_by_system",
    message: "macOS cancelled the request.",
    hint: "Try again.",
    retryable: true,
  },
  session_running: {
    code: "temporarily_unavailable",
    reason: "interactive_session_running",
    message: "Another program's sign-in window is open.",
    hint: "Finish or close it, then try again.",
    retryable: true,
  },
  not_enrolled: {
    code: "broker_unavailable",
    reason: "not_enrolled",
    message: "This device is not registered with the tenant.",
    hint: "Register it with the Company Portal, then try again.",
  },
  device_too_weak: {
    code: "broker_failed",
    reason: "insufficient_device_strength",
    message: "The tenant wants this device registered in a stronger way.",
    hint: "Register it again with the Company Portal.",
  },
  protection_policy: {
    code: "broker_failed",
    reason: "protection_policy_required",
    message: "The tenant only lets apps with an app protection policy in.",
    hint: "Have an administrator exempt the app from the policy, or use an app that has one.",
  },
  extension_failed: {
    code: "broker_unavailable",
    reason: "extension_failed",
    message: "macOS could not have the SSO extension answer.",
    hint: "Right after enrolment or an update of the Company Portal the extension needs some seconds: try again. If it stays, open the Company Portal, or run `npx @x/broker doctor`.",
    retryable: true,
  },
  extension_broken: {
    code: "broker_unavailable",
    reason: "extension_broken",
    message: "macOS does not take the SSO extension for what the device's profile names.",
    hint: "Install the Company Portal again. If it stays, have an administrator check the profile (com.apple.extensiblesso): extension com.microsoft.CompanyPortalMac.ssoextension, team UBF8T346G9, type Redirect.",
  },
  extension_missing: {
    code: "broker_unavailable",
    reason: "extension_not_configured",
    message: "The SSO extension says that it is not available.",
    hint: "Open the Company Portal once, and run `npx @x/broker doctor`.",
  },
  caller_not_allowed: {
    code: "broker_unavailable",
    reason: "caller_not_allowed",
    message: "The device's profile lets no such program use the SSO extension.",
    hint: "Have an administrator add this program to AppAllowList or AppPrefixAllowList of the profile (com.apple.extensiblesso).",
  },
  caller_unidentified: {
    code: "broker_unavailable",
    reason: "caller_unidentified",
    message: "The SSO extension cannot tell which program asks: this Node.js has no code signature.",
    hint: "Use a signed Node.js (nodejs.org), or sign this one: codesign --sign - --force <path of node>.",
  },
  caller_refused: {
    code: "broker_unavailable",
    reason: "caller_refused",
    message: "The SSO extension refuses this program, which is signed but no app bundle.",
    hint: "Update the Company Portal to version 5.2603 or newer. Until then a Node.js that no team signed (Homebrew's) may do.",
  },
  redirect_uri: {
    code: "redirect_uri_mismatch",
    message: "The SSO extension expects another redirect URI of this program.",
    hint: "",
  },
  invalid_request: {
    code: "invalid_request",
    message: "The SSO extension refuses the request.",
    hint: "Check client id, scopes, claims and extra parameters against what it says.",
  },
  invalid_scope: {
    code: "invalid_request",
    reason: "invalid_scope",
    message: "The tenant does not take the scope.",
    hint: "Check the scope: it has to be written as <resource>/<permission> or <resource>/.default.",
  },
  incorrect_configuration: {
    code: "invalid_request",
    reason: "incorrect_configuration",
    message: "The app's registration does not fit the request.",
    hint: checkRegistration,
  },
  access_denied: {
    code: "broker_failed",
    reason: "access_denied",
    message: "The tenant, or the user, denied the app access.",
    hint: "Have an administrator look into the tenant's sign-in log under the correlation id.",
  },
  untrusted_authority: {
    code: "untrusted_authority",
    message: "The SSO extension does not trust the authority.",
    hint: "Use an authority of Microsoft Entra, such as https://login.microsoftonline.com/<tenant id>.",
  },
  account_mismatch: {
    code: "account_mismatch",
    reason: "user_switch",
    message: "Another user signed in than the one asked for.",
    hint: "Sign in with the account the app asked for, or ask for no account.",
  },
  account_needed: {
    code: "account_not_found",
    reason: "account_needed",
    message: "The SSO extension wants to be told the account.",
    hint: "Pass `account` (see getAccounts) or `loginHint`.",
  },
  not_supported: {
    code: "not_supported",
    message: "This SSO extension does not do that.",
    hint: "Update the Company Portal.",
  },
  server_busy: {
    code: "temporarily_unavailable",
    message: "The tenant's sign-in service is busy.",
    hint: "Try again a little later.",
    retryable: true,
  },
  no_network: {
    code: "no_network",
    message: "The SSO extension could not reach the tenant.",
    hint: "Connect to the network, check proxy and firewall, and try again.",
    retryable: true,
  },
  invalid_answer: {
    code: "protocol_error",
    reason: "invalid_answer",
    message: "The SSO extension's answer made no sense to macOS.",
    hint: reportIt,
  },
  broker_failed: {
    code: "broker_failed",
    message: "The SSO extension failed for a reason of its own.",
    hint: reportIt,
  },
} as const satisfies Record<string, Meaning>;

export type MeaningName = keyof typeof meanings;

/**
 * Codes of `MSALErrorDomain`, its internal codes, and the `MSID…` codes beneath them: three ranges without overlap.
 * From the headers of Microsoft's client libraries. What is not in here says no more than that it failed.
 */
export const microsoftCodes: ReadonlyMap<number, MeaningName> = new Map<number, MeaningName>([
  [-50001, "not_enrolled"],
  [-50002, "interaction_required"],
  [-50003, "declined_scopes"],
  [-50004, "protection_policy"],
  [-50005, "user_canceled"],
  [-50007, "device_too_weak"],
  [-50142, "password_reset"],
  [-42000, "invalid_request"],
  [-42002, "invalid_request"],
  [-42003, "incorrect_configuration"],
  [-42004, "interaction_required"],
  [-42005, "invalid_scope"],
  [-42006, "incorrect_configuration"],
  [-42010, "untrusted_authority"],
  [-42100, "interaction_required"],
  [-42101, "account_mismatch"],
  [-42106, "account_needed"],
  [-42402, "session_running"],
  [-42714, "extension_missing"],
  [-51112, "invalid_request"],
  [-51113, "account_needed"],
  [-51114, "not_supported"],
  [-51115, "interaction_required"],
  [-51117, "account_mismatch"],
  [-51118, "redirect_uri"],
  [-51119, "redirect_uri"],
  [-51410, "invalid_request"],
  [-51411, "incorrect_configuration"],
  [-51412, "interaction_required"],
  [-514102, "interaction_required"],
  [-51413, "invalid_scope"],
  [-51414, "incorrect_configuration"],
  [-51415, "declined_scopes"],
  [-51416, "access_denied"],
  [-51417, "server_busy"],
  [-51430, "protection_policy"],
  [-51600, "untrusted_authority"],
  [-51700, "user_canceled"],
  [-51701, "canceled_by_system"],
  [-51710, "session_running"],
  [-51732, "device_too_weak"],
  [-51810, "not_enrolled"],
  [-51814, "extension_missing"],
]);

/** Errors of OAuth 2.0 and OpenID Connect. */
export const oauthErrors: ReadonlyMap<string, MeaningName> = new Map<string, MeaningName>([
  ["interaction_required", "interaction_required"],
  ["login_required", "interaction_required"],
  ["consent_required", "interaction_required"],
  ["invalid_grant", "interaction_required"],
  ["invalid_client", "incorrect_configuration"],
  ["unauthorized_client", "incorrect_configuration"],
  ["invalid_scope", "invalid_scope"],
  ["invalid_resource", "invalid_request"],
  ["invalid_request", "invalid_request"],
  ["access_denied", "access_denied"],
  ["server_error", "server_busy"],
  ["temporarily_unavailable", "server_busy"],
]);

/** Codes of `ASAuthorizationError` (Apple's documentation). */
export const appleCodes: ReadonlyMap<number, MeaningName> = new Map<number, MeaningName>([
  [1000, "extension_failed"],
  [1001, "user_canceled"],
  [1002, "invalid_answer"],
  [1003, "extension_failed"],
  [1004, "extension_failed"],
  [1005, "interaction_required"],
]);

/** Codes of the system service beneath it, which people reported. */
export const appSsoCodes: ReadonlyMap<number, MeaningName> = new Map<number, MeaningName>([
  [-5, "caller_not_allowed"],
  [-1000, "extension_broken"],
]);
