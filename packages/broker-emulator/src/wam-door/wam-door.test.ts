import { createHash, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { EmulatedTenant, nativeClientRedirectUri } from "../tenant/emulated-tenant.js";
import type { PolicyEffect } from "../tenant/policy.js";
import { clientId, populate } from "../testing/token-requests.js";
import { responseOf, WamClient } from "../testing/wam-client.js";
import type { WamTokenAnswer } from "./wam-calls.js";
import { createWamDoor, type WamDoorOptions } from "./wam-door.js";

const login = "https://login.microsoft.com";
const defaultAccount = "https://login.windows.local";
const personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
const guestTenant = "99999999-8888-4777-8666-555555555555";

function world(options: WamDoorOptions = {}) {
  const clock = { now: Math.floor(Date.now() / 1000) * 1000 };
  const tenant = new EmulatedTenant({ now: () => clock.now });
  const { account } = populate(tenant);
  const door = createWamDoor(tenant, options);
  return { clock, tenant, account, door, client: new WamClient(door) };
}

function worldOfBoth() {
  const everything = world();
  const pat = everything.tenant.addAccount({
    username: "pat@outlook.example",
    name: "Pat Doe",
    personal: true,
  });
  return { ...everything, pat };
}

function partsOf(token: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(token.replaceAll("+", "%2B")));
}

describe("account providers", () => {
  it("are found by what clients call them, and say that they are emulated", async () => {
    const { client } = world();
    expect(await client.findProvider(login, "organizations")).toEqual({
      id: login,
      displayName: "Work or school account (emulator)",
      authority: "organizations",
      tag: "organizations",
    });
    expect(await client.findProvider(login, "consumers")).toMatchObject({
      id: login,
      displayName: "Microsoft account (emulator)",
      authority: "consumers",
    });
    expect(await client.findProvider("https://login.windows.net")).toBeNull();
  });

  it("remember the authority they were looked up with", async () => {
    const { client } = world();
    const url = "https://login.microsoftonline.com/common";
    expect(await client.findProvider(login, url)).toMatchObject({ authority: "organizations", tag: url });
  });

  it("include that of the default account, of whichever kind", async () => {
    const { client, tenant, account } = world();
    expect(await client.findProvider(defaultAccount)).toMatchObject({ authority: "organizations" });
    tenant.removeAccount(account.homeAccountId);
    expect(await client.findProvider(defaultAccount)).toBeNull();
    tenant.addAccount({ username: "pat@outlook.example", personal: true });
    expect(await client.findProvider(defaultAccount)).toMatchObject({ authority: "consumers" });
  });
});

describe("accounts", () => {
  it("of work are listed, with the properties that real ones have", async () => {
    const { client, tenant, account } = worldOfBoth();
    const { status, accounts = [] } = await client.listAccounts();
    expect(status).toBe(0);
    expect(accounts).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        userName: "ada@contoso.example",
        provider: expect.objectContaining({ authority: "organizations" }),
        properties: {
          Authority: `https://login.microsoftonline.com/${tenant.tenantId}`,
          TenantId: tenant.tenantId,
          OID: account.localAccountId,
          UPN: "ada@contoso.example",
          DisplayName: "Ada Lovelace",
          FirstName: "Ada",
          LastName: "Lovelace",
        },
      },
    ]);
  });

  it("of persons are not listed for any app, but found by their id", async () => {
    const { client, pat } = worldOfBoth();
    expect(await client.listAccounts("consumers")).toEqual({ status: 1 });
    const answer = await client.requestToken({ provider: "consumers" });
    const id = responseOf(answer).account?.id ?? "";
    expect(await client.findAccount("consumers", id)).toEqual({
      id,
      userName: "pat@outlook.example",
      provider: expect.objectContaining({ authority: "consumers" }),
      properties: {
        SafeCustomerId: pat.localAccountId.replaceAll("-", "").slice(16),
        FirstName: "Pat",
        LastName: "Doe",
      },
    });
    expect(await client.findAccount("organizations", id)).toBeNull();
    expect(await client.findAccount("consumers", "nobody")).toBeNull();
  });

  it("are none where the device is not enrolled, and an error without network", async () => {
    const { client, tenant } = world();
    tenant.addPolicy({ method: "getAccounts" }, { kind: "not_enrolled" }, { times: 1 });
    expect(await client.listAccounts()).toEqual({ status: 0, accounts: [] });
    tenant.addPolicy({ method: "getAccounts" }, { kind: "no_network" }, { times: 1 });
    expect(await client.listAccounts()).toMatchObject({ status: 3, error: { code: 0xcaa82ee7 } });
    expect((await client.listAccounts()).accounts).toHaveLength(1);
  });

  it("signed out of an app are gone for that app, until they sign in to it again", async () => {
    const { client, tenant, account } = world();
    const { accounts: [known] = [] } = await client.listAccounts();
    const id = known?.id ?? "";
    expect(await client.call({ call: "account.SignOutWithClientIdAsync", id, clientId })).toEqual({
      done: true,
    });
    expect(await client.listAccounts()).toEqual({ status: 0, accounts: [] });
    expect(await client.requestToken({ webAccount: id })).toMatchObject({ status: 3 });
    expect(tenant.findAccount(account.homeAccountId)?.signedIn).toBe(true);

    const again = await client.requestToken({ call: "RequestTokenForWindowAsync", promptType: 1 });
    expect(again.status).toBe(0);
    expect((await client.requestToken({ webAccount: id })).status).toBe(0);
    expect(await client.call({ call: "account.SignOutAsync", id })).toEqual({ done: true });
    expect(tenant.findAccount(account.homeAccountId)?.signedIn).toBe(false);
  });
});

describe("silent tokens", () => {
  it("of the default work account carry everything in properties", async () => {
    const { client, clock, tenant, account } = world();
    const answer = await client.requestToken();
    expect(answer.status).toBe(0);
    const { token, properties, account: webAccount } = responseOf(answer);
    const claims = tenant.verify(token);
    expect(claims).toMatchObject({ oid: account.localAccountId, scp: "User.Read" });
    expect(webAccount?.userName).toBe("ada@contoso.example");
    expect(properties).toEqual({
      TokenExpiresOn: String(Number(claims["exp"]) + 11_644_473_600),
      Authority: `https://login.microsoftonline.com/${tenant.tenantId}`,
      exp: String(Math.floor(clock.now / 1000) + 3600),
      correlationId: "00000000-0000-4000-8000-000000000001",
      wamcompat_id_token: expect.stringMatching(/^ey/),
      wamcompat_client_info: account.clientInfo,
      wamcompat_scopes: "User.Read",
    });
  });

  it("are told without the wamcompat properties to who does not ask for them", async () => {
    const { client } = world();
    const { properties } = responseOf(await client.requestToken({ properties: { wam_compat: "" } }));
    expect(Object.keys(properties).sort()).toEqual(["Authority", "TokenExpiresOn", "correlationId", "exp"]);
  });

  it("are for the tenant of the property `authority`, else of the provider's lookup", async () => {
    const { client, tenant } = world();
    const guest = tenant.addAccount({ username: "guest@contoso.example", guestTenants: [guestTenant] });
    const { accounts = [] } = await client.listAccounts();
    const webAccount = accounts.find(({ userName }) => userName === guest.username)?.id ?? "";
    const tid = async (changes: Parameters<WamClient["requestToken"]>[0]) =>
      tenant.verify(responseOf(await client.requestToken({ webAccount, ...changes })).token)["tid"];
    const url = `https://login.microsoftonline.com/${guestTenant}`;
    expect(await tid({})).toBe(tenant.tenantId);
    expect(await tid({ tag: guestTenant })).toBe(guestTenant);
    expect(await tid({ tag: url })).toBe(guestTenant);
    expect(await tid({ tag: "organizations", properties: { authority: url } })).toBe(guestTenant);
  });

  it("come from a cache, until it is invalidated", async () => {
    const { client } = world();
    const first = responseOf(await client.requestToken()).token;
    expect(responseOf(await client.requestToken()).token).toBe(first);
    await client.call({ call: "result.InvalidateCacheAsync", tokens: [first] });
    const second = responseOf(await client.requestToken()).token;
    expect(second).not.toBe(first);
    expect(responseOf(await client.requestToken()).token).toBe(second);
  });

  it("carry claims and capabilities to the tenant", async () => {
    const { client, tenant } = world();
    const claims = JSON.stringify({ access_token: { xms_cc: { values: ["cp1"] } } });
    const { token } = responseOf(await client.requestToken({ properties: { claims } }));
    expect(tenant.verify(token)).toMatchObject({ xms_cc: ["CP1"] });
    expect(await client.requestToken({ properties: { claims: "{" } })).toMatchObject({
      status: 5,
      error: { code: 0xcaa20009 },
    });
  });

  it("of a personal account stand in one string", async () => {
    const { client, tenant, pat } = worldOfBoth();
    const { token, properties } = responseOf(await client.requestToken({ provider: "consumers" }));
    const parts = partsOf(token);
    expect(properties).toEqual({});
    expect(parts).toEqual({
      access_token: expect.stringMatching(/^ey/),
      token_type: "bearer",
      expires_in: "3600",
      scope: "User.Read",
      id_token: expect.stringMatching(/^ey/),
      client_info: Buffer.from(JSON.stringify({ uid: pat.localAccountId, utid: personalTenant })).toString(
        "base64url",
      ),
    });
    expect(pat.localAccountId).toMatch(/^00000000-0000-0000-/);
    expect(tenant.verify(parts["access_token"] ?? "")).toMatchObject({
      tid: personalTenant,
      oid: pat.localAccountId,
    });
  });

  it("of a personal account are tickets for who cannot say what else", async () => {
    const { client } = worldOfBoth();
    const noClientInfo = { provider: "consumers", properties: { "x-client-info": "0" } } as const;
    expect(partsOf(responseOf(await client.requestToken(noClientInfo)).token)).not.toHaveProperty(
      "client_info",
    );
    const v1 = { provider: "consumers", properties: { "api-version": "1.0" } } as const;
    expect(responseOf(await client.requestToken(v1)).token).toMatch(/^t=/);
  });

  it("are not there where nobody of the kind is signed in", async () => {
    const { client, tenant, account } = world();
    expect(await client.requestToken({ provider: "consumers" })).toMatchObject({ status: 3 });
    tenant.removeAccount(account.homeAccountId);
    tenant.addAccount({ username: "pat@outlook.example", personal: true });
    expect(await client.requestToken()).toMatchObject({ status: 3 });
    expect(await client.requestToken({ webAccount: "gone" })).toMatchObject({ status: 3 });
  });
});

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
    const { client, tenant } = world();
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
    const { client, tenant } = world();
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
    const { client } = world();
    const { status, error } = await client.requestToken(changes);
    expect({ status, code: error?.code }).toEqual({ status: 5, code });
    expect(error?.message).toContain(aadsts);
  });

  it("wants the redirect URI of its own that names the app", async () => {
    const { client, tenant } = world();
    tenant.registerApp({ clientId, redirectUris: [nativeClientRedirectUri] });
    const { error } = await client.requestToken();
    expect(error?.message).toContain(`ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId}`);
    expect(error?.message).toContain("AADSTS50011");
  });

  it("differ for personal accounts", async () => {
    const { client, tenant } = worldOfBoth();
    tenant.addPolicy({}, { kind: "no_network" }, { times: 1 });
    expect(await client.requestToken({ provider: "consumers" })).toMatchObject({
      status: 5,
      error: { code: 0x800704cf },
    });
  });

  it("leave other effects in place: slowness, a short life, somebody else's answer, a changed one", async () => {
    const { client, tenant } = world();
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

describe("windows", () => {
  const inWindow = { call: "RequestTokenForWindowAsync", promptType: 1 } as const;

  it("are shown when the client demands one, with the login hint", async () => {
    const { client, tenant } = world();
    tenant.addAccount({ username: "bob@contoso.example", signedIn: false });
    const answer = await client.requestToken({
      ...inWindow,
      properties: { LoginHint: "bob@contoso.example" },
    });
    expect(answer.status).toBe(0);
    expect(responseOf(answer).account?.userName).toBe("bob@contoso.example");
    expect(tenant.user.dialogs).toMatchObject([
      { clientId, username: "bob@contoso.example", prompt: "login" },
    ]);
  });

  it("start with the account list when asked to", async () => {
    const { client, tenant } = world();
    await client.requestToken({ ...inWindow, properties: { prompt: "select_account" } });
    expect(tenant.user.dialogs).toMatchObject([{ username: undefined, prompt: "select_account" }]);
  });

  it("are not shown for an account that is signed in, unless the tenant wants the user", async () => {
    const { client, tenant } = world();
    const { accounts: [known] = [] } = await client.listAccounts();
    const call = {
      call: "RequestTokenWithWebAccountForWindowAsync",
      webAccount: known?.id ?? "",
      properties: { hsu: "1" },
    } as const;
    expect((await client.requestToken(call)).status).toBe(0);
    expect(tenant.user.dialogs).toEqual([]);
    tenant.addPolicy({}, { kind: "interaction_required" });
    expect((await client.requestToken({ webAccount: call.webAccount })).status).toBe(3);
    expect((await client.requestToken(call)).status).toBe(0);
    expect(tenant.user.dialogs).toHaveLength(1);
    expect((await client.requestToken({ webAccount: call.webAccount })).status).toBe(0);
  });

  it("tell when the user closed them, and when somebody else signed in", async () => {
    const { client, tenant } = world();
    tenant.addAccount({ username: "bob@contoso.example" });
    tenant.user.script = [{ kind: "cancels" }, { kind: "signs_in", as: "bob@contoso.example" }];
    const { accounts: [known] = [] } = await client.listAccounts();
    const call = {
      call: "RequestTokenWithWebAccountForWindowAsync",
      webAccount: known?.id ?? "",
      promptType: 1,
    } as const;
    expect(await client.requestToken(call)).toEqual({ status: 1 });
    const switched = await client.requestToken(call);
    expect(switched.status).toBe(2);
    expect(responseOf(switched).account?.userName).toBe("bob@contoso.example");
  });

  it("sign in personal accounts, too", async () => {
    const { client, tenant } = worldOfBoth();
    const answer = await client.requestToken({ ...inWindow, provider: "consumers" });
    expect(responseOf(answer).account?.userName).toBe("pat@outlook.example");
    expect(tenant.user.dialogs).toHaveLength(1);
  });

  it("go away when the client cancels", async () => {
    const { client, tenant } = world();
    tenant.user.script = [{ kind: "never_acts" }];
    const controller = new AbortController();
    const waiting = client.requestToken({ ...inWindow, signal: controller.signal });
    await expect.poll(() => tenant.user.openDialogs).toBe(1);
    controller.abort(new Error("canceled"));
    await expect(waiting).rejects.toThrow("canceled");
    expect(tenant.user.openDialogs).toBe(0);
  });

  it("have no place without a handle", async () => {
    const { client } = world();
    expect(await client.requestToken({ call: "RequestTokenAsync" })).toEqual({ hresult: 0x80070578 });
  });

  it("let the user choose the kind of account", async () => {
    const { client, tenant, pat } = worldOfBoth();
    const pick = (providers = ["consumers", "organizations"]) =>
      client.call({ call: "pane.commands", providers });
    expect(await pick()).toEqual({ choice: 1 });
    tenant.user.script = [{ kind: "signs_in", as: pat.username }];
    expect(await pick()).toEqual({ choice: 0 });
    expect(tenant.user.script).toHaveLength(1);
    tenant.user.script = [{ kind: "cancels" }];
    expect(await pick()).toEqual({ choice: null });
    expect(tenant.user.script).toEqual([]);
  });
});

describe("proof of possession", () => {
  const probe = { scope: "IsFeatureSupported:TokenBinding", clientId: "", properties: { wam_compat: "" } };

  it("by the provider's own key, where the probe says so", async () => {
    const { client, tenant } = world();
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
    const { client, tenant } = world({ tokenBinding: false });
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
    const { client } = world();
    expect((await client.requestToken({ properties })).status).toBe(5);
  });
});

describe("a personal account in a work tenant", () => {
  const transfer = "openid service::login.microsoftonline.com::PURPOSE_AAD_WAM_TRANSFER email profile";

  it("acts there by a transfer code", async () => {
    const { client, tenant, pat } = worldOfBoth();
    const { token } = responseOf(await client.requestToken({ provider: "consumers", scope: transfer }));
    const code = partsOf(token)["code"] ?? "";
    const answer = await client.requestToken({
      properties: { SamlAssertion: code, SamlAssertionType: "SAMLV1" },
    });
    const claims = tenant.verify(responseOf(answer).token);
    expect(claims).toMatchObject({ tid: "f8cdef31-a31e-4b4a-93e4-5f571e91255a", upn: pat.username });
  });

  it("does not without one", async () => {
    const { client } = worldOfBoth();
    const { token } = responseOf(await client.requestToken({ provider: "consumers" }));
    expect(partsOf(token)).not.toHaveProperty("code");
    const invented = { SamlAssertion: "M.invented", SamlAssertionType: "SAMLV1" };
    expect(await client.requestToken({ properties: invented })).toMatchObject({ status: 3 });
  });
});

describe("the door", () => {
  it("keeps what it was asked", async () => {
    const { client, door } = world();
    await client.findProvider(login, "organizations");
    await client.requestToken();
    expect(door.requests.map(({ method }) => method)).toEqual([
      "FindAccountProviderWithAuthorityAsync",
      "GetTokenSilentlyAsync",
    ]);
    expect(door.requests[1]?.request).toMatchObject({ clientId, properties: { wam_compat: "2.0" } });
    expect(door.countRequests("GetTokenSilentlyAsync")).toBe(1);
    door.clearRequests();
    expect(door.requests).toEqual([]);
  });

  it("answers nobody who has gone already", async () => {
    const { client, tenant } = world();
    tenant.addPolicy({ method: "*" }, { kind: "never_answers" });
    const controller = new AbortController();
    const waiting = [
      client.requestToken({ signal: controller.signal }),
      client.call({ call: "FindAllAccountsAsync", provider: "organizations" }, controller.signal),
    ];
    controller.abort(new Error("gone"));
    for (const call of waiting) await expect(call).rejects.toThrow("gone");
    await expect(client.requestToken({ signal: AbortSignal.abort(new Error("late")) })).rejects.toThrow(
      "late",
    );
  });

  it("refuses what is no tenant, and options that there are not", () => {
    const { tenant } = world();
    const unchecked = createWamDoor as (...args: unknown[]) => unknown;
    expect(() => unchecked({})).toThrow(TypeError);
    expect(() => unchecked(tenant, { tokenbinding: true })).toThrow(/tokenbinding/);
    expect(() =>
      tenant.addAccount({ username: "a@b.example", personal: true, tenantId: guestTenant }),
    ).toThrow(/tenantId/);
  });
});
