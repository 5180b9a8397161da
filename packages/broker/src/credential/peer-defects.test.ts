import { describe, expect, it } from "vitest";
import { ada, bob, FakeBroker, failure, gate, scope, tenantA, tenantB } from "../testing/fake-broker.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "./options.js";

const graph = "https://graph.microsoft.com/.default";

function setUp(options: InteractiveBrowserBrokerCredentialOptions = {}, broker = new FakeBroker()) {
  return {
    broker,
    credential: new InteractiveBrowserBrokerCredential({ fallback: "none", ...options, broker }),
  };
}

const recordOfBob = {
  authority: "login.microsoftonline.com",
  homeAccountId: bob.homeAccountId,
  clientId: "my-app",
  tenantId: tenantA,
  username: bob.username,
};

describe("getToken() when nobody signed in yet", () => {
  it("shows the account picker", async () => {
    const { broker, credential } = setUp();
    const token = await credential.getToken(scope);
    expect(token.tokenType).toBe("Bearer");
    expect(token.expiresOnTimestamp).toBeGreaterThan(Date.now());
    expect(token.refreshAfterTimestamp).toBeLessThan(token.expiresOnTimestamp);
    expect(broker.silent).toEqual([]);
    expect(broker.interactive).toEqual([
      {
        authority: "https://login.microsoftonline.com/organizations",
        clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        scopes: [scope],
        prompt: "select_account",
        parentWindow: "auto",
      },
    ]);
  });

  it("goes on without UI for the account that signed in", async () => {
    const { broker, credential } = setUp();
    await credential.getToken(scope);
    await credential.getToken(graph);
    expect(broker.interactive).toHaveLength(1);
    expect(broker.silent).toMatchObject([{ account: ada, scopes: [graph] }]);
  });

  it("starts with the default account where that was asked for", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    await credential.getToken(scope);
    expect(broker.silent).toHaveLength(1);
    expect(broker.silent[0]).not.toHaveProperty("account");
    expect(broker.interactive).toEqual([]);
  });

  it("shows the picker when there is no default account", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    broker.accounts = [];
    await credential.getToken(scope);
    expect(broker.interactive).toMatchObject([{ prompt: "select_account" }]);
  });

  it("asks the user once when two clients start at the same time", async () => {
    const { broker, credential } = setUp();
    const window = gate();
    broker.onInteractive = () => window.passed;
    const both = Promise.all([credential.getToken(scope), credential.getToken(graph)]);
    await expect.poll(() => broker.interactive.length).toBe(1);
    window.open();
    await both;
    expect(broker.interactive).toHaveLength(1);
    expect(broker.silent).toHaveLength(1);
  });

  it("takes a closed window as the answer for every client that waited for it", async () => {
    const { broker, credential } = setUp();
    const window = gate();
    broker.onInteractive = async () => {
      await window.passed;
      throw failure("user_canceled");
    };
    const both = Promise.allSettled([credential.getToken(scope), credential.getToken(graph)]);
    await expect.poll(() => broker.interactive.length).toBe(1);
    window.open();
    expect(await both).toMatchObject([
      { reason: { code: "user_canceled" } },
      { reason: { code: "user_canceled" } },
    ]);
    expect(broker.interactive).toHaveLength(1);
  });

  it("lets the next client ask when the one that asked gave up", async () => {
    const { broker, credential } = setUp();
    const first = new AbortController();
    broker.onInteractive = () => (broker.interactive.length === 1 ? new Promise<void>(() => {}) : undefined);
    const aborted = credential.getToken(scope, { abortSignal: first.signal });
    await expect.poll(() => broker.interactive.length).toBe(1);
    const patient = credential.getToken(graph);
    first.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    expect(await patient).toMatchObject({ tokenType: "Bearer" });
    expect(broker.interactive).toHaveLength(2);
  });
});

describe("peer defects", () => {
  it("D1: asks the tenant of each call", async () => {
    const { broker, credential } = setUp({ additionallyAllowedTenants: ["*"], tenantId: tenantA });
    await credential.getToken(scope);
    await credential.getToken(scope, { tenantId: tenantB });
    await credential.getToken(scope, { tenantId: tenantA });
    expect(broker.interactive).toMatchObject([{ authority: `https://login.microsoftonline.com/${tenantA}` }]);
    expect(broker.silent).toMatchObject([
      { authority: `https://login.microsoftonline.com/${tenantB}`, account: ada },
    ]);
  });

  it("D1: throws a token of another tenant away", async () => {
    const { broker, credential } = setUp({ tenantId: tenantA, useDefaultBrokerAccount: true });
    broker.alter = (token) => ({ ...token, tenantId: tenantB });
    await expect(credential.getToken(scope)).rejects.toMatchObject({
      name: "BrokerError",
      code: "account_mismatch",
    });
    expect(broker.interactive).toEqual([]);
  });

  it("D2: tells the broker about CAE and claims, silently and interactively", async () => {
    const { broker, credential } = setUp();
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
    await credential.getToken(scope, { enableCae: true });
    await credential.getToken(scope, { enableCae: true, claims });
    expect(broker.interactive).toMatchObject([{ clientCapabilities: ["CP1"] }]);
    expect(broker.silent).toMatchObject([{ clientCapabilities: ["CP1"], claims }]);
    await credential.getToken(graph);
    expect(broker.silent[1]).not.toHaveProperty("clientCapabilities");
  });

  it("D3: asks for the account of the record, silently and interactively", async () => {
    const { broker, credential } = setUp({ authenticationRecord: recordOfBob });
    await credential.getToken(scope);
    expect(broker.silent).toMatchObject([{ account: bob, clientId: "my-app" }]);
    broker.onSilent = () => {
      throw failure("interaction_required");
    };
    await credential.getToken(graph);
    expect(broker.interactive).toMatchObject([{ account: bob }]);
    expect(broker.interactive[0]).not.toHaveProperty("prompt");
  });

  it("D3: makes the account from the record when the broker does not list it", async () => {
    const { broker, credential } = setUp({ authenticationRecord: recordOfBob });
    broker.accounts = [ada];
    await credential.getToken(scope);
    const fromRecord = {
      homeAccountId: bob.homeAccountId,
      localAccountId: bob.localAccountId,
      tenantId: tenantA,
      environment: "login.microsoftonline.com",
      username: bob.username,
    };
    expect(broker.silent).toMatchObject([{ account: fromRecord }]);
    expect(broker.interactive).toMatchObject([{ account: fromRecord }]);
  });

  it.each(["silent", "interactive"] as const)("D3: never takes another account's token (%s)", async (way) => {
    const { broker, credential } = setUp({ authenticationRecord: recordOfBob });
    if (way === "interactive")
      broker.onSilent = () => {
        throw failure("interaction_required");
      };
    broker.alter = (token) => ({ ...token, account: ada });
    await expect(credential.getToken(scope)).rejects.toMatchObject({ code: "account_mismatch" });
  });

  it.each(["silent", "interactive"] as const)("D4: aborts a call under way (%s)", async (way) => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: way === "silent" });
    broker.onSilent = broker.onInteractive = () => new Promise<void>(() => {});
    const controller = new AbortController();
    const call = credential.getToken(scope, { abortSignal: controller.signal });
    await expect.poll(() => broker.calls.length).toBe(1);
    controller.abort(new Error("The user left."));
    await expect(call).rejects.toMatchObject({ name: "AbortError", cause: { message: "The user left." } });
    expect(broker.calls[0]?.operation.abortSignal?.aborted).toBe(true);
  });

  it("D4: asks nobody when the signal fired before the call", async () => {
    const { broker, credential } = setUp();
    const options = { abortSignal: AbortSignal.abort() };
    await expect(credential.getToken(scope, options)).rejects.toMatchObject({ name: "AbortError" });
    await expect(credential.authenticate(scope, options)).rejects.toMatchObject({ name: "AbortError" });
    await expect(credential.getAccounts(options)).rejects.toMatchObject({ name: "AbortError" });
    await expect(credential.signOut(ada, options)).rejects.toMatchObject({ name: "AbortError" });
    expect(broker.calls).toEqual([]);
  });

  it.each([
    ["timeoutInMs of the credential", { timeoutInMs: 30 }, {}],
    ["requestOptions.timeout of the call", {}, { requestOptions: { timeout: 30 } }],
    ["the shorter of the two", { timeoutInMs: 30 }, { requestOptions: { timeout: 60_000 } }],
  ])("D5: ends after %s", async (_, options, callOptions) => {
    const { broker, credential } = setUp({ ...options, useDefaultBrokerAccount: true });
    broker.onSilent = () => new Promise<void>(() => {});
    await expect(credential.getToken(scope, callOptions)).rejects.toMatchObject({
      name: "BrokerError",
      code: "timed_out",
      hint: expect.stringContaining(
        `the option ${"timeoutInMs" in options ? "timeoutInMs" : "requestOptions.timeout"},`,
      ),
    });
    expect(broker.calls[0]?.operation.abortSignal?.aborted).toBe(true);
    expect(broker.interactive).toEqual([]);
  });

  it("D5: gives the broker the whole time that its callers wait, not a limit of the platform's own", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    broker.accounts = [];
    await credential.getToken(scope);
    expect(broker.calls.map(({ method, operation }) => [method, operation.timeoutInMs])).toEqual([
      ["silent", 0],
      ["interactive", 0],
    ]);
  });

  it("D5: bounds every other method as well", async () => {
    const { broker, credential } = setUp({ timeoutInMs: 30 });
    broker.onAccounts = broker.onInteractive = () => new Promise<void>(() => {});
    for (const call of [credential.getAccounts(), credential.signOut(ada), credential.authenticate(scope)])
      await expect(call).rejects.toMatchObject({ name: "BrokerError", code: "timed_out" });
  });

  it.each([
    "user_canceled",
    "account_mismatch",
    "no_network",
    "temporarily_unavailable",
    "timed_out",
    "untrusted_authority",
    "redirect_uri_mismatch",
    "invalid_request",
    "protocol_error",
    "broker_failed",
  ] as const)("D6: opens no window after %s", async (code) => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    const cause = failure(code);
    broker.onSilent = () => {
      throw cause;
    };
    await expect(credential.getToken(scope)).rejects.toBe(cause);
    expect(broker.interactive).toEqual([]);
  });

  it.each(["broker_unavailable", "not_supported", "keyring_locked"] as const)(
    "D6, D8: opens no window after %s, lets a chain go on, and keeps the reason",
    async (code) => {
      const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
      const cause = failure(code);
      broker.onSilent = () => {
        throw cause;
      };
      const error: unknown = await credential.getToken(scope).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: "CredentialUnavailableError", code, cause });
      expect((error as Error).message).toContain(cause.message);
      expect(broker.interactive).toEqual([]);
    },
  );

  it.each([
    ["interaction_required", undefined],
    ["account_not_found", undefined],
    ["broker_failed", "account_unusable"],
  ] as const)("D6: opens a window after %s (%s)", async (code, reason) => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    broker.onSilent = () => {
      throw failure(code, reason);
    };
    await credential.getToken(scope);
    expect(broker.interactive).toHaveLength(1);
  });

  it("D7: says why the default account could not be used, with the cause", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true, disableInteractiveFallback: true });
    const cause = failure("interaction_required");
    broker.onSilent = () => {
      throw cause;
    };
    const error: unknown = await credential.getToken(scope).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: "AuthenticationRequiredError",
      scopes: [scope],
      code: cause.code,
      cause,
    });
    expect((error as Error).message).toContain("The fake broker says interaction_required.");
  });

  it("D15: tries the hinted account without UI first, and only for that account", async () => {
    const { broker, credential } = setUp({ loginHint: "BOB@contoso.example" });
    await credential.getToken(scope);
    expect(broker.silent).toMatchObject([{ account: bob }]);
    expect(broker.interactive).toEqual([]);
  });

  it("D15: hands the hint to the window without forcing a login", async () => {
    const { broker, credential } = setUp({ loginHint: "carol@contoso.example" });
    await credential.getToken(scope);
    expect(broker.silent).toMatchObject([{ loginHint: "carol@contoso.example" }]);
    expect(broker.interactive).toMatchObject([{ loginHint: "carol@contoso.example" }]);
    expect(broker.interactive[0]).not.toHaveProperty("prompt");
  });

  it("D15: does not take the default account for the hinted one", async () => {
    const { broker, credential } = setUp({ loginHint: "carol@contoso.example" });
    broker.acquireTokenSilently = async (request, operation) => {
      const { loginHint: _, ...without } = request;
      return FakeBroker.prototype.acquireTokenSilently.call(broker, without, operation);
    };
    await credential.getToken(scope);
    expect(broker.interactive).toHaveLength(1);
  });
});
