// Judges the emulator's WAM door and the fake WAM: Microsoft's own client for Windows, unmodified and closed, signs in
// through them. (What it asks for is in the captures, which broker-win is compared with; here it is the other side that
// is put to the test.) The account picker is left out: to show it the client needs a working IContextCallback, which
// Wine 8 does not have.
import { randomUUID } from "node:crypto";
import type { Account, AuthParameters, AuthResult, DiscoverAccountsResult } from "@azure/msal-node-runtime";
import runtimePackage from "@azure/msal-node-runtime";
import { createWamDoor, type EmulatedAccount, EmulatedTenant, type PolicyEffect } from "@x/broker-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FakeWam, loadFakeWam } from "../doubles/wam/fake-wam.js";

const { msalNodeRuntime: runtime } = runtimePackage;
const clientId = randomUUID();
const scope = "https://graph.microsoft.com/User.Read";
const mailScope = "https://graph.microsoft.com/Mail.Read";
const inSeconds = (millis: number) => Math.floor(millis / 1000);

describe("Microsoft's own client for Windows", () => {
  const wam: FakeWam = loadFakeWam();
  let tenant: EmulatedTenant;
  let ann: EmulatedAccount;
  let window: bigint;

  beforeAll(() => {
    window = wam.openWindow();
  });
  afterAll(() => {
    wam.closeWindow(window);
    wam.stop();
  });
  beforeEach(() => {
    tenant = new EmulatedTenant();
    tenant.registerApp({ clientId });
    ann = tenant.addAccount({ username: "ann@contoso.example", name: "Ann Lee" });
    const door = createWamDoor(tenant);
    wam.start((call) => door.answer(call));
  });

  it("starts", () => {
    expect(runtime.StartupError).toBeFalsy();
  });

  it("finds the accounts of Windows, and where they are at home", async () => {
    const { accounts } = await discover();
    // It lists those it found in earlier runs, too.
    expect(accounts.map(plainAccount)).toContainEqual({
      homeAccountId: ann.homeAccountId,
      localAccountId: ann.localAccountId,
      realm: ann.tenantId,
      username: ann.username,
    });
  });

  it("gets a token for the default account", async () => {
    const result = await signInSilently();
    const claims = tenant.verify(result.accessToken);
    expect(claims).toMatchObject({ oid: ann.localAccountId, tid: tenant.tenantId, scp: "User.Read" });
    expect(plainAccount(result.account).homeAccountId).toBe(ann.homeAccountId);
    expect(result.grantedScopes).toContain("User.Read");
    expect(tenant.verify(result.rawIdToken)).toMatchObject({ aud: clientId, oid: ann.localAccountId });
    const lifetimeInSeconds = Number(result.expiresOn) - inSeconds(Date.now());
    expect(lifetimeInSeconds).toBeGreaterThan(3000);
    expect(lifetimeInSeconds).toBeLessThanOrEqual(3600);
  });

  it("gets one for a personal account", async () => {
    const pat = tenant.addAccount({ username: "pat@outlook.example", personal: true });
    const result = await signInSilently("consumers");
    expect(tenant.verify(result.accessToken)).toMatchObject({ oid: pat.localAccountId });
    expect(plainAccount(result.account).homeAccountId).toBe(pat.homeAccountId);
  });

  it("gets one for an account it has found", async () => {
    const { account } = await signInSilently(tenant.tenantId);
    const result = await acquireSilently(account);
    expect(tenant.verify(result.accessToken)).toMatchObject({ oid: ann.localAccountId, scp: "Mail.Read" });
    expect(wam.log().map(({ call }) => call)).toContain("GetTokenSilentlyWithWebAccountAsync");
  });

  describe("with a window", () => {
    it("signs somebody in", async () => {
      tenant.addAccount({ username: "bob@contoso.example", signedIn: false });
      tenant.user.script = [{ kind: "signs_in", as: "bob@contoso.example" }];
      const result = await signInInteractively();
      expect(plainAccount(result.account).username).toBe("bob@contoso.example");
      expect(tenant.user.dialogs).toHaveLength(1);
      const shown = wam.log().find(({ call }) => call === "RequestTokenForWindowAsync");
      expect(shown).toMatchObject({ hwnd: Number(window), promptType: 1 });
    });

    it("starts with a login hint", async () => {
      tenant.addAccount({ username: "bob@contoso.example", signedIn: false });
      const result = await signInInteractively("organizations", "bob@contoso.example");
      expect(plainAccount(result.account).username).toBe("bob@contoso.example");
    });

    it("gets a token that the user had to be asked for", async () => {
      const { account } = await signInSilently(tenant.tenantId);
      tenant.addPolicy({}, { kind: "interaction_required" });
      await expect(acquireSilently(account)).rejects.toMatchObject({ errorStatus: 2 });
      const request = parameters(tenant.tenantId, [mailScope]);
      const result = await settle<AuthResult>((done) =>
        runtime.AcquireTokenInteractivelyAsync(windowHandle(), request, randomUUID(), account, done),
      );
      expect(tenant.verify(result.accessToken)).toMatchObject({ oid: ann.localAccountId, scp: "Mail.Read" });
      expect(tenant.user.dialogs).toHaveLength(1);
    });

    it("understands that the user closed it", async () => {
      tenant.user.script = [{ kind: "cancels" }];
      await expect(signInInteractively()).rejects.toMatchObject({ errorStatus: 7 });
    });
  });

  it("signs an account out of the app", async () => {
    const { account } = await signInSilently(tenant.tenantId);
    await settle((done) => runtime.SignOutSilentlyAsync(clientId, randomUUID(), account, done));
    expect(wam.log().map(({ call }) => call)).toContain("account.SignOutWithClientIdAsync");
    await expect(acquireSilently(account)).rejects.toMatchObject({ errorStatus: 13 });
  });

  it("proves possession by the provider's key", async () => {
    const request = parameters("organizations");
    request.SetPopParams("GET", "graph.microsoft.com", "/v1.0/me", "nonce-1");
    const result = await settle<AuthResult>((done) =>
      runtime.SignInSilentlyAsync(request, randomUUID(), done),
    );
    expect(result.isPopAuthorization).toBe(true);
    const [scheme = "", signed = ""] = result.authorizationHeader.split(" ");
    expect(scheme.toLowerCase()).toBe("pop");
    expect(tenant.verifySignedHttpRequest(signed).request).toMatchObject({
      m: "GET",
      u: "graph.microsoft.com",
      p: "/v1.0/me",
      nonce: "nonce-1",
    });
  });

  it.each<[string, PolicyEffect, number]>([
    ["the user is needed", { kind: "interaction_required" }, 2],
    ["consent is missing", { kind: "consent_required" }, 2],
    ["the account must sign in again", { kind: "account_unusable" }, 2],
    ["there is no network", { kind: "no_network" }, 3],
    ["the tenant is busy", { kind: "temporarily_unavailable" }, 5],
    ["something unexpected", { kind: "wam_error", code: 0xcaa20064 }, 0],
  ])("understands that %s", async (_what, effect, errorStatus) => {
    tenant.addPolicy({}, effect);
    await expect(signInSilently()).rejects.toMatchObject({ errorStatus });
  });

  it("understands that the app is unknown", async () => {
    const unknown = new EmulatedTenant();
    unknown.addAccount({ username: "ann@contoso.example" });
    const door = createWamDoor(unknown);
    wam.start((call) => door.answer(call));
    await expect(signInSilently()).rejects.toMatchObject({ errorStatus: 9 });
  });

  function parameters(authority: string, scopes = [scope]): AuthParameters {
    const made = new runtime.AuthParameters();
    made.CreateAuthParameters(clientId, `https://login.microsoftonline.com/${authority}`);
    made.SetRedirectUri(`ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId}`);
    made.SetRequestedScopes(scopes.join(" "));
    return made;
  }

  function signInSilently(authority = "organizations"): Promise<AuthResult> {
    return settle((done) => runtime.SignInSilentlyAsync(parameters(authority), randomUUID(), done));
  }

  /** With a scope of its own, for the client keeps the tokens it has had. */
  function acquireSilently(account: Account): Promise<AuthResult> {
    const request = parameters(tenant.tenantId, [mailScope]);
    return settle((done) => runtime.AcquireTokenSilentlyAsync(request, randomUUID(), account, done));
  }

  function windowHandle(): Buffer {
    const handle = Buffer.alloc(8);
    handle.writeBigUInt64LE(window);
    return handle;
  }

  function signInInteractively(authority = "organizations", hint = ""): Promise<AuthResult> {
    const request = parameters(authority);
    return settle((done) =>
      runtime.SignInInteractivelyAsync(windowHandle(), request, randomUUID(), hint, done),
    );
  }

  function discover(): Promise<DiscoverAccountsResult> {
    return settle((done) => runtime.DiscoverAccountsAsync(clientId, randomUUID(), done));
  }
});

/** A call of the client as a promise. Its results have to be asked whether they are errors. */
function settle<T extends { CheckError: () => void }>(
  start: (done: (result: T) => void) => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    start((result) => {
      try {
        result.CheckError();
        resolve(result);
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** Its accounts are native objects, which have to be read one by one. */
function plainAccount({ homeAccountId, localAccountId, realm, username }: Account) {
  return { homeAccountId, localAccountId, realm, username };
}
