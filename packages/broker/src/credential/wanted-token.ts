import { type BrokerAccount, BrokerError, type BrokerToken, type TokenRequest } from "@x/broker-contract";
import type { SignInWay } from "../fallback/fallback-kind.js";
import { sameId } from "./ids.js";
import type { CallOptions } from "./read-call.js";
import type { Settings } from "./read-options.js";
import type { ScopeSet } from "./scopes.js";
import { isTenantGuid } from "./tenant.js";

/** One token to get: what the caller asked for, checked. */
export interface WantedToken extends CallOptions {
  readonly scopes: ScopeSet;
  readonly tenantId: string;
}

/** What every request to the broker for a token says. */
export function tokenRequest(settings: Settings, wanted: WantedToken): TokenRequest {
  const { scopes, tenantId, claims, enableCae, proofOfPossession } = wanted;
  const { authorityHost, clientId, redirectUri, disableInstanceDiscovery, enableMsaPassthrough } = settings;
  return {
    authority: `${authorityHost}/${tenantId}`,
    clientId,
    scopes: scopes.scopes,
    ...(redirectUri === undefined ? {} : { redirectUri }),
    ...(claims === undefined ? {} : { claims }),
    ...(enableCae ? { clientCapabilities: ["CP1"] } : {}),
    ...(proofOfPossession === undefined ? {} : { proofOfPossession }),
    ...(disableInstanceDiscovery ? { extraParameters: { validateAuthority: "no" } } : {}),
    ...(enableMsaPassthrough ? { msaPassthrough: true } : {}),
  };
}

/** What an answer has to fit. */
export interface Expected {
  readonly wanted: Pick<WantedToken, "tenantId" | "proofOfPossession">;
  /** Whose token it has to be; `undefined` for anybody's. */
  readonly account: BrokerAccount | undefined;
  readonly settings: Pick<Settings, "enableMsaPassthrough">;
  readonly correlationId: string;
  /** Who answered. Default: the broker. */
  readonly through?: SignInWay;
}

/** What no caller may ever get, whichever broker answered: somebody else's token, or one of the wrong kind. */
export function checkAnswer(
  token: BrokerToken,
  { wanted, account, settings, correlationId, through = "broker" }: Expected,
): void {
  const who = through === "broker" ? "The broker" : "The tenant";
  if (account !== undefined && !sameId(token.account.homeAccountId, account.homeAccountId))
    throw new BrokerError("account_mismatch", {
      message: `${who} answered with a token for another account than the one asked for; it was thrown away.`,
      hint: `${through === "broker" ? "Sign the right account in to the operating system" : "Sign in as the right account"}, or leave out what pins the credential to an account.`,
      correlationId,
    });
  // Passthrough turns a personal account's own tenant into another one.
  if (
    !settings.enableMsaPassthrough &&
    isTenantGuid(wanted.tenantId) &&
    isTenantGuid(token.tenantId) &&
    !sameId(wanted.tenantId, token.tenantId)
  )
    throw new BrokerError("account_mismatch", {
      message: `${who} answered with a token of tenant ${token.tenantId} instead of ${wanted.tenantId}; it was thrown away.`,
      hint: "See that the account is a member or guest of the tenant.",
      correlationId,
    });
  if ((wanted.proofOfPossession !== undefined) !== (token.tokenType === "pop"))
    throw new BrokerError("protocol_error", {
      message: `${who} answered with a ${token.tokenType} token, which is not what was asked for; it was thrown away.`,
      hint: "Proof of possession may not be supported by this broker: see `npx @x/broker doctor`.",
      correlationId,
    });
  if (!Number.isFinite(token.expiresOn))
    throw new BrokerError("protocol_error", {
      message: `${who} answered with a token that does not say when it ends; it was thrown away.`,
      hint: "This is a fault in the code that speaks to the broker: please report it.",
      correlationId,
    });
}
