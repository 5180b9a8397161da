import type { Broker } from "@x/broker-contract";
import { type BrokerEmulator, type BrokerEmulatorOptions, startBrokerEmulator } from "@x/broker-emulator";
import { createLinuxBroker } from "@x/broker-linux";
import { afterEach, describe, expect, it } from "vitest";
import { failureOf } from "./expect-failure.js";

const clientId = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const request = {
  authority: "https://login.microsoftonline.com/organizations",
  clientId,
  scopes: ["https://graph.microsoft.com/User.Read"],
};

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

async function stage(
  options: BrokerEmulatorOptions = {},
): Promise<{ emulator: BrokerEmulator; broker: Broker }> {
  const emulator = await startBrokerEmulator({ serveDiscovery: false, ...options });
  emulator.tenant.addAccount({ username: "ann@contoso.example" });
  const broker = createLinuxBroker({ env: emulator.env });
  cleanup.push(
    () => emulator.stop(),
    () => broker.close(),
  );
  return { emulator, broker };
}

describe("a broker that is not there", () => {
  it("is used as soon as it comes (the closed client never looks again)", async () => {
    const { emulator, broker } = await stage();
    await emulator.leaveBus();
    const status = await broker.probe();
    expect(status).toMatchObject({
      available: false,
      error: { code: "broker_unavailable", reason: "not_installed" },
    });
    expect((await failureOf(broker.getAccounts({ clientId }))).message).toMatch(/install/i);
    await emulator.joinBus();
    expect(await broker.getAccounts({ clientId })).toHaveLength(1);
  });

  it("is started by the bus on demand, as often as it leaves", async () => {
    const { emulator, broker } = await stage({ activation: "on-demand" });
    for (let round = 0; round < 3; round++) {
      expect(emulator.isOnBus).toBe(false);
      expect((await broker.acquireTokenSilently(request)).account.username).toBe("ann@contoso.example");
      await emulator.leaveBus();
    }
  });

  it("cannot be started: says that the start failed, not that it is missing", async () => {
    const { broker } = await stage({ activation: "fails" });
    const failure = await failureOf(broker.acquireTokenSilently(request));
    expect(failure).toMatchObject({ code: "broker_unavailable", reason: "activation_failed" });
    expect(failure.native["dbusError"] ?? JSON.stringify(failure.native)).toMatch(
      /org\.freedesktop\.DBus\.Error\.Spawn/,
    );
  });

  it("starts but never takes its name: the caller's time limit holds", async () => {
    const { broker } = await stage({ activation: "never-owns", activationTimeoutInMs: 60_000 });
    const failure = await failureOf(broker.acquireTokenSilently(request, { timeoutInMs: 300 }));
    expect(["timed_out", "broker_unavailable"]).toContain(failure.code);
  });

  it("has no session bus to be on", async () => {
    const broker = createLinuxBroker({ transport: "dbus", env: {} });
    const status = await broker.probe();
    expect(status).toMatchObject({ available: false, error: { reason: "no_session_bus" } });
  });

  it("has a bus address where nobody listens", async () => {
    const broker = createLinuxBroker({
      transport: "dbus",
      env: { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus" },
    });
    const failure = await failureOf(broker.getAccounts({ clientId }));
    expect(failure.code).toBe("broker_unavailable");
    expect(failure.message).toContain("/nonexistent/bus");
  });
});

describe("a broker that goes away", () => {
  it("in the middle of a call: says so at once, and that a retry is worth it", async () => {
    const { emulator, broker } = await stage();
    emulator.tenant.addPolicy({}, { kind: "dies", comesBack: true }, { times: 1 });
    const failure = await failureOf(broker.acquireTokenSilently(request));
    expect(failure).toMatchObject({ code: "broker_unavailable", reason: "broker_died", retryable: true });
    await until(() => emulator.isOnBus);
    expect((await broker.acquireTokenSilently(request)).tokenType).toBe("Bearer");
  });

  it("in the middle of many calls: each of them ends", async () => {
    const { emulator, broker } = await stage();
    const policy = emulator.tenant.addPolicy({}, { kind: "never_answers" });
    const calls = Array.from({ length: 100 }, () => failureOf(broker.acquireTokenSilently(request)));
    await until(() => emulator.countRequests("acquireTokenSilently") === 100);
    await emulator.leaveBus();
    for (const failure of await Promise.all(calls)) expect(failure.reason).toBe("broker_died");
    policy.remove();
    await emulator.joinBus();
    expect((await broker.acquireTokenSilently(request)).tokenType).toBe("Bearer");
  });

  it("between calls: a restarted broker is found under its new name", async () => {
    const { emulator, broker } = await stage();
    for (let round = 0; round < 5; round++) {
      await broker.acquireTokenSilently(request);
      await emulator.leaveBus();
      await emulator.joinBus();
    }
    expect((await broker.acquireTokenSilently(request)).tokenType).toBe("Bearer");
  });
});

describe("a bus that goes away", () => {
  it("during a call and between calls; the process lives on and connects again", async () => {
    const { emulator, broker } = await stage();
    const policy = emulator.tenant.addPolicy({}, { kind: "never_answers" });
    const call = failureOf(broker.acquireTokenSilently(request));
    await until(() => emulator.countRequests("acquireTokenSilently") === 1);
    await emulator.killBus();
    expect(await call).toMatchObject({ code: "broker_unavailable", reason: "bus_lost" });
    policy.remove();
    expect((await broker.probe()).available).toBe(false);
    expect((await failureOf(broker.acquireTokenSilently(request))).code).toBe("broker_unavailable");
    await emulator.restartBus();
    expect((await broker.acquireTokenSilently(request)).tokenType).toBe("Bearer");
  });
});

describe("a broker that is slow or talks nonsense", () => {
  it("is waited for as long as the caller allows, and works afterwards", async () => {
    const { emulator, broker } = await stage();
    const policy = emulator.tenant.addPolicy({}, { kind: "slow", delayInMs: 400 });
    expect((await failureOf(broker.acquireTokenSilently(request, { timeoutInMs: 100 }))).code).toBe(
      "timed_out",
    );
    expect((await broker.acquireTokenSilently(request, { timeoutInMs: 20_000 })).tokenType).toBe("Bearer");
    policy.remove();
  });

  it.each([
    "",
    "null",
    "[]",
    "{}",
    "<html>",
    '{"brokerTokenResponse":{',
    '{"brokerTokenResponse":null}',
    '"text"',
    "\u0001",
  ])("answering %j gets a protocol_error, not a crash and not a token", async (text) => {
    const { emulator, broker } = await stage();
    emulator.tenant.addPolicy({}, { kind: "garbage", text }, { times: 1 });
    expect((await failureOf(broker.acquireTokenSilently(request))).code).toBe("protocol_error");
    expect((await broker.acquireTokenSilently(request)).tokenType).toBe("Bearer");
  });

  it.each([
    ["", []],
    ["i", [5]],
    ["as", [["a", "b"]]],
    ["us", [1, "{}"]],
  ])("replying with signature %j gets a protocol_error", async (signature, body) => {
    const { emulator, broker } = await stage();
    emulator.tenant.addPolicy({}, { kind: "dbus_reply", signature, body }, { times: 1 });
    expect((await failureOf(broker.acquireTokenSilently(request))).code).toBe("protocol_error");
  });

  it("a 16 MiB answer is read like any other", async () => {
    const { emulator, broker } = await stage();
    const filler = "x".repeat(16 * 1024 * 1024);
    emulator.tenant.addPolicy(
      {},
      { kind: "patch_response", patch: (json) => ({ ...json, filler }) },
      { times: 1 },
    );
    expect((await broker.acquireTokenSilently(request)).tokenType).toBe("Bearer");
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
