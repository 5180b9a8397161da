import type { BrokerToken } from "@x/broker-contract";
import { describe, expect, it, vi } from "vitest";
import {
  ada,
  bob,
  FakeBroker,
  failure,
  fakeAccount,
  gate,
  scope,
  tenantA,
  tenantB,
} from "../testing/fake-broker.js";
import { adaId, correlationId, request, setUp } from "../testing/native-request.js";
import type { NativeRequest } from "./msal-types.js";
import { NativeBrokerPlugin, type NativeBrokerPluginOptions } from "./native-broker-plugin.js";

describe("a request", () => {
  it("is told in the words of the contract, and stays as it is", async () => {
    const { broker, plugin } = setUp({ clientCapabilities: ["CP1"] });
    const claims = '{"access_token":{"nbf":{"essential":true}}}';
    await plugin.acquireTokenSilent(request({ accountId: adaId, claims, forceRefresh: true }));
    expect(broker.silent).toEqual([
      {
        authority: `https://login.microsoftonline.com/${tenantA}`,
        clientId: "my-app",
        scopes: [scope],
        claims,
        clientCapabilities: ["CP1"],
        extraParameters: { "x-client-xtra-sku": "msal.node|7.2.1,|,|,|,|" },
        account: ada,
        forceRefresh: true,
      },
    ]);
  });

  it.each(["", undefined, "http://localhost", "http://localhost:8400", "http://localhost/"])(
    "leaves the redirect URI to the broker: %s",
    async (redirectUri) => {
      const { broker, plugin } = setUp();
      await plugin.acquireTokenSilent(request({ ...(redirectUri === undefined ? {} : { redirectUri }) }));
      expect(broker.silent[0]).not.toHaveProperty("redirectUri");
    },
  );

  it("keeps a redirect URI of the app's own", async () => {
    const { broker, plugin } = setUp();
    await plugin.acquireTokenSilent(request({ redirectUri: "msauth.my.app://auth" }));
    expect(broker.silent[0]?.redirectUri).toBe("msauth.my.app://auth");
  });

  it("passes extra parameters and the resource on, and echoes the resource", async () => {
    const { broker, plugin } = setUp();
    const extraParameters = { "x-client-xtra-sku": "a|1", instance_aware: "true" };
    const result = await plugin.acquireTokenSilent(
      request({ extraParameters, resource: "https://mcp.example" }),
    );
    expect(broker.silent[0]?.extraParameters).toEqual({
      ...extraParameters,
      resource: "https://mcp.example",
    });
    expect(result.resource).toBe("https://mcp.example");
    expect(await plugin.acquireTokenSilent(request())).not.toHaveProperty("resource");
  });

  it("knows passthrough of Microsoft accounts by its parameter, and then takes a token of their tenant", async () => {
    const { broker, plugin } = setUp();
    broker.alter = (token) => ({ ...token, tenantId: tenantB });
    const extraParameters = { msal_request_type: "consumer_passthrough" };
    expect((await plugin.acquireTokenSilent(request({ extraParameters }))).tenantId).toBe(tenantB);
    expect(broker.silent[0]).toMatchObject({ msaPassthrough: true });
    expect(broker.silent[0]).not.toHaveProperty("extraParameters");
  });

  it("asks for proof of possession with the whole URL, and gives the token without its prefix", async () => {
    const { broker, plugin } = setUp();
    const pop = {
      authenticationScheme: "pop",
      resourceRequestMethod: "GET",
      resourceRequestUri: "https://api.example/things?a=1",
      shrNonce: "n",
    };
    const result = await plugin.acquireTokenSilent(request(pop));
    expect(broker.silent[0]?.proofOfPossession).toEqual({
      resourceRequestMethod: "GET",
      resourceRequestUrl: "https://api.example/things?a=1",
      nonce: "n",
    });
    expect(result.tokenType).toBe("pop");
    expect(result.accessToken).not.toMatch(/^pop /);
  });

  it.each(["resourceRequestMethod", "resourceRequestUri"])(
    "refuses proof of possession without %s",
    async (missing) => {
      const { broker, plugin } = setUp();
      const pop = {
        authenticationScheme: "pop",
        resourceRequestMethod: "GET",
        resourceRequestUri: "https://api.example/",
        [missing]: "",
      };
      await expect(plugin.acquireTokenSilent(request(pop))).rejects.toThrow(/POP but one or more .* missing/);
      expect(broker.silent).toEqual([]);
    },
  );

  it("refuses a scheme that no broker knows, instead of giving a token that proves nothing", async () => {
    const { plugin } = setUp();
    const ssh = plugin.acquireTokenSilent(request({ authenticationScheme: "ssh-cert" }));
    await expect(ssh).rejects.toMatchObject({
      errorCode: "platform_broker_error",
      cause: { code: "not_supported" },
    });
  });

  it("carries msal-node's correlation id down and back", async () => {
    const { broker, plugin } = setUp();
    expect((await plugin.acquireTokenSilent(request())).correlationId).toBe(correlationId);
    expect(broker.calls.at(-1)?.operation.correlationId).toBe(correlationId);
  });

  it.each([
    [undefined, /request must be an object/],
    [{ clientId: 5 }, /clientId must be a string/],
    [{ clientId: "a", authority: null }, /authority must be a string/],
    [{ clientId: "a", authority: "b", scopes: "c" }, /scopes must be an array/],
  ])("is refused when it is none: %j", async (bad, message) => {
    const { plugin } = setUp();
    await expect(plugin.acquireTokenSilent(bad as unknown as NativeRequest)).rejects.toThrow(message);
  });
});

describe("whose token it is", () => {
  const account = (of: typeof ada) => ({
    homeAccountId: of.homeAccountId,
    // What @azure/identity makes of an authentication record.
    localAccountId: of.homeAccountId,
    tenantId: of.tenantId,
    environment: of.environment,
    username: of.username,
  });

  it.each([
    ["its native account id", { accountId: adaId.toUpperCase(), account: account(bob) }, { account: ada }],
    [
      "the account it came with (a record)",
      { account: account(bob), loginHint: ada.username },
      { account: bob },
    ],
    ["that account's user name", { account: { username: bob.username } }, { account: bob }],
    ["the login hint", { loginHint: bob.username }, { account: bob }],
    [
      "a login hint the broker does not list",
      { loginHint: "eve@contoso.example" },
      { loginHint: "eve@contoso.example" },
    ],
    ["nobody: the default account", {}, {}],
  ])("is decided by %s", async (_, more, asked) => {
    const { broker, plugin } = setUp();
    await plugin.acquireTokenSilent(request(more)).catch(() => {});
    const { account: who, loginHint } = broker.silent[0] ?? {};
    expect({ ...(who && { account: who }), ...(loginHint && { loginHint }) }).toEqual(asked);
  });

  it("is asked for by what a record says where the broker lists nobody", async () => {
    const { broker, plugin } = setUp();
    broker.accounts = [];
    await plugin.acquireTokenSilent(request({ account: account(ada) })).catch(() => {});
    const { native: _, ...described } = ada;
    expect(broker.silent[0]?.account).toEqual(described);
  });

  it.each([
    ["an id that nobody has", { accountId: "11111111-1111-4111-8111-111111111111" }],
    ["a home account id alone that nobody has", { account: { homeAccountId: "x.y" } }],
  ])("is nobody else's: %s", async (_, more) => {
    const { broker, plugin } = setUp();
    await expect(plugin.acquireTokenSilent(request(more))).rejects.toMatchObject({
      name: "ClientAuthError",
      errorCode: "no_account_found",
    });
    expect(broker.silent).toEqual([]);
  });

  it.each<[string, (token: BrokerToken) => BrokerToken]>([
    ["account", (token) => ({ ...token, account: bob })],
    ["tenant", (token) => ({ ...token, tenantId: tenantB })],
  ])("is not another %s's, whatever the broker answers", async (_, alter) => {
    const { broker, plugin } = setUp();
    broker.alter = alter;
    await expect(plugin.acquireTokenSilent(request({ accountId: adaId }))).rejects.toMatchObject({
      errorCode: "no_account_found",
      cause: { code: "account_mismatch" },
    });
  });

  it("needs no list of accounts once it is known", async () => {
    const { broker, plugin } = setUp();
    const { account: info } = await plugin.acquireTokenSilent(request({ loginHint: ada.username }));
    broker.calls.length = 0;
    await plugin.acquireTokenSilent(request({ accountId: info.nativeAccountId ?? "" }));
    expect(broker.calls.map(({ method }) => method)).toEqual(["silent"]);
  });

  it("is the same account for a plugin of another process", async () => {
    const first = setUp();
    const { account: info } = await first.plugin.acquireTokenInteractive(
      request({ prompt: "select_account" }),
    );
    const stored = JSON.parse(JSON.stringify(info)) as { nativeAccountId: string };
    const second = setUp();
    await second.plugin.acquireTokenSilent(request({ accountId: stored.nativeAccountId }));
    expect(second.broker.silent[0]?.account).toEqual(ada);
  });

  it("is found by a guest's profile, too", async () => {
    const { broker, plugin } = setUp();
    const guest = {
      ...fakeAccount("ada", "99999999-9999-4999-8999-999999999999", tenantB),
      homeAccountId: ada.homeAccountId,
    };
    broker.accounts = [guest, ada];
    await plugin.acquireTokenSilent(request({ accountId: guest.localAccountId }));
    expect(broker.silent[0]?.account).toEqual(guest);
    await plugin.acquireTokenSilent(request({ accountId: adaId }));
    expect(broker.silent[1]?.account).toEqual(ada);
  });
});

it("throws a token away that is another user's than the one of the login hint", async () => {
  const { broker, plugin } = setUp();
  // A broker that gives no list, and takes the hint for no more than a hint.
  broker.getAccounts = async () => [];
  broker.alter = (token) => ({ ...token, account: ada });
  await expect(plugin.acquireTokenSilent(request({ loginHint: bob.username }))).rejects.toMatchObject({
    name: "ClientAuthError",
    errorCode: "no_account_found",
  });
});

it("names the caller's correlation id in an error, whatever the broker was told", async () => {
  const { broker, plugin } = setUp();
  broker.onSilent = async () => {
    throw failure("no_network");
  };
  await expect(plugin.acquireTokenSilent(request({ correlationId: "mine" }))).rejects.toMatchObject({
    correlationId: "mine",
    platformBrokerError: { correlationId: "mine" },
  });
});

describe("a result", () => {
  it("has every field that msal-node knows", async () => {
    const { broker, plugin } = setUp();
    const refreshOn = Date.now() + 1000;
    const idTokenClaims = {
      oid: adaId,
      sub: "s",
      tid: tenantA,
      preferred_username: "a",
      upn: "ada@upn",
      login_hint: "O.hint",
      name: "Ada",
    };
    broker.alter = (token) => ({
      ...token,
      idToken: "i.d.t",
      idTokenClaims,
      refreshOn,
      telemetry: { is_cache: "true" },
    });
    const result = await plugin.acquireTokenSilent(request({ accountId: adaId }));
    expect(result).toEqual({
      authority: `https://login.microsoftonline.com/${tenantA}/`,
      uniqueId: adaId,
      tenantId: tenantA,
      scopes: [scope],
      account: {
        homeAccountId: ada.homeAccountId,
        environment: "login.microsoftonline.com",
        tenantId: tenantA,
        username: ada.username,
        localAccountId: adaId,
        nativeAccountId: adaId,
        authorityType: "MSSTS",
        name: "Ada",
        upn: "ada@upn",
        loginHint: "O.hint",
        idToken: "i.d.t",
        idTokenClaims,
        tenantProfiles: new Map([
          [
            tenantA,
            {
              tenantId: tenantA,
              localAccountId: adaId,
              username: ada.username,
              name: "Ada",
              isHomeTenant: true,
            },
          ],
        ]),
      },
      idToken: "i.d.t",
      idTokenClaims,
      accessToken: expect.stringMatching(/^eyJ/),
      fromCache: true,
      expiresOn: expect.any(Date),
      refreshOn: new Date(refreshOn),
      tokenType: "Bearer",
      correlationId,
      fromPlatformBroker: true,
      fromNativeBroker: true,
    });
    expect(result.expiresOn.getTime()).toBeGreaterThan(Date.now());
  });

  it("has claims that callers count on, also from a broker without id tokens", async () => {
    const { plugin } = setUp();
    const result = await plugin.acquireTokenSilent(request());
    expect(result).toMatchObject({
      idToken: "",
      idTokenClaims: { oid: adaId, sub: adaId, tid: tenantA, preferred_username: ada.username },
      fromCache: false,
    });
  });
});

describe("accounts", () => {
  it("are listed, also when there are none", async () => {
    const { broker, plugin } = setUp();
    expect(await plugin.getAllAccounts("my-app", correlationId)).toMatchObject([
      { username: ada.username, nativeAccountId: adaId },
      { username: bob.username },
    ]);
    broker.accounts = [];
    expect(await plugin.getAllAccounts("my-app", correlationId)).toEqual([]);
    expect(broker.interactive).toEqual([]);
  });

  it("are found by id for the app that asked last", async () => {
    const { broker, plugin } = setUp();
    await plugin.acquireTokenSilent(request());
    expect(await plugin.getAccountById(bob.homeAccountId, correlationId)).toMatchObject({
      username: bob.username,
    });
    expect(broker.calls.at(-1)).toMatchObject({ method: "accounts", request: { clientId: "my-app" } });
    await expect(plugin.getAccountById("nobody", correlationId)).rejects.toMatchObject({
      errorCode: "no_account_found",
    });
  });

  it("are signed out, by an id of another process as well", async () => {
    const { broker, plugin } = setUp();
    await plugin.signOut({ clientId: "my-app", accountId: adaId, correlationId });
    expect(broker.calls.at(-1)).toMatchObject({
      method: "signOut",
      request: { clientId: "my-app", account: ada },
    });
    await expect(plugin.acquireTokenSilent(request({ accountId: adaId }))).rejects.toMatchObject({
      errorCode: "no_account_found",
    });
  });

  it.each(["", "nobody"])("cannot be signed out when there is none: '%s'", async (accountId) => {
    const { plugin } = setUp();
    await expect(plugin.signOut({ clientId: "my-app", accountId, correlationId })).rejects.toMatchObject({
      name: "ClientAuthError",
      errorCode: "no_account_found",
    });
  });
});

describe("a call ends", () => {
  it.each(["the plugin", "the request"])("with the signal of %s", async (whose) => {
    const controller = new AbortController();
    const { signal } = controller;
    const { broker, plugin } = setUp(whose === "the plugin" ? { abortSignal: signal } : {});
    const waiting = gate();
    broker.onSilent = () => waiting.passed;
    const call = plugin.acquireTokenSilent(request(whose === "the plugin" ? {} : { abortSignal: signal }));
    await expect.poll(() => broker.silent.length).toBe(1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    expect(broker.calls.at(-1)?.operation.abortSignal?.aborted).toBe(true);
    waiting.open();
  });

  it("with either signal where there are two", async () => {
    for (const which of [0, 1]) {
      const controllers = [new AbortController(), new AbortController()] as const;
      const { broker, plugin } = setUp({ abortSignal: controllers[0].signal });
      const waiting = gate();
      broker.onSilent = () => waiting.passed;
      const call = plugin.acquireTokenSilent(request({ abortSignal: controllers[1].signal }));
      await expect.poll(() => broker.silent.length).toBe(1);
      controllers[which]?.abort();
      await expect(call).rejects.toMatchObject({ name: "AbortError" });
      waiting.open();
    }
  });

  it("before it begins when the signal has fired", async () => {
    const { broker, plugin } = setUp();
    const call = plugin.acquireTokenSilent(request({ abortSignal: AbortSignal.abort() }));
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    expect(broker.calls).toEqual([]);
  });

  it("when its time is over", async () => {
    const { broker, plugin } = setUp({ timeoutInMs: 20 });
    const waiting = gate();
    broker.onSilent = () => waiting.passed;
    await expect(plugin.acquireTokenSilent(request())).rejects.toMatchObject({
      name: "NativeAuthError",
      errorCode: "timed_out",
      correlationId,
      cause: { code: "timed_out" },
    });
    waiting.open();
  });
});

describe("availability", () => {
  it("is found out without an exception, whatever this process may not look at", () => {
    // As Deno does for what it does not allow.
    const env = vi.spyOn(process, "env", "get").mockImplementation(() => {
      throw new Error('Requires env access to "X"');
    });
    try {
      expect(new NativeBrokerPlugin()).toMatchObject({
        isBrokerAvailable: false,
        unavailableReason: { reason: "forecast_failed", message: expect.stringContaining("--allow-env") },
      });
    } finally {
      env.mockRestore();
    }
  });

  it("is a plain boolean of the plugin's own", () => {
    const { plugin } = setUp();
    expect(Object.getOwnPropertyDescriptor(plugin, "isBrokerAvailable")).toMatchObject({
      value: true,
      writable: true,
    });
  });

  it("is the broker's own answer once it was asked", async () => {
    const broker = new FakeBroker();
    const error = failure("broker_unavailable", "not_installed");
    broker.status = { available: false, platform: "linux", error, facts: {} };
    const plugin = await NativeBrokerPlugin.create({ broker });
    expect(plugin).toMatchObject({ isBrokerAvailable: false, unavailableReason: error });
    broker.status = new FakeBroker().status;
    expect(await plugin.probe()).toBe(true);
    expect(plugin).toMatchObject({ isBrokerAvailable: true, unavailableReason: undefined });
  });

  it("is not known when the question was aborted, or went wrong", async () => {
    const broker = new FakeBroker();
    const plugin = new NativeBrokerPlugin({ broker });
    const aborted = plugin.probe({ abortSignal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    expect(plugin.isBrokerAvailable).toBe(true);
    broker.probe = () => Promise.reject(new Error("Something else."));
    expect(await plugin.probe()).toBe(false);
    expect(plugin.unavailableReason).toMatchObject({ reason: "forecast_failed" });
  });

  it.each([
    [{ timeoutInMs: -1 }, RangeError, "timeoutInMs"],
    [{ timeoutInMs: "1" }, TypeError, "timeoutInMs"],
    [{ caller: "me" }, TypeError, "caller"],
    [{ clientCapabilities: "CP1" }, TypeError, "clientCapabilities"],
    [{ abortSignal: {} }, TypeError, "abortSignal"],
    [{ broker: {} }, TypeError, "broker"],
    [null, TypeError, "options"],
  ])("an option that makes no sense is refused: %j", (options, kind, name) => {
    const make = () => new NativeBrokerPlugin(options as NativeBrokerPluginOptions);
    expect(make).toThrow(kind);
    expect(make).toThrow(name);
  });
});
