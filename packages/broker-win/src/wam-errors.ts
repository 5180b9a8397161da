import type { BrokerError, BrokerErrorCode, NativeErrorFacts } from "@x/broker-contract";
import {
  aadstsForTheUser,
  type CallFacts,
  callError,
  findAadsts,
  foreignText,
  knownAadsts,
  quoted,
  redirectUriAdvice,
} from "@x/broker-protocol";
import type { NativeError, NativeProviderError, NativeTokenResult } from "./native.js";
import { type AccountKind, hex, requestStatusNames } from "./wam-constants.js";
import { classifyFailure, type WamFailure } from "./wam-failure.js";

interface Meaning {
  readonly code: BrokerErrorCode;
  readonly reason?: string;
  readonly message: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

const reportIt =
  "Try again; if it stays, look the error code up in Microsoft's documentation, and in the Windows event log Microsoft-Windows-AAD/Operational.";
const reconnect =
  "If that does not help, disconnect and reconnect the account in Windows (Settings > Accounts > Access work or school).";

const meanings: Readonly<Record<WamFailure, Meaning>> = {
  Unexpected: {
    code: "broker_failed",
    message: "Windows' account manager failed for an unexpected reason.",
    hint: reportIt,
  },
  InteractionRequired: {
    code: "interaction_required",
    message: "Windows' account manager needs the user.",
    hint: "Sign in interactively: only the user can get any further.",
  },
  NoNetwork: {
    code: "no_network",
    message: "Windows' account manager could not reach the tenant.",
    hint: "Connect to the network, check the proxy in Windows' settings, and try again.",
    retryable: true,
  },
  ServerTemporarilyUnavailable: {
    code: "temporarily_unavailable",
    message: "The tenant's sign-in service is busy.",
    hint: "Try again a little later.",
    retryable: true,
  },
  ApiContractViolation: {
    code: "invalid_request",
    message: "Windows' account manager refuses the request.",
    hint: "Check client id, scopes, claims and extra parameters against what it says.",
  },
  UserCanceled: {
    code: "user_canceled",
    message: "The user closed the sign-in window.",
    hint: "Ask again only if the user wants it.",
  },
  IncorrectConfiguration: {
    code: "invalid_request",
    reason: "incorrect_configuration",
    message: "The app's registration does not fit the request.",
    hint: "Check the app registration: a public client with the redirect URI named below.",
  },
  UserSwitched: {
    code: "account_mismatch",
    reason: "user_switch",
    message: "Windows' account manager switched to another account than the one asked for.",
    hint: "Sign in interactively with the account the app needs.",
  },
  TransientError: {
    code: "temporarily_unavailable",
    message: "The sign-in app of Windows failed for a moment.",
    hint: "Try again a little later. If it stays, log off from Windows and on again.",
    retryable: true,
  },
};

/** What to do about codes that people meet, from Microsoft's public troubleshooting pages. */
const knownCodes: ReadonlyMap<number, string> = new Map([
  [
    0x80070520,
    "There is no logon session with accounts: run the app as the user who is logged on, in that session, not as another user, as a service or over SSH.",
  ],
  [
    0x80070005,
    "Windows denied access: run the app as the user who is logged on, without a sandbox or a policy that keeps it from the account manager.",
  ],
  [0x80090016, `The key of this device is missing: sign in interactively. ${reconnect}`],
  [0x80090030, `The device's TPM is not ready: restart, then sign in interactively. ${reconnect}`],
  [0x80284001, `The device's TPM is not ready: restart, then sign in interactively. ${reconnect}`],
]);

/** Which request failed. */
export interface FailedRequest {
  readonly kind: AccountKind;
  readonly silent: boolean;
}

/** What a result without a token means. */
export function failureOf(result: NativeTokenResult, { kind, silent }: FailedRequest): WamFailure {
  return classifyFailure(kind, silent, result.status, providerErrorOf(result)?.code ?? 0);
}

/** Turns a result without a token into a `BrokerError`. */
export function resultError(
  result: NativeTokenResult,
  request: FailedRequest,
  facts: CallFacts,
): BrokerError {
  const error = providerErrorOf(result);
  const failure = failureOf(result, request);
  const status = requestStatusNames[result.status];
  const native: Record<string, string | number> = {
    wamStatus: result.status,
    ...(status !== undefined && { wamStatusName: status }),
    provider: request.kind,
  };
  return providerFailure(meanings[failure], error, native, facts);
}

/** The error of a listing: `FindAllWebAccountsStatus` told a provider error. */
export function listingError(
  error: NativeProviderError | undefined,
  kind: AccountKind,
  facts: CallFacts,
): BrokerError {
  return providerFailure(meanings.Unexpected, error, { provider: kind }, facts);
}

function providerFailure(
  meaning: Meaning,
  error: NativeProviderError | undefined,
  native: Readonly<Record<string, string | number>>,
  facts: CallFacts,
): BrokerError {
  const said = error?.message ?? "";
  const aadsts = findAadsts(said);
  const known = aadsts === undefined ? undefined : knownAadsts[aadsts];
  // Where WAM's own code says nothing, the tenant's does.
  const forUser =
    meaning === meanings.Unexpected && aadsts !== undefined && aadstsForTheUser.has(aadsts)
      ? meanings.InteractionRequired
      : meaning;
  const code = known?.code ?? forUser.code;
  const reason = known?.reason ?? (code === forUser.code ? forUser.reason : undefined);
  const redirectUri = code === "redirect_uri_mismatch" ? facts.redirectUri : undefined;
  const hints = [known?.hint ?? (error && knownCodes.get(error.code)) ?? forUser.hint];
  if (facts.redirectUri !== undefined && (redirectUri !== undefined || reason === "incorrect_configuration"))
    hints.push(redirectUriAdvice(facts.redirectUri));
  const claims = error?.properties["claims"];
  return callError(code, facts, {
    message: `${sentence(code, forUser.message, facts)}${quoted("Windows says", foreignText(said, facts))}`,
    hint: hints.join(" "),
    native: { ...native, ...(error !== undefined && { wamErrorCode: hex(error.code) }) },
    retryable: code === forUser.code && forUser.retryable === true,
    ...(reason !== undefined && { reason }),
    ...(aadsts !== undefined && { aadsts }),
    ...(redirectUri !== undefined && { redirectUri }),
    ...(claims !== undefined && claims !== "" && { claims }),
  });
}

function sentence(code: BrokerErrorCode, message: string, facts: CallFacts): string {
  if (code === "redirect_uri_mismatch") return "The redirect URI is not registered for the app.";
  if (code === "interaction_required" && facts.scopes !== undefined) {
    return `${message.replace(/\.$/, "")} (for ${facts.scopes.join(" ")}).`;
  }
  return message;
}

/** The error, in whichever of its two places. */
function providerErrorOf(result: NativeTokenResult): NativeProviderError | undefined {
  return result.error ?? result.responses[0]?.providerError;
}

/** `ERROR_CANCELLED`. */
const canceledByUser = 0x800704c7;
/** Calls that only the user has a reason to cancel. */
const showsWindow = /ForWindow/;
/** The other process is gone, or never came: `RPC_E_DISCONNECTED`, `RPC_S_SERVER_UNAVAILABLE`, `RPC_S_CALL_FAILED`. */
const serverGone: ReadonlySet<number> = new Set([0x80010108, 0x800706ba, 0x800706be]);

/** Turns a failed call of the addon into a `BrokerError`. */
export function nativeFailure(error: NativeError, facts: CallFacts): BrokerError {
  const { code, hresult, stage } = error;
  const native: NativeErrorFacts = {
    ...(hresult !== undefined && { hresult: hex(hresult) }),
    ...(stage !== undefined && { stage: foreignText(stage, facts) }),
  };
  if (code === "invalid_argument") {
    return callError("invalid_request", facts, {
      reason: "invalid_argument",
      native,
      message: `Windows cannot be asked for this.${quoted("The addon says", foreignText(error.message, facts))}`,
      hint: "Check the request's texts for NUL characters and broken characters, and the parent window's handle.",
    });
  }
  if (code === "unavailable") return wamMissing(native, facts);
  if (hresult === canceledByUser || (code === "canceled" && stage !== undefined && showsWindow.test(stage)))
    return callError("user_canceled", facts, { ...meanings.UserCanceled, native });
  if (code === "canceled") {
    return callError("temporarily_unavailable", facts, {
      reason: "canceled_by_windows",
      native,
      message: "Windows' account manager gave the call up.",
      hint: "Try again a little later.",
      retryable: true,
    });
  }
  if (hresult !== undefined && serverGone.has(hresult)) {
    return callError("broker_unavailable", facts, {
      reason: "broker_died",
      native,
      message: "The process of Windows' account manager ended in the middle of the call.",
      hint: "Try again; if it stays, log off from Windows and on again.",
      retryable: true,
    });
  }
  const where = stage === undefined ? "" : ` in ${foreignText(stage, facts)}`;
  const what = hresult === undefined ? "" : `: ${hex(hresult)}`;
  return callError("broker_failed", facts, {
    native,
    message: `Windows' account manager failed${where}${what}.`,
    hint: (hresult === undefined ? undefined : knownCodes.get(hresult)) ?? reportIt,
  });
}

/** This Windows has no account manager, or an older one. */
function wamMissing(native: NativeErrorFacts, facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "wam_missing",
    native,
    message: "This Windows has no account manager (WAM) that the app can use.",
    hint: "WAM is part of Windows 10 1809, Windows Server 2019 and newer with a desktop; Server Core and containers have none. Sign in without the broker there.",
  });
}

/** WAM is there, but not the part for this kind of accounts. */
export function providerMissing(kind: AccountKind, facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "provider_missing",
    native: { provider: kind },
    message:
      kind === "organizations"
        ? "Windows does not offer its sign-in for work and school accounts."
        : "Windows does not offer its sign-in for personal accounts.",
    hint:
      kind === "organizations"
        ? "The app package Microsoft.AAD.BrokerPlugin is missing or switched off: have an administrator restore it, or log off and on again."
        : "The app package Microsoft.Windows.CloudExperienceHost is missing, or a policy blocks Microsoft accounts: ask the administrator.",
  });
}

export function connectionClosed(facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "connection_closed",
    message: "The broker was closed with close() while the call was under way.",
    hint: "Call again to go on.",
  });
}

/** WAM has no account like the one that was asked for. */
export function accountNotFound(facts: CallFacts, cause?: BrokerError): BrokerError {
  return callError("account_not_found", facts, {
    reason: "unknown_account",
    message: "Windows' account manager does not know the account.",
    hint: "Sign in interactively, or add the account in Windows (Settings > Accounts > Email & accounts).",
    ...(cause !== undefined && { native: cause.native, cause }),
  });
}

/** The account was signed out of this app, with `signOut`, in this process. */
export function signedOut(facts: CallFacts): BrokerError {
  return callError("interaction_required", facts, {
    reason: "account_unusable",
    message: "The account was signed out of this app.",
    hint: "Sign in interactively to use it again.",
  });
}
