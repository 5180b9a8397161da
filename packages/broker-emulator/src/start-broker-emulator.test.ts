import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { PrivateBus } from "./bus/private-bus.js";
import {
  type BrokerEmulator,
  type BrokerEmulatorOptions,
  startBrokerEmulator,
} from "./start-broker-emulator.js";
import { EmulatedTenant } from "./tenant/emulated-tenant.js";
import { BrokerClient, rejectionOf } from "./testing/broker-client.js";
import { silentRequest } from "./testing/broker-requests.js";
import { clientId } from "./testing/token-requests.js";

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function start(options: BrokerEmulatorOptions = {}): Promise<BrokerEmulator> {
  const emulator = await startBrokerEmulator(options);
  endings.push(() => emulator.stop());
  return emulator;
}

function connect({ busAddress }: BrokerEmulator): BrokerClient {
  const client = new BrokerClient(busAddress);
  endings.push(() => client.close());
  return client;
}

async function version(client: BrokerClient): Promise<unknown> {
  return (await client.json("getLinuxBrokerVersion", {}))["linuxBrokerVersion"];
}

async function isLocked(client: BrokerClient): Promise<unknown> {
  const [path] = await client.invoke({
    destination: "org.freedesktop.secrets",
    path: "/org/freedesktop/secrets",
    interface: "org.freedesktop.Secret.Service",
    member: "ReadAlias",
    signature: "s",
    body: ["default"],
  });
  const [variant] = await client.invoke({
    destination: "org.freedesktop.secrets",
    path: String(path),
    interface: "org.freedesktop.DBus.Properties",
    member: "Get",
    signature: "ss",
    body: ["org.freedesktop.Secret.Collection", "Locked"],
  });
  return (variant as [unknown, [boolean]])[1][0];
}

describe("startBrokerEmulator", () => {
  it("tells a child process where the broker is, and cleans up after itself", async () => {
    const emulator = await start();
    expect(emulator.env).toEqual({
      DBUS_SESSION_BUS_ADDRESS: emulator.busAddress,
      X_BROKER_TRANSPORT: "dbus",
    });
    const socket = emulator.busAddress.replace("unix:path=", "");
    expect(existsSync(socket)).toBe(true);
    const url = emulator.discoveryUrl ?? "";
    expect((await fetch(url)).status).toBe(200);
    await emulator.stop();
    expect(existsSync(dirname(socket))).toBe(false);
    await expect(fetch(url)).rejects.toThrow();
    await emulator.stop();
  });

  it("serves the tenant it is given", async () => {
    const tenant = new EmulatedTenant();
    expect((await start({ tenant })).tenant).toBe(tenant);
  });

  it("serves no discovery document when told so", async () => {
    expect((await start({ serveDiscovery: false })).discoveryUrl).toBeUndefined();
  });

  it.each<[string, object, RegExp]>([
    ["generation", { generation: "9.9" }, /`generation` must be one of 2\.0\.1/],
    ["keyring", { keyring: "open" }, /`keyring` must be one of none, unlocked, locked/],
    ["activation", { activation: "never" }, /`activation` must be one of/],
    ["option", { genration: "3.0.2" }, /`options` has an unknown property "genration"; it can have tenant, /],
    ["tenant", { tenant: {} }, /`tenant` must be an EmulatedTenant, got an object/],
    ["count", { keepRequests: 0 }, /`keepRequests` must be a whole number of at least 1, got the number 0/],
    ["switch", { serveDiscovery: "no" }, /`serveDiscovery` must be true or false, got a string/],
    ["bus", { busAddress: "" }, /`busAddress` must be a non-empty string/],
    ["kind of options", "3.0.2" as unknown as object, /`options` must be an object with .* got a string/],
    ["a foreign bus on demand", { activation: "on-demand", busAddress: "unix:path=/x" }, /'running' only/],
  ])("refuses a wrong %s", async (_what, options, message) => {
    await expect(startBrokerEmulator(options as BrokerEmulatorOptions)).rejects.toThrow(message);
  });

  it("refuses a keyring state that there is not", async () => {
    const emulator = await start();
    await expect(emulator.setKeyring("ajar" as "locked")).rejects.toThrow(
      'setKeyring: `state` must be one of none, unlocked, locked, got "ajar".',
    );
  });

  it("leaves the bus and comes back, as often as wanted", async () => {
    const emulator = await start();
    const client = connect(emulator);
    expect(await version(client)).toBe("3.0.2-emulator");
    await emulator.leaveBus();
    await emulator.leaveBus();
    expect((await rejectionOf(version(client))).name).toMatch(/ServiceUnknown$/);
    await emulator.joinBus();
    await emulator.joinBus();
    expect(await version(client)).toBe("3.0.2-emulator");
  });

  it("loses the bus, and is there again after its restart", async () => {
    const emulator = await start({ keyring: "locked" });
    const address = emulator.busAddress;
    await emulator.killBus();
    expect(emulator.isOnBus).toBe(false);
    await emulator.restartBus();
    expect(emulator.busAddress).toBe(address);
    const client = connect(emulator);
    expect(await version(client)).toBe("3.0.2-emulator");
    expect(await isLocked(client)).toBe(true);
  });
});

describe("activation", () => {
  it("on demand: is not there until called, and again after it left", async () => {
    const emulator = await start({ activation: "on-demand" });
    const client = connect(emulator);
    expect(emulator.isOnBus).toBe(false);
    expect(await version(client)).toBe("3.0.2-emulator");
    await emulator.leaveBus();
    expect(await version(client)).toBe("3.0.2-emulator");
    expect(emulator.countRequests("getLinuxBrokerVersion")).toBe(2);
  });

  it("on demand: dies in the middle of a call and comes back for the next", async () => {
    const emulator = await start({ activation: "on-demand" });
    emulator.tenant.registerApp({ clientId });
    emulator.tenant.addAccount({ username: "ada@contoso.example" });
    emulator.tenant.addPolicy({}, { kind: "dies" }, { times: 1 });
    const client = connect(emulator);
    const request = silentRequest(null);
    expect((await rejectionOf(client.json("acquireTokenSilently", request))).name).toMatch(/NoReply$/);
    expect(await client.json("acquireTokenSilently", request)).toHaveProperty(
      "brokerTokenResponse.accessToken",
    );
  });

  it("on demand: a restarted bus can start it again", async () => {
    const emulator = await start({ activation: "on-demand" });
    await emulator.restartBus();
    expect(emulator.isOnBus).toBe(false);
    expect(await version(connect(emulator))).toBe("3.0.2-emulator");
  });

  it("fails: the bus says that the program did", async () => {
    const emulator = await start({ activation: "fails" });
    const { name } = await rejectionOf(version(connect(emulator)));
    expect(name).toBe("org.freedesktop.DBus.Error.Spawn.ChildExited");
  });

  it("never owns: the bus gives up waiting", async () => {
    const emulator = await start({ activation: "never-owns", activationTimeoutInMs: 200 });
    const { name } = await rejectionOf(version(connect(emulator)));
    expect(name).toBe("org.freedesktop.DBus.Error.TimedOut");
  });
});

describe("the keyring", () => {
  it("is absent by default", async () => {
    const client = connect(await start());
    expect((await rejectionOf(isLocked(client))).name).toMatch(/ServiceUnknown$/);
  });

  it("is locked and unlocked for Secret Service and broker alike", async () => {
    const emulator = await start({ keyring: "unlocked" });
    emulator.tenant.registerApp({ clientId });
    emulator.tenant.addAccount({ username: "ada@contoso.example" });
    const client = connect(emulator);
    const accounts = async () =>
      ((await client.json("getAccounts", { clientId }))["accounts"] as unknown[]).length;
    expect([await isLocked(client), await accounts()]).toEqual([false, 1]);

    await emulator.setKeyring("locked");
    expect([await isLocked(client), await accounts()]).toEqual([true, 0]);
    const dropped = await rejectionOf(client.json("acquireTokenSilently", silentRequest(null)));
    expect(dropped.name).toMatch(/NoReply$/);

    await emulator.setKeyring("unlocked");
    await vi.waitFor(() => expect(emulator.isOnBus).toBe(true));
    expect([await isLocked(client), await accounts()]).toEqual([false, 1]);
    await emulator.setKeyring("none");
    expect((await rejectionOf(isLocked(client))).name).toMatch(/ServiceUnknown$/);
  });
});

describe("a bus that is somebody else's", () => {
  it("is joined only when named, with a warning, and never taken over or ended", async () => {
    const bus = await PrivateBus.start();
    endings.push(() => bus.stop());
    const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    endings.push(() => warning.mockRestore());

    const emulator = await start({ busAddress: bus.address });
    expect(warning).toHaveBeenCalledWith(expect.stringContaining("emulator"), {
      code: "BROKER_EMULATOR_ON_FOREIGN_BUS",
    });
    expect(await version(connect(emulator))).toBe("3.0.2-emulator");
    await expect(emulator.killBus()).rejects.toThrow(/somebody else/);
    await expect(emulator.restartBus()).rejects.toThrow(/somebody else/);
    await expect(startBrokerEmulator({ busAddress: bus.address })).rejects.toThrow(/another owner/);
    expect(await version(connect(emulator))).toBe("3.0.2-emulator");
    await emulator.stop();
    expect(bus.isRunning).toBe(true);
  });
});
