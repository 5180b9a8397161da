import type { BrokerAccount, SsoCookie, SsoCookieRequest } from "@x/broker-contract";
import {
  asObject,
  type CallFacts,
  callError,
  canonicalJson,
  checkedClientId,
  checkedSsoUrl,
  field,
  type JsonObject,
  nonsense,
  requestedScopes,
  resolveAuthority,
  sameId,
  textField,
} from "@x/broker-protocol";
import { accountForRequest, homeAccountIdsIn } from "./account.js";
import { authorizationType, brokerRedirectUri } from "./protocol.js";
import { findWireError, wireError } from "./wire-errors.js";

const defaultScopes = ["https://graph.microsoft.com/.default"];

/**
 * Request of `acquirePrtSsoCookie`, in the shape independent clients use against real brokers: `account` and
 * `ssoUrl` stand at both levels, for brokers before and after 2.0.2.
 */
export function ssoCookieRequest(
  request: SsoCookieRequest,
  account: BrokerAccount,
  facts: CallFacts,
): string {
  const ssoUrl = checkedSsoUrl(request.ssoUrl, facts);
  const native = accountForRequest(account);
  return canonicalJson({
    account: native,
    authParameters: {
      account: native,
      additionalQueryParametersForAuthorization: {},
      authority: resolveAuthority(request.authority, undefined, facts).url,
      authorizationType: authorizationType.prtSsoCookie,
      clientId: checkedClientId(request.clientId, facts),
      redirectUri: request.redirectUri ?? brokerRedirectUri,
      requestedScopes: requestedScopes(request.scopes ?? defaultScopes, facts),
      ssoUrl,
      username: account.username,
      uxContextHandle: -1,
    },
    mamEnrollment: false,
    ssoUrl,
  });
}

/**
 * Cookies of an answer: one at its top (brokers before 2.0.2) or a list (`cookieItems`).
 * @throws BrokerError
 */
export function readSsoCookies(answer: JsonObject, account: BrokerAccount, facts: CallFacts): SsoCookie[] {
  const error = findWireError(answer);
  if (error !== undefined) throw wireError(error, facts);
  const told = homeAccountIdsIn(field(answer, "account"));
  if (told.some((id) => !sameId(id, account.homeAccountId))) {
    throw callError("account_mismatch", facts, {
      reason: "wrong_account",
      message:
        "The broker answered with cookies of another account than the one asked for; they were thrown away.",
      hint: "Ask the broker for its accounts and choose again.",
    });
  }
  const items = field(answer, "cookieItems");
  const cookies = (Array.isArray(items) ? items : [answer])
    .map(readCookie)
    .filter((one) => one !== undefined);
  if (cookies.length === 0) throw nonsense("neither a cookie nor an error", facts);
  return cookies;
}

function readCookie(value: unknown): SsoCookie | undefined {
  const item = asObject(value);
  const name = item && textField(item, "cookieName");
  const content = item && textField(item, "cookieContent");
  return name === undefined || content === undefined ? undefined : { name, value: content };
}
