import { type EmulatedAccount, objectIdIn } from "../tenant/accounts.js";
import type { Refusal, RefusalKind } from "../tenant/refusal.js";
import type { TokenGrant } from "../tenant/token-service.js";
import type { ExtensionAnswer, ExtensionError } from "./extension-calls.js";

export type Fields = Readonly<Record<string, string>>;

/** The version it reports. Says that it is an emulator's, and still reads as a version of the Company Portal. */
export const extensionVersion = "5.2603.0-emulator";

export const appleDomain = "com.apple.AuthenticationServices.AuthorizationError";
const microsoftDomain = "MSALErrorDomain";
/** Apple's error that stands around one of Microsoft's. */
const microsoftErrorBeneath = -6000;

/** Codes of `ASAuthorizationError`. */
export const appleCodes = { failed: 1004, notInteractive: 1005 } as const;

/** Codes of Microsoft's errors; the second is `MSALInternalErrorCodeKey`. */
export const microsoftCodes = {
  internal: [-50000],
  invalidParameter: [-50000, -42000],
  invalidAuthority: [-50000, -42010],
  unauthorizedClient: [-50000, -42006],
  deviceNotRegistered: [-50001],
  interactionRequired: [-50002],
  userCanceled: [-50005],
} as const;

type MicrosoftCode = readonly [code: number, internal?: number];

/**
 * What a refusal is that the tenant did not make. What a real extension says of an account that it does not know, and
 * without a network, is not on record: the plausible.
 */
const refusals: Readonly<Record<RefusalKind, MicrosoftCode>> = {
  interaction_required: microsoftCodes.interactionRequired,
  account_unusable: microsoftCodes.interactionRequired,
  account_not_found: microsoftCodes.interactionRequired,
  user_canceled: microsoftCodes.userCanceled,
  no_network: microsoftCodes.internal,
  temporarily_unavailable: microsoftCodes.internal,
  not_enrolled: microsoftCodes.deviceNotRegistered,
  untrusted_authority: microsoftCodes.invalidAuthority,
  incorrect_configuration: microsoftCodes.unauthorizedClient,
  redirect_uri_mismatch: microsoftCodes.invalidParameter,
  invalid_request: microsoftCodes.invalidParameter,
  not_supported: microsoftCodes.internal,
};

/** What every answer says about device and extension. */
export function deviceFields(isRegistered: boolean): Fields {
  return {
    broker_version: extensionVersion,
    device_mode: "personal",
    sso_extension_mode: "full",
    wpj_status: isRegistered ? "joined" : "notJoined",
    platform_sso_status: "platformSSONotEnabled",
    sso_provider_type: "companyPortal",
    preferred_auth_config: "preferredAuthNotConfigured",
    extraDeviceInfo: "{}",
  };
}

/** An answer's fields: what it answers, and whether it worked. */
export function answerFields(
  operation: string,
  type: string,
  succeeded: boolean,
  fields: Fields,
  now: number,
  isRegistered = true,
): Fields {
  const seconds = (now / 1000).toFixed(6);
  return {
    operation,
    success: succeeded ? "1" : "0",
    operation_response_type: type,
    client_app_version: extensionVersion,
    request_received_timestamp: seconds,
    response_gen_timestamp: seconds,
    ...deviceFields(isRegistered),
    ...fields,
  };
}

export function tokenFields(grant: TokenGrant, correlationId: string, keyId: string | undefined): Fields {
  return {
    authority: `https://login.microsoftonline.com/${grant.tenantId}`,
    provider_type: "provider_aad_v2",
    access_token: grant.accessToken,
    id_token: grant.idToken,
    client_info: grant.account.clientInfo,
    scope: grant.grantedScopes.join(" "),
    token_type: keyId === undefined ? "Bearer" : "Pop",
    expires_in: String(grant.lifetimeInSeconds),
    expires_on: String(Math.floor(grant.expiresOn / 1000)),
    ext_expires_in: String(grant.lifetimeInSeconds),
    ext_expires_on: String(Math.floor(grant.expiresOn / 1000)),
    refresh_in: "0",
    refresh_on: "0",
    correlation_id: correlationId,
  };
}

/** An account once for each tenant it can be used in: its own first. */
export function accountList(accounts: readonly EmulatedAccount[]): string {
  return JSON.stringify(
    accounts.flatMap((account) =>
      [account.tenantId, ...account.guestTenants].map((tenantId) => accountFields(account, tenantId)),
    ),
  );
}

export function accountFields(account: EmulatedAccount, tenantId = account.tenantId): Fields {
  return {
    account_type: "MSSTS",
    client_info: account.clientInfo,
    environment: "login.microsoftonline.com",
    family_name: account.familyName,
    given_name: account.givenName,
    home_account_id: account.homeAccountId,
    is_sso_account: "1",
    local_account_id: objectIdIn(account, tenantId),
    name: account.name,
    realm: tenantId,
    storage_environment: "login.windows.net",
    username: account.username,
  };
}

/** The tenant's own errors come as an answer; everything else as an error of the extension. */
export function refusalAnswer(
  refusal: Refusal,
  correlationId: string,
  answer: (fields: Fields) => Fields,
): ExtensionAnswer {
  const { message, kind, details } = refusal;
  const { oauthError, suberror, aadsts, claims } = details;
  if (oauthError === undefined) {
    const offline: ExtensionError = { domain: "NSURLErrorDomain", code: -1009 };
    return microsoftError(
      refusals[kind],
      message,
      correlationId,
      kind === "no_network" ? offline : undefined,
    );
  }
  return {
    headers: answer({
      provider_type: "provider_aad_v2",
      correlation_id: correlationId,
      error: oauthError,
      error_description: encodeURIComponent(message),
      ...(suberror === undefined ? {} : { suberror }),
      ...(aadsts === undefined ? {} : { error_codes: aadsts.replace(/^AADSTS/, "") }),
      // Where a real one puts a challenge is not on record: an assumption.
      ...(claims === undefined ? {} : { claims }),
    }),
  };
}

/** An error of Microsoft's, within Apple's. */
export function microsoftError(
  [code, internal]: MicrosoftCode,
  description: string,
  correlationId: string,
  underlying?: ExtensionError,
): ExtensionAnswer {
  const userInfo: Record<string, string | number> = {
    MSALErrorDescriptionKey: description,
    MSALBrokerVersionKey: extensionVersion,
  };
  if (correlationId !== "") userInfo["MSALCorrelationIDKey"] = correlationId;
  if (internal !== undefined) userInfo["MSALInternalErrorCodeKey"] = internal;
  const beneath: ExtensionError = {
    domain: microsoftDomain,
    code,
    userInfo,
    ...(underlying && { underlying }),
  };
  return { error: { domain: appleDomain, code: microsoftErrorBeneath, underlying: beneath } };
}

/** An error of macOS itself. */
export function appleError(code: number): ExtensionAnswer {
  return { error: { domain: appleDomain, code } };
}
