import { describe, expect, it } from "vitest";
import { clientId } from "../testing/token-requests.js";
import { responseOf, type WamClient, wamWorld, wamWorldOfBoth } from "../testing/wam-client.js";
import { createWamDoor } from "./wam-door.js";

const login = "https://login.microsoft.com";
const defaultAccount = "https://login.windows.local";
const personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
const guestTenant = "99999999-8888-4777-8666-555555555555";

function partsOf(token: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(token.replaceAll("+", "%2B")));
}

describe("account providers", () => {
  it("are found by what clients call them, and say that they are emulated", async () => {
    const { client } = wamWorld();
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
    const { client } = wamWorld();
    const url = "https://login.microsoftonline.com/common";
    expect(await client.findProvider(login, url)).toMatchObject({ authority: "organizations", tag: url });
  });

  it("include that of the default account, of whichever kind", async () => {
    const { client, tenant, account } = wamWorld();
    expect(await client.findProvider(defaultAccount)).toMatchObject({ authority: "organizations" });
    tenant.removeAccount(account.homeAccountId);
    expect(await client.findProvider(defaultAccount)).toBeNull();
    tenant.addAccount({ username: "pat@outlook.example", personal: true });
    expect(await client.findProvider(defaultAccount)).toMatchObject({ authority: "consumers" });
  });
});

describe("accounts", () => {
  it("of work are listed, with the properties that real ones have", async () => {
    const { client, tenant, account } = wamWorldOfBoth();
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
    const { client, pat } = wamWorldOfBoth();
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
    const { client, tenant } = wamWorld();
    tenant.addPolicy({ method: "getAccounts" }, { kind: "not_enrolled" }, { times: 1 });
    expect(await client.listAccounts()).toEqual({ status: 0, accounts: [] });
    tenant.addPolicy({ method: "getAccounts" }, { kind: "no_network" }, { times: 1 });
    expect(await client.listAccounts()).toMatchObject({ status: 3, error: { code: 0xcaa82ee7 } });
    expect((await client.listAccounts()).accounts).toHaveLength(1);
  });

  it("signed out of an app are gone for that app, until they sign in to it again", async () => {
    const { client, tenant, account } = wamWorld();
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
    const { client, clock, tenant, account } = wamWorld();
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
    const { client } = wamWorld();
    const { properties } = responseOf(await client.requestToken({ properties: { wam_compat: "" } }));
    expect(Object.keys(properties).sort()).toEqual(["Authority", "TokenExpiresOn", "correlationId", "exp"]);
  });

  it("are for the tenant of the property `authority`, else of the provider's lookup", async () => {
    const { client, tenant } = wamWorld();
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
    const { client } = wamWorld();
    const first = responseOf(await client.requestToken()).token;
    expect(responseOf(await client.requestToken()).token).toBe(first);
    await client.call({ call: "result.InvalidateCacheAsync", tokens: [first] });
    const second = responseOf(await client.requestToken()).token;
    expect(second).not.toBe(first);
    expect(responseOf(await client.requestToken()).token).toBe(second);
  });

  it("carry claims and capabilities to the tenant", async () => {
    const { client, tenant } = wamWorld();
    const claims = JSON.stringify({ access_token: { xms_cc: { values: ["cp1"] } } });
    const { token } = responseOf(await client.requestToken({ properties: { claims } }));
    expect(tenant.verify(token)).toMatchObject({ xms_cc: ["CP1"] });
    expect(await client.requestToken({ properties: { claims: "{" } })).toMatchObject({
      status: 5,
      error: { code: 0xcaa20009 },
    });
  });

  it("of a personal account stand in one string", async () => {
    const { client, tenant, pat } = wamWorldOfBoth();
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
    const { client } = wamWorldOfBoth();
    const noClientInfo = { provider: "consumers", properties: { "x-client-info": "0" } } as const;
    expect(partsOf(responseOf(await client.requestToken(noClientInfo)).token)).not.toHaveProperty(
      "client_info",
    );
    const v1 = { provider: "consumers", properties: { "api-version": "1.0" } } as const;
    expect(responseOf(await client.requestToken(v1)).token).toMatch(/^t=/);
  });

  it("are not there where nobody of the kind is signed in", async () => {
    const { client, tenant, account } = wamWorld();
    expect(await client.requestToken({ provider: "consumers" })).toMatchObject({ status: 3 });
    tenant.removeAccount(account.homeAccountId);
    tenant.addAccount({ username: "pat@outlook.example", personal: true });
    expect(await client.requestToken()).toMatchObject({ status: 3 });
    expect(await client.requestToken({ webAccount: "gone" })).toMatchObject({ status: 3 });
  });
});

describe("windows", () => {
  const inWindow = { call: "RequestTokenForWindowAsync", promptType: 1 } as const;

  it("are shown when the client demands one, with the login hint", async () => {
    const { client, tenant } = wamWorld();
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
    const { client, tenant } = wamWorld();
    await client.requestToken({ ...inWindow, properties: { prompt: "select_account" } });
    expect(tenant.user.dialogs).toMatchObject([{ username: undefined, prompt: "select_account" }]);
  });

  it("are not shown for an account that is signed in, unless the tenant wants the user", async () => {
    const { client, tenant } = wamWorld();
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
    const { client, tenant } = wamWorld();
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
    const { client, tenant } = wamWorldOfBoth();
    const answer = await client.requestToken({ ...inWindow, provider: "consumers" });
    expect(responseOf(answer).account?.userName).toBe("pat@outlook.example");
    expect(tenant.user.dialogs).toHaveLength(1);
  });

  it("go away when the client cancels", async () => {
    const { client, tenant } = wamWorld();
    tenant.user.script = [{ kind: "never_acts" }];
    const controller = new AbortController();
    const waiting = client.requestToken({ ...inWindow, signal: controller.signal });
    await expect.poll(() => tenant.user.openDialogs).toBe(1);
    controller.abort(new Error("canceled"));
    await expect(waiting).rejects.toThrow("canceled");
    expect(tenant.user.openDialogs).toBe(0);
  });

  it("have no place without a handle", async () => {
    const { client } = wamWorld();
    expect(await client.requestToken({ call: "RequestTokenAsync" })).toEqual({ hresult: 0x80070578 });
  });

  it("let the user choose the kind of account", async () => {
    const { client, tenant, pat } = wamWorldOfBoth();
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

describe("a personal account in a work tenant", () => {
  const transfer = "openid service::login.microsoftonline.com::PURPOSE_AAD_WAM_TRANSFER email profile";

  it("acts there by a transfer code", async () => {
    const { client, tenant, pat } = wamWorldOfBoth();
    const { token } = responseOf(await client.requestToken({ provider: "consumers", scope: transfer }));
    const code = partsOf(token)["code"] ?? "";
    const answer = await client.requestToken({
      properties: { SamlAssertion: code, SamlAssertionType: "SAMLV1" },
    });
    const claims = tenant.verify(responseOf(answer).token);
    expect(claims).toMatchObject({ tid: "f8cdef31-a31e-4b4a-93e4-5f571e91255a", upn: pat.username });
  });

  it("does not without one", async () => {
    const { client } = wamWorldOfBoth();
    const { token } = responseOf(await client.requestToken({ provider: "consumers" }));
    expect(partsOf(token)).not.toHaveProperty("code");
    const invented = { SamlAssertion: "M.invented", SamlAssertionType: "SAMLV1" };
    expect(await client.requestToken({ properties: invented })).toMatchObject({ status: 3 });
  });
});

describe("the door", () => {
  it("keeps what it was asked", async () => {
    const { client, door } = wamWorld();
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
    const { client, tenant } = wamWorld();
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
    const { tenant } = wamWorld();
    const unchecked = createWamDoor as (...args: unknown[]) => unknown;
    expect(() => unchecked({})).toThrow(TypeError);
    expect(() => unchecked(tenant, { tokenbinding: true })).toThrow(/tokenbinding/);
    expect(() =>
      tenant.addAccount({ username: "a@b.example", personal: true, tenantId: guestTenant }),
    ).toThrow(/tenantId/);
  });
});
