import { describe, expect, it } from "vitest";
import { clientInfoOf } from "./account-ids.js";
import type { CallFacts } from "./call-facts.js";
import { checkedToken, type ExpectedToken, type TokenAnswer } from "./checked-token.js";
import { account, jwt, objectId, tenantId } from "./testing/people.js";

const now = Date.UTC(2026, 0, 1);
const exp = now / 1000 + 3600;
const facts: CallFacts = {
  operation: "acquireTokenSilently",
  platform: "windows",
  correlationId: "00000000-0000-4000-8000-000000000001",
};

const claims = { oid: objectId, tid: tenantId, exp };
const answer: TokenAnswer = {
  accessToken: jwt(claims),
  tokenType: "Bearer",
  idToken: jwt({ ...claims, preferred_username: account.username, name: "Test User" }),
  clientInfo: clientInfoOf(account.homeAccountId),
  grantedScopes: "User.Read openid",
  expiresOn: exp,
  telemetry: { from: "test" },
};

const expected: ExpectedToken = {
  authority: {
    url: `https://login.microsoftonline.com/${tenantId}`,
    host: "login.microsoftonline.com",
    tenantId,
  },
  scopes: ["User.Read"],
  account,
  loginHint: undefined,
  silent: true,
  tenantIsFixed: true,
};

const check = (changes: Partial<TokenAnswer>, wanted: Partial<ExpectedToken> = {}) =>
  checkedToken({ ...answer, ...changes }, { ...expected, ...wanted }, facts, now);

describe("a token is believed", () => {
  it("if everything in the answer is about the account that was asked for", () => {
    expect(check({})).toMatchObject({
      account,
      tenantId,
      expiresOn: exp * 1000,
      scopes: ["User.Read", "openid"],
    });
  });

  it("with the account it tells of, where none was asked for", () => {
    const { name, ...known } = check({}, { account: undefined }).account;
    expect({ ...known, name }).toEqual({ ...account, environment: "login.microsoftonline.com" });
  });

  it("with what else the broker told", () => {
    expect(check({ refreshOn: 5 })).toMatchObject({
      refreshOn: 5,
      telemetry: { from: "test" },
      silent: true,
    });
  });
});

describe("a token is thrown away", () => {
  const stranger = "b0b0b0b0-aaaa-4bbb-8ccc-dddddddddddd";
  it.each<[string, Partial<TokenAnswer>, Partial<ExpectedToken>, string]>([
    [
      "of somebody else, by client info",
      { clientInfo: clientInfoOf(`${stranger}.${tenantId}`) },
      {},
      "account_mismatch",
    ],
    [
      "of somebody else, by its claims",
      { accessToken: jwt({ ...claims, oid: stranger }) },
      {},
      "account_mismatch",
    ],
    [
      "of somebody else, by another id",
      { homeAccountIds: [`${stranger}.${tenantId}`] },
      {},
      "account_mismatch",
    ],
    [
      "of somebody else, where the account's id has more to it",
      {
        accessToken: jwt({ ...claims, oid: stranger }),
        idToken: undefined,
        clientInfo: undefined,
        account: { ...account, homeAccountId: `${account.homeAccountId}.policy` },
      },
      { account: undefined },
      "account_mismatch",
    ],
    [
      "of nobody the hint named",
      {},
      { account: undefined, loginHint: "x@contoso.example" },
      "account_mismatch",
    ],
    [
      "of another tenant",
      {},
      { authority: { ...expected.authority, tenantId: stranger } },
      "account_mismatch",
    ],
    ["without a scope", { grantedScopes: "openid" }, {}, "interaction_required"],
    [
      "that has ended",
      { accessToken: jwt({ ...claims, exp: exp - 7200 }), expiresOn: exp - 7200 },
      {},
      "protocol_error",
    ],
    ["with an id token that is none", { idToken: "x" }, {}, "protocol_error"],
    ["with client info that is none", { clientInfo: "x" }, {}, "protocol_error"],
  ])("%s", (_, changes, wanted, code) => {
    expect(() => check(changes, wanted)).toThrow(expect.objectContaining({ code, platform: "windows" }));
  });
});
