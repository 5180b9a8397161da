import type { EmulatedAccount } from "../tenant/accounts.js";
import type { PolicyEffect } from "../tenant/policy.js";
import type { Refusal, RefusalKind } from "../tenant/refusal.js";
import type { TokenGrant } from "../tenant/token-service.js";
import type { MalformedRequest } from "./broker-request.js";
import type { BrokerGeneration, GenerationTraits } from "./generations.js";

export type Json = Record<string, unknown>;

/** An error object, as it stands in an answer. */
export interface WireError {
  readonly context?: unknown;
  readonly diagnostics?: unknown;
  readonly errorCode?: unknown;
  readonly status?: unknown;
  readonly subStatus?: unknown;
  readonly tag?: unknown;
  readonly claims?: unknown;
}

/**
 * `status` by refusal. 2 and 7 are on record from real brokers; the others are what the status' names say, which
 * Microsoft's client maps to the errors one would expect.
 */
const statuses: Readonly<Record<RefusalKind, number>> = {
  interaction_required: 2,
  no_network: 3,
  temporarily_unavailable: 5,
  invalid_request: 6,
  not_supported: 6,
  user_canceled: 7,
  incorrect_configuration: 9,
  redirect_uri_mismatch: 9,
  untrusted_authority: 11,
  account_unusable: 13,
  not_enrolled: 17,
  account_not_found: 19,
};

/** Tags on record from a real 3.0.2; the rest have one of the emulator's own. */
const tags: Partial<Record<RefusalKind, number>> = {
  interaction_required: 593819521,
  user_canceled: 557155398,
};
const emulatorTag = 1;

/** What the Java broker wrote into `diagnostics.raw_error_code`, by the closed client's table of known codes. */
const rawErrorCodes: Partial<Record<RefusalKind, string>> = {
  account_not_found: "no_account_found",
  no_network: "device_network_not_available",
  not_enrolled: "Device registration failed",
  user_canceled: "User cancelled",
  invalid_request: "illegal_argument_exception",
};

export function accountJson(account: EmulatedAccount, generation: BrokerGeneration): Json {
  return {
    // The himmelblau broker leaves these two out.
    ...(generation === "himmelblau"
      ? {}
      : { clientInfo: account.clientInfo, familyName: account.familyName }),
    environment: "login.windows.net",
    givenName: account.givenName,
    homeAccountId: account.homeAccountId,
    localAccountId: account.localAccountId,
    name: account.name,
    passwordExpiry: 0,
    realm: account.tenantId,
    username: account.username,
  };
}

export function tokenJson(
  grant: TokenGrant,
  generation: BrokerGeneration,
  traits: GenerationTraits,
  now: number,
): Json {
  const isHimmelblau = generation === "himmelblau";
  const token: Json = {
    accessToken: grant.accessToken,
    accessTokenType: grant.isPop ? 1 : 0,
    clientInfo: grant.account.clientInfo,
    // himmelblau adds seconds to milliseconds, and gives the extended expiry in seconds.
    expiresOn: isHimmelblau ? Math.floor(now) + grant.lifetimeInSeconds : grant.expiresOn,
    extendedExpiresOn: isHimmelblau ? grant.lifetimeInSeconds : grant.expiresOn,
    grantedScopes: grant.grantedScopes.join(" "),
    idToken: grant.idToken,
    ...(traits.embedsAccount ? { account: accountJson(grant.account, generation) } : {}),
  };
  return { brokerTokenResponse: token, telemetry: telemetry(traits, grant.dialogShown) };
}

export function telemetry(traits: GenerationTraits, dialogShown = false): Json {
  return { broker_version: traits.version, ui_visible: String(dialogShown) };
}

export function refusalError(refusal: Refusal, correlationId: string, traits: GenerationTraits): WireError {
  const { kind, details } = refusal;
  const error = errorInStyle(traits, {
    context: contextOf(refusal, correlationId, traits),
    status: statuses[kind],
    tag: tags[kind] ?? emulatorTag,
    rawErrorCode: details.oauthError ?? rawErrorCodes[kind] ?? "unknown_error",
    ...(details.suberror === undefined ? {} : { suberror: details.suberror }),
  });
  // Where a real broker puts a challenge is not on record: an assumption.
  return details.claims === undefined ? error : { ...error, claims: details.claims };
}

export function malformedError({ message, tag }: MalformedRequest, traits: GenerationTraits): WireError {
  return errorInStyle(traits, {
    context: message,
    status: statuses.invalid_request,
    tag: tag ?? emulatorTag,
    rawErrorCode: "json_parse_failure",
  });
}

/** The error object a `wire_error` policy asks for: whatever it does not name is as usual, `null` leaves it out. */
export function policyError(effect: Extract<PolicyEffect, { kind: "wire_error" }>): WireError {
  const { kind: _kind, place: _place, ...parts } = effect;
  const whole: Json = {
    context: "An error made by a policy of the emulator",
    diagnostics: null,
    errorCode: 0,
    subStatus: 0,
    tag: emulatorTag,
    ...parts,
  };
  return Object.fromEntries(
    Object.entries(whole).filter(([key, value]) => key === "diagnostics" || value !== null),
  );
}

/** Token methods answer errors one level down, the others at the top. */
export function errorJson(
  error: WireError,
  place: "brokerTokenResponse" | "top",
  traits: GenerationTraits,
): Json {
  const facts = { telemetry: telemetry(traits) };
  return place === "top" ? { error, ...facts } : { brokerTokenResponse: { error }, ...facts };
}

function contextOf(
  { message, details }: Refusal,
  correlationId: string,
  { errorStyle }: GenerationTraits,
): string {
  if (details.oauthError === undefined || errorStyle !== "cpp") return message;
  const suberror = details.suberror === undefined ? "" : ` suberror: '${details.suberror}'`;
  // Spelled as real brokers spell it.
  return `Recieved an error from AAD. Code: '${details.oauthError}' description: '${message}' correlation id: '${correlationId}'${suberror}`;
}

function errorInStyle(
  { errorStyle }: GenerationTraits,
  error: { context: string; status: number; tag: number; rawErrorCode: string; suberror?: string },
): WireError {
  const { context, status, tag } = error;
  switch (errorStyle) {
    case "himmelblau":
      return { context, status: 0, subStatus: 0 };
    case "java":
      return {
        context,
        diagnostics: {
          raw_error_code: error.rawErrorCode,
          exception_type: "com.microsoft.identity.common.exception.ServiceException",
          ...(error.suberror === undefined ? {} : { oauth2_sub_error_code: error.suberror }),
        },
        errorCode: 0,
        status,
        subStatus: 0,
        tag: 0,
      };
    case "cpp":
      return { context, diagnostics: null, errorCode: 0, status, subStatus: 0, tag };
  }
}
