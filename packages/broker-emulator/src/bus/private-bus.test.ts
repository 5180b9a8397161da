import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BrokerClient, rejectionOf } from "../testing/broker-client.js";
import { isAlive } from "../testing/processes.js";
import { DBusConnection, DBusError } from "./dbus-connection.js";
import { PrivateBus } from "./private-bus.js";

const buses: PrivateBus[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const bus of buses.splice(0)) await bus.stop();
});

async function start(...args: Parameters<typeof PrivateBus.start>): Promise<PrivateBus> {
  const bus = await PrivateBus.start(...args);
  buses.push(bus);
  return bus;
}

async function names(address: string, method: "ListNames" | "ListActivatableNames"): Promise<unknown> {
  const client = new BrokerClient(address);
  try {
    const [list] = await client.invoke({
      destination: "org.freedesktop.DBus",
      path: "/org/freedesktop/DBus",
      interface: "org.freedesktop.DBus",
      member: method,
    });
    return list;
  } finally {
    client.close();
  }
}

describe("PrivateBus", () => {
  it("keeps to itself: a folder of this user alone, and nothing of the machine to activate", async () => {
    const bus = await start();
    expect(statSync(bus.directory).mode & 0o777).toBe(0o700);
    expect(await names(bus.address, "ListActivatableNames")).toEqual(["org.freedesktop.DBus"]);
  });

  it.for([true, false])("lets other users in: %s", async (allowOtherUsers, ctx) => {
    const bus = await start({ allowOtherUsers });
    expect(statSync(bus.directory).mode & 0o777).toBe(allowOtherUsers ? 0o711 : 0o700);
    if (process.getuid?.() !== 0) ctx.skip("only root can try it as another user");
    const nobody = spawn(
      "dbus-send",
      [
        `--bus=${bus.address}`,
        "--print-reply",
        "--dest=org.freedesktop.DBus",
        "/",
        "org.freedesktop.DBus.GetId",
      ],
      { uid: 65534, gid: 65534, stdio: "ignore" },
    );
    const [exitCode] = await once(nobody, "exit");
    expect(exitCode === 0).toBe(allowOtherUsers);
  });

  it("leaves neither process nor folder behind", async () => {
    const bus = await start();
    const processId = bus.processId ?? 0;
    expect(isAlive(processId)).toBe(true);
    await bus.stop();
    expect([bus.isRunning, isAlive(processId), existsSync(bus.directory)]).toEqual([false, false, false]);
    await bus.stop();
  });

  it("dies for those connected, and comes back at the same address", async () => {
    const bus = await start();
    const connection = await DBusConnection.open(bus.address);
    const pending = rejectionOf(connection.call({ destination: connection.uniqueName, member: "Nothing" }));
    await bus.kill();
    await connection.closed;
    expect((await pending).message).not.toBe("");
    expect(connection.isOpen).toBe(false);
    await expect(connection.call({ destination: "org.freedesktop.DBus", member: "GetId" })).rejects.toThrow(
      "closed",
    );
    await bus.restart();
    expect(await names(bus.address, "ListNames")).toContain("org.freedesktop.DBus");
  });

  it("does without a long folder for temporary files", async () => {
    vi.stubEnv("TMPDIR", `/tmp/${"long-".repeat(30)}`);
    expect(dirname((await start()).directory)).toBe("/tmp");
  });

  it("says what to install when there is no dbus-daemon", async () => {
    vi.stubEnv("PATH", "/nonexistent");
    await expect(PrivateBus.start()).rejects.toThrow(/dbus-daemon, which was not found\. Install it/);
  });
});

describe("DBusConnection", () => {
  it("owns a name once", async () => {
    const bus = await start();
    const [first, second] = [await DBusConnection.open(bus.address), await DBusConnection.open(bus.address)];
    await first.own("com.example.One");
    await expect(second.own("com.example.One")).rejects.toThrow(/another owner/);
    await first.close();
    await second.close();
  });

  it("rejects when nobody listens at the address", async () => {
    await expect(DBusConnection.open("unix:path=/nonexistent/bus")).rejects.toThrow(/ENOENT/);
  });

  it("survives an answer that does not go with its signature", async () => {
    const bus = await start();
    const server = await DBusConnection.open(bus.address, async () => ({
      kind: "return",
      signature: "i",
      body: ["text"],
    }));
    const client = await DBusConnection.open(bus.address);
    await expect(client.call({ destination: server.uniqueName, member: "Any" })).rejects.toBeInstanceOf(
      DBusError,
    );
    expect(server.isOpen).toBe(true);
    await client.close();
    await server.close();
  });

  it("turns what a handler throws into a D-Bus error", async () => {
    const bus = await start();
    const server = await DBusConnection.open(bus.address, async () => {
      throw new Error("handler failed");
    });
    const client = await DBusConnection.open(bus.address);
    await expect(client.call({ destination: server.uniqueName, member: "Any" })).rejects.toMatchObject({
      errorName: "org.freedesktop.DBus.Error.Failed",
      message: "handler failed",
    });
    await client.close();
    await server.close();
  });
});
