import type { InteractiveTokenRequest, SilentTokenRequest } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { brokerOn, rejection, request } from "./testing/protocol/broker.js";
import { FakeBus } from "./testing/protocol/fake-bus.js";
import {
  accessTokenOf,
  account,
  clientInfo,
  idTokenOf,
  inAnHour,
  jwt,
  nativeAccount,
  objectId,
  otherNativeAccount,
  otherObjectId,
  otherTenantId,
  tenantId,
  tokenAnswer,
  tokenResponse,
  username,
} from "./testing/protocol/people.js";

const pop = { resourceRequestMethod: "GET", resourceRequestUrl: "https://graph.microsoft.com/v1.0/me" };
const otherPerson = {
  accessToken: accessTokenOf({ oid: otherObjectId }),
  clientInfo: clientInfo(otherObjectId, tenantId),
  idToken: idTokenOf({ oid: otherObjectId, preferred_username: "other@contoso.example" }),
};

function silently(answer: unknown, changes: Partial<SilentTokenRequest> = { account: account() }) {
  const bus = new FakeBus().onJson("acquireTokenSilently", answer);
  bus.onJson("getAccounts", { accounts: [nativeAccount()] });
  return brokerOn(bus).acquireTokenSilently({ ...request, ...changes });
}

function interactively(answer: unknown, changes: Partial<InteractiveTokenRequest> = {}) {
  const bus = new FakeBus().onJson("acquireTokenInteractively", answer);
  return brokerOn(bus).acquireTokenInteractively({ ...request, ...changes });
}

describe("a good answer", () => {
  it("becomes a token with everything known about it", async () => {
    const response = tokenResponse();
    const token = await silently({ brokerTokenResponse: response, telemetry: { broker_version: "3.0.2" } });
    expect(token).toMatchObject({
      accessToken: response["accessToken"],
      tokenType: "Bearer",
      scopes: ["User.Read", "Mail.Read"],
      idToken: response["idToken"],
      tenantId,
      authority: `https://login.microsoftonline.com/${tenantId}`,
      silent: true,
      telemetry: { broker_version: "3.0.2" },
    });
    expect(token.account).toEqual(account());
    expect(token.idTokenClaims).toMatchObject({ preferred_username: username });
    expect(token.expiresOn).toBe(response["expiresOn"]);
  });

  it("names an account that can be asked for again", async () => {
    const { account: found } = await interactively(tokenAnswer());
    expect(found).toMatchObject({
      homeAccountId: `${objectId}.${tenantId}`,
      localAccountId: objectId,
      tenantId,
      environment: "login.microsoftonline.com",
      username,
      name: "Test User",
    });
    const bus = new FakeBus().onJson("acquireTokenSilently", tokenAnswer());
    await brokerOn(bus).acquireTokenSilently({ ...request, account: found });
    const [sent] = bus.requests;
    expect(sent?.json["authParameters"]).toMatchObject({
      account: { clientInfo: clientInfo(objectId, tenantId), realm: tenantId, username, givenName: "" },
    });
  });

  it("may embed the account, as brokers up to 2.0.1 do", async () => {
    const token = await interactively(
      tokenAnswer({ account: nativeAccount({ extra: 1 }), idToken: undefined }),
    );
    expect(token.account.native).toMatchObject({ familyName: "User", extra: 1 });
  });

  it("may come without id token, client info, type and scopes (brokers differ)", async () => {
    const token = await silently({
      brokerTokenResponse: { accessToken: accessTokenOf(), account: nativeAccount() },
    });
    expect(token).toMatchObject({ scopes: request.scopes, tokenType: "Bearer" });
    expect(token.expiresOn % 1000).toBe(0);
  });

  it.each([null, ["User.Read"], { a: 1 }, "", "   "])(
    "grants what was asked when grantedScopes is %j",
    async (value) => {
      await expect(silently(tokenAnswer({ grantedScopes: value }))).resolves.toMatchObject({
        scopes: request.scopes,
      });
    },
  );

  it("hands on the broker's facts about itself, and nothing long or unknown", async () => {
    const telemetry = {
      broker_version: "3.0.2",
      ui_visible: "false",
      device_id: "d",
      api_name: "x".repeat(999),
    };
    const token = await silently({ ...tokenAnswer(), telemetry });
    expect(token.telemetry).toEqual({ broker_version: "3.0.2", ui_visible: "false" });
  });

  it("keeps fields of a prototype out", async () => {
    const raw = '{"__proto__":{"brokerTokenResponse":{"accessToken":"x"}}}';
    const bus = new FakeBus().on("acquireTokenSilently", raw);
    const error = await rejection(brokerOn(bus).acquireTokenSilently({ ...request, account: account() }));
    expect(error.code).toBe("protocol_error");
  });

  it("may be large", async () => {
    const padding = "x".repeat(16 * 1024 * 1024);
    await expect(silently({ ...tokenAnswer(), padding })).resolves.toMatchObject({ tokenType: "Bearer" });
  });
});

describe("the wrong account is account_mismatch, never a token", () => {
  it.each([
    ["silently, for the account asked for", () => silently(tokenAnswer(otherPerson))],
    ["silently, for the only account the broker knows", () => silently(tokenAnswer(otherPerson), {})],
    [
      "silently, for a login hint",
      () => silently(tokenAnswer(otherPerson), { loginHint: "hint@contoso.example" }),
    ],
    [
      "silently, for the account a login hint names",
      () => silently(tokenAnswer(otherPerson), { loginHint: username }),
    ],
    [
      "interactively, for the account asked for",
      () => interactively(tokenAnswer(otherPerson), { account: account() }),
    ],
    [
      "by the embedded account alone",
      () => silently(tokenAnswer({ clientInfo: undefined, account: otherNativeAccount() })),
    ],
    ["by the token's own ids alone", () => silently(tokenAnswer({ ...otherPerson, clientInfo: undefined }))],
  ])("%s", async (_when, act) => {
    const error = await rejection(act());
    expect(error).toMatchObject({ code: "account_mismatch", reason: "wrong_account" });
    expect(JSON.stringify(error)).not.toContain("eyJ");
  });

  const ofOther = accessTokenOf({ oid: otherObjectId, upn: "other@contoso.example" });
  const idOfOther = { oid: otherObjectId, preferred_username: "other@contoso.example" };
  it.each([
    ["the access token says otherwise", { accessToken: ofOther }],
    ["both tokens say otherwise", { accessToken: ofOther, idToken: idTokenOf(idOfOther) }],
    [
      "only an email address fits",
      {
        accessToken: ofOther,
        clientInfo: undefined,
        idToken: idTokenOf({ ...idOfOther, tid: otherTenantId, email: username }),
      },
    ],
    [
      "the user name fits, but not the id in the home tenant",
      { accessToken: ofOther, clientInfo: undefined, idToken: idTokenOf({ oid: otherObjectId }) },
    ],
    [
      "the embedded account fits, but not the token",
      { accessToken: ofOther, clientInfo: undefined, idToken: undefined, account: nativeAccount() },
    ],
    [
      "an incomplete embedded account is another",
      { accessToken: "opaque", account: { homeAccountId: `${otherObjectId}.${tenantId}` } },
    ],
    ["the embedded account is another", { accessToken: "opaque", account: otherNativeAccount() }],
    [
      "the embedded account's client info is another's",
      { account: nativeAccount({ clientInfo: clientInfo(otherObjectId, tenantId) }) },
    ],
    [
      "the tokens of a tenant that is visited are of two people",
      {
        accessToken: accessTokenOf({ oid: otherObjectId, tid: otherTenantId }),
        idToken: idTokenOf({ tid: otherTenantId }),
      },
    ],
  ])("even if other parts of the answer fit: %s", async (_what, changes) => {
    for (const answer of [silently(tokenAnswer(changes)), silently(tokenAnswer(changes), {})])
      expect(await rejection(answer)).toMatchObject({ code: "account_mismatch", reason: "wrong_account" });
  });

  it("nor are the parts to contradict each other where anybody may sign in", async () => {
    const error = await rejection(interactively(tokenAnswer({ accessToken: ofOther })));
    expect(error).toMatchObject({ code: "account_mismatch", reason: "wrong_account" });
  });

  it("takes an empty login hint for none", async () => {
    const bus = new FakeBus().onJson("acquireTokenSilently", tokenAnswer());
    bus.onJson("getAccounts", { accounts: [nativeAccount(), otherNativeAccount()] });
    const token = await brokerOn(bus).acquireTokenSilently({ ...request, loginHint: "" });
    expect(token.account.username).toBe(username);
  });

  it("lets the user choose somebody else in a dialog that was only hinted at", async () => {
    const token = await interactively(tokenAnswer(otherPerson), { loginHint: username });
    expect(token.account.username).toBe("other@contoso.example");
  });

  it("compares ids without regard to case", async () => {
    const shouting = { homeAccountId: `${objectId}.${tenantId}`.toUpperCase() };
    await expect(silently(tokenAnswer(), { account: account(shouting) })).resolves.toBeDefined();
  });

  it("knows a guest by the user name where only tenant-local ids are given", async () => {
    const guest = { oid: otherObjectId, tid: otherTenantId };
    const answer = tokenAnswer({
      accessToken: accessTokenOf(guest),
      idToken: idTokenOf(guest),
      clientInfo: undefined,
    });
    const authority = `https://login.microsoftonline.com/${otherTenantId}`;
    const token = await silently(answer, { account: account(), authority });
    expect(token).toMatchObject({ tenantId: otherTenantId, account: account() });
  });

  it("refuses a token that does not say whose it is", async () => {
    const answer = tokenAnswer({ accessToken: "opaque", idToken: undefined, clientInfo: undefined });
    expect((await rejection(silently(answer))).code).toBe("protocol_error");
  });
});

describe("the wrong tenant is account_mismatch, never a token", () => {
  const authority = `https://login.microsoftonline.com/${otherTenantId}`;

  it.each([
    ["by the access token", { accessToken: accessTokenOf({ tid: tenantId }), idToken: undefined }],
    ["by the id token of an opaque one", { accessToken: "opaque", idToken: idTokenOf({ tid: tenantId }) }],
    [
      "by an issuer",
      {
        accessToken: accessTokenOf({ tid: undefined, iss: `https://sts.windows.net/${tenantId}/` }),
        idToken: undefined,
      },
    ],
    ["by no word at all", { accessToken: "opaque", idToken: idTokenOf({ tid: undefined }) }],
    ["by one of the two", { accessToken: accessTokenOf({ tid: otherTenantId }), idToken: idTokenOf() }],
  ])("%s", async (_how, changes) => {
    const error = await rejection(silently(tokenAnswer(changes), { account: account(), authority }));
    expect(error).toMatchObject({ code: "account_mismatch", reason: "wrong_tenant" });
  });

  it("is the issuer's where a token has no other word for it", async () => {
    const iss = `https://login.microsoftonline.com/${otherTenantId}/v2.0`;
    const answer = tokenAnswer({ accessToken: "opaque", idToken: idTokenOf({ tid: undefined, iss }) });
    const token = await silently(answer, { account: account(), authority });
    expect(token.tenantId).toBe(otherTenantId);
  });

  it("is the account's own for an opaque token", async () => {
    const answer = tokenAnswer({ accessToken: "opaque", idToken: undefined });
    await expect(silently(answer)).resolves.toMatchObject({ tenantId });
  });

  it("looks inside a signed HTTP request", async () => {
    const shr = jwt({ at: accessTokenOf({ tid: tenantId }) });
    const answer = tokenAnswer({ accessToken: shr, accessTokenType: 1, idToken: undefined });
    const error = await rejection(
      silently(answer, { account: account(), authority, proofOfPossession: pop }),
    );
    expect(error.reason).toBe("wrong_tenant");
  });

  it("holds for the account's own tenant put in place of common", async () => {
    const answer = tokenAnswer({ accessToken: accessTokenOf({ tid: otherTenantId }) });
    expect((await rejection(silently(answer))).reason).toBe("wrong_tenant");
  });

  it("is not judged where the authority leaves the tenant open or names a domain", async () => {
    const answer = tokenAnswer();
    await expect(interactively(answer)).resolves.toMatchObject({ tenantId });
    const byDomain = { authority: "https://login.microsoftonline.com/contoso.example" };
    await expect(interactively(answer, byDomain)).resolves.toMatchObject({ tenantId });
  });

  it("is not judged in Microsoft-account passthrough, which changes it", async () => {
    const answer = tokenAnswer({ accessToken: accessTokenOf({ tid: otherTenantId }) });
    await expect(silently(answer, { account: account(), msaPassthrough: true })).resolves.toBeDefined();
  });
});

describe("granted scopes", () => {
  it.each([
    ["user.read MAIL.READ"],
    ["https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.Read"],
    ["openid profile User.Read Mail.Read Files.Read"],
  ])("%j covers what was asked for", async (grantedScopes) => {
    await expect(silently(tokenAnswer({ grantedScopes }))).resolves.toBeDefined();
  });

  it("declined ones are a reason to ask the user, and are named", async () => {
    const error = await rejection(silently(tokenAnswer({ grantedScopes: "User.Read" })));
    expect(error).toMatchObject({ code: "interaction_required", reason: "declined_scopes" });
    expect(error.message).toContain("Mail.Read");
  });

  it("a permission of another resource is not the one asked for", async () => {
    const scopes = ["https://storage.azure.com/user_impersonation"];
    const asked = { account: account(), scopes };
    const other = tokenAnswer({ grantedScopes: "https://vault.azure.net/user_impersonation" });
    expect((await rejection(silently(other, asked))).reason).toBe("declined_scopes");
    const own = tokenAnswer({ grantedScopes: "https://Storage.azure.com//user_impersonation" });
    await expect(silently(own, asked)).resolves.toBeDefined();
    const bare = tokenAnswer({ grantedScopes: "user_impersonation" });
    await expect(silently(bare, asked)).resolves.toBeDefined();
  });

  it("`.default` stands for whatever is granted", async () => {
    const scopes = ["https://storage.azure.com/.default"];
    const answer = tokenAnswer({ grantedScopes: "https://storage.azure.com/user_impersonation" });
    await expect(silently(answer, { account: account(), scopes })).resolves.toMatchObject({
      scopes: ["https://storage.azure.com/user_impersonation"],
    });
  });
});

describe("expiry", () => {
  it.each([
    ["seconds", () => tokenAnswer({ expiresOn: inAnHour() })],
    ["a numeric string", () => tokenAnswer({ expiresOn: String(inAnHour() * 1000) })],
    ["himmelblau's seconds in milliseconds", () => tokenAnswer({ expiresOn: Date.now() + 3599 })],
    ["seconds, for an opaque token", () => tokenAnswer({ accessToken: "opaque", expiresOn: inAnHour() })],
    ["nothing", () => tokenAnswer({ expiresOn: undefined })],
    ["no number", () => tokenAnswer({ expiresOn: "soon" })],
    ["nanoseconds", () => tokenAnswer({ expiresOn: inAnHour() * 1e9 })],
    [
      "milliseconds by the token",
      () => tokenAnswer({ accessToken: accessTokenOf({ exp: inAnHour() * 1000 }) }),
    ],
    ["beyond all time by the token", () => tokenAnswer({ accessToken: accessTokenOf({ exp: 1e308 }) })],
  ])("told as %s is an hour from now", async (_how, answer) => {
    const { expiresOn } = await silently(answer());
    expect(Math.abs(expiresOn - inAnHour() * 1000)).toBeLessThan(60_000);
  });

  it.each([
    ["in the past", { expiresOn: Date.now() - 1000, accessToken: "opaque" }],
    ["in the past by the token itself", { accessToken: accessTokenOf({ exp: inAnHour() - 7200 }) }],
    ["not at all", { expiresOn: undefined, accessToken: "opaque" }],
    ["in nanoseconds", { expiresOn: inAnHour() * 1e9, accessToken: "opaque" }],
    ["ten times too late", { expiresOn: Date.now() * 10, accessToken: "opaque" }],
    ["beyond all time", { expiresOn: undefined, accessToken: accessTokenOf({ exp: 1e308 }) }],
    ["as zero", { expiresOn: 0, accessToken: "opaque" }],
    ["as NaN", { expiresOn: "NaN", accessToken: "opaque" }],
  ])("told %s is a protocol_error", async (_how, changes) => {
    expect((await rejection(silently(tokenAnswer(changes)))).code).toBe("protocol_error");
  });
});

describe("proof of possession", () => {
  const asked = { account: account(), proofOfPossession: pop };

  it("gives the finished signed request", async () => {
    const accessToken = jwt({ at: accessTokenOf(), u: "graph.microsoft.com" });
    const token = await silently(tokenAnswer({ accessToken, accessTokenType: 1 }), asked);
    expect(token).toMatchObject({ accessToken, tokenType: "pop" });
  });

  it.each([0, 2, undefined, null, "x"])(
    "refuses token type %j: never a bearer token",
    async (accessTokenType) => {
      const error = await rejection(silently(tokenAnswer({ accessTokenType }), asked));
      expect(error).toMatchObject({ code: "not_supported", reason: "pop_not_available" });
    },
  );

  it("is not passed off as a bearer token either", async () => {
    expect((await rejection(silently(tokenAnswer({ accessTokenType: 1 })))).code).toBe("protocol_error");
  });
});

describe("nonsense is protocol_error and shows no secret", () => {
  it.each([
    ["a token that is a number", tokenAnswer({ accessToken: 5 })],
    ["a token that is null", tokenAnswer({ accessToken: null })],
    ["an empty token", tokenAnswer({ accessToken: "" })],
    ["client info that is none", tokenAnswer({ clientInfo: "%%%" })],
    ["an id token of two parts", tokenAnswer({ idToken: "eyJhbGciOiJub25lIn0.eyJhIjoxfQ" })],
    ["an id token that is no JSON", tokenAnswer({ idToken: "a.b.c" })],
    ["an array", []],
    ["a token response that is a list", { brokerTokenResponse: [tokenResponse()] }],
  ])("%s", async (_what, answer) => {
    const error = await rejection(silently(answer));
    expect(error.code).toBe("protocol_error");
    expect(`${JSON.stringify(error)}${error.stack}`).not.toMatch(/eyJ|%%%/);
  });
});
