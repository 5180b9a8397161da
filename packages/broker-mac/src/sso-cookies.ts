import type { BrokerAccount, SsoCookie, SsoCookieRequest } from "@x/broker-contract";
import {
  asObject,
  type CallFacts,
  callError,
  checkedClientId,
  checkedSsoUrl,
  field,
  nonsense,
  parseObject,
  sameId,
  textField,
} from "@x/broker-protocol";
import type { AnswerFields } from "./answer.js";
import { operations, primaryRefreshTokenHeaders } from "./protocol.js";
import { type ExtensionRequest, identityOptions, requestOptions } from "./request-options.js";

/**
 * Request of `get_sso_cookies`, for the cookies of one account's primary refresh token.
 * @throws TypeError or BrokerError for a request that cannot work
 */
export function ssoCookiesRequest(
  request: Pick<SsoCookieRequest, "clientId" | "ssoUrl">,
  account: BrokerAccount | undefined,
  facts: CallFacts,
): ExtensionRequest<typeof operations.ssoCookies> {
  return {
    operation: operations.ssoCookies,
    options: requestOptions(facts, {
      client_id: checkedClientId(request.clientId, facts),
      sso_url: checkedSsoUrl(request.ssoUrl, facts),
      types_of_header: primaryRefreshTokenHeaders,
      ...identityOptions(account, undefined),
    }),
  };
}

/**
 * Cookies of an answer, which holds JSON text: a list of headers, each with whose it is.
 * @throws BrokerError `account_mismatch` where all of them are somebody else's, `protocol_error` for no cookie
 */
export function readSsoCookies(fields: AnswerFields, account: BrokerAccount, facts: CallFacts): SsoCookie[] {
  const cookies = parseObject(textField(fields, "sso_cookies") ?? "");
  const list = cookies && field(cookies, "prt_headers");
  const headers = (Array.isArray(list) ? list : []).map(asObject).filter((one) => one !== undefined);
  const own = headers.filter((one) => {
    const homeAccountId = textField(one, "home_account_id");
    return homeAccountId === undefined || sameId(homeAccountId, account.homeAccountId);
  });
  if (own.length === 0 && headers.length > 0) {
    throw callError("account_mismatch", facts, {
      reason: "wrong_account",
      message:
        "The SSO extension answered with cookies of another account than the one asked for; they were thrown away.",
      hint: "Ask the broker for its accounts and choose again.",
    });
  }
  const found = own.flatMap((one) =>
    Object.entries(asObject(field(one, "header")) ?? {}).flatMap(([name, value]) =>
      typeof value === "string" && value !== "" ? [{ name, value }] : [],
    ),
  );
  if (found.length === 0) throw nonsense("neither a cookie nor an error", facts);
  return found;
}
