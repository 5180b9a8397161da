import type { BrokerToken, TokenType } from "@x/broker-contract";
import {
  type CallFacts,
  callError,
  checkedToken,
  nonsense,
  numberField,
  type ProofKey,
  textField,
} from "@x/broker-protocol";
import type { AnswerFields } from "./answer.js";
import { telemetryOf } from "./device-info.js";
import type { PreparedTokenRequest } from "./token-request.js";

/**
 * Reads a successful answer to a token request and holds it against the request. A refresh token in it is not looked
 * at, nor is a second token (`additional_token_reponse`), which belongs to Microsoft's own apps.
 * @param signer The key that a proof-of-possession token was asked for with.
 * @throws BrokerError for a token that is not what was asked for
 */
export async function readTokenAnswer(
  fields: AnswerFields,
  request: PreparedTokenRequest,
  signer: ProofKey | undefined,
  facts: CallFacts,
  now = Date.now(),
): Promise<BrokerToken> {
  const accessToken = textField(fields, "access_token");
  if (accessToken === undefined) throw nonsense("neither a token nor an error", facts);
  // Without it Microsoft's client takes no token either: nothing else tells the home account of a guest.
  const clientInfo = textField(fields, "client_info");
  if (clientInfo === undefined) throw nonsense("a token without client info", facts);
  const homeAccountId = textField(fields, "home_account_id");
  const token = checkedToken(
    {
      accessToken,
      tokenType: readTokenType(fields, request, facts),
      idToken: textField(fields, "id_token"),
      clientInfo,
      homeAccountIds: homeAccountId === undefined ? [] : [homeAccountId],
      grantedScopes: textField(fields, "scope"),
      expiresOn: readTime(fields, "expires_on", "expires_in", now),
      refreshOn: readTime(fields, "refresh_on", "refresh_in", now),
      telemetry: telemetryOf(fields),
    },
    request,
    facts,
    now,
  );
  if (request.proofOfPossession === undefined || signer === undefined) return token;
  // A token that cannot be read may be: what the answer calls it has to do.
  if (signer.binds(accessToken) === false) throw provesNothing(facts);
  const header = { kid: signer.id, typ: "JWT" };
  const signed = await signer.signRequest(accessToken, request.proofOfPossession, header, now);
  return { ...token, accessToken: signed };
}

/** A time in milliseconds since the epoch: told as one in seconds, or as seconds from now; 0 is none. */
function readTime(fields: AnswerFields, on: string, within: string, now: number): number | undefined {
  const time = numberField(fields, on);
  if (time !== undefined && time > 0) return time * 1000;
  const seconds = numberField(fields, within);
  return seconds !== undefined && seconds > 0 ? now + seconds * 1000 : undefined;
}

function readTokenType(fields: AnswerFields, request: PreparedTokenRequest, facts: CallFacts): TokenType {
  const type = textField(fields, "token_type")?.toLowerCase();
  if (request.proofOfPossession !== undefined) {
    if (type === "pop") return "pop";
    throw provesNothing(facts, type);
  }
  if (type === undefined || type === "bearer") return "Bearer";
  throw nonsense("a token of another type than was asked for", facts);
}

function provesNothing(facts: CallFacts, type?: string) {
  return callError("not_supported", facts, {
    reason: "pop_not_available",
    ...(type !== undefined && { native: { tokenType: type.slice(0, 20) } }),
    message: "The SSO extension answered a request for proof of possession with a token that proves nothing.",
    hint: "This broker makes no proof-of-possession tokens: ask for a bearer token if the resource takes one.",
  });
}
