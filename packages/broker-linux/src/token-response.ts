import type { BrokerAccount, BrokerToken } from "@x/broker-contract";
import { homeAccountIdOf, readAccount, sameId } from "./account.js";
import { nonsense, readTelemetry, tokenPart } from "./broker-answer.js";
import { type CallFacts, callError } from "./call-facts.js";
import { tokenExpiry } from "./expiry.js";
import { field, type JsonObject, numberField, stringField, textField } from "./json.js";
import { accessTokenClaims, jwtClaims } from "./jwt.js";
import { accessTokenType } from "./protocol.js";
import { declinedScopes } from "./scopes.js";
import type { PreparedTokenRequest } from "./token-request.js";
import { findWireError, wireError } from "./wire-errors.js";

/**
 * Reads the answer to a token request and holds it against the request: a token of the right kind, for the
 * right account, from the right tenant, with the scopes asked for, not expired.
 * @throws BrokerError for the broker's own error, and for a token that is not what was asked for
 */
export function readTokenAnswer(
  answer: JsonObject,
  request: PreparedTokenRequest,
  facts: CallFacts,
  now = Date.now(),
): BrokerToken {
  const error = findWireError(answer);
  if (error !== undefined) throw wireError(error, facts);
  const response = tokenPart(answer);
  const accessToken = response && textField(response, "accessToken");
  if (response === undefined || accessToken === undefined)
    throw nonsense("neither a token nor an error", facts);

  const tokenType = readTokenType(response, request, facts);
  const tokenClaims = accessTokenClaims(accessToken);
  const idToken = textField(response, "idToken");
  const idTokenClaims = idToken === undefined ? undefined : jwtClaims(idToken);
  if (idToken !== undefined && idTokenClaims === undefined) throw nonsense("an id token that is none", facts);

  const { account, usernames } = readTokenAccount(response, tokenClaims, idTokenClaims, request, facts);
  checkAccount(account, usernames, request, facts);
  const tenantId = checkedTenant(tokenClaims, idTokenClaims, account, request, facts);
  const scopes = checkedScopes(response, request, facts);
  const expiresOn = checkedExpiry(response, tokenClaims, now, facts);

  return {
    accessToken,
    tokenType,
    expiresOn,
    scopes,
    account,
    tenantId,
    authority: request.authority.url,
    correlationId: facts.correlationId,
    silent: request.silent,
    telemetry: readTelemetry(answer),
    ...(idToken !== undefined && { idToken }),
    ...(idTokenClaims !== undefined && { idTokenClaims }),
  };
}

function readTokenType(
  response: JsonObject,
  request: PreparedTokenRequest,
  facts: CallFacts,
): BrokerToken["tokenType"] {
  const type = numberField(response, "accessTokenType");
  if (request.proofOfPossession) {
    if (type === accessTokenType.pop) return "pop";
    throw callError("not_supported", facts, {
      reason: "pop_not_available",
      ...(type !== undefined && { native: { accessTokenType: type } }),
      message: "The broker answered a request for proof of possession with a token that proves nothing.",
      hint: "This broker makes no proof-of-possession tokens: ask for a bearer token if the resource takes one.",
    });
  }
  // Independent brokers leave the type out.
  if (type === undefined || type === accessTokenType.bearer) return "Bearer";
  throw nonsense("a token of another type than was asked for", facts);
}

interface TokenOwner {
  readonly account: BrokerAccount;
  /** Every user name the answer gives; a guest has one more in the tenant that is visited. */
  readonly usernames: readonly string[];
}

/** Whose token it is, by what the answer says in one place or another. */
function readTokenAccount(
  response: JsonObject,
  tokenClaims: JsonObject | undefined,
  idTokenClaims: JsonObject | undefined,
  request: PreparedTokenRequest,
  facts: CallFacts,
): TokenOwner {
  const told = readAccount(field(response, "account"));
  const clientInfo = textField(response, "clientInfo");
  const claimed = clientInfo === undefined ? undefined : homeAccountIdOf(clientInfo);
  if (clientInfo !== undefined && claimed === undefined) throw nonsense("client info that is none", facts);
  const claim = (name: string) =>
    (idTokenClaims && textField(idTokenClaims, name)) ?? (tokenClaims && textField(tokenClaims, name));
  const objectId = claim("oid");
  const tenantId = claim("tid");
  const usernames = [
    ...["preferred_username", "upn", "unique_name", "email"].map(claim),
    told?.username,
  ].filter((name) => name !== undefined);

  const asked = request.account;
  let homeAccountId = claimed ?? told?.homeAccountId;
  if (homeAccountId === undefined) {
    // Ids in a token are those of the tenant that made it: for a guest, the user name says who it is.
    const isAsked = asked !== undefined && usernames.some((name) => sameId(name, asked.username));
    if (isAsked) return { account: asked, usernames };
    if (objectId !== undefined && tenantId !== undefined) homeAccountId = `${objectId}.${tenantId}`;
  }
  if (homeAccountId === undefined) throw nonsense("a token that does not say whose it is", facts);
  if (asked !== undefined && sameId(asked.homeAccountId, homeAccountId)) return { account: asked, usernames };
  if (told !== undefined && sameId(told.homeAccountId, homeAccountId)) return { account: told, usernames };

  const [uid = "", utid = ""] = homeAccountId.split(".");
  const username = usernames[0] ?? "";
  const name = claim("name");
  const environment = request.authority.host;
  // In the home tenant, where the ids of `clientInfo` are those of the account.
  const native = {
    ...(clientInfo !== undefined && { clientInfo }),
    environment,
    homeAccountId,
    localAccountId: uid,
    name: name ?? "",
    realm: utid,
    username,
  };
  return {
    account: {
      homeAccountId,
      localAccountId: uid,
      tenantId: utid,
      environment,
      username,
      ...(name !== undefined && { name }),
      native,
    },
    usernames,
  };
}

function checkAccount(
  account: BrokerAccount,
  usernames: readonly string[],
  request: PreparedTokenRequest,
  facts: CallFacts,
): void {
  const { account: asked, loginHint } = request;
  const wrong =
    asked !== undefined
      ? !sameId(asked.homeAccountId, account.homeAccountId)
      : // The user may choose another account in a dialog; without one nobody chose.
        request.silent && loginHint !== undefined && !usernames.some((name) => sameId(loginHint, name));
  if (!wrong) return;
  throw callError("account_mismatch", facts, {
    reason: "wrong_account",
    message:
      "The broker answered with a token of another account than the one asked for; it was thrown away.",
    hint: request.silent
      ? "Sign in interactively with the account the app needs."
      : "Sign in with the account the app asked for, or let the app ask for no account.",
  });
}

function checkedTenant(
  tokenClaims: JsonObject | undefined,
  idTokenClaims: JsonObject | undefined,
  account: BrokerAccount,
  request: PreparedTokenRequest,
  facts: CallFacts,
): string {
  const told = [tokenClaims, idTokenClaims]
    .map((claims) => claims && textField(claims, "tid"))
    .filter((tenant) => tenant !== undefined);
  const wanted = request.authority.tenantId;
  if (wanted !== undefined && request.tenantIsFixed && told.some((tenant) => !sameId(tenant, wanted))) {
    throw callError("account_mismatch", facts, {
      reason: "wrong_tenant",
      message:
        "The broker answered with a token of another tenant than the one asked for; it was thrown away.",
      hint: "Check that the account is a member or guest of the tenant, or ask the account's own tenant.",
    });
  }
  return told[0] ?? wanted ?? account.tenantId;
}

function checkedScopes(
  response: JsonObject,
  request: PreparedTokenRequest,
  facts: CallFacts,
): readonly string[] {
  const granted = (stringField(response, "grantedScopes") ?? "").split(/\s+/).filter((scope) => scope !== "");
  // An answer that names no scope grants what was asked for: so Microsoft's client reads it.
  if (granted.length === 0) return request.scopes;
  const declined = declinedScopes(request.scopes, granted);
  if (declined.length === 0) return granted;
  throw callError("interaction_required", facts, {
    reason: "declined_scopes",
    message: `The broker's token lacks ${declined.join(" ")}.`,
    hint: "Sign in interactively to consent. If it stays, ask for scopes exactly as the tenant writes them.",
  });
}

function checkedExpiry(
  response: JsonObject,
  tokenClaims: JsonObject | undefined,
  now: number,
  facts: CallFacts,
): number {
  const expiresOn = tokenExpiry(
    numberField(response, "expiresOn"),
    tokenClaims && numberField(tokenClaims, "exp"),
  );
  if (expiresOn === undefined) throw nonsense("a token that does not say when it ends", facts);
  if (expiresOn > now) return expiresOn;
  throw callError("protocol_error", facts, {
    reason: "expired_token",
    message: "The broker answered with a token that has already expired.",
    hint: "Check this machine's clock; then try again with forceRefresh.",
    retryable: true,
  });
}
