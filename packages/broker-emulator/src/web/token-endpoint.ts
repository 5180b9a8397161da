import { createHash, randomUUID } from "node:crypto";
import type { EmulatedAccount } from "../tenant/accounts.js";
import { untilAborted, wait } from "../tenant/emulated-user.js";
import type { PolicyEffect } from "../tenant/policy.js";
import { Refusal } from "../tenant/refusal.js";
import type { TokenGrant } from "../tenant/token-service.js";
import type { DeviceGrant, Grant } from "./grant-book.js";
import type { GrantUse, TenantRules } from "./tenant-rules.js";
import {
  errorFields,
  json,
  missingField,
  type OAuthError,
  oauthErrorOf,
  type WebAnswer,
  type WebRequest,
} from "./web-answer.js";

/** The name that the device flow's grant has; `device_code` is the older one. */
const deviceGrantTypes: ReadonlySet<string> = new Set([
  "urn:ietf:params:oauth:grant-type:device_code",
  "device_code",
]);
/** Timers and clocks differ a little. */
const pollToleranceInMs = 500;
const longLivedInSeconds = 2 * 60 * 60;

/** What tokens are to be issued for, and to whom. */
interface Redeemed {
  readonly grant: Grant;
  readonly homeAccountId: string;
  readonly method: GrantUse["method"];
  /** Called when tokens are handed out. */
  readonly spend?: () => void;
}

type Redemption = Redeemed | { readonly refused: OAuthError };

/** `/oauth2/v2.0/token`: gives tokens for a code, a refresh token or a device code. */
export async function issueTokens(rules: TenantRules, request: WebRequest): Promise<WebAnswer> {
  const { form, gone } = request;
  const correlationId = form.get("client-request-id") ?? randomUUID();
  const fail = (error: OAuthError): WebAnswer =>
    json(error.status ?? 400, errorFields(error, correlationId, rules.tenant.now()));
  try {
    const redemption = redeem(rules, request);
    if ("refused" in redemption) return fail(redemption.refused);
    const { grant, homeAccountId, method, spend } = redemption;
    const prepared = rules.prepare(grant, { method, correlationId, homeAccountId });
    const { account, app } = prepared;
    if (account === undefined) return fail(unknownUser);
    const effects = rules.effectsFor(prepared);
    const broken = await breakFor(effects, gone);
    if (broken !== "nothing is broken") return broken;
    if (method === "acquireTokenSilently" && rules.needsConsent(app, account, prepared))
      return fail(consentRequired);
    const tokens = rules.service.grantTo(account, prepared, effects);
    spend?.();
    return json(200, tokenResponse(rules, grant, tokens, form.get("client_info") === "1"));
  } catch (error) {
    if (error instanceof Refusal) return error.kind === "no_network" ? undefined : fail(oauthErrorOf(error));
    throw error;
  }
}

function redeem(rules: TenantRules, request: WebRequest): Redemption {
  const { form } = request;
  for (const name of ["grant_type", "client_id"])
    if (form.get(name) === null) return { refused: missingField(name) };
  rules.service.requireApp(form.get("client_id") ?? "");
  const type = form.get("grant_type") ?? "";
  if (type === "authorization_code") return redeemCode(rules, request);
  if (type === "refresh_token") return redeemRefreshToken(rules, request);
  if (deviceGrantTypes.has(type)) return redeemDeviceCode(rules, request);
  return {
    refused: {
      error: "unsupported_grant_type",
      description: `AADSTS70003: The app requested an unsupported grant type '${type}'.`,
    },
  };
}

function redeemCode({ book, tenant }: TenantRules, { form }: WebRequest): Redemption {
  for (const name of ["code", "redirect_uri"])
    if (form.get(name) === null) return { refused: missingField(name) };
  const code = book.code(form.get("code") ?? "");
  if (code === undefined || !isSame(code.clientId, form.get("client_id"))) return { refused: malformedGrant };
  if (code.redeemed) {
    // Whoever comes second may be a thief, and so may have been who came first (RFC 6749, section 4.1.2).
    book.revoke(code.homeAccountId);
    return {
      refused: {
        error: "invalid_grant",
        description:
          "AADSTS54005: OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
      },
    };
  }
  if (code.expiresAt <= tenant.now())
    return {
      refused: {
        error: "invalid_grant",
        description:
          "AADSTS70008: The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.",
      },
    };
  if (code.redirectUri !== form.get("redirect_uri"))
    return {
      refused: {
        error: "invalid_grant",
        description: `AADSTS500112: The reply address '${form.get("redirect_uri")}' does not match the reply address '${code.redirectUri}' provided when requesting Authorization code.`,
      },
    };
  if (code.codeChallenge !== undefined && code.codeChallenge !== challengeOf(form.get("code_verifier")))
    return {
      refused: {
        error: "invalid_grant",
        description:
          "AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the authorization request.",
      },
    };
  // Used up by the attempt, whatever comes of it: as with the real one, it cannot be tried twice.
  code.redeemed = true;
  const { homeAccountId } = code;
  return { grant: code, homeAccountId, method: "acquireTokenInteractively" };
}

function redeemRefreshToken({ book }: TenantRules, { form, tenant }: WebRequest): Redemption {
  for (const name of ["refresh_token", "scope"])
    if (form.get(name) === null) return { refused: missingField(name) };
  const known = book.refreshToken(form.get("refresh_token") ?? "");
  if (known === undefined || !isSame(known.clientId, form.get("client_id")))
    return { refused: malformedGrant };
  const grant: Grant = {
    clientId: known.clientId,
    tenant,
    scopes: (form.get("scope") ?? "").split(" ").filter((scope) => scope !== ""),
    claims: form.get("claims") ?? "",
    nonce: undefined,
  };
  return { grant, homeAccountId: known.homeAccountId, method: "acquireTokenSilently" };
}

function redeemDeviceCode({ book, tenant }: TenantRules, { form }: WebRequest): Redemption {
  if (form.get("device_code") === null) return { refused: missingField("device_code") };
  const device = book.device(form.get("device_code") ?? "");
  if (device === undefined || !isSame(device.clientId, form.get("client_id")))
    return {
      refused: {
        error: "bad_verification_code",
        description: "AADSTS70000: The provided value for the input parameter 'device_code' is not valid.",
      },
    };
  const { state } = device;
  if (state.kind === "granted") {
    const spend = (): void => {
      device.state = { kind: "redeemed" };
    };
    // Asked for with the device's own claims; those of the poll are the same or none.
    const grant = { ...device, claims: form.get("claims") ?? device.claims };
    return { grant, homeAccountId: state.homeAccountId, method: "acquireTokenInteractively", spend };
  }
  return { refused: whyNoToken(device, tenant.now()) };
}

function whyNoToken(device: DeviceGrant, now: number): OAuthError {
  if (device.state.kind === "declined")
    return {
      error: "authorization_declined",
      description: "The end user has denied the authorization request.",
    };
  if (device.state.kind === "redeemed") return malformedGrant;
  if (device.expiresAt <= now)
    return {
      error: "expired_token",
      description:
        "AADSTS70020: The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
    };
  const { lastPollAt, intervalInMs } = device;
  device.lastPollAt = now;
  if (lastPollAt !== undefined && now - lastPollAt < intervalInMs - pollToleranceInMs)
    return { error: "slow_down", description: "The device asks more often than it was told to." };
  return {
    error: "authorization_pending",
    description: "AADSTS70016: OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
  };
}

const malformedGrant: OAuthError = {
  error: "invalid_grant",
  description: "AADSTS9002313: Invalid request. Request is malformed or invalid.",
};

const unknownUser: OAuthError = {
  error: "invalid_grant",
  description: "AADSTS50034: The user account does not exist in the directory.",
};

const consentRequired: OAuthError = {
  error: "invalid_grant",
  suberror: "consent_required",
  description:
    "AADSTS65001: The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource.",
};

/** What goes wrong on the way, if that is what an effect is about. */
async function breakFor(
  effects: readonly PolicyEffect[],
  gone: AbortSignal,
): Promise<WebAnswer | "nothing is broken"> {
  for (const effect of effects) {
    if (effect.kind === "slow") await wait(effect.delayInMs, gone);
    else if (effect.kind === "never_answers") await untilAborted(gone);
    else if (effect.kind === "dies") return undefined;
    else if (effect.kind === "garbage") return { status: 200, headers: {}, body: effect.text };
    else if (effect.kind === "raw_reply") return json(200, effect.json);
  }
  return "nothing is broken";
}

function tokenResponse(
  { book }: TenantRules,
  grant: Grant,
  tokens: Omit<TokenGrant, "dialogShown">,
  wantsClientInfo: boolean,
): Record<string, unknown> {
  const { account, lifetimeInSeconds, accessToken, idToken, grantedScopes } = tokens;
  const oidc = new Set(grant.scopes.map((scope) => scope.toLowerCase()));
  return {
    token_type: "Bearer",
    scope: grantedScopes.join(" "),
    expires_in: lifetimeInSeconds,
    ext_expires_in: lifetimeInSeconds,
    ...(lifetimeInSeconds >= longLivedInSeconds ? { refresh_in: lifetimeInSeconds / 2 } : {}),
    access_token: accessToken,
    ...(oidc.has("offline_access") ? { refresh_token: newRefreshToken(book, grant, account) } : {}),
    ...(oidc.has("openid") ? { id_token: idToken } : {}),
    ...(wantsClientInfo ? { client_info: account.clientInfo } : {}),
  };
}

function newRefreshToken(
  book: TenantRules["book"],
  { clientId }: Grant,
  { homeAccountId }: EmulatedAccount,
): string {
  return book.addRefreshToken({ clientId, homeAccountId });
}

function challengeOf(verifier: string | null): string {
  return createHash("sha256")
    .update(verifier ?? "")
    .digest("base64url");
}

function isSame(clientId: string, given: string | null): boolean {
  return clientId.toLowerCase() === given?.toLowerCase();
}
