import type { BrokerAccount, BrokerError } from "@x/broker-contract";
import { type HomeIds, homeAccountIdOf, homeIds, sameId } from "./account-ids.js";
import { type CallFacts, callError } from "./call-facts.js";
import type { ExpectedToken, TokenAnswer } from "./checked-token.js";
import { type JsonObject, textField } from "./json.js";
import { nonsense } from "./nonsense.js";

/** A token's claims, with what they say of whose it is. */
export interface ReadToken {
  readonly claims: JsonObject;
  readonly objectId: string | undefined;
  /** The tenants it names: its `tid`, and the one in its issuer's URL. */
  readonly tenants: readonly string[];
}

const issuerTenant = /^https:\/\/[^/]+\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/|$)/i;

/** Reads a token's claims once, for everybody who holds something against them. */
export function readToken(claims: JsonObject): ReadToken {
  const tenants: string[] = [];
  const tenantId = textField(claims, "tid");
  if (tenantId !== undefined) tenants.push(tenantId);
  const issuer = textField(claims, "iss");
  const issuedBy = issuer === undefined ? undefined : issuerTenant.exec(issuer)?.[1];
  if (issuedBy !== undefined) tenants.push(issuedBy);
  return { claims, objectId: textField(claims, "oid"), tenants };
}

/**
 * Whose token it is. Everything in the answer that says so has to say the same, and the same as the request:
 * a broker that mixes up two accounts is not to be believed in any part.
 * @param tokens - The id token first.
 */
export function tokenOwner(
  answer: TokenAnswer,
  tokens: readonly ReadToken[],
  expected: ExpectedToken,
  facts: CallFacts,
): BrokerAccount {
  const asked = expected.account;
  const { account: told, clientInfo, homeAccountIds = [] } = answer;
  const claimed = clientInfo === undefined ? undefined : homeAccountIdOf(clientInfo);
  if (clientInfo !== undefined && claimed === undefined) throw nonsense("client info that is none", facts);
  const homeAccountId =
    claimed ??
    told?.homeAccountId ??
    homeAccountIds[0] ??
    (asked === undefined ? ownId(tokens) : askedId(asked, tokens, told, facts));
  if (homeAccountId === undefined) throw nonsense("a token that does not say whose it is", facts);

  const agreed = asked?.homeAccountId ?? homeAccountId;
  const isAgreed = (id: string | undefined) => id === undefined || sameId(id, agreed);
  const home = homeIds(agreed);
  if (
    !isAgreed(homeAccountId) ||
    !isAgreed(told?.homeAccountId) ||
    !homeAccountIds.every(isAgreed) ||
    tokens.some((token) => contradicts(token, home, expected)) ||
    disagree(tokens)
  ) {
    throw wrongAccount(expected, facts);
  }
  // The user may choose another account in a dialog; without one nobody chose.
  const { loginHint = "" } = expected;
  if (asked === undefined && expected.silent && loginHint !== "") {
    if (!usernamesOf(tokens, told).some((name) => sameId(loginHint, name)))
      throw wrongAccount(expected, facts);
  }
  return asked ?? told ?? describedAccount(homeAccountId, tokens, expected);
}

/** The account as the ids and the tokens' claims describe it. */
function describedAccount(
  homeAccountId: string,
  tokens: readonly ReadToken[],
  expected: ExpectedToken,
): BrokerAccount {
  const claim = (name: string) => {
    for (const { claims } of tokens) {
      const value = textField(claims, name);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const { uid, utid } = homeIds(homeAccountId);
  // To show only: an address somebody may choose freely says nothing about who it is.
  const username = usernamesOf(tokens, undefined)[0] ?? claim("email") ?? "";
  const name = claim("name");
  return {
    // In the home tenant, where the ids of `clientInfo` are those of the account.
    homeAccountId,
    localAccountId: uid,
    tenantId: utid,
    environment: expected.authority.host,
    username,
    ...(name !== undefined && { name }),
  };
}

/** Every user name the answer gives; a guest has one more in the tenant that is visited. */
function usernamesOf(tokens: readonly ReadToken[], told: BrokerAccount | undefined): string[] {
  const names = tokens.flatMap(({ claims }) =>
    ["preferred_username", "upn", "unique_name"].map((name) => textField(claims, name)),
  );
  return [...names, told?.username].filter((name) => name !== undefined);
}

/** The account by the ids in its tokens, where nothing else names it. */
function ownId(tokens: readonly ReadToken[]): string | undefined {
  for (const { objectId, tenants } of tokens) {
    if (objectId !== undefined && tenants[0] !== undefined) return `${objectId}.${tenants[0]}`;
  }
  return undefined;
}

/**
 * The asked account, where the tokens alone show that they are its own: by its ids, or, since ids in another
 * tenant are that tenant's, by the user name there.
 */
function askedId(
  asked: BrokerAccount,
  tokens: readonly ReadToken[],
  told: BrokerAccount | undefined,
  facts: CallFacts,
): string {
  const { uid, utid } = homeIds(asked.homeAccountId);
  const own = ownId(tokens);
  const usernames = usernamesOf(tokens, told);
  const hasItsId = tokens.some(({ objectId }) => sameId(objectId ?? "", uid));
  const abroad = tokens.some(({ tenants }) => tenants.some((tenant) => !sameId(tenant, utid)));
  const isAsked = hasItsId || (abroad && usernames.some((name) => sameId(name, asked.username)));
  if (isAsked) return asked.homeAccountId;
  if (own === undefined && usernames.length === 0)
    throw nonsense("a token that does not say whose it is", facts);
  return own ?? "";
}

/** Whether a token is somebody else's: in the home tenant, the object id is the account's. */
function contradicts({ objectId, tenants }: ReadToken, home: HomeIds, expected: ExpectedToken): boolean {
  const tenantId = tenants[0] ?? expected.authority.tenantId;
  return (
    objectId !== undefined &&
    tenantId !== undefined &&
    sameId(tenantId, home.utid) &&
    !sameId(objectId, home.uid)
  );
}

/** Whether two tokens of one tenant are of two people. */
function disagree([one, other]: readonly ReadToken[]): boolean {
  if (one?.objectId === undefined || other?.objectId === undefined) return false;
  const tenant = one.tenants[0];
  const otherTenant = other.tenants[0];
  const sameTenant = tenant === undefined || otherTenant === undefined || sameId(tenant, otherTenant);
  return sameTenant && !sameId(one.objectId, other.objectId);
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
