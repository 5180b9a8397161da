import type { BrokerAccount, BrokerToken } from "@x/broker-contract";
import {
  type CallFacts,
  callError,
  checkedToken,
  field,
  type JsonObject,
  nonsense,
  numberField,
  stringField,
  textField,
} from "@x/broker-protocol";
import { homeAccountIdsIn, readAccount } from "./account.js";
import { readTelemetry, tokenPart } from "./broker-answer.js";
import { accessTokenType } from "./protocol.js";
import type { PreparedTokenRequest } from "./token-request.js";
import { findWireError, wireError } from "./wire-errors.js";

/**
 * Reads the answer to a token request and holds it against the request.
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

  const named = field(response, "account");
  const clientInfo = textField(response, "clientInfo");
  const token = checkedToken(
    {
      accessToken,
      tokenType: readTokenType(response, request, facts),
      idToken: textField(response, "idToken"),
      clientInfo,
      account: readAccount(named),
      homeAccountIds: homeAccountIdsIn(named, clientInfo),
      grantedScopes: stringField(response, "grantedScopes"),
      expiresOn: numberField(response, "expiresOn"),
      telemetry: readTelemetry(answer),
    },
    request,
    facts,
    now,
  );
  if (token.account === request.account || token.account.native !== undefined) return token;
  return { ...token, account: { ...token.account, native: nativeAccount(token.account, clientInfo) } };
}

/** An account in the broker's own words, where the answer has none. */
function nativeAccount(account: BrokerAccount, clientInfo: string | undefined): Record<string, string> {
  const { environment, homeAccountId, localAccountId, name = "", tenantId, username } = account;
  return {
    ...(clientInfo !== undefined && { clientInfo }),
    environment,
    homeAccountId,
    localAccountId,
    name,
    realm: tenantId,
    username,
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
