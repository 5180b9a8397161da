import { createHash, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { nativeClientRedirectUri } from "../tenant/emulated-tenant.js";
import type { PolicyEffect } from "../tenant/policy.js";
import { clientId } from "../testing/token-requests.js";
import { responseOf, type WamClient, wamWorld, wamWorldOfBoth } from "../testing/wam-client.js";
import type { WamTokenAnswer } from "./wam-calls.js";

const guestTenant = "99999999-8888-4777-8666-555555555555";

describe("refusals, as the provider for work accounts says them", () => {
  const cases: [string, PolicyEffect, Partial<WamTokenAnswer>][] = [
    [
      "the user is needed",
      { kind: "interaction_required" },
      {
        status: 3,
        error: { code: 0xcaa2000c, message: expect.stringContaining("AADSTS50078"), properties: {} },
      },
    ],
    [
      "consent is missing",
      { kind: "consent_required" },
      { status: 3, error: expect.objectContaining({ code: 0xcaa20003 }) },
    ],
    [
      "a claims challenge",
      { kind: "claims_challenge", claims: '{"access_token":{}}' },
      { status: 3, error: expect.objectContaining({ properties: { claims: '{"access_token":{}}' } }) },
    ],
    [
      "no network",
      { kind: "no_network" },
      { status: 5, error: expect.objectContaining({ code: 0xcaa82ee7 }) },
    ],
    [
      "later",
      { kind: "temporarily_unavailable" },
      { status: 5, error: expect.objectContaining({ code: 0xcaa20008 }) },
    ],
    [
      "the account must sign in again",
      { kind: "account_unusable" },
      { status: 3, error: expect.objectContaining({ code: 0xcaa20003 }) },
    ],
    [
      "the key is gone",
      { kind: "keyring_locked" },
      { status: 5, error: expect.objectContaining({ code: 0x80090016 }) },
    ],
    [
      "a code of the test's own",
      { kind: "wam_error", code: 0xcaad0001, message: "busy" },
      { status: 5, error: { code: 0xcaad0001, message: "busy" } },
    ],
    [
      "a status of the test's own",
      { kind: "wam_error", code: 7, message: "gone", status: 4 },
      { status: 4, error: { code: 7, message: "gone" } },
    ],
    [
      "an error of the wire",
      { kind: "wire_error", status: 0, context: "AADSTS1: x", errorCode: -2147467259 },
      { status: 5, error: { code: 0x80004005, message: "AADSTS1: x" } },
    ],
  ];
  it.each(cases)("%s", async (_what, effect, answer) => {
    const { client, tenant } = wamWorld();
    tenant.addPolicy({}, effect);
    expect(await client.requestToken()).toEqual(answer);
  });

  it.each<[string, PolicyEffect, unknown]>([
    ["the call fails", { kind: "wam_error", code: 0x80070490, failsCall: true }, { hresult: 0x80070490 }],
    ["the service is gone", { kind: "dies" }, { hresult: 0x800706ba }],
    ["nobody knows why", { kind: "dbus_error", name: "a.b", message: "" }, { hresult: 0x80004005 }],
    ["nonsense", { kind: "garbage", text: "zzz" }, { status: 0, responses: [{ token: "zzz" }] }],
    ["a reply of the test's own", { kind: "raw_reply", json: { status: 9 } }, { status: 9 }],
  ])("%s", async (_what, effect, answer) => {
    const { client, tenant } = wamWorld();
    tenant.addPolicy({}, effect);
    expect(await client.requestToken()).toEqual(answer);
  });

  it.each<[string, Parameters<WamClient["requestToken"]>[0], string, number]>([
    [
      "an app it does not know",
      { clientId: "00000000-1111-4222-8333-444444444444" },
      "AADSTS700016",
      0xcaa20002,
    ],
    ["an API it does not know", { scope: "api://nobody/x" }, "AADSTS500011", 0xcaa2000b],
    [
      "two APIs at once",
      { scope: "User.Read https://storage.azure.com/.default" },
      "AADSTS28000",
      0xcaa20001,
    ],
    ["a tenant it does not know", { tag: guestTenant }, "AADSTS90002", 0xcaa20001],
  ])("refuses %s", async (_what, changes, aadsts, code) => {
    const { client } = wamWorld();
    const { status, error } = await client.requestToken(changes);
    expect({ status, code: error?.code }).toEqual({ status: 5, code });
    expect(error?.message).toContain(aadsts);
  });

  it("wants the redirect URI of its own that names the app", async () => {
    const { client, tenant } = wamWorld();
    tenant.registerApp({ clientId, redirectUris: [nativeClientRedirectUri] });
    const { error } = await client.requestToken();
    expect(error?.message).toContain(`ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId}`);
    expect(error?.message).toContain("AADSTS50011");
  });

  it("differ for personal accounts", async () => {
    const { client, tenant } = wamWorldOfBoth();
    tenant.addPolicy({}, { kind: "no_network" }, { times: 1 });
    expect(await client.requestToken({ provider: "consumers" })).toMatchObject({
      status: 5,
      error: { code: 0x800704cf },
    });
  });

  it("leave other effects in place: slowness, a short life, somebody else's answer, a changed one", async () => {
    const { client, tenant } = wamWorld();
    tenant.addAccount({ username: "eve@contoso.example" });
    tenant.addPolicy({}, { kind: "slow", delayInMs: 1 });
    tenant.addPolicy({}, { kind: "expires_in", seconds: 60 });
    tenant.addPolicy({}, { kind: "wrong_account", username: "eve@contoso.example" });
    tenant.addPolicy({}, { kind: "patch_response", patch: (json) => ({ ...json, status: 2 }) });
    const answer = await client.requestToken();
    expect(answer.status).toBe(2);
    const { exp, iat, upn } = tenant.verify(responseOf(answer).token);
    expect({ life: Number(exp) - Number(iat), upn }).toEqual({ life: 60, upn: "eve@contoso.example" });
  });
});

describe("proof of possession", () => {
  const probe = { scope: "IsFeatureSupported:TokenBinding", clientId: "", properties: { wam_compat: "" } };

  it("by the provider's own key, where the probe says so", async () => {
    const { client, tenant } = wamWorld();
    expect((await client.requestToken(probe)).status).toBe(0);
    const answer = await client.requestToken({
      properties: { token_type: "shr" },
      appProperties: {
        shr_method: "GET",
        shr_u: "graph.microsoft.com",
        shr_p: "/v1.0/me",
        shr_nonce: "n1",
        shr_add_timestamp: "1",
      },
    });
    const { token, properties } = responseOf(answer);
    const { request, accessToken } = tenant.verifySignedHttpRequest(properties["shr"] ?? "");
    expect(request).toMatchObject({
      m: "GET",
      u: "graph.microsoft.com",
      p: "/v1.0/me",
      nonce: "n1",
      at: token,
    });
    expect(accessToken).toEqual(tenant.verify(token));
  });

  it("by the app's own key, where it does not", async () => {
    const { client, tenant } = wamWorld({ tokenBinding: false });
    expect((await client.requestToken(probe)).status).toBe(5);
    const shr = { token_type: "shr" };
    expect(
      await client.requestToken({
        properties: shr,
        appProperties: { shr_method: "GET", shr_u: "a.example" },
      }),
    ).toMatchObject({ status: 5 });

    const { n, e } = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" });
    const kid = createHash("sha256")
      .update(JSON.stringify({ e, kty: "RSA", n }))
      .digest("base64url");
    const confirmation = Buffer.from(JSON.stringify({ kid, xms_ksl: "sw" })).toString("base64url");
    const { token, properties } = responseOf(
      await client.requestToken({ properties: { token_type: "pop", req_cnf: confirmation } }),
    );
    expect(tenant.verify(token)["cnf"]).toEqual({ kid });
    expect(properties).not.toHaveProperty("shr");
  });

  it.each([
    ["no key", { token_type: "pop", req_cnf: "e30" }],
    ["no request", { token_type: "shr" }],
    ["a type it does not know", { token_type: "ssh-cert" }],
  ])("refuses %s", async (_what, properties) => {
    const { client } = wamWorld();
    expect((await client.requestToken({ properties })).status).toBe(5);
  });
});
