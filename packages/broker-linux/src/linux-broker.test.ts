import { setTimeout as delay } from "node:timers/promises";
import type {
  HttpRequestSigningRequest,
  InteractiveTokenRequest,
  ProofOfPossession,
  SilentTokenRequest,
} from "@x/broker-contract";
import { describe, expect, it, vi } from "vitest";
import { brokerRedirectUri } from "./index.js";
import { brokerOn, failure, rejection, request } from "./testing/protocol/broker.js";
import { busError, FakeBus, nativeError, never } from "./testing/protocol/fake-bus.js";
import {
  account,
  clientId,
  errorAnswer,
  nativeAccount,
  otherNativeAccount,
  otherTenantId,
  tenantId,
  tokenAnswer,
  username,
  willingAnswer,
} from "./testing/protocol/people.js";

function authParameters(bus: FakeBus, method: string): Record<string, unknown> {
  return bus.requestsOf(method).at(-1)?.json["authParameters"] as Record<string, unknown>;
}

/** A bus whose broker knows one account and gives tokens for it. */
function usualBus(): FakeBus {
  return new FakeBus()
    .onJson("getAccounts", { accounts: [nativeAccount()] })
    .onJson("getLinuxBrokerVersion", { linuxBrokerVersion: "3.0.2" })
    .on("acquireTokenSilently", () => willingAnswer())
    .on("acquireTokenInteractively", () => willingAnswer());
}

describe("probe", () => {
  it("finds the broker and says who it is", async () => {
    const bus = usualBus();
    const status = await brokerOn(bus).probe();
    expect(status).toMatchObject({
      available: true,
      platform: "linux",
      brokerVersion: "3.0.2",
      emulated: false,
      capabilities: { interactiveWithoutAccount: true, proofOfPossession: true, claims: true },
      facts: { busAddress: "unix:path", busAddressFrom: "option", brokerProcessId: String(process.pid) },
    });
    expect(JSON.stringify(status)).not.toContain("/fake");
  });

  it("tells an emulator by its version", async () => {
    const bus = usualBus().onJson("getLinuxBrokerVersion", { linuxBrokerVersion: "3.0.2-emulator" });
    expect(await brokerOn(bus).probe()).toMatchObject({ emulated: true, brokerVersion: "3.0.2-emulator" });
  });

  it("promises less of himmelblau's broker", async () => {
    const bus = usualBus().onJson("getLinuxBrokerVersion", { linuxBrokerVersion: "himmelblau 4.0.0" });
    expect(await brokerOn(bus).probe()).toMatchObject({
      capabilities: { interactiveWithoutAccount: false, proofOfPossession: false, signOut: false },
    });
  });

  it.each([
    ["an error", errorAnswer({ context: "no", status: 0 })],
    ["nonsense", "<html>"],
    ["no version", "{}"],
    ["an unknown method", busError("UnknownMethod")],
  ])("takes a broker that answers with %s for available, without a version", async (_what, answer) => {
    const status = await brokerOn(usualBus().on("getLinuxBrokerVersion", answer)).probe();
    expect(status.available).toBe(true);
    expect(status).not.toHaveProperty("brokerVersion");
  });

  it("never rejects because there is none: the status says why", async () => {
    const bus = new FakeBus("idle");
    bus.activation = "never";
    const status = await brokerOn(bus).probe();
    expect(status).toMatchObject({ available: false, error: { code: "broker_unavailable" } });
  });

  it("is bounded and can be aborted", async () => {
    const bus = usualBus().on("getLinuxBrokerVersion", never);
    const status = await brokerOn(bus).probe({ timeoutInMs: 20 });
    expect(status).toMatchObject({ available: false, error: { code: "timed_out" } });
    const aborted = await failure(brokerOn(bus).probe({ abortSignal: AbortSignal.abort() }));
    expect(aborted.name).toBe("AbortError");
  });
});

describe("getAccounts", () => {
  it("gives the accounts in the broker's order and leaves out unusable ones", async () => {
    const bus = new FakeBus().onJson("getAccounts", {
      accounts: [
        { username: "half" },
        nativeAccount(),
        null,
        otherNativeAccount(),
        nativeAccount({ realm: "" }),
      ],
    });
    const accounts = await brokerOn(bus).getAccounts({ clientId });
    expect(accounts.map((one) => one.username)).toEqual([username, "other@contoso.example"]);
  });

  it.each(["homeAccountId", "localAccountId", "realm", "environment", "username"])(
    "leaves out an account without %s, as Microsoft's client does",
    async (key) => {
      const accounts = [
        nativeAccount({ [key]: undefined }),
        nativeAccount({ [key]: 5 }),
        otherNativeAccount(),
      ];
      const bus = new FakeBus().onJson("getAccounts", { accounts });
      const found = await brokerOn(bus).getAccounts({ clientId });
      expect(found.map((one) => one.username)).toEqual(["other@contoso.example"]);
    },
  );

  it("takes accounts beside an error for a partial success", async () => {
    const answer = { accounts: [nativeAccount()], error: { context: "MSA failed", status: 0 } };
    const bus = new FakeBus().onJson("getAccounts", answer);
    await expect(brokerOn(bus).getAccounts({ clientId })).resolves.toHaveLength(1);
  });

  it("tells an error as an error, not as an empty list", async () => {
    const bus = new FakeBus().onJson("getAccounts", { error: { context: "x", status: 3 } });
    expect((await rejection(brokerOn(bus).getAccounts({ clientId }))).code).toBe("no_network");
  });

  it.each([
    ["locked", "keyring_locked"],
    ["unlocked", "empty"],
    ["none", "empty"],
    ["silent", "empty"],
  ] as const)("with a keyring that is %s, an empty list is %s", async (keyring, expected) => {
    const bus = new FakeBus().onJson("getAccounts", { accounts: [] });
    bus.keyring = keyring;
    const promise = brokerOn(bus).getAccounts({ clientId });
    if (expected === "empty") await expect(promise).resolves.toEqual([]);
    else expect((await rejection(promise)).code).toBe("keyring_locked");
  });

  it.each([{}, { foo: 1 }, { accounts: "x" }, { accounts: null }, { accounts: {} }])(
    "does not take %j for a broker that knows nobody",
    async (answer) => {
      const bus = new FakeBus().onJson("getAccounts", answer);
      expect((await rejection(brokerOn(bus).getAccounts({ clientId }))).code).toBe("protocol_error");
    },
  );

  it("can be aborted while the keyring thinks", async () => {
    const bus = new FakeBus().onJson("getAccounts", { accounts: [] });
    bus.keyring = "hangs";
    const controller = new AbortController();
    const outcome = failure(brokerOn(bus).getAccounts({ clientId }, { abortSignal: controller.signal }));
    await vi.waitFor(() => expect(bus.calls.some((call) => call.member === "ReadAlias")).toBe(true));
    controller.abort();
    expect((await outcome).name).toBe("AbortError");
  });

  it("does not fail because the keyring does not answer", async () => {
    const bus = new FakeBus().onJson("getAccounts", { accounts: [] });
    bus.keyring = busError("TimedOut");
    await expect(brokerOn(bus).getAccounts({ clientId })).resolves.toEqual([]);
  });

  it("never starts a keyring, and asks the default as well as the login collection", async () => {
    const bus = new FakeBus().onJson("getAccounts", { accounts: [] });
    bus.keyring = "unlocked";
    await brokerOn(bus).getAccounts({ clientId });
    const asked = bus.calls.filter((call) => call.destination === "org.freedesktop.secrets");
    expect(asked.every((call) => !call.autoStart)).toBe(true);
    expect(asked.map((call) => call.path)).toEqual([
      "/org/freedesktop/secrets",
      "/org/freedesktop/secrets/collection/login",
      "/org/freedesktop/secrets/collection/default",
    ]);
  });
});

describe("silent calls without an account", () => {
  const sent = (bus: FakeBus) => {
    const { account: asked, username: name } = authParameters(bus, "acquireTokenSilently");
    return { asked: (asked as { username: string } | null)?.username ?? null, name };
  };

  it("take the only account", async () => {
    const bus = usualBus();
    await brokerOn(bus).acquireTokenSilently(request);
    expect(sent(bus)).toEqual({ asked: username, name: username });
  });

  it("take none of several", async () => {
    const bus = usualBus().onJson("getAccounts", { accounts: [nativeAccount(), otherNativeAccount()] });
    await brokerOn(bus).acquireTokenSilently(request);
    expect(sent(bus)).toEqual({ asked: null, name: "" });
  });

  it("find a login hint among the accounts, in any case", async () => {
    const bus = usualBus().onJson("getAccounts", { accounts: [otherNativeAccount(), nativeAccount()] });
    await brokerOn(bus).acquireTokenSilently({ ...request, loginHint: username.toUpperCase() });
    expect(sent(bus)).toEqual({ asked: username, name: username });
  });

  it("take a login hint that several people share for none of them", async () => {
    const namesake = { ...otherNativeAccount(), username };
    const bus = usualBus().onJson("getAccounts", { accounts: [nativeAccount(), namesake] });
    const error = await rejection(brokerOn(bus).acquireTokenSilently({ ...request, loginHint: username }));
    expect(error).toMatchObject({ code: "account_not_found", reason: "several_accounts" });
    expect(bus.requestsOf("acquireTokenSilently")).toHaveLength(0);
  });

  it("take a login hint for an account that is listed with each of its tenants", async () => {
    const visited = nativeAccount({ realm: otherTenantId });
    const bus = usualBus().onJson("getAccounts", { accounts: [nativeAccount(), visited] });
    await brokerOn(bus).acquireTokenSilently({ ...request, loginHint: username });
    expect(sent(bus)).toEqual({ asked: username, name: username });
  });

  it("pass an unknown login hint on, and never take the only account for it", async () => {
    const bus = usualBus();
    const loginHint = "new@contoso.example";
    const error = await rejection(brokerOn(bus).acquireTokenSilently({ ...request, loginHint }));
    expect(sent(bus)).toEqual({ asked: null, name: loginHint });
    expect(error.code).toBe("account_mismatch");
  });

  it.each(["broker_failed", "not_supported"])("go on when the list is refused (%s)", async (code) => {
    const refusal = code === "not_supported" ? busError("UnknownMethod") : errorAnswer({ status: 0 });
    const bus = usualBus().on("getAccounts", refusal);
    await brokerOn(bus).acquireTokenSilently(request);
    expect(sent(bus)).toEqual({ asked: null, name: "" });
  });

  it("say that the keyring is locked rather than that nobody is signed in", async () => {
    const bus = usualBus().onJson("getAccounts", { accounts: [] });
    bus.keyring = "locked";
    expect((await rejection(brokerOn(bus).acquireTokenSilently(request))).code).toBe("keyring_locked");
    expect(bus.requestsOf("acquireTokenSilently")).toHaveLength(0);
  });

  it("use one correlation id for both calls", async () => {
    const bus = usualBus();
    const correlationId = "6f0c1a52-0000-4000-8000-000000000001";
    const token = await brokerOn(bus).acquireTokenSilently(request, { correlationId });
    expect(bus.requests.map((one) => one.correlationId)).toEqual([correlationId, correlationId]);
    expect(token.correlationId).toBe(correlationId);
  });
});

describe("no account at all", () => {
  const notFound = errorAnswer({ context: "no account", status: 19 });

  it.each([
    ["unlocked", "not_signed_in", "Company Portal"],
    ["none", "no_keyring", "Secret Service"],
  ] as const)("with a keyring that is %s is told as %s", async (keyring, reason, advice) => {
    const bus = usualBus().onJson("getAccounts", { accounts: [] }).on("acquireTokenSilently", notFound);
    bus.keyring = keyring;
    const error = await rejection(brokerOn(bus).acquireTokenSilently(request));
    expect(error).toMatchObject({ code: "account_not_found", reason });
    expect(error.hint).toContain(advice);
  });

  it.each([
    ["status 0", errorAnswer({ context: "whatever", status: 0, subStatus: 0 })],
    ["a wanted account", errorAnswer({ context: "Missing account username in request", status: 0 })],
    ["a plain D-Bus error", busError("Failed", "whatever")],
  ])("is what himmelblau's broker means with %s", async (_name, answer) => {
    const bus = usualBus().onJson("getAccounts", { accounts: [] }).on("acquireTokenSilently", answer);
    bus.keyring = "unlocked";
    const error = await rejection(brokerOn(bus).acquireTokenSilently(request));
    expect(error).toMatchObject({ code: "account_not_found", reason: "not_signed_in" });
    expect(error.cause).toMatchObject({ name: "BrokerError", native: error.native });
  });

  it.each([
    ["another status", errorAnswer({ context: "whatever", status: 10 }), "broker_failed"],
    ["a network failure", errorAnswer({ context: "whatever", status: 3 }), "no_network"],
    [
      "a reason of the broker's own",
      errorAnswer({ context: "x", status: 0, diagnostics: { raw_error_code: "disk_full" } }),
      "broker_failed",
    ],
    ["a broker without a display", busError("Failed", "cannot open display"), "broker_failed"],
    ["a D-Bus error of another name", busError("FileNotFound", "whatever"), "broker_failed"],
  ])("does not hide %s", async (_name, answer, code) => {
    const bus = usualBus().onJson("getAccounts", { accounts: [] }).on("acquireTokenSilently", answer);
    expect((await rejection(brokerOn(bus).acquireTokenSilently(request))).code).toBe(code);
  });

  it("is not said where the broker failed and knows somebody", async () => {
    const answer = errorAnswer({ context: "whatever", status: 0 });
    const bus = usualBus().on("acquireTokenSilently", answer);
    expect((await rejection(brokerOn(bus).acquireTokenSilently(request))).code).toBe("broker_failed");
  });

  it("is not said of a machine that has some", async () => {
    const bus = usualBus().on("acquireTokenSilently", notFound);
    const error = await rejection(brokerOn(bus).acquireTokenSilently(request));
    expect(error).toMatchObject({ code: "account_not_found", reason: undefined });
  });
});

describe("the request", () => {
  const silent = async (changes: Partial<SilentTokenRequest>) => {
    const bus = usualBus();
    await brokerOn(bus).acquireTokenSilently({ ...request, account: account(), ...changes });
    return authParameters(bus, "acquireTokenSilently");
  };

  it("renews the token it is given, and only with forceRefresh (Microsoft's client ignores forceRefresh)", async () => {
    expect(await silent({ forceRefresh: true, accessTokenToRenew: "old" })).toMatchObject({
      accessTokenToRenew: "old",
    });
    expect(await silent({ accessTokenToRenew: "old" })).toMatchObject({ accessTokenToRenew: "" });
  });

  it("merges claims and capabilities", async () => {
    const claims = '{"id_token":{"auth_time":{"essential":true}},"access_token":{"nbf":null}}';
    expect(await silent({ claims, clientCapabilities: ["CP1"] })).toMatchObject({
      decodedClaims:
        '{"access_token":{"nbf":null,"xms_cc":{"values":["CP1"]}},"id_token":{"auth_time":{"essential":true}}}',
    });
    expect(await silent({ claims: "", clientCapabilities: [] })).toMatchObject({ decodedClaims: "" });
  });

  it("drops the scopes of OpenID Connect and repetitions", async () => {
    const scopes = ["openid", "User.Read user.read", "offline_access", "User.Read", "profile"];
    expect(await silent({ scopes })).toMatchObject({ requestedScopes: ["User.Read", "user.read"] });
  });

  it("uses the given redirect URI, else the one to register", async () => {
    expect(await silent({})).toMatchObject({ redirectUri: brokerRedirectUri });
    expect(await silent({ redirectUri: "http://localhost" })).toMatchObject({
      redirectUri: "http://localhost",
    });
  });

  it("replaces a correlation id that is no UUID", async () => {
    const bus = usualBus();
    const options = { correlationId: "not a uuid" };
    const token = await brokerOn(bus).acquireTokenSilently({ ...request, account: account() }, options);
    expect(token.correlationId).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(bus.requests[0]?.correlationId).toBe(token.correlationId);
  });

  it("describes an account that came from a record, not from this broker", async () => {
    const { native: _native, ...record } = account();
    expect(await silent({ account: record })).toMatchObject({
      account: { ...nativeAccount({ familyName: "", givenName: "" }), environment: "login.windows.net" },
    });
  });
});

describe("bad input is refused before anything is sent", () => {
  const tokenCases: [string, Partial<SilentTokenRequest>, string][] = [
    ["no scope", { scopes: [] }, "no_scopes"],
    ["scopes of OpenID Connect alone", { scopes: ["openid", "profile"] }, "no_scopes"],
    ["an empty client id", { clientId: " " }, "no_client_id"],
    ["an authority that is no URL", { authority: "contoso" }, "invalid_authority"],
    [
      "an authority without a tenant",
      { authority: "https://login.microsoftonline.com/" },
      "invalid_authority",
    ],
    [
      "an authority of another scheme",
      { authority: "ftp://login.microsoftonline.com/x" },
      "invalid_authority",
    ],
    ["claims that are no JSON", { claims: "{" }, "invalid_claims"],
    ["claims that are no object", { claims: "[]" }, "invalid_claims"],
    ["a parameter the protocol owns", { extraParameters: { domain_hint: "x" } }, "disallowed_parameter"],
    ["the same in capitals", { extraParameters: { Prompt: "x" } }, "disallowed_parameter"],
    ["a key of the app", { extraParameters: { req_cnf: "x" } }, "disallowed_parameter"],
    [
      "a method that is none",
      { proofOfPossession: { resourceRequestMethod: "GET /", resourceRequestUrl: "https://a.example/" } },
      "invalid_proof_of_possession",
    ],
    [
      "a request to sign without a host",
      { proofOfPossession: { resourceRequestMethod: "GET", resourceRequestUrl: "/me" } },
      "invalid_proof_of_possession",
    ],
    [
      "a request to sign that is null",
      { proofOfPossession: null as unknown as ProofOfPossession },
      "invalid_proof_of_possession",
    ],
  ];
  it.each(tokenCases)("%s", async (_what, changes, reason) => {
    const bus = usualBus();
    const error = await rejection(brokerOn(bus).acquireTokenSilently({ ...request, ...changes }));
    expect(error).toMatchObject({ code: "invalid_request", reason });
    expect(bus.addresses).toEqual([]);
  });

  it.each([
    ["no request", undefined],
    ["scopes as a string", { ...request, scopes: "User.Read" }],
    ["a scope that is a number", { ...request, scopes: [5] }],
    ["a client id that is a number", { ...request, clientId: 5 }],
    ["an authority that is a number", { ...request, authority: 5 }],
    ["claims as an object", { ...request, claims: {} }],
    ["capabilities as a string", { ...request, clientCapabilities: "CP1" }],
    ["an extra parameter that is a number", { ...request, extraParameters: { a: 1 } }],
    ["half an account", { ...request, account: { username } }],
    ["an account that is null", { ...request, account: null }],
    ["an account whose user name is null", { ...request, account: { ...account(), username: null } }],
    ["a login hint that is a number", { ...request, loginHint: 5 }],
    ["a redirect URI that is a number", { ...request, redirectUri: 5 }],
    ["a token to renew that is a number", { ...request, forceRefresh: true, accessTokenToRenew: 5 }],
    [
      "a request to sign without a method",
      { ...request, proofOfPossession: { resourceRequestUrl: "https://a" } },
    ],
  ])("%s is a TypeError", async (_what, input) => {
    const bus = usualBus();
    const error = await failure(brokerOn(bus).acquireTokenSilently(input as SilentTokenRequest));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).not.toContain("undefined (reading");
    expect(bus.addresses).toEqual([]);
  });

  it.each([
    ["a prompt nobody knows", { prompt: "none" }, "invalid_request"],
    ["a negative window", { parentWindow: -1n }, "invalid_request"],
    ["a window beyond what JSON carries", { parentWindow: 2n ** 60n }, "invalid_request"],
  ])("%s", async (_what, changes, code) => {
    const input = { ...request, ...changes } as InteractiveTokenRequest;
    expect((await rejection(brokerOn(usualBus()).acquireTokenInteractively(input))).code).toBe(code);
  });

  it.each([
    [{ timeoutInMs: -1 }, "RangeError"],
    [{ timeoutInMs: Number.NaN }, "RangeError"],
    [{ timeoutInMs: "5" as unknown as number }, "TypeError"],
    [{ abortSignal: {} as AbortSignal }, "TypeError"],
    [{ correlationId: 5 as unknown as string }, "TypeError"],
  ])("options %j are a %s", async (options, name) => {
    expect((await failure(brokerOn(usualBus()).getAccounts({ clientId }, options))).name).toBe(name);
  });

  it.each([
    ["https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin", "b2c_authority"],
    ["https://login.microsoftonline.com/tfp/contoso.onmicrosoft.com/B2C_1_signin", "b2c_authority"],
    ["https://contoso.ciamlogin.com/contoso.onmicrosoft.com", "ciam_authority"],
    ["https://adfs.contoso.example/adfs", "adfs_authority"],
    ["https://login.microsoftonline.com/consumers", "consumers_authority"],
  ])("%s is an untrusted authority", async (authority, reason) => {
    const error = await rejection(brokerOn(usualBus()).acquireTokenSilently({ ...request, authority }));
    expect(error).toMatchObject({ code: "untrusted_authority", reason });
  });
});

describe("interactive calls", () => {
  it("have no transport timeout, whatever the caller's (Microsoft's client: 300 s)", async () => {
    const bus = usualBus();
    for (const options of [{}, { timeoutInMs: 600_000 }]) {
      await brokerOn(bus).acquireTokenInteractively(request, options);
    }
    expect(bus.requests.map((one) => one.call.timeoutInMs)).toEqual([0, 0]);
  });

  it("keep the login hint (Microsoft's client drops it)", async () => {
    const bus = usualBus();
    await brokerOn(bus).acquireTokenInteractively({ ...request, loginHint: "hint@contoso.example" });
    const [sent] = bus.requests;
    expect(sent?.call).toMatchObject({ timeoutInMs: 0, queue: "interactive" });
    expect(authParameters(bus, "acquireTokenInteractively")).toMatchObject({
      account: null,
      isSignIn: true,
      username: "hint@contoso.example",
    });
  });

  it.each([
    [{ WINDOWID: "20971562" }, undefined, 20971562],
    [{ WINDOWID: "20971562" }, "auto", 20971562],
    [{ WINDOWID: "0x1400" }, undefined, 1],
    [{}, undefined, 1],
    [{}, 0n, 1],
    [{ WINDOWID: "5" }, 77n, 77],
  ] as const)(
    "in %j with parent window %s send handle %i, and no bytes beside it (Microsoft's client)",
    async (env, parentWindow, handle) => {
      const bus = usualBus();
      const input = { ...request, ...(parentWindow !== undefined && { parentWindow }) };
      await brokerOn(bus, { env }).acquireTokenInteractively(input);
      expect(bus.requests[0]?.json["parentWindowHandle"]).toBe(handle);
      expect(authParameters(bus, "acquireTokenInteractively")["parentWindow"]).toEqual({ handle });
    },
  );

  it.each(["login", "select_account", "consent", "create"] as const)(
    "send prompt %s and keep the account (Microsoft's client loses both)",
    async (prompt) => {
      const bus = usualBus();
      await brokerOn(bus).acquireTokenInteractively({ ...request, account: account(), prompt });
      expect(authParameters(bus, "acquireTokenInteractively")).toMatchObject({
        account: { username },
        additionalQueryParametersForAuthorization: { prompt },
      });
    },
  );

  it("go one at a time per process, in order, over all brokers", async () => {
    const order: string[] = [];
    let open = 0;
    let most = 0;
    const bus = usualBus().on("acquireTokenInteractively", async ({ correlationId }) => {
      most = Math.max(most, ++open);
      order.push(correlationId.slice(-1));
      await delay(5);
      open--;
      return willingAnswer();
    });
    const brokers = [brokerOn(bus), brokerOn(bus), brokerOn(bus)];
    const ids = brokers.map((_broker, index) => `6f0c1a52-0000-4000-8000-00000000000${index}`);
    await Promise.all(
      brokers.map((broker, index) =>
        broker.acquireTokenInteractively(request, { correlationId: ids[index] ?? "" }),
      ),
    );
    expect(most).toBe(1);
    expect(order).toEqual(["0", "1", "2"]);
  });

  it("can be aborted while waiting for their turn: the broker never hears of them", async () => {
    let finish: (answer: string) => void = () => {};
    const answered = new Promise<string>((resolve) => {
      finish = resolve;
    });
    const bus = usualBus().on("acquireTokenInteractively", answered);
    const broker = brokerOn(bus, { sendCancelInteractiveFlow: true });
    const first = broker.acquireTokenInteractively(request);
    await vi.waitFor(() => expect(bus.requestsOf("acquireTokenInteractively")).toHaveLength(1));
    const controller = new AbortController();
    const second = failure(broker.acquireTokenInteractively(request, { abortSignal: controller.signal }));
    await vi.waitFor(() => expect(bus.stats().callsInFlight).toBe(2));
    controller.abort();
    expect((await second).name).toBe("AbortError");
    finish(willingAnswer());
    await expect(first).resolves.toBeDefined();
    expect(bus.requestsOf("acquireTokenInteractively")).toHaveLength(1);
    expect(bus.calls.some((call) => call.member === "cancelInteractiveFlow")).toBe(false);
  });

  it("ask himmelblau's broker once more with the account it knows", async () => {
    const bus = usualBus().on("acquireTokenInteractively", ({ json }) =>
      (json["authParameters"] as { account: unknown }).account === null
        ? busError("Failed", "Missing account username in request")
        : willingAnswer(),
    );
    await expect(brokerOn(bus).acquireTokenInteractively(request)).resolves.toBeDefined();
    expect(bus.requests.map((one) => one.method)).toEqual([
      "acquireTokenInteractively",
      "getAccounts",
      "acquireTokenInteractively",
    ]);
  });

  it("do not ask again with another account than the caller's", async () => {
    const refusal = busError("Failed", "Missing account username in request");
    const bus = usualBus().on("acquireTokenInteractively", refusal);
    const outcome = brokerOn(bus).acquireTokenInteractively({ ...request, account: account() });
    expect((await rejection(outcome)).reason).toBe("account_needed");
    expect(bus.requests).toHaveLength(1);
  });

  it("say so where that broker knows no account", async () => {
    const bus = usualBus()
      .onJson("getAccounts", { accounts: [] })
      .on(
        "acquireTokenInteractively",
        errorAnswer({ context: "Missing account username in request", status: 0 }),
      );
    const error = await rejection(brokerOn(bus).acquireTokenInteractively(request));
    expect(error).toMatchObject({ code: "not_supported", reason: "account_needed" });
  });
});

describe("abort and timeouts", () => {
  type Act = (broker: ReturnType<typeof brokerOn>, options: object) => Promise<unknown>;
  const pop = { resourceRequestMethod: "GET", resourceRequestUrl: "https://graph.microsoft.com/v1.0/me" };
  const authority = request.authority;
  const calls: [string, string, Act][] = [
    ["getAccounts", "getAccounts", (broker, options) => broker.getAccounts({ clientId }, options)],
    [
      "acquireTokenSilently",
      "acquireTokenSilently",
      (broker, options) => broker.acquireTokenSilently({ ...request, account: account() }, options),
    ],
    [
      "acquireTokenInteractively",
      "acquireTokenInteractively",
      (broker, options) => broker.acquireTokenInteractively(request, options),
    ],
    [
      "signOut",
      "removeAccount",
      (broker, options) => broker.signOut({ clientId, account: account() }, options),
    ],
    [
      "acquireSsoCookies",
      "acquirePrtSsoCookie",
      async (broker, options) =>
        await broker.acquireSsoCookies(
          { clientId, authority, account: account(), ssoUrl: "https://login.microsoftonline.com/" },
          options,
        ),
    ],
    [
      "signHttpRequest",
      "generateSignedHttpRequest",
      async (broker, options) =>
        await broker.signHttpRequest({ clientId, account: account(), proofOfPossession: pop }, options),
    ],
  ];

  it.each(calls)("%s: aborted before, nothing is sent", async (_name, _method, act) => {
    const bus = usualBus();
    const reason = new Error("no more");
    const error = await failure(act(brokerOn(bus), { abortSignal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ name: "AbortError", cause: reason });
    expect(bus.addresses).toEqual([]);
  });

  it.each(calls)("%s: aborted while the broker works, it ends at once", async (_name, method, act) => {
    const bus = usualBus().on(method, never);
    const controller = new AbortController();
    const outcome = failure(act(brokerOn(bus), { abortSignal: controller.signal }));
    await vi.waitFor(() => expect(bus.requestsOf(method)).toHaveLength(1));
    controller.abort();
    expect((await outcome).name).toBe("AbortError");
    expect(bus.canceled.map((call) => call.member)).toEqual([method]);
    expect(bus.stats().callsInFlight).toBe(0);
  });

  it.each(calls)("%s: aborted afterwards, nothing happens", async (_name, method, act) => {
    const bus = usualBus().on(method, errorAnswer({ status: 3 }));
    const controller = new AbortController();
    const error = await rejection(act(brokerOn(bus), { abortSignal: controller.signal }));
    controller.abort();
    expect(error.code).toBe("no_network");
    expect(bus.canceled).toEqual([]);
  });

  it.each(calls)("%s: ends when its time is over", async (_name, method, act) => {
    const bus = usualBus().on(method, never);
    const error = await rejection(act(brokerOn(bus), { timeoutInMs: 20 }));
    expect(error).toMatchObject({ code: "timed_out", retryable: true });
    expect(error.message).toContain("20 ms");
    expect(bus.stats().callsInFlight).toBe(0);
  });

  it("bound connecting and finding the broker as well", async () => {
    const bus = usualBus();
    bus.connectGate = never;
    expect((await rejection(brokerOn(bus).getAccounts({ clientId }, { timeoutInMs: 20 }))).code).toBe(
      "timed_out",
    );
  });

  it("can be without limit", async () => {
    const bus = usualBus();
    await brokerOn(bus).getAccounts({ clientId }, { timeoutInMs: 0 });
    await brokerOn(bus).getAccounts({ clientId }, { timeoutInMs: Number.POSITIVE_INFINITY });
    await brokerOn(bus).getAccounts({ clientId }, { timeoutInMs: 1e12 });
    expect(bus.requests.map((one) => one.call.timeoutInMs)).toEqual([0, 0, 2 ** 31 - 1]);
  });

  it("leave no listener on the caller's signal", async () => {
    const controller = new AbortController();
    const added = vi.spyOn(controller.signal, "addEventListener");
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    await brokerOn(usualBus()).acquireTokenSilently(request, { abortSignal: controller.signal });
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
  });
});

describe("sign-out, cookies and signed requests", () => {
  it("asks the broker to remove the account", async () => {
    const bus = usualBus().on("removeAccount", "");
    await brokerOn(bus).signOut({ clientId, account: account() });
    expect(bus.requests[0]?.json).toMatchObject({ clientId, account: nativeAccount() });
  });

  it.each([
    ["an unknown method", busError("UnknownMethod"), "not_supported"],
    ["himmelblau's refusal", busError("Failed", "Not implemented"), "not_supported"],
    [
      "the same in JSON",
      JSON.stringify({ error: { context: "Not implemented", status: 0 } }),
      "not_supported",
    ],
    ["an unknown account", JSON.stringify({ error: { context: "?", status: 19 } }), "account_not_found"],
  ])("tells %s of a sign-out (Microsoft's client never asks)", async (_what, answer, code) => {
    const bus = usualBus().on("removeAccount", answer);
    expect((await rejection(brokerOn(bus).signOut({ clientId, account: account() }))).code).toBe(code);
  });

  const cookieRequest = {
    clientId,
    authority: request.authority,
    ssoUrl: "https://login.microsoftonline.com/?sso_nonce=n",
  };

  it.each([
    ["2.0.1", { account: nativeAccount(), cookieName: "x-ms-RefreshTokenCredential", cookieContent: "c" }],
    ["2.0.2", { cookieItems: [{ cookieName: "x-ms-RefreshTokenCredential", cookieContent: "c" }] }],
  ])("reads the cookies of a broker %s", async (_version, answer) => {
    const bus = usualBus().onJson("acquirePrtSsoCookie", answer);
    await expect(brokerOn(bus).acquireSsoCookies(cookieRequest)).resolves.toEqual([
      { name: "x-ms-RefreshTokenCredential", value: "c" },
    ]);
    const sent = bus.requestsOf("acquirePrtSsoCookie")[0]?.json;
    expect(sent).toMatchObject({
      account: { username },
      authParameters: { account: { username }, authorizationType: 8, ssoUrl: cookieRequest.ssoUrl },
      ssoUrl: cookieRequest.ssoUrl,
    });
  });

  it.each([
    ["no cookie", {}, "protocol_error"],
    ["cookies without content", { cookieItems: [{ cookieName: "a" }, 5] }, "protocol_error"],
    ["an error", { error: { status: 2 } }, "interaction_required"],
    [
      "another account's cookie",
      { account: otherNativeAccount(), cookieName: "a", cookieContent: "b" },
      "account_mismatch",
    ],
    [
      "another account's cookie, by its id alone",
      {
        account: { homeAccountId: otherNativeAccount()["homeAccountId"] },
        cookieName: "a",
        cookieContent: "b",
      },
      "account_mismatch",
    ],
  ])("refuses %s", async (_what, answer, code) => {
    const bus = usualBus().onJson("acquirePrtSsoCookie", answer);
    const cookies = brokerOn(bus).acquireSsoCookies(cookieRequest);
    expect((await rejection(cookies)).code).toBe(code);
  });

  it("refuses an SSO URL that is none", async () => {
    const cookies = brokerOn(usualBus()).acquireSsoCookies({ ...cookieRequest, ssoUrl: "login" });
    expect((await rejection(cookies)).code).toBe("invalid_request");
  });

  it.each([
    ["unlocked", "not_signed_in"],
    ["none", "no_keyring"],
  ] as const)("says why there is no account for cookies (keyring %s)", async (keyring, reason) => {
    const bus = usualBus().onJson("getAccounts", { accounts: [] });
    bus.keyring = keyring;
    const cookies = brokerOn(bus).acquireSsoCookies(cookieRequest) ?? Promise.resolve();
    expect(await rejection(cookies)).toMatchObject({ code: "account_not_found", reason });
  });

  it("needs the account named where there are several", async () => {
    const bus = usualBus().onJson("getAccounts", { accounts: [nativeAccount(), otherNativeAccount()] });
    const cookies = brokerOn(bus).acquireSsoCookies(cookieRequest) ?? Promise.resolve();
    expect(await rejection(cookies)).toMatchObject({ code: "account_not_found", reason: "several_accounts" });
  });

  it("refuses to sign where no request is named", async () => {
    const bus = usualBus();
    const unnamed = { clientId, account: account() } as HttpRequestSigningRequest;
    expect(await rejection(brokerOn(bus).signHttpRequest(unnamed))).toMatchObject({
      code: "invalid_request",
      reason: "invalid_proof_of_possession",
    });
    expect(bus.addresses).toEqual([]);
  });

  it("signs a request", async () => {
    const bus = usualBus().onJson("generateSignedHttpRequest", { signedHttpRequest: "shr" });
    const signed = await brokerOn(bus).signHttpRequest({
      clientId,
      account: account(),
      keyId: "k",
      clientClaims: '{"c":1}',
      proofOfPossession: {
        resourceRequestMethod: "POST",
        resourceRequestUrl: "https://example.com/x?q=1",
        nonce: "NN",
      },
    });
    expect(signed).toEqual({ signedHttpRequest: "shr" });
    expect(bus.requests[0]?.json).toEqual({
      clientId,
      popParams: {
        authenticationScheme: "pop",
        clientClaims: '{"c":1}',
        homeAccountId: account().homeAccountId,
        httpMethod: "POST",
        kid: "k",
        nonce: "NN",
        uriHost: "example.com",
        uriPath: "/x",
      },
    });
  });

  it("says when a broker signs no requests", async () => {
    const signed = brokerOn(usualBus()).signHttpRequest({
      clientId,
      account: account(),
      proofOfPossession: { resourceRequestMethod: "GET", resourceRequestUrl: "https://example.com/" },
    });
    expect((await rejection(signed ?? Promise.resolve())).code).toBe("not_supported");
  });
});

describe("what crashes, hangs or misleads Microsoft's client", () => {
  it("endless retry: status 23 ends an interactive call after one request, without a loop", async () => {
    const bus = usualBus().on(
      "acquireTokenInteractively",
      errorAnswer({ context: "mdm", status: 23, tag: 1 }),
    );
    const error = await rejection(brokerOn(bus).acquireTokenInteractively(request));
    expect(error).toMatchObject({ code: "broker_failed", reason: "mdm_enrollment_required" });
    expect(bus.requests).toHaveLength(1);
  });

  it("late cancel: an abort rejects at once and cancels the native call; nothing is sent by default", async () => {
    const bus = usualBus().on("acquireTokenInteractively", never);
    const controller = new AbortController();
    const outcome = failure(
      brokerOn(bus).acquireTokenInteractively(request, { abortSignal: controller.signal }),
    );
    await vi.waitFor(() => expect(bus.requests).toHaveLength(1));
    controller.abort();
    expect((await outcome).name).toBe("AbortError");
    expect(bus.calls.some((call) => call.member === "cancelInteractiveFlow")).toBe(false);
  });

  it("late cancel: if asked, it tells the broker with the captured body and the flow's own correlation id", async () => {
    const bus = usualBus().on("acquireTokenInteractively", never).on("cancelInteractiveFlow", "");
    const controller = new AbortController();
    const broker = brokerOn(bus, { sendCancelInteractiveFlow: true });
    const outcome = failure(broker.acquireTokenInteractively(request, { abortSignal: controller.signal }));
    await vi.waitFor(() => expect(bus.requests).toHaveLength(1));
    controller.abort();
    await outcome;
    await vi.waitFor(() => expect(bus.requestsOf("cancelInteractiveFlow")).toHaveLength(1));
    const [flow, cancel] = bus.requests;
    expect(cancel?.correlationId).toBe(flow?.correlationId);
    expect(cancel?.json).toEqual({
      error: {
        context: "The InteractiveRequest was canceled on behalf of the user",
        diagnostics: null,
        errorCode: 0,
        status: 7,
        subStatus: 0,
        tag: 579379414,
      },
    });
  });

  it.each(["acquireTokenSilently", "acquireTokenInteractively"] as const)(
    "promise that never settles: status 12 settles %s",
    async (method) => {
      const bus = usualBus().on(method, errorAnswer({ context: "switch", status: 12, tag: 1, errorCode: 0 }));
      const error = await rejection(brokerOn(bus)[method](request));
      expect(error).toMatchObject({ code: "account_mismatch", reason: "user_switch" });
      expect(bus.requestsOf(method)).toHaveLength(1);
    },
  );

  it("no keyring: it works without a Secret Service, for the account a sign-in just gave", async () => {
    const bus = usualBus();
    bus.keyring = "none";
    const broker = brokerOn(bus);
    const { account: signedIn } = await broker.acquireTokenInteractively(request);
    await expect(broker.acquireTokenSilently({ ...request, account: signedIn })).resolves.toBeDefined();
    await expect(broker.getAccounts({ clientId })).resolves.toHaveLength(1);
  });

  it("late broker: one that comes late is found", async () => {
    const bus = new FakeBus("idle").onJson("getAccounts", { accounts: [nativeAccount()] });
    bus.activation = "never";
    const broker = brokerOn(bus);
    expect((await broker.probe()).available).toBe(false);
    bus.startBroker();
    await expect(broker.getAccounts({ clientId })).resolves.toHaveLength(1);
  });

  it("lost bus: it is connected to again", async () => {
    const bus = usualBus();
    const broker = brokerOn(bus);
    await broker.getAccounts({ clientId });
    bus.breakBus();
    await expect(broker.getAccounts({ clientId })).resolves.toHaveLength(1);
    expect(bus.addresses).toHaveLength(2);
  });

  it("two calls at a time: calls do not wait for one another", async () => {
    const bus = usualBus().on("getAccounts", never);
    const broker = brokerOn(bus);
    const outcomes = Array.from({ length: 200 }, () => failure(broker.getAccounts({ clientId })));
    await vi.waitFor(() => expect(bus.requests).toHaveLength(200));
    await broker.close();
    expect(new Set((await Promise.all(outcomes)).map((error) => error.name))).toEqual(
      new Set(["BrokerError"]),
    );
  });

  it("success without a token: a missing one is an error", async () => {
    const bus = usualBus().onJson("acquireTokenSilently", tokenAnswer({ accessToken: "" }));
    expect((await rejection(brokerOn(bus).acquireTokenSilently(request))).code).toBe("protocol_error");
  });

  it("every failure alike: a locked keyring is told apart from a broker that just died", async () => {
    const died = busError("NoReply", "Message recipient disconnected from message bus without replying");
    const bus = usualBus().on("acquireTokenSilently", died);
    const broker = brokerOn(bus);
    expect((await rejection(broker.acquireTokenSilently(request))).reason).toBe("broker_died");
    bus.keyring = "locked";
    expect((await rejection(broker.acquireTokenSilently(request))).code).toBe("keyring_locked");
  });

  it("another user accepted: another user's token is refused (see token-response.test.ts for every way)", async () => {
    const bus = usualBus().on(
      "acquireTokenSilently",
      willingAnswer({ clientInfo: undefined, account: otherNativeAccount() }),
    );
    expect((await rejection(brokerOn(bus).acquireTokenSilently(request))).code).toBe("account_mismatch");
  });
});

describe("close", () => {
  it("ends calls in flight with connection_closed; a later call connects afresh", async () => {
    const bus = usualBus().on("acquireTokenInteractively", never);
    const broker = brokerOn(bus);
    const outcome = rejection(broker.acquireTokenInteractively(request));
    await vi.waitFor(() => expect(bus.requests).toHaveLength(1));
    await broker.close();
    await broker.close();
    expect(await outcome).toMatchObject({ code: "broker_unavailable", reason: "connection_closed" });
    await expect(broker.getAccounts({ clientId })).resolves.toHaveLength(1);
  });

  it("also ends a connection that is still being made", async () => {
    const bus = usualBus();
    let open: () => void = () => {};
    bus.connectGate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const broker = brokerOn(bus);
    const outcome = rejection(broker.getAccounts({ clientId }));
    await vi.waitFor(() => expect(bus.addresses).toHaveLength(1));
    await broker.close();
    open();
    expect((await outcome).reason).toBe("connection_closed");
    expect(bus.stats().connections).toBe(0);
  });
});

it("refuses what D-Bus cannot carry", async () => {
  const bus = usualBus().on("getAccounts", nativeError("invalid_argument"));
  expect((await rejection(brokerOn(bus).getAccounts({ clientId }))).code).toBe("invalid_request");
});

it("puts the account's tenant in place of common only for an account the caller named", async () => {
  const bus = usualBus();
  await brokerOn(bus).acquireTokenSilently(request);
  expect(authParameters(bus, "acquireTokenSilently")["authority"]).toMatch(/\/common$/);
  await brokerOn(bus).acquireTokenSilently({ ...request, account: account() });
  expect(authParameters(bus, "acquireTokenSilently")["authority"]).toBe(
    `https://login.microsoftonline.com/${tenantId}`,
  );
});
