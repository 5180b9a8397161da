import { spawn } from "node:child_process";
import { join } from "node:path";
import { type BrokerEmulator, startBrokerEmulator } from "@x/broker-emulator";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { dbusObstacle } from "../testing/dbus-obstacle.js";
import { requireBuilt } from "../testing/require-built.js";

const folder = join(import.meta.dirname, "../..");
const main = join(folder, "dist/esm/cli/main.js");
const scope = "https://storage.azure.com/.default";

let emulator: BrokerEmulator | undefined;

beforeAll(async () => {
  requireBuilt("broker/dist/esm/cli/main.js");
  if (dbusObstacle() === undefined) emulator = await startBrokerEmulator({ serveDiscovery: false });
});
afterAll(async () => {
  await emulator?.stop();
});

function running(ctx: TestContext): BrokerEmulator {
  const lack = dbusObstacle();
  if (lack !== undefined) ctx.skip(lack);
  if (emulator === undefined) throw new Error("The emulator did not start.");
  return emulator;
}

/** Runs the program as a person would, with the emulated broker on the session bus. */
function broker(onBus: BrokerEmulator, args: string[], interruptAt?: string) {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...onBus.env } });
  let out = "";
  let notes = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    notes += chunk.toString();
    if (interruptAt !== undefined && notes.endsWith(interruptAt)) child.kill("SIGINT");
  });
  return new Promise<{ code: number | null; out: string; notes: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, notes }));
  });
}

describe("the broker program", () => {
  it.for([
    ["stdout", ["--help"], 0],
    ["stderr", ["tokn"], 2],
  ] as const)("ends quietly when nobody reads its %s any more", async ([stream, args, expected]) => {
    const child = spawn(process.execPath, [main, ...args]);
    child[stream].destroy();
    let heard = "";
    for (const other of [child.stdout, child.stderr])
      other.on("data", (chunk: Buffer) => {
        heard += chunk.toString();
      });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect({ code, heard }).toEqual({ code: expected, heard: "" });
  });
});

describe("the broker program, over D-Bus", () => {
  it("waits for the user, prints the token alone, and needs no window the next time", async (ctx) => {
    const onBus = running(ctx);
    onBus.tenant.addAccount({ username: "ada@contoso.example", signedIn: false });
    const first = await broker(onBus, ["token", "--scope", scope]);
    expect(first).toMatchObject({
      code: 0,
      notes: "Waiting for you to finish signing in… (Ctrl+C cancels)\n",
    });
    expect(first.out).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const second = await broker(onBus, ["token", "--scope", scope, "--silent", "--json"]);
    expect(second).toMatchObject({ code: 0, notes: "" });
    expect(JSON.parse(second.out)).toMatchObject({ tokenType: "Bearer" });
  });

  it("is ended by Ctrl+C while the window is open", async (ctx) => {
    const onBus = running(ctx);
    onBus.tenant.addPolicy({ resource: "https://vault.azure.net" }, { kind: "interaction_required" });
    onBus.tenant.user.otherwise = { kind: "never_acts" };
    const args = ["token", "--scope", "https://vault.azure.net/.default"];
    const { code, out, notes } = await broker(onBus, args, "(Ctrl+C cancels)\n");
    expect({ code, out }).toEqual({ code: 130, out: "" });
    expect(notes).toContain("broker: Interrupted.\n");
    onBus.tenant.user.otherwise = { kind: "signs_in" };
  });

  it("finds everything in order but what a test machine lacks", async (ctx) => {
    const { code, out } = await broker(running(ctx), ["doctor", "--json"]);
    const { checks } = JSON.parse(out) as { checks: { id: string; outcome: string; detail: string }[] };
    const outcomes = new Map(checks.map(({ id, outcome }) => [id, outcome]));
    for (const id of [
      "node-version",
      "platform-package",
      "native-addon",
      "session-bus",
      "broker",
      "broker-version",
      "accounts",
    ])
      expect([id, outcomes.get(id)]).toEqual([id, "ok"]);
    expect(checks.find(({ id }) => id === "broker-version")?.detail).toContain("EMULATOR");
    expect(code).toBe([...outcomes.values()].includes("fail") ? 1 : 0);
  });

  it("says that there is no broker", async (ctx) => {
    const onBus = running(ctx);
    const { code, out, notes } = await broker(
      { ...onBus, env: { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" } } as BrokerEmulator,
      ["accounts"],
    );
    expect({ code, out }).toEqual({ code: 3, out: "" });
    expect(notes).toMatch(/^broker: .*\n {2}→ .*\n {2}broker_unavailable/);
  });
});
