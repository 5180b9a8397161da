import { type Broker, BrokerError } from "@x/broker-contract";
import {
  type BrokerEmulator,
  createEmulatedBroker,
  EmulatedTenant,
  startBrokerEmulator,
} from "@x/broker-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from "vitest";
import { dbusObstacle } from "../testing/dbus-obstacle.js";
import { FakeBroker, scope, tenantB } from "../testing/fake-broker.js";
import type { AuthenticationRequiredError } from "./errors.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";

const wanted = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
const own = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
const both =
  '{"access_token":{"nbf":{"essential":true,"value":"1700000000"},"acrs":{"essential":true,"value":"c1"}}}';

function refusal(claims: string): BrokerError {
  return new BrokerError("interaction_required", { message: "Step up.", hint: "Sign in.", claims });
}

async function errorOf(call: Promise<unknown>): Promise<AuthenticationRequiredError> {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "AuthenticationRequiredError" });
  return error as AuthenticationRequiredError;
}

describe("claims that the tenant asks for", () => {
  function setUp(options: object = {}) {
    const broker = new FakeBroker();
    broker.onSilent = () => {
      throw refusal(wanted);
    };
    const credential = new InteractiveBrowserBrokerCredential({
      broker,
      useDefaultBrokerAccount: true,
      ...options,
    });
    return { broker, credential };
  }

  it("go into the window, together with the caller's", async () => {
    const { broker, credential } = setUp();
    await credential.getToken(scope);
    await credential.getToken(scope, { claims: own });
    await credential.authenticate(scope);
    expect(broker.interactive.map(({ claims }) => claims && JSON.parse(claims))).toEqual([
      JSON.parse(wanted),
      JSON.parse(both),
      undefined,
    ]);
  });

  it("go into the window of authenticate() when the default account was tried first", async () => {
    const { broker, credential } = setUp();
    await credential.authenticate(scope, { claims: own });
    expect(JSON.parse(broker.interactive[0]?.claims ?? "")).toEqual(JSON.parse(both));
  });

  it("go into the second window of a client that waited for the first", async () => {
    const { broker, credential } = setUp();
    await Promise.all([credential.getToken("a"), credential.getToken("b")]);
    expect(broker.interactive.map(({ scopes, claims }) => [scopes, claims])).toEqual([
      [["a"], wanted],
      [["b"], wanted],
    ]);
  });

  it("go into the window of a client that learns of them after another's", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: false });
    await Promise.all([credential.getToken("a"), credential.getToken("b")]);
    expect(broker.interactive.map(({ scopes, claims }) => [scopes, claims])).toEqual([
      [["a"], undefined],
      [["b"], wanted],
    ]);
  });

  it("go into the error where UI is not allowed, with what else authenticate() has to be told", async () => {
    const { credential } = setUp({ disableInteractiveFallback: true });
    const proofOfPossessionOptions = {
      nonce: "n",
      resourceRequestMethod: "GET" as const,
      resourceRequestUrl: "https://graph.microsoft.com/v1.0/me",
    };
    const error = await errorOf(
      credential.getToken(scope, {
        abortSignal: new AbortController().signal,
        requestOptions: { timeout: 10_000 },
        tracingOptions: {},
        tenantId: tenantB,
        enableCae: true,
        claims: own,
        proofOfPossessionOptions,
      }),
    );
    expect(error.getTokenOptions).toEqual({
      tenantId: tenantB,
      enableCae: true,
      claims: both,
      proofOfPossessionOptions,
    });
    const plain = await errorOf(credential.getToken(scope));
    expect(plain.getTokenOptions).toEqual({ claims: wanted });
  });
});

describe.each(["in memory", "over D-Bus"])("stepping up, with the emulator %s", (way) => {
  let emulator: BrokerEmulator | undefined;
  let broker: Broker | undefined;
  let tenant = new EmulatedTenant();

  beforeAll(async () => {
    if (way === "in memory" || dbusObstacle() !== undefined) return;
    emulator = await startBrokerEmulator({ serveDiscovery: false });
    const { createLinuxBroker } = await import("@x/broker-linux");
    broker = createLinuxBroker({ env: { ...process.env, ...emulator.env } });
    emulator.tenant.addAccount({ username: "ada@contoso.example" });
  });
  afterAll(async () => {
    await broker?.close();
    await emulator?.stop();
  });
  beforeEach((ctx: TestContext) => {
    if (way === "over D-Bus") {
      const lack = dbusObstacle();
      if (lack !== undefined) ctx.skip(lack);
      if (emulator === undefined) throw new Error("The emulator did not start.");
      tenant = emulator.tenant;
    } else {
      tenant = new EmulatedTenant();
      tenant.addAccount({ username: "ada@contoso.example" });
      broker = createEmulatedBroker(tenant);
    }
  });

  const create = (options: object = {}) =>
    new InteractiveBrowserBrokerCredential({
      broker: broker as Broker,
      useDefaultBrokerAccount: true,
      ...options,
    });

  it("works in one call", async () => {
    const policy = tenant.addPolicy(
      { resource: "https://storage.azure.com" },
      { kind: "claims_challenge", claims: wanted },
    );
    const before = tenant.user.dialogs.length;
    const credential = create();
    const token = await credential.getToken(scope);
    expect(tenant.user.dialogs).toHaveLength(before + 1);
    expect(await credential.getToken(scope)).toEqual(token);
    policy.remove();
  });

  it("works with what the error says", async () => {
    const policy = tenant.addPolicy(
      { resource: "https://vault.azure.net" },
      { kind: "claims_challenge", claims: wanted },
    );
    const credential = create({ disableInteractiveFallback: true });
    const error = await errorOf(credential.getToken("https://vault.azure.net/.default"));
    await credential.authenticate(error.scopes, error.getTokenOptions);
    expect(await credential.getToken("https://vault.azure.net/.default")).toMatchObject({
      tokenType: "Bearer",
    });
    policy.remove();
  });
});
