import type { BrokerAccount, BrokerError, BrokerToken, TokenType } from "@x/broker-contract";
import { homeIds, sameId } from "./account-ids.js";
import type { Authority } from "./authority.js";
import { type CallFacts, callError } from "./call-facts.js";
import { tokenExpiry } from "./expiry.js";
import { type JsonObject, numberField } from "./json.js";
import { accessTokenClaims, jwtClaims } from "./jwt.js";
import { nonsense } from "./nonsense.js";
import { declinedScopes } from "./scopes.js";
import { type ReadToken, readToken, tokenOwner } from "./token-owner.js";

/** A token as a broker gave it: read, but not yet believed. */
export interface TokenAnswer {
  readonly accessToken: string;
  readonly tokenType: TokenType;
  readonly idToken?: string | undefined;
  /** Base64url JSON of `uid` and `utid`. */
  readonly clientInfo?: string | undefined;
  /** The account that the answer names in full. */
  readonly account?: BrokerAccount | undefined;
  /** Every other home account id in the answer. */
  readonly homeAccountIds?: readonly string[];
  /** As the answer has them, separated by spaces. Empty: those that were asked for. */
  readonly grantedScopes?: string | undefined;
  /** When the token ends, as the broker says it: in seconds or milliseconds since the epoch. */
  readonly expiresOn?: number | undefined;
  /** From when a new one should be fetched, in milliseconds since the epoch. */
  readonly refreshOn?: number | undefined;
  readonly telemetry: Readonly<Record<string, string>>;
}

/** What a token was asked for. */
export interface ExpectedToken {
  readonly authority: Authority;
  readonly scopes: readonly string[];
  /** The account the request named, if it did. */
  readonly account: BrokerAccount | undefined;
  /** The login hint that stood in for an account. */
  readonly loginHint: string | undefined;
  readonly silent: boolean;
  /** Whether the token has to be from the authority's own tenant. */
  readonly tenantIsFixed: boolean;
}

/** For an object that is put together key by key, which is much quicker than spreading what may be missing. */
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Holds a token against what it was asked for: for the right account, from the right tenant, with the scopes asked
 * for, not expired.
 * @throws BrokerError for a token that is not what was asked for
 */
export function checkedToken(
  answer: TokenAnswer,
  expected: ExpectedToken,
  facts: CallFacts,
  now = Date.now(),
): BrokerToken {
  const { accessToken, tokenType, idToken, refreshOn, telemetry } = answer;
  const tokenClaims = accessTokenClaims(accessToken);
  const idTokenClaims = idToken === undefined ? undefined : jwtClaims(idToken);
  if (idToken !== undefined && idTokenClaims === undefined) throw nonsense("an id token that is none", facts);

  const accessTokens = tokenClaims === undefined ? [] : [readToken(tokenClaims)];
  const idTokens = idTokenClaims === undefined ? [] : [readToken(idTokenClaims)];
  const account = tokenOwner(answer, idTokens.concat(accessTokens), expected, facts);
  const tenantId = checkedTenant(accessTokens.concat(idTokens), account, expected, facts);
  const scopes = checkedScopes(answer, expected, facts);
  const expiresOn = checkedExpiry(answer.expiresOn, tokenClaims, now, facts);

  const token: Writable<BrokerToken> = {
    accessToken,
    tokenType,
    expiresOn,
    scopes,
    account,
    tenantId,
    authority: expected.authority.url,
    correlationId: facts.correlationId,
    silent: expected.silent,
    telemetry,
  };
  if (refreshOn !== undefined) token.refreshOn = refreshOn;
  if (idToken !== undefined) token.idToken = idToken;
  if (idTokenClaims !== undefined) token.idTokenClaims = idTokenClaims;
  return token;
}

/** The token's tenant. Where the authority names one, the answer has to be from it. */
function checkedTenant(
  tokens: readonly ReadToken[],
  account: BrokerAccount,
  expected: ExpectedToken,
  facts: CallFacts,
): string {
  let told: string | undefined;
  for (const { tenants } of tokens) told ??= tenants[0];
  const wanted = expected.authority.tenantId;
  if (wanted !== undefined && expected.tenantIsFixed) {
    const isWanted = (tenant: string) => sameId(tenant, wanted);
    // A token that tells no tenant is taken to be from the account's own.
    const isRight =
      told === undefined
        ? isWanted(homeIds(account.homeAccountId).utid)
        : tokens.every(({ tenants }) => tenants.every(isWanted));
    if (!isRight) throw wrongTenant(facts);
  }
  return told ?? account.tenantId;
}

function wrongTenant(facts: CallFacts): BrokerError {
  return callError("account_mismatch", facts, {
    reason: "wrong_tenant",
    message:
      "Nothing shows that the broker's token is from the tenant that was asked for; it was thrown away.",
    hint: "Check that the account is a member or guest of the tenant, or ask the account's own tenant.",
  });
}

function checkedScopes(answer: TokenAnswer, expected: ExpectedToken, facts: CallFacts): readonly string[] {
  const granted = (answer.grantedScopes ?? "").split(/\s+/).filter((scope) => scope !== "");
  // An answer that names no scope grants what was asked for: so Microsoft's client reads it.
  if (granted.length === 0) return expected.scopes;
  const declined = declinedScopes(expected.scopes, granted);
  if (declined.length === 0) return granted;
  throw callError("interaction_required", facts, {
    reason: "declined_scopes",
    message: `The broker's token lacks ${declined.join(" ")}.`,
    hint: "Sign in interactively to consent. If it stays, ask for scopes exactly as the tenant writes them.",
  });
}

function checkedExpiry(
  told: number | undefined,
  tokenClaims: JsonObject | undefined,
  now: number,
  facts: CallFacts,
): number {
  const expiresOn = tokenExpiry(told, tokenClaims && numberField(tokenClaims, "exp"), now);
  if (expiresOn === undefined) throw nonsense("a token that does not plausibly say when it ends", facts);
  if (expiresOn > now) return expiresOn;
  throw callError("protocol_error", facts, {
    reason: "expired_token",
    message: "The broker answered with a token that has already expired.",
    hint: "Check this machine's clock; then try again with forceRefresh.",
    retryable: true,
  });
}
