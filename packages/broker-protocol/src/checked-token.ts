import type { BrokerAccount, BrokerError, BrokerToken, TokenType } from "@x/broker-contract";
import { type HomeIds, homeAccountIdOf, homeIds, sameId } from "./account-ids.js";
import type { Authority } from "./authority.js";
import { type CallFacts, callError } from "./call-facts.js";
import { tokenExpiry } from "./expiry.js";
import { type JsonObject, numberField, textField } from "./json.js";
import { accessTokenClaims, jwtClaims } from "./jwt.js";
import { nonsense } from "./nonsense.js";
import { declinedScopes } from "./scopes.js";

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

  const { account, usernames } = tokenOwner(answer, tokenClaims, idTokenClaims, expected, facts);
  if (!fitsLoginHint(usernames, expected)) throw wrongAccount(expected, facts);
  const tenantId = checkedTenant(tokenClaims, idTokenClaims, account, expected, facts);
  const scopes = checkedScopes(answer, expected, facts);
  const expiresOn = checkedExpiry(answer.expiresOn, tokenClaims, now, facts);

  return {
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
    ...(refreshOn !== undefined && { refreshOn }),
    ...(idToken !== undefined && { idToken }),
    ...(idTokenClaims !== undefined && { idTokenClaims }),
  };
}

interface TokenOwner {
  readonly account: BrokerAccount;
  /** Every user name the answer gives; a guest has one more in the tenant that is visited. */
  readonly usernames: readonly string[];
}

/**
 * Whose token it is. Everything in the answer that says so has to say the same, and the same as the request:
 * a broker that mixes up two accounts is not to be believed in any part.
 */
function tokenOwner(
  answer: TokenAnswer,
  tokenClaims: JsonObject | undefined,
  idTokenClaims: JsonObject | undefined,
  expected: ExpectedToken,
  facts: CallFacts,
): TokenOwner {
  const asked = expected.account;
  const tokens = [idTokenClaims, tokenClaims].filter((claims) => claims !== undefined);
  const { account: told, clientInfo, homeAccountIds = [] } = answer;
  const claimed = clientInfo === undefined ? undefined : homeAccountIdOf(clientInfo);
  if (clientInfo !== undefined && claimed === undefined) throw nonsense("client info that is none", facts);
  const claim = (name: string) =>
    tokens.map((claims) => textField(claims, name)).find((value) => value !== undefined);
  const usernames = [
    ...tokens.flatMap((claims) =>
      ["preferred_username", "upn", "unique_name"].map((name) => textField(claims, name)),
    ),
    told?.username,
  ].filter((name) => name !== undefined);

  const stated = [claimed, told?.homeAccountId, ...homeAccountIds].filter((id) => id !== undefined);
  const homeAccountId =
    stated[0] ?? (asked === undefined ? ownId(tokens) : askedId(asked, tokens, usernames, facts));
  if (homeAccountId === undefined) throw nonsense("a token that does not say whose it is", facts);
  const agreed = asked?.homeAccountId ?? homeAccountId;
  if (
    [homeAccountId, ...stated].some((id) => !sameId(id, agreed)) ||
    tokens.some((claims) => contradicts(claims, homeIds(agreed), expected)) ||
    disagree(tokens)
  ) {
    throw wrongAccount(expected, facts);
  }
  if (asked !== undefined) return { account: asked, usernames };
  if (told !== undefined) return { account: told, usernames };

  const { uid, utid } = homeIds(homeAccountId);
  // To show only: an address somebody may choose freely says nothing about who it is.
  const username = usernames[0] ?? claim("email") ?? "";
  const name = claim("name");
  return {
    // In the home tenant, where the ids of `clientInfo` are those of the account.
    account: {
      homeAccountId,
      localAccountId: uid,
      tenantId: utid,
      environment: expected.authority.host,
      username,
      ...(name !== undefined && { name }),
    },
    usernames,
  };
}

/** The account by the ids in its tokens, where nothing else names it. */
function ownId(tokens: readonly JsonObject[]): string | undefined {
  for (const claims of tokens) {
    const objectId = textField(claims, "oid");
    const tenantId = tenantsOf(claims)[0];
    if (objectId !== undefined && tenantId !== undefined) return `${objectId}.${tenantId}`;
  }
  return undefined;
}

/**
 * The asked account, where the tokens alone show that they are its own: by its ids, or, since ids in another
 * tenant are that tenant's, by the user name there.
 */
function askedId(
  asked: BrokerAccount,
  tokens: readonly JsonObject[],
  usernames: readonly string[],
  facts: CallFacts,
): string | undefined {
  const { uid, utid } = homeIds(asked.homeAccountId);
  const own = ownId(tokens);
  const hasItsId = tokens.some((claims) => sameId(textField(claims, "oid") ?? "", uid));
  const abroad = tokens.some((claims) => tenantsOf(claims).some((tenant) => !sameId(tenant, utid)));
  const isAsked = hasItsId || (abroad && usernames.some((name) => sameId(name, asked.username)));
  if (isAsked) return asked.homeAccountId;
  if (own === undefined && usernames.length === 0)
    throw nonsense("a token that does not say whose it is", facts);
  return own ?? "";
}

/** Whether a token is somebody else's: in the home tenant, the object id is the account's. */
function contradicts(claims: JsonObject, home: HomeIds, expected: ExpectedToken): boolean {
  const objectId = textField(claims, "oid");
  const tenantId = tenantsOf(claims)[0] ?? expected.authority.tenantId;
  return (
    objectId !== undefined &&
    tenantId !== undefined &&
    sameId(tenantId, home.utid) &&
    !sameId(objectId, home.uid)
  );
}

/** Whether two tokens of one tenant are of two people. */
function disagree(tokens: readonly JsonObject[]): boolean {
  const [one, other] = tokens.map((claims) => ({
    objectId: textField(claims, "oid"),
    tenantId: tenantsOf(claims)[0],
  }));
  if (one?.objectId === undefined || other?.objectId === undefined) return false;
  const sameTenant =
    one.tenantId === undefined || other.tenantId === undefined || sameId(one.tenantId, other.tenantId);
  return sameTenant && !sameId(one.objectId, other.objectId);
}

/** The tenants a token names: its `tid`, and the one in its issuer's URL. */
function tenantsOf(claims: JsonObject): string[] {
  const issuer = textField(claims, "iss") ?? "";
  return [textField(claims, "tid"), issuerTenant.exec(issuer)?.[1]].filter((tenant) => tenant !== undefined);
}

const issuerTenant = /^https:\/\/[^/]+\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/|$)/i;

function fitsLoginHint(
  usernames: readonly string[],
  { account: asked, loginHint = "", silent }: ExpectedToken,
): boolean {
  // The user may choose another account in a dialog; without one nobody chose.
  if (asked !== undefined || !silent || loginHint === "") return true;
  return usernames.some((name) => sameId(loginHint, name));
}

function wrongAccount(expected: ExpectedToken, facts: CallFacts): BrokerError {
  return callError("account_mismatch", facts, {
    reason: "wrong_account",
    message:
      "The broker answered with a token of another account than the one asked for; it was thrown away.",
    hint: expected.silent
      ? "Sign in interactively with the account the app needs."
      : "Sign in with the account the app asked for, or let the app ask for no account.",
  });
}

/** The token's tenant. Where the authority names one, the answer has to be from it. */
function checkedTenant(
  tokenClaims: JsonObject | undefined,
  idTokenClaims: JsonObject | undefined,
  account: BrokerAccount,
  expected: ExpectedToken,
  facts: CallFacts,
): string {
  const told = [tokenClaims, idTokenClaims].flatMap((claims) =>
    claims === undefined ? [] : tenantsOf(claims),
  );
  const wanted = expected.authority.tenantId;
  if (wanted !== undefined && expected.tenantIsFixed) {
    // A token that tells no tenant is taken to be from the account's own.
    const from = told.length > 0 ? told : [homeIds(account.homeAccountId).utid];
    if (from.some((tenant) => !sameId(tenant, wanted))) throw wrongTenant(facts);
  }
  return told[0] ?? account.tenantId;
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
