// Whole programs in a simulated WSL: what they print, what they load, what other programs can see of them.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startBrokerEmulator } from "@x/broker-emulator";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runNode } from "../support/run-node.mjs";
import { startWslStage } from "../support/stage.mjs";

const example = fileURLToPath(new URL("../../examples/list-blob-containers.mjs", import.meta.url));
const app = (name: string) => fileURLToPath(new URL(`./apps/${name}`, import.meta.url));
const packageFile = createRequire(import.meta.url).resolve("@x/broker/package.json");
const cli = join(dirname(packageFile), "dist/esm/cli/main.js");

describe("programs in WSL", () => {
  let stage: Awaited<ReturnType<typeof startWslStage>>;
  let stopApps: AbortController;

  beforeAll(async () => {
    stage = await startWslStage();
  });
  afterAll(() => stage?.stop());
  beforeEach((ctx) => {
    if (stage.unusable !== undefined) ctx.skip(stage.unusable);
    stopApps = new AbortController();
    stage.emulator.clearRequests();
  });
  afterEach(() => stopApps?.abort());

  const run = (file: string, args: readonly string[] = [], env: Record<string, string> = {}) =>
    runNode(file, {
      args,
      env: { ...stage.env, ...env },
      inside: stage.inside,
      abortSignal: stopApps.signal,
    });
  const doctor = async (env: Record<string, string> = {}) => {
    const { code, stdout } = await run(cli, ["doctor", "--json"], env);
    const { checks } = JSON.parse(stdout) as { checks: { id: string; outcome: string; hint?: string }[] };
    // What would stand in for the broker depends on who runs the tests, and where.
    const ofBroker = checks.filter(({ id }) => id !== "fallback");
    return { code, checks, outcomes: ofBroker.map(({ id, outcome }) => `${id} ${outcome}`) };
  };

  it("nothing the proxy prints reaches the app's own outputs", async () => {
    const remove = stage.emulator.addProxyFault({
      before: "[info] starting\r\n",
      after: "\r\n[info] done\r\n",
      complaint: "wsl: Failed to translate something\n",
    });
    const outcome = await run(example);
    remove();
    expect(outcome).toEqual({ code: 0, stdout: "invoices\nphotos\n", stderr: "" });
  });

  it("the native addon is not loaded", async () => {
    expect(await run(app("addon-loaded.mjs"))).toEqual({ code: 0, stdout: "not loaded\n", stderr: "" });
  });

  it("no access token ever stands in the proxy's arguments", async () => {
    const policy = stage.tenant.addPolicy({}, { kind: "expires_in", seconds: 8 }, { times: 1 });
    const { code } = await run(app("expired-token.mjs"));
    policy.remove();
    expect(code).toBe(0);
    expect(stage.emulator.countRequests("acquireTokenSilently")).toBe(2);
    for (const { rawRequest } of stage.emulator.requests) {
      // A JWT has three parts; client info, which is there on purpose, has one.
      expect(rawRequest).not.toMatch(/eyJ[\w-]+\.eyJ[\w-]+\./);
    }
  });

  it.each([
    ["timeout", "timed_out\n"],
    ["abort", "AbortError\n"],
    ["background", ""],
    ["both", "timed_out\n"],
  ])("a proxy that never answers does not keep an app alive that gave up: %s", async (how, stdout) => {
    const policy = stage.tenant.addPolicy({ method: "getAccounts" }, { kind: "never_answers" });
    const outcome = await run(fileURLToPath(new URL("../faults/give-up.mjs", import.meta.url)), [how]);
    policy.remove();
    expect(outcome).toEqual({ code: 0, stdout, stderr: "" });
    await expect.poll(() => stage.emulator.runningProxies, { timeout: 20_000 }).toBe(0);
  });

  it("broker doctor shows WSL's checks", async () => {
    const { code, outcomes } = await doctor();
    expect(outcomes).toEqual([
      "node-version ok",
      "platform-package ok",
      "wsl ok",
      "wsl-proxy ok",
      "wsl-interop ok",
      "broker ok",
      "broker-version ok",
      "redirect-uri skip",
      "accounts ok",
    ]);
    expect(code).toBe(0);
  });

  it("broker doctor says what to do when interop is off", async () => {
    await stage.emulator.setInterop(false);
    const { code, checks, outcomes } = await doctor();
    await stage.emulator.setInterop(true);
    expect(code).toBe(1);
    expect(outcomes).toContain("wsl-interop fail");
    expect(outcomes).toContain("accounts skip");
    expect(checks.find(({ id }) => id === "wsl-interop")?.hint).toContain("/etc/wsl.conf");
  });

  it("broker token, accounts and sign-out work", async () => {
    const guest = stage.tenant.addAccount({ username: "eve@contoso.example" });
    const scope = "https://storage.azure.com/.default";
    const token = await run(cli, ["token", "--scope", scope, "--login-hint", guest.username]);
    expect(token).toMatchObject({ code: 0, stderr: "" });
    expect(stage.tenant.verify(token.stdout.trim())).toMatchObject({ oid: guest.localAccountId });
    expect((await run(cli, ["accounts"])).stdout).toContain(guest.username);
    expect(await run(cli, ["sign-out", guest.username])).toMatchObject({ code: 0 });
    expect((await run(cli, ["accounts"])).stdout).not.toContain(guest.username);
  });

  it("X_BROKER_TRANSPORT=dbus asks the broker of the distribution", async () => {
    const bus = await startBrokerEmulator({ serveDiscovery: false });
    try {
      bus.tenant.addAccount({ username: "linux@contoso.example" });
      const env = { ...bus.env, X_BROKER_TRANSPORT: "dbus" };
      expect((await run(cli, ["accounts"], env)).stdout).toContain("linux@contoso.example");
      expect(stage.emulator.requests).toEqual([]);
    } finally {
      await bus.stop();
    }
  });

  it("an X_BROKER_TRANSPORT that is none is an error that says what it may be", async () => {
    const { code, checks } = await doctor({ X_BROKER_TRANSPORT: "windows" });
    expect(code).toBe(1);
    expect(checks.find(({ id }) => id === "platform-package")?.hint).toContain("auto, dbus, wsl");
  });
});
