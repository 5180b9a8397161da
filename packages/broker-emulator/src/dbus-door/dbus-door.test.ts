import type { RawMessage } from "@homebridge/dbus-native";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { BrokerGeneration } from "../broker/generations.js";
import {
  type BrokerEmulator,
  type BrokerEmulatorOptions,
  startBrokerEmulator,
} from "../start-broker-emulator.js";
import type { EmulatedAccount } from "../tenant/accounts.js";
import type { PolicyEffect } from "../tenant/policy.js";
import { BrokerClient, errorOf, rejectionOf, tokenOf } from "../testing/broker-client.js";
import {
  cancelRequest,
  cookieRequest,
  interactiveRequest,
  silentRequest,
} from "../testing/broker-requests.js";
import { clientId, storageScope } from "../testing/token-requests.js";

type Json = Record<string, unknown>;

interface World {
  readonly emulator: BrokerEmulator;
  readonly client: BrokerClient;
  readonly account: EmulatedAccount;
  /** The account as the broker describes it. */
  readonly wireAccount: Json;
}

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function start(options: BrokerEmulatorOptions = {}): Promise<World> {
  const emulator = await startBrokerEmulator({ serveDiscovery: false, ...options });
  endings.push(() => emulator.stop());
  emulator.tenant.registerApp({ clientId });
  const account = emulator.tenant.addAccount({ username: "ada@contoso.example", name: "Ada Lovelace" });
  const client = new BrokerClient(emulator.busAddress);
  endings.push(() => client.close());
  const { accounts } = (await client.json("getAccounts", { clientId })) as { accounts: Json[] };
  emulator.clearRequests();
  return { emulator, client, account, wireAccount: accounts[0] ?? {} };
}

const peerCall = (member: string): RawMessage => ({
  destination: "com.microsoft.identity.broker1",
  path: "/com/microsoft/identity/broker1",
  interface: "org.freedesktop.DBus.Peer",
  member,
});
const introspect: RawMessage = {
  ...peerCall("Introspect"),
  interface: "org.freedesktop.DBus.Introspectable",
};

describe("the D-Bus door", () => {
  it("answers Peer.Ping, without which Microsoft's client refuses to start", async () => {
    const { client } = await start();
    await expect(client.invoke(peerCall("Ping"))).resolves.toEqual([]);
  });

  it("says that it is an emulator, in a form that reads as a version", async () => {
    const { client, emulator } = await start();
    expect(await client.json("getLinuxBrokerVersion", { msalCppVersion: "1.28.0" })).toEqual({
      linuxBrokerVersion: "3.0.2-emulator",
    });
    expect(emulator.version).toBe("3.0.2-emulator");
  });

  it("lists accounts with the fields of a real broker's list", async () => {
    const { wireAccount, account, emulator } = await start();
    expect(wireAccount).toEqual({
      clientInfo: account.clientInfo,
      environment: "login.windows.net",
      familyName: "Lovelace",
      givenName: "Ada",
      homeAccountId: account.homeAccountId,
      localAccountId: account.localAccountId,
      name: "Ada Lovelace",
      passwordExpiry: 0,
      realm: emulator.tenant.tenantId,
      username: "ada@contoso.example",
    });
  });

  it("answers a silent request with exactly a real 3.0.2's fields", async () => {
    const { client, wireAccount, emulator, account } = await start();
    const answer = await client.json("acquireTokenSilently", silentRequest(wireAccount));
    const token = tokenOf(answer);
    expect(Object.keys(answer).sort()).toEqual(["brokerTokenResponse", "telemetry"]);
    expect(Object.keys(token).sort()).toEqual([
      "accessToken",
      "accessTokenType",
      "clientInfo",
      "expiresOn",
      "extendedExpiresOn",
      "grantedScopes",
      "idToken",
    ]);
    const claims = emulator.tenant.verify(String(token["accessToken"]));
    expect(claims).toMatchObject({ oid: account.localAccountId, aud: "https://storage.azure.com" });
    expect(token).toMatchObject({
      accessTokenType: 0,
      clientInfo: account.clientInfo,
      expiresOn: Number(claims["exp"]) * 1000,
    });
    expect(String(token["grantedScopes"]).split(" ")).toContain(storageScope);
  });

  it("records each request as it came, refused ones too, and forgets the oldest", async () => {
    const { client, emulator } = await start({ keepRequests: 4 });
    await client.text("getAccounts", "not json", { body: ["0.0", "a-correlation-id", "not json"] });
    expect(emulator.requests).toMatchObject([
      {
        method: "getAccounts",
        correlationId: "a-correlation-id",
        protocolVersion: "0.0",
        rawRequest: "not json",
      },
    ]);
    expect(emulator.requests[0]?.request).toBeUndefined();
    expect(emulator.requests[0]?.sender).toMatch(/^:1\.\d+$/);
    for (let i = 0; i < 20; i += 1) await client.json("getLinuxBrokerVersion", { i });
    expect(emulator.requests.length).toBeLessThanOrEqual(6);
    expect(emulator.requests.at(-1)?.request).toEqual({ i: 19 });
    expect(emulator.countRequests("getLinuxBrokerVersion")).toBe(20);
    expect(emulator.countRequests()).toBe(21);
    emulator.clearRequests();
    expect([emulator.requests.length, emulator.countRequests()]).toEqual([0, 0]);
  });

  it("answers a thousand calls at once", async () => {
    const { client, wireAccount, emulator } = await start();
    const request = silentRequest(wireAccount);
    const answers = await Promise.all(
      Array.from({ length: 1000 }, () => client.json("acquireTokenSilently", request)),
    );
    expect(new Set(answers.map((answer) => tokenOf(answer)["accessToken"])).size).toBe(1);
    expect(emulator.countRequests("acquireTokenSilently")).toBe(1000);
  });

  it("answers calls that go to its unique name", async () => {
    const { client, emulator } = await start();
    const destination = emulator.uniqueName ?? "";
    expect(JSON.parse(await client.text("getLinuxBrokerVersion", "{}", { destination }))).toEqual({
      linuxBrokerVersion: "3.0.2-emulator",
    });
  });
});

describe("what is refused on the bus", () => {
  const dbusError = "org.freedesktop.DBus.Error";
  it.each<[string, RawMessage, string]>([
    ["an unknown method", { member: "signOutSilently" }, `${dbusError}.UnknownMethod`],
    ["a method of Object.prototype", { member: "constructor" }, `${dbusError}.UnknownMethod`],
    ["another signature", { signature: "ss", body: ["0.0", "x"] }, `${dbusError}.InvalidArgs`],
    ["another object", { path: "/com/microsoft/identity" }, `${dbusError}.UnknownObject`],
    ["another interface", { interface: "com.microsoft.identity.Broker2" }, `${dbusError}.UnknownInterface`],
  ])("%s", async (_what, changes, name) => {
    const { client } = await start();
    expect((await rejectionOf(client.text("getAccounts", "{}", changes))).name).toBe(name);
  });

  it.each<[BrokerGeneration, boolean]>([
    ["2.0.1", true],
    ["2.0.2", false],
    ["2.5.2", false],
    ["3.0.2", false],
    ["himmelblau", true],
  ])("introspection, by generation: %s answers it: %s", async (generation, answers) => {
    const { client } = await start({ generation });
    const result = client.invoke(introspect);
    if (answers) expect(String((await result)[0])).toContain('<method name="acquireTokenSilently">');
    else expect((await rejectionOf(result)).name).toMatch(/UnknownInterface$/);
  });
});

describe("what is refused in JSON", () => {
  const malformed = 6;
  it.each<[string, string, (account: Json) => unknown, Json]>([
    ["a flat request", "acquireTokenSilently", () => ({ clientId }), { tag: 508371229, status: malformed }],
    ["a list", "acquireTokenSilently", () => [], { tag: 508371229 }],
    ["null", "getAccounts", () => null, { tag: 508371229 }],
    ["no client id", "getAccounts", () => ({}), { context: "'clientId' must be a non-empty string." }],
    [
      "no scopes",
      "acquireTokenSilently",
      (a) => silentRequest(a, { requestedScopes: [] }),
      { status: malformed },
    ],
    [
      "scopes as text",
      "acquireTokenSilently",
      (a) => silentRequest(a, { requestedScopes: "a" }),
      { status: malformed },
    ],
    [
      "no redirect URI",
      "acquireTokenSilently",
      (a) => silentRequest(a, { redirectUri: undefined }),
      { status: malformed },
    ],
    [
      "no authority",
      "acquireTokenSilently",
      (a) => silentRequest(a, { authority: "" }),
      { status: malformed },
    ],
    [
      "claims as object",
      "acquireTokenSilently",
      (a) => silentRequest(a, { decodedClaims: {} }),
      { status: malformed },
    ],
    [
      "an account as text",
      "acquireTokenSilently",
      () => silentRequest(null, { account: "ada" }),
      { status: malformed },
    ],
    [
      "the type of another method",
      "acquireTokenSilently",
      (a) => silentRequest(a, { authorizationType: 6 }),
      { status: malformed },
    ],
    [
      "no type",
      "acquireTokenSilently",
      (a) => silentRequest(a, { authorizationType: undefined }),
      { status: malformed },
    ],
    [
      "a non-interactive type",
      "acquireTokenInteractively",
      (a) => interactiveRequest(a, { authorizationType: 8 }),
      { context: "Called AcquireTokenInteractively with non-interactive authorization type: 8" },
    ],
    [
      "no PoP host",
      "acquireTokenSilently",
      (a) => silentRequest(a, { popParams: { httpMethod: "GET" } }),
      { status: malformed },
    ],
    [
      "a cookie without ssoUrl",
      "acquirePrtSsoCookie",
      (a) => ({ ...cookieRequest(a), ssoUrl: "" }),
      { context: "Empty SSO Url" },
    ],
    [
      "a cookie with ssoUrl at the top only",
      "acquirePrtSsoCookie",
      (a) => cookieRequest(a, { ssoUrl: undefined }),
      { status: malformed },
    ],
    [
      "a cookie with another type",
      "acquirePrtSsoCookie",
      (a) => cookieRequest(a, { authorizationType: 1 }),
      { status: malformed },
    ],
    ["a removal of nobody", "removeAccount", () => ({ clientId }), { status: malformed }],
    [
      "a removal of a stranger",
      "removeAccount",
      () => ({ clientId, account: { homeAccountId: "x.y" } }),
      { status: 19 },
    ],
    ["a cancel of another shape", "cancelInteractiveFlow", () => ({}), { tag: 508371229 }],
    ["nothing to sign", "generateSignedHttpRequest", () => ({ clientId }), { status: malformed }],
  ])("%s", async (_what, method, request, error) => {
    const { client, wireAccount } = await start();
    const answer = await client.json(method, request(wireAccount));
    expect(answer["error"]).toMatchObject({ errorCode: 0, subStatus: 0, ...error });
  });

  it("another protocol version", async () => {
    const { client } = await start();
    const body = ["1.0", "x", JSON.stringify({ clientId })];
    const answer = JSON.parse(await client.text("getAccounts", "", { body })) as Json;
    expect(errorOf(answer)).toMatchObject({ context: "The protocol version '1.0' is not supported." });
  });

  it.each<[string, Json, Json]>([
    [
      "an unknown app",
      { clientId: "nobody" },
      { status: 9, context: expect.stringContaining("AADSTS700016") },
    ],
    [
      "another redirect URI",
      { redirectUri: "http://localhost" },
      { status: 9, context: expect.stringContaining("AADSTS50011") },
    ],
    ["a foreign authority", { authority: "https://adfs.contoso.example/adfs" }, { status: 11 }],
    ["an unknown account", { account: { homeAccountId: "x.y", username: "x@y.z" } }, { status: 19 }],
    ["no account known by the hint", { account: null, username: "who@contoso.example" }, { status: 2 }],
  ])("inside brokerTokenResponse, as the tenant would: %s", async (_what, changes, error) => {
    const { client, wireAccount } = await start();
    const answer = await client.json("acquireTokenSilently", silentRequest(wireAccount, changes));
    expect((answer["brokerTokenResponse"] as Json)["error"]).toMatchObject({
      tag: expect.any(Number),
      ...error,
    });
    expect(answer["telemetry"]).toMatchObject({ broker_version: "3.0.2-emulator" });
  });

  it("takes the smallest requests that real brokers are known to take", async () => {
    const { client, wireAccount } = await start();
    const {
      clientId: id,
      redirectUri,
      authority,
      requestedScopes,
    } = silentRequest(null)["authParameters"] as Json;
    const withoutAccount = { authParameters: { clientId: id, redirectUri, authority, requestedScopes } };
    expect(errorOf(await client.json("acquireTokenInteractively", withoutAccount))).toBeUndefined();
    const silentShape = silentRequest(wireAccount);
    expect(errorOf(await client.json("acquireTokenInteractively", silentShape))).toBeUndefined();
    expect(errorOf(await client.json("getAccounts", { clientId: id }))).toBeUndefined();
  });
});

describe("interaction", () => {
  it("reports a refused silent call in a real 3.0.2's words, then signs in, then is silent again", async () => {
    const { client, wireAccount, emulator } = await start();
    emulator.tenant.addPolicy({}, { kind: "interaction_required" });
    const refused = errorOf(await client.json("acquireTokenSilently", silentRequest(wireAccount)));
    expect(refused).toMatchObject({
      diagnostics: null,
      errorCode: 0,
      status: 2,
      subStatus: 0,
      tag: 593819521,
    });
    expect(refused?.["context"]).toMatch(
      /^Recieved an error from AAD\. Code: 'interaction_required' description: '.*' correlation id: '00000000-0000-4000-8000-000000000001' suberror: 'token_expired'$/,
    );
    const answer = await client.json("acquireTokenInteractively", interactiveRequest(wireAccount));
    expect(answer["telemetry"]).toMatchObject({ ui_visible: "true" });
    expect(errorOf(await client.json("acquireTokenSilently", silentRequest(wireAccount)))).toBeUndefined();
  });

  it("reports a closed window in a real 3.0.2's words", async () => {
    const { client, wireAccount, emulator } = await start();
    emulator.tenant.user.script = [{ kind: "cancels" }];
    const answer = await client.json("acquireTokenInteractively", interactiveRequest(wireAccount));
    expect(errorOf(answer)).toEqual({
      context: "The InteractiveRequest was canceled by the user",
      diagnostics: null,
      errorCode: 0,
      status: 7,
      subStatus: 0,
      tag: 557155398,
    });
  });

  it("starts the dialog with the hint and the prompt", async () => {
    const { client, emulator } = await start();
    const changes = {
      username: "ada@contoso.example",
      isSignIn: true,
      additionalQueryParametersForAuthorization: { prompt: "login" },
    };
    await client.json("acquireTokenInteractively", interactiveRequest(null, changes));
    expect(emulator.tenant.user.dialogs).toEqual([
      {
        clientId,
        correlationId: "00000000-0000-4000-8000-000000000001",
        username: "ada@contoso.example",
        prompt: "login",
      },
    ]);
  });

  it("sees whether a client shows one dialog at a time", async () => {
    const { client, wireAccount, emulator } = await start();
    const { user } = emulator.tenant;
    user.script = [{ kind: "never_acts" }, { kind: "never_acts" }];
    const pending = [1, 2].map(() =>
      client.json("acquireTokenInteractively", interactiveRequest(wireAccount)),
    );
    await vi.waitFor(() => expect(user.openDialogs).toBe(2));
    await client.json("cancelInteractiveFlow", cancelRequest);
    for (const call of pending) expect(errorOf(await call)).toMatchObject({ status: 7, tag: 557155398 });
    expect([user.openDialogs, user.maxConcurrentDialogs]).toEqual([0, 2]);
    expect(emulator.isOnBus).toBe(true);
  });

  it("does not survive a cancel with an empty body, as a real 3.0.2 did not", async () => {
    const { client, emulator } = await start();
    const error = await rejectionOf(client.text("cancelInteractiveFlow", ""));
    expect(error).toEqual({
      name: "org.freedesktop.DBus.Error.NoReply",
      message: "Message recipient disconnected from message bus without replying",
    });
    expect(emulator.isOnBus).toBe(false);
    expect((await rejectionOf(client.text("getAccounts", "{}"))).name).toMatch(/ServiceUnknown$/);
    await emulator.joinBus();
    await client.json("getAccounts", { clientId });
  });
});

describe("policies on the wire", () => {
  const silent = ({ client, wireAccount }: World) =>
    client.text("acquireTokenSilently", JSON.stringify(silentRequest(wireAccount)));

  it.each<[PolicyEffect, Json]>([
    [{ kind: "no_network" }, { status: 3 }],
    [{ kind: "temporarily_unavailable" }, { status: 5 }],
    [{ kind: "account_unusable" }, { status: 13 }],
    [{ kind: "not_enrolled" }, { status: 17 }],
    [{ kind: "consent_required" }, { status: 2, context: expect.stringContaining("consent_required") }],
    [
      { kind: "claims_challenge", claims: '{"access_token":{"acrs":{"value":"c1"}}}' },
      { status: 2, claims: '{"access_token":{"acrs":{"value":"c1"}}}' },
    ],
    [
      { kind: "wire_error", status: 23, tag: "4kv4v", subStatus: 300, context: "text" },
      { status: 23, tag: "4kv4v", subStatus: 300, context: "text", errorCode: 0, diagnostics: null },
    ],
  ])("%j", async (effect, error) => {
    const world = await start();
    world.emulator.tenant.addPolicy({ clientId }, effect);
    expect(errorOf(JSON.parse(await silent(world)) as Json)).toMatchObject(error);
  });

  it("leaves parts of an error out, and puts it where it is told to", async () => {
    const world = await start();
    const effect: PolicyEffect = {
      kind: "wire_error",
      status: null,
      tag: null,
      context: null,
      errorCode: null,
      place: "top",
    };
    world.emulator.tenant.addPolicy({}, effect);
    const answer = JSON.parse(await silent(world)) as Json;
    expect(answer["error"]).toEqual({ diagnostics: null, subStatus: 0 });
  });

  it("gives garbage, raw JSON, patched JSON", async () => {
    const world = await start();
    const { tenant } = world.emulator;
    tenant.addPolicy({}, { kind: "garbage", text: "<html>" }, { times: 1 });
    expect(await silent(world)).toBe("<html>");
    tenant.addPolicy({}, { kind: "raw_reply", json: { accounts: null } }, { times: 1 });
    expect(JSON.parse(await silent(world))).toEqual({ accounts: null });
    tenant.addPolicy({}, { kind: "patch_response", patch: (json) => ({ ...json, extra: 1 }) }, { times: 1 });
    expect(JSON.parse(await silent(world))).toMatchObject({
      extra: 1,
      brokerTokenResponse: { accessTokenType: 0 },
    });
  });

  it("gives D-Bus errors and replies of another signature", async () => {
    const world = await start();
    const { tenant } = world.emulator;
    tenant.addPolicy(
      {},
      { kind: "dbus_error", name: "org.freedesktop.DBus.Error.AccessDenied", message: "no" },
      { times: 1 },
    );
    expect(await rejectionOf(silent(world))).toEqual({
      name: "org.freedesktop.DBus.Error.AccessDenied",
      message: "no",
    });
    tenant.addPolicy({}, { kind: "dbus_reply", signature: "ii", body: [1, 2] }, { times: 1 });
    expect(await silent(world)).toBe("1");
  });

  it("dies, for good or to come back", async () => {
    const world = await start();
    const { tenant } = world.emulator;
    const died = { message: "Message recipient disconnected from message bus without replying" };
    tenant.addPolicy({}, { kind: "dies", comesBack: true }, { times: 1 });
    expect(await rejectionOf(silent(world))).toMatchObject(died);
    await vi.waitFor(() => expect(world.emulator.isOnBus).toBe(true));
    expect(errorOf(JSON.parse(await silent(world)) as Json)).toBeUndefined();
    tenant.addPolicy({}, { kind: "dies" }, { times: 1 });
    expect(await rejectionOf(silent(world))).toMatchObject(died);
    expect(world.emulator.isOnBus).toBe(false);
  });

  it("never answers, until the broker leaves", async () => {
    const world = await start();
    world.emulator.tenant.addPolicy({}, { kind: "never_answers" });
    const pending = rejectionOf(silent(world));
    await vi.waitFor(() => expect(world.emulator.countRequests("acquireTokenSilently")).toBe(1));
    await world.client.json("getLinuxBrokerVersion", {});
    await world.emulator.leaveBus();
    expect((await pending).name).toMatch(/NoReply$/);
  });

  it("answers late, and others meanwhile", async () => {
    const world = await start();
    const order: string[] = [];
    world.emulator.tenant.addPolicy({}, { kind: "slow", delayInMs: 100 }, { times: 1 });
    await Promise.all([
      silent(world).then(() => order.push("slow")),
      silent(world).then(() => order.push("quick")),
    ]);
    expect(order).toEqual(["quick", "slow"]);
  });

  it("answers many late without a warning", async () => {
    const world = await start();
    const warning = vi.spyOn(process, "emitWarning");
    world.emulator.tenant.addPolicy({}, { kind: "slow", delayInMs: 20 });
    await Promise.all(Array.from({ length: 50 }, () => silent(world)));
    expect(warning).not.toHaveBeenCalled();
    warning.mockRestore();
  });

  it("is for the methods it names", async () => {
    const world = await start();
    world.emulator.tenant.addPolicy({ method: "getAccounts" }, { kind: "garbage", text: "" });
    expect(await world.client.text("getAccounts", JSON.stringify({ clientId }))).toBe("");
    world.emulator.tenant.addPolicy({ method: "getAccounts" }, { kind: "no_network" });
    expect((await world.client.json("getAccounts", { clientId }))["error"]).toMatchObject({ status: 3 });
    expect(errorOf(JSON.parse(await silent(world)) as Json)).toBeUndefined();
  });

  it("empties the account list of a device that is not enrolled", async () => {
    const { client, emulator, wireAccount } = await start();
    emulator.tenant.addPolicy({}, { kind: "not_enrolled" });
    expect(await client.json("getAccounts", { clientId })).toEqual({ accounts: [] });
    const cookie = await client.json("acquirePrtSsoCookie", cookieRequest(wireAccount));
    expect(cookie["error"]).toMatchObject({ status: 17 });
  });

  it("locks the keyring: no accounts, and the broker drops token calls", async () => {
    const world = await start();
    const policy = world.emulator.tenant.addPolicy({}, { kind: "keyring_locked" });
    expect(await world.client.json("getAccounts", { clientId })).toEqual({ accounts: [] });
    expect((await rejectionOf(silent(world))).name).toMatch(/NoReply$/);
    policy.remove();
    await vi.waitFor(() => expect(world.emulator.isOnBus).toBe(true));
    expect(errorOf(JSON.parse(await silent(world)) as Json)).toBeUndefined();
  });
});

describe("proof of possession", () => {
  const popParams = {
    clientClaims: "",
    homeAccountId: "",
    httpMethod: "GET",
    nonce: "NONCE123",
    uriHost: "graph.microsoft.com",
    uriPath: "/v1.0/me",
  };

  it("answers with a finished signed HTTP request", async () => {
    const { client, wireAccount, emulator } = await start();
    const token = tokenOf(
      await client.json("acquireTokenSilently", silentRequest(wireAccount, { popParams })),
    );
    expect(token["accessTokenType"]).toBe(1);
    const { request, accessToken } = emulator.tenant.verifySignedHttpRequest(String(token["accessToken"]));
    expect(request).toMatchObject({ m: "GET", u: "graph.microsoft.com", p: "/v1.0/me", nonce: "NONCE123" });
    expect(accessToken).toMatchObject({ aud: "https://storage.azure.com" });
  });

  it("binds to the app's key when it sends a key id", async () => {
    const { client, wireAccount, emulator } = await start();
    const request = silentRequest(wireAccount, { popParams: { kid: "abc" } });
    const token = tokenOf(await client.json("acquireTokenSilently", request));
    expect(token["accessTokenType"]).toBe(0);
    expect(emulator.tenant.verify(String(token["accessToken"]))["cnf"]).toEqual({ kid: "abc" });
  });

  it("signs a request on its own, with the whole URL for host as an independent client sends it", async () => {
    const { client, emulator, account } = await start();
    const answer = await client.json("generateSignedHttpRequest", {
      clientId,
      popParams: {
        authenticationScheme: "pop",
        uriHost: "https://example.com/x?q=1",
        httpMethod: "POST",
        clientClaims: '{"c":1}',
        nonce: "NN",
        homeAccountId: account.homeAccountId,
      },
    });
    const { claims } = emulator.tenant.deviceKey.verifyJwt(String(answer["signedHttpRequest"]));
    expect(claims).toMatchObject({
      m: "POST",
      u: "example.com",
      p: "/x",
      nonce: "NN",
      client_claims: '{"c":1}',
    });
  });
});

describe("other methods", () => {
  it.each<[BrokerGeneration, string[]]>([
    ["2.0.1", ["account", "cookieContent", "cookieName", "telemetry"]],
    ["2.0.2", ["cookieItems", "telemetry"]],
    ["3.0.2", ["cookieItems", "telemetry"]],
    ["himmelblau", ["account", "cookieContent", "cookieName", "telemetry"]],
  ])("cookies have the shape of %s", async (generation, keys) => {
    const { client, wireAccount, emulator } = await start({ generation });
    const answer = await client.json("acquirePrtSsoCookie", cookieRequest(wireAccount));
    expect(Object.keys(answer).sort()).toEqual(keys);
    const [item] = (answer["cookieItems"] as Json[] | undefined) ?? [answer];
    expect(item?.["cookieName"]).toBe("x-ms-RefreshTokenCredential");
    const { claims } = emulator.tenant.deviceKey.verifyJwt(String(item?.["cookieContent"]));
    expect(claims).toMatchObject({ request_nonce: "NONCE", emulated: "@x/broker-emulator" });
  });

  it("2.0.1 gives a cookie for the shape that old clients send", async () => {
    const { client, wireAccount } = await start({ generation: "2.0.1" });
    const answer = await client.json("acquirePrtSsoCookie", {
      ssoUrl: "https://login.microsoftonline.com/",
      account: wireAccount,
      authParameters: { authority: "https://login.microsoftonline.com/common/" },
    });
    expect(answer).toHaveProperty("cookieContent");
  });

  it("an account that was removed is not found, and comes back by signing in", async () => {
    const { client, wireAccount, emulator } = await start();
    expect(errorOf(await client.json("removeAccount", { clientId, account: wireAccount }))).toBeUndefined();
    expect(await client.json("getAccounts", { clientId })).toEqual({ accounts: [] });
    const refused = await client.json("acquireTokenSilently", silentRequest(wireAccount));
    expect(errorOf(refused)).toMatchObject({ status: 19 });
    await client.json("acquireTokenInteractively", interactiveRequest(wireAccount));
    expect(emulator.tenant.accounts).toHaveLength(1);
  });
});

describe("generations", () => {
  it("2.0.1 embeds the account, reads it at the top level, and ignores the type", async () => {
    const { client, wireAccount, account } = await start({ generation: "2.0.1" });
    const request = { ...silentRequest(null, { authorizationType: undefined }), account: wireAccount };
    const token = tokenOf(await client.json("acquireTokenSilently", request));
    expect(token["account"]).toMatchObject({ homeAccountId: account.homeAccountId });
  });

  it("2.0.1 reports errors as its Java library did", async () => {
    const { client, wireAccount, emulator } = await start({ generation: "2.0.1" });
    emulator.tenant.addPolicy({}, { kind: "interaction_required", suberror: "basic_action" });
    expect(errorOf(await client.json("acquireTokenSilently", silentRequest(wireAccount)))).toMatchObject({
      context: expect.stringMatching(/^AADSTS50078/),
      diagnostics: { raw_error_code: "interaction_required", oauth2_sub_error_code: "basic_action" },
      status: 2,
      tag: 0,
    });
  });

  it("2.0.2 wants type 6 in interactive requests, 3.0.2 takes 1", async () => {
    const old = await start({ generation: "2.0.2" });
    const type1 = { authorizationType: 1 };
    const refused = await old.client.json(
      "acquireTokenInteractively",
      interactiveRequest(old.wireAccount, type1),
    );
    expect(refused["error"]).toMatchObject({ status: 6 });
    const current = await start();
    const taken = await current.client.json(
      "acquireTokenInteractively",
      interactiveRequest(current.wireAccount, type1),
    );
    expect(errorOf(taken)).toBeUndefined();
  });
});

describe("himmelblau", () => {
  const generation = "himmelblau";

  it("lists its one user without client info and family name", async () => {
    const { client, emulator } = await start({ generation });
    emulator.tenant.addAccount({ username: "grace@contoso.example" });
    const { accounts } = (await client.json("getAccounts", { clientId })) as { accounts: Json[] };
    expect(accounts).toHaveLength(1);
    expect(Object.keys(accounts[0] ?? {}).sort()).toEqual([
      "environment",
      "givenName",
      "homeAccountId",
      "localAccountId",
      "name",
      "passwordExpiry",
      "realm",
      "username",
    ]);
  });

  it("adds seconds to milliseconds in expiresOn", async () => {
    const { client, wireAccount, emulator } = await start({ generation });
    const token = tokenOf(await client.json("acquireTokenSilently", silentRequest(wireAccount)));
    const { iat } = emulator.tenant.verify(String(token["accessToken"]));
    expect(Number(token["expiresOn"]) - Number(iat) * 1000).toBeLessThan(60_000);
    expect(token["extendedExpiresOn"]).toBe(3600);
  });

  it("looks neither at claims nor at the authority, and answers PoP with a bearer token", async () => {
    const { client, wireAccount, emulator } = await start({ generation });
    const request = silentRequest(wireAccount, {
      authority: "https://adfs.contoso.example/adfs",
      decodedClaims: '{"access_token":{"xms_cc":{"values":["cp1"]}}}',
      popParams: { httpMethod: "GET", uriHost: "x", uriPath: "/", nonce: "" },
    });
    const token = tokenOf(await client.json("acquireTokenSilently", request));
    expect(token["accessTokenType"]).toBe(0);
    expect(emulator.tenant.verify(String(token["accessToken"]))).not.toHaveProperty("xms_cc");
  });

  it("needs an account in interactive requests", async () => {
    const { client, wireAccount } = await start({ generation });
    expect(errorOf(await client.json("acquireTokenInteractively", interactiveRequest(null)))).toEqual({
      context: "Missing account username in request",
      status: 0,
      subStatus: 0,
    });
    const answer = await client.json("acquireTokenInteractively", interactiveRequest(wireAccount));
    expect(errorOf(answer)).toBeUndefined();
  });

  it.each(["cancelInteractiveFlow", "generateSignedHttpRequest", "removeAccount"])(
    "does not implement %s",
    async (method) => {
      const { client } = await start({ generation });
      expect((await rejectionOf(client.text(method, "{}"))).message).toBe("Not implemented");
    },
  );

  it("reports errors without tag and error code", async () => {
    const { client, wireAccount, emulator } = await start({ generation });
    emulator.tenant.addPolicy({}, { kind: "interaction_required" });
    expect(errorOf(await client.json("acquireTokenSilently", silentRequest(wireAccount)))).toEqual({
      context: expect.any(String),
      status: 0,
      subStatus: 0,
    });
  });
});
