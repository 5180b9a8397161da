import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AzureLogger, setLogLevel } from "@azure/logger";
import type { BrokerError } from "@x/broker-contract";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bob, failure, ada as fakeAda, scope } from "../testing/fake-broker.js";
import { breakBroker, claimsOf, mendBroker, startWebFixture, webApp } from "../testing/web-fixture.js";
import { deserializeAuthenticationRecord, serializeAuthenticationRecord } from "./authentication-record.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";

const graph = "https://graph.microsoft.com/.default";
const storageScopes = "https://storage.azure.com/user_impersonation";

describe("in the browser", () => {
  it("signs in, says so, and why", async () => {
    const { tenant, options } = await startWebFixture();
    const onFallback = vi.fn();
    const credential = new InteractiveBrowserBrokerCredential({ ...options, onFallback });
    expect(credential.lastSignIn).toBeUndefined();
    const { token, route, expiresOnTimestamp } = await credential.getToken(scope);
    expect(tenant.verify(token)).toMatchObject({ upn: "ada@contoso.example", appid: webApp });
    expect(expiresOnTimestamp).toBeGreaterThan(Date.now());
    expect(route).toMatchObject({
      through: "browser",
      fallbackReason: { code: "broker_unavailable", reason: "not_installed" },
    });
    expect(credential.lastSignIn).toBe(route);
    expect(onFallback.mock.calls).toEqual([[route]]);
    expect(tenant.user.dialogs).toMatchObject([{ clientId: webApp, prompt: "select_account" }]);
  });

  it("asks once: from memory, for another resource, and for continuous access evaluation", async () => {
    const { tenant, web, options } = await startWebFixture();
    tenant.registerApp({
      clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
      redirectUris: ["http://localhost"],
    });
    const { clientId: _, ...developer } = options;
    const credential = new InteractiveBrowserBrokerCredential(developer);
    const [first, same] = await Promise.all([credential.getToken(scope), credential.getToken([scope])]);
    expect(same.token).toBe(first.token);
    const asked = web.requests.length;
    expect((await credential.getToken(scope)).token).toBe(first.token);
    expect(web.requests).toHaveLength(asked);
    expect(claimsOf((await credential.getToken(graph)).token)).toMatchObject({
      aud: "https://graph.microsoft.com",
    });
    const cae = await credential.getToken(scope, { enableCae: true });
    expect(claimsOf(cae.token)).toMatchObject({ xms_cc: ["CP1"] });
    expect(cae.route.through).toBe("browser");
    const plain = await credential.getToken(storageScopes);
    expect(claimsOf(plain.token)).not.toHaveProperty("xms_cc");
    expect(tenant.user.dialogs).toHaveLength(1);
  });

  it("asks once for clients that start at once, each with its own scope", async () => {
    const { tenant, options } = await startWebFixture();
    const { clientId: _, ...developer } = options;
    const credential = new InteractiveBrowserBrokerCredential(developer);
    const tokens = await Promise.all([scope, graph, storageScopes].map((each) => credential.getToken(each)));
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(3);
    expect(tenant.user.dialogs).toHaveLength(1);
  });

  it("keeps the user name out of the browser's arguments", async () => {
    const { tenant, options } = await startWebFixture();
    const folder = mkdtempSync(join(tmpdir(), "browser-arguments-"));
    try {
      const log = join(folder, "arguments");
      vi.stubEnv("SCRIPTED_BROWSER_LOG", log);
      const credential = new InteractiveBrowserBrokerCredential({
        ...options,
        loginHint: "bob@contoso.example",
      });
      const { token } = await credential.getToken(scope);
      expect(tenant.verify(token)).toMatchObject({ upn: "bob@contoso.example" });
      expect(readFileSync(log, "utf8")).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/start\/[\w-]{32}$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("asks the tenant that the call names", async () => {
    const { tenant, web, options } = await startWebFixture();
    const guestTenant = "99999999-8888-4777-8666-555555555555";
    tenant.addAccount({ username: "guest@fabrikam.example", guestTenants: [guestTenant] });
    const credential = new InteractiveBrowserBrokerCredential({
      ...options,
      loginHint: "guest@fabrikam.example",
    });
    const { token } = await credential.getToken(scope, { tenantId: guestTenant });
    expect(tenant.verify(token)).toMatchObject({ tid: guestTenant });
    expect(web.requests.some(({ path }) => path === `/${guestTenant}/oauth2/v2.0/authorize`)).toBe(true);
    const home = await credential.getToken(scope, { tenantId: tenant.tenantId });
    expect(tenant.verify(home.token)).toMatchObject({ tid: tenant.tenantId });
    expect(tenant.user.dialogs).toHaveLength(1);
  });

  it("asks again where the tenant wants the user, with the claims it wants", async () => {
    const { tenant, options } = await startWebFixture();
    const credential = new InteractiveBrowserBrokerCredential(options);
    await credential.getToken(scope);
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    tenant.addPolicy({ method: "acquireTokenSilently" }, { kind: "claims_challenge", claims }, { times: 1 });
    const { token } = await credential.getToken(storageScopes);
    expect(claimsOf(token)).toMatchObject({ acrs: ["c1"] });
    expect(tenant.user.dialogs).toMatchObject([{ username: undefined }, { username: "ada@contoso.example" }]);
  });

  it("answers a claims challenge without the user where the tenant does", async () => {
    const { tenant, options } = await startWebFixture();
    const credential = new InteractiveBrowserBrokerCredential(options);
    const before = await credential.getToken(scope);
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    const after = await credential.getToken(scope, { claims });
    expect(after.token).not.toBe(before.token);
    expect(claimsOf(after.token)).toMatchObject({ acrs: ["c1"] });
    expect(tenant.user.dialogs).toHaveLength(1);
  });

  it("renews ahead of time in the background, the same way", async () => {
    const { tenant, web, options } = await startWebFixture();
    const credential = new InteractiveBrowserBrokerCredential(options);
    const first = await credential.getToken(scope);
    const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 51 * 60_000);
    try {
      expect((await credential.getToken(scope)).token).toBe(first.token);
      const renewals = () => web.requests.filter(({ grantType }) => grantType === "refresh_token").length;
      await expect.poll(renewals, { timeout: 10_000 }).toBe(1);
    } finally {
      clock.mockRestore();
    }
    await expect.poll(async () => (await credential.getToken(scope)).token).not.toBe(first.token);
    expect((await credential.getToken(scope)).route.through).toBe("browser");
    expect(tenant.user.dialogs).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof failsWith>[0], Partial<BrokerError>]>([
    ["closes the page", (t) => (t.user.script = [{ kind: "cancels" }]), { code: "user_canceled" }],
    [
      "is not registered with http://localhost",
      (t) => t.registerApp({ clientId: webApp, redirectUris: ["https://contoso.example"] }),
      { code: "timed_out" },
    ],
    [
      "finds the tenant busy",
      (t) => t.addPolicy({}, { kind: "temporarily_unavailable" }),
      { code: "temporarily_unavailable", retryable: true, aadsts: "AADSTS90033" },
    ],
    ["loses the network", (t) => t.addPolicy({}, { kind: "no_network" }), { code: "no_network" }],
    [
      "is answered with nonsense",
      (t) => t.addPolicy({}, { kind: "garbage", text: "<html>" }),
      { code: "broker_failed" },
    ],
  ])("fails for what it is when the user or app %s", async (_what, arrange, expected) => {
    await failsWith(arrange, expected);
  });

  async function failsWith(
    arrange: (tenant: Awaited<ReturnType<typeof startWebFixture>>["tenant"]) => unknown,
    expected: Partial<BrokerError>,
  ): Promise<void> {
    const { tenant, options } = await startWebFixture();
    arrange(tenant);
    // Where nothing else ends it: the user looks at an error page.
    const limit = expected.code === "timed_out" ? { timeoutInMs: 2_000 } : {};
    const credential = new InteractiveBrowserBrokerCredential({ ...options, ...limit });
    await expect(credential.getToken(scope)).rejects.toMatchObject({ name: "BrokerError", ...expected });
  }

  it("tells when the browser does not open", async () => {
    const { options } = await startWebFixture();
    vi.stubEnv("BROWSER", "/bin/false");
    await expect(new InteractiveBrowserBrokerCredential(options).getToken(scope)).rejects.toMatchObject({
      code: "broker_failed",
      reason: "browser_not_opened",
      message: expect.stringMatching(/\/bin\/false ended with exit code 1.*fallback set to "device-code"/),
    });
    vi.stubEnv("BROWSER", "/nowhere/browser");
    await expect(new InteractiveBrowserBrokerCredential(options).getToken(scope)).rejects.toMatchObject({
      message: expect.stringContaining("/nowhere/browser did not start (ENOENT)"),
    });
  });

  it("ends at once when aborted, and asks anew the next time", async () => {
    const { tenant, options } = await startWebFixture();
    tenant.user.script = [{ kind: "never_acts" }];
    const credential = new InteractiveBrowserBrokerCredential(options);
    const controller = new AbortController();
    const call = credential.getToken(scope, { abortSignal: controller.signal });
    await expect.poll(() => tenant.user.dialogs.length, { timeout: 10_000 }).toBe(1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    expect((await credential.getToken(scope)).route.through).toBe("browser");
  });
});

describe("with a code on another device", () => {
  it("shows the code, and waits until it was entered", async () => {
    const { tenant, web, options } = await startWebFixture();
    tenant.user.script = [{ kind: "signs_in", as: "bob@contoso.example", delayInMs: 300 }];
    const userPromptCallback = vi.fn();
    const credential = new InteractiveBrowserBrokerCredential({
      ...options,
      fallback: "device-code",
      userPromptCallback,
    });
    const { token, route } = await credential.getToken(scope);
    expect(tenant.verify(token)).toMatchObject({ upn: "bob@contoso.example" });
    expect(route.through).toBe("device-code");
    const [[info]] = userPromptCallback.mock.calls as [[{ userCode: string }]];
    expect(info).toEqual({
      userCode: expect.stringMatching(/^[A-Z0-9]{9}$/),
      verificationUri: `${web.authorityHost}/devicelogin`,
      message: expect.stringContaining(info.userCode),
    });
    await credential.getToken(scope, { enableCae: true });
    expect(userPromptCallback).toHaveBeenCalledTimes(1);
  });

  it("is chosen where no browser opens, if the app shows codes", async () => {
    const { options } = await startWebFixture();
    vi.stubEnv("BROWSER", "");
    vi.stubEnv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22");
    const userPromptCallback = vi.fn();
    const credential = new InteractiveBrowserBrokerCredential({ ...options, userPromptCallback });
    expect((await credential.getToken(scope)).route.through).toBe("device-code");
    expect(userPromptCallback).toHaveBeenCalledTimes(1);
    // Nobody would see it.
    const blind = new InteractiveBrowserBrokerCredential(options);
    await expect(blind.getToken(scope)).rejects.toMatchObject({
      name: "CredentialUnavailableError",
      code: "broker_unavailable",
      reason: "not_installed",
      message: expect.stringMatching(/SSH session.*no terminal.*userPromptCallback/),
    });
  });

  it.each<[string, "cancels" | "never_acts", Partial<BrokerError>]>([
    ["the user says no", "cancels", { code: "user_canceled" }],
    ["nobody enters it", "never_acts", { code: "timed_out", reason: "device_code_expired", retryable: true }],
  ])("fails when %s", async (_what, kind, expected) => {
    const { tenant, options } = await startWebFixture({ deviceCodeLifetimeInSeconds: 1 });
    tenant.user.script = [{ kind }];
    const fallback = "device-code";
    const credential = new InteractiveBrowserBrokerCredential({
      ...options,
      fallback,
      userPromptCallback() {},
    });
    await expect(credential.getToken(scope)).rejects.toMatchObject(expected);
  });

  it("fails with what showing the code failed with", async () => {
    const { tenant, options } = await startWebFixture();
    tenant.user.script = [{ kind: "never_acts" }];
    const cause = new Error("no screen");
    const credential = new InteractiveBrowserBrokerCredential({
      ...options,
      fallback: "device-code",
      userPromptCallback: () => Promise.reject(cause),
    });
    await expect(credential.getToken(scope)).rejects.toMatchObject({ code: "invalid_request", cause });
  });

  it("ends at once when aborted", async () => {
    const { tenant, options } = await startWebFixture();
    tenant.user.script = [{ kind: "never_acts" }];
    const controller = new AbortController();
    const credential = new InteractiveBrowserBrokerCredential({
      ...options,
      fallback: "device-code",
      userPromptCallback: () => controller.abort(),
    });
    const call = credential.getToken(scope, { abortSignal: controller.signal });
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("the broker", () => {
  it("is asked first again when the user is needed, and takes over", async () => {
    const { tenant, web, broker, options } = await startWebFixture();
    const credential = new InteractiveBrowserBrokerCredential(options);
    const { homeAccountId } = await credential.authenticate(scope);
    mendBroker(broker);
    const known = { ...fakeAda, homeAccountId };
    broker.accounts = [known];
    // Still renewed by the way the user signed in.
    expect((await credential.getToken(storageScopes)).route.through).toBe("browser");
    web.revokeRefreshTokens(homeAccountId);
    const claims = '{"access_token":{"acrs":{"value":"c1"}}}';
    const later = await credential.getToken(storageScopes, { claims });
    expect(later.route).toEqual({ through: "broker" });
    expect(credential.lastSignIn).toEqual({ through: "broker" });
    expect(tenant.user.dialogs).toHaveLength(1);
  });

  it("never answers for another account than the one that signed in meanwhile", async () => {
    const { web, broker, options } = await startWebFixture();
    const credential = new InteractiveBrowserBrokerCredential({ ...options, useDefaultBrokerAccount: true });
    const { homeAccountId } = await credential.authenticate(scope);
    mendBroker(broker);
    broker.accounts = [bob];
    broker.onInteractive = () => {
      throw failure("user_canceled");
    };
    web.revokeRefreshTokens(homeAccountId);
    await expect(credential.getToken(storageScopes)).rejects.toMatchObject({ code: "user_canceled" });
    expect(broker.interactive).toMatchObject([{ account: { homeAccountId } }]);
  });

  it("is asked anew by every call that it could not help, and is back as soon as it is there", async () => {
    const { tenant, broker, options } = await startWebFixture();
    tenant.user.script = [{ kind: "cancels" }];
    const credential = new InteractiveBrowserBrokerCredential({ ...options, useDefaultBrokerAccount: true });
    await expect(credential.getToken(scope)).rejects.toMatchObject({ code: "user_canceled" });
    mendBroker(broker);
    expect((await credential.getToken(scope)).route).toEqual({ through: "broker" });
  });

  it("that fails for another reason is not replaced", async () => {
    const { tenant, broker, options } = await startWebFixture();
    breakBroker(broker, failure("no_network"));
    const credential = new InteractiveBrowserBrokerCredential({ ...options, useDefaultBrokerAccount: true });
    await expect(credential.getToken(scope)).rejects.toMatchObject({ code: "no_network" });
    expect(tenant.user.dialogs).toEqual([]);
  });

  it("alone gives proof of possession", async () => {
    const { tenant, options } = await startWebFixture();
    const proofOfPossessionOptions = {
      nonce: "n",
      resourceRequestMethod: "GET",
      resourceRequestUrl: "https://graph.microsoft.com/v1.0/me",
    } as const;
    await expect(
      new InteractiveBrowserBrokerCredential(options).getToken(scope, { proofOfPossessionOptions }),
    ).rejects.toMatchObject({ name: "CredentialUnavailableError", reason: "not_installed" });
    expect(tenant.user.dialogs).toEqual([]);
  });
});

describe("the account", () => {
  it("goes into a record that pins the next sign-in, by whichever way", async () => {
    const { tenant, broker, options } = await startWebFixture();
    const first = new InteractiveBrowserBrokerCredential({ ...options, loginHint: "bob@contoso.example" });
    const written = serializeAuthenticationRecord(await first.authenticate(scope));
    const authenticationRecord = deserializeAuthenticationRecord(written);
    expect(authenticationRecord).toMatchObject({ username: "bob@contoso.example", clientId: webApp });

    const again = new InteractiveBrowserBrokerCredential({ ...options, authenticationRecord });
    expect(tenant.verify((await again.getToken(scope)).token)).toMatchObject({ upn: "bob@contoso.example" });

    tenant.user.script = [{ kind: "signs_in", as: "ada@contoso.example" }];
    const other = new InteractiveBrowserBrokerCredential({ ...options, authenticationRecord });
    await expect(other.getToken(scope)).rejects.toMatchObject({
      code: "account_mismatch",
      message: expect.stringContaining("The tenant answered with a token for another account"),
    });

    mendBroker(broker);
    const brokers = new InteractiveBrowserBrokerCredential({ ...options, authenticationRecord });
    broker.accounts = [{ ...bob, homeAccountId: authenticationRecord.homeAccountId }];
    expect((await brokers.getToken(scope)).route).toEqual({ through: "broker" });
    expect(broker.silent.at(-1)?.account?.homeAccountId).toBe(authenticationRecord.homeAccountId);
  });

  it("signs out where it signed in, though there is no broker", async () => {
    const { tenant, options } = await startWebFixture();
    const credential = new InteractiveBrowserBrokerCredential(options);
    const record = await credential.authenticate(scope);
    await credential.signOut();
    await expect(credential.signOut()).rejects.toMatchObject({ code: "account_not_found" });
    await expect(credential.signOut(record)).rejects.toMatchObject({ code: "broker_unavailable" });
    await credential.getToken(scope);
    expect(tenant.user.dialogs).toHaveLength(2);
  });
});

describe("the log", () => {
  afterEach(() => setLogLevel());

  it("says why, and names no account, code or token", async () => {
    const { options } = await startWebFixture();
    const lines: string[] = [];
    const original = AzureLogger.log;
    AzureLogger.log = (...parts: unknown[]) => lines.push(parts.join(" "));
    setLogLevel("verbose");
    try {
      const credential = new InteractiveBrowserBrokerCredential({
        ...options,
        loginHint: "bob@contoso.example",
      });
      const { token } = await credential.getToken(scope);
      await credential.getToken(storageScopes);
      const text = lines.join("\n");
      expect(text).toMatch(
        /warning.*sign in in the browser, because the broker cannot be used: The fake broker says broker_unavailable\./,
      );
      expect(text).toMatch(/msal-node: /);
      for (const secret of [token, "bob@contoso.example", "emulated-code.", "emulated-refresh."])
        expect(text).not.toContain(secret);
    } finally {
      AzureLogger.log = original;
    }
  });
});
