import type { BrokerAccount, BrokerToken } from "@x/broker-contract";
import { canonicalHost } from "../credential/authority-host.js";
import { sameId } from "../credential/ids.js";
import type { AccountInfo, AuthenticationResult, IdTokenClaims, NativeRequest } from "./msal-types.js";
import { nativeAccountId } from "./native-account-id.js";

/** A token as msal-node gives it. */
export function authenticationResult(
  token: BrokerToken,
  { authority, correlationId, resource }: NativeRequest,
): AuthenticationResult {
  const { account, accessToken, tokenType, tenantId } = token;
  const idTokenClaims = idTokenClaimsOf(token);
  return {
    authority,
    uniqueId: idTokenClaims.oid || idTokenClaims.sub || account.localAccountId,
    tenantId,
    scopes: [...token.scopes],
    account: accountInfo(account, { idToken: token.idToken, idTokenClaims }),
    idToken: token.idToken ?? "",
    idTokenClaims,
    accessToken,
    fromCache: isFromCache(token),
    expiresOn: new Date(token.expiresOn),
    ...(token.refreshOn === undefined ? {} : { refreshOn: new Date(token.refreshOn) }),
    tokenType,
    correlationId,
    fromPlatformBroker: true,
    fromNativeBroker: true,
    ...(resource ? { resource } : {}),
  };
}

/** An account as msal-node knows it. */
export function accountInfo(
  account: BrokerAccount,
  { idToken, idTokenClaims }: { idToken?: string | undefined; idTokenClaims?: IdTokenClaims } = {},
): AccountInfo {
  const { homeAccountId, tenantId, username, localAccountId } = account;
  const name = account.name ?? idTokenClaims?.name;
  const { upn, login_hint: loginHint } = idTokenClaims ?? {};
  const profile = {
    tenantId,
    localAccountId,
    username,
    isHomeTenant: sameId(homeAccountId, `${localAccountId}.${tenantId}`),
    ...(name === undefined ? {} : { name }),
  };
  return {
    homeAccountId,
    // By the one name that Microsoft's plugin gives it, whichever the broker uses.
    environment: canonicalHost(account.environment),
    tenantId,
    username,
    localAccountId,
    nativeAccountId: nativeAccountId(account),
    authorityType: "MSSTS",
    tenantProfiles: new Map([[tenantId, profile]]),
    ...(name === undefined ? {} : { name }),
    ...(upn === undefined ? {} : { upn }),
    ...(loginHint === undefined ? {} : { loginHint }),
    ...(idToken === undefined ? {} : { idToken }),
    ...(idTokenClaims === undefined ? {} : { idTokenClaims }),
  };
}

/** The id token's claims; those that callers count on are there even where the broker gave no id token. */
export function idTokenClaimsOf({ account, tenantId, idTokenClaims }: BrokerToken): IdTokenClaims {
  return {
    oid: account.localAccountId,
    sub: account.localAccountId,
    tid: tenantId,
    preferred_username: account.username,
    ...(account.name === undefined ? {} : { name: account.name }),
    ...idTokenClaims,
  };
}

/** Whether the broker says that it had the token already. */
export function isFromCache({ telemetry }: BrokerToken): boolean {
  return /^(?:true|1)$/i.test(telemetry["is_cache"] ?? "");
}
