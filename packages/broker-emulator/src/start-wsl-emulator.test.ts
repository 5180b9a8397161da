import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startWslEmulator, type WslEmulator } from "./start-wsl-emulator.js";
import { brokerPluginRedirectUri } from "./tenant/emulated-tenant.js";

const clientId = "5b1f4a10-4f2e-4c39-9d2b-3f5c0a6f7e21";
const correlationId = "9f1c2d3e-0000-4000-8000-00000000000a";

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly complaint: string;
}

function run(file: string, args: readonly string[], stop?: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(file, [...args], { env: {}, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let complaint = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (complaint += data));
    stop?.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
    child.once("close", (code, signal) => resolve({ code, signal, output, complaint }));
  });
}

describe("the simulated WSL", () => {
  let emulator: WslEmulator;
  beforeEach(async () => {
    emulator = await startWslEmulator({ serveDiscovery: false });
    emulator.tenant.registerApp({ clientId });
  });
  afterEach(() => emulator.stop());

  const call = (method: string, request: unknown, stop?: AbortSignal) =>
    run(
      emulator.proxyPath,
      [
        "--method",
        method,
        "--bversion",
        "0.0",
        "--cid",
        correlationId,
        "--requestJson",
        JSON.stringify(request),
      ],
      stop,
    );
  const answerOf = async (method: string, request: unknown) => {
    const { code, output, complaint } = await call(method, request);
    expect({ code, complaint }).toEqual({ code: 0, complaint: "" });
    return JSON.parse(output) as Record<string, Record<string, unknown> | undefined>;
  };
  const tokenRequest = (changes: Record<string, unknown> = {}) => ({
    authParameters: {
      account: null,
      authority: "https://login.microsoftonline.com/common",
      authorizationType: 1,
      clientId,
      redirectUri: brokerPluginRedirectUri(clientId),
      requestedScopes: ["https://graph.microsoft.com/User.Read"],
      username: "ada@contoso.example",
      ...changes,
    },
  });

  it("has a wslinfo that prints the proxy's path, without a line end, and nothing else", async () => {
    const [wslinfo = ""] = emulator.locations.wslinfoFiles;
    expect(await run(wslinfo, ["--msal-proxy-path", "-n"])).toMatchObject({
      code: 0,
      output: emulator.proxyPath,
    });
    expect(await run(wslinfo, ["--version"])).toMatchObject({ code: 1, output: "" });
    await emulator.setWslinfo("old");
    expect(await run(wslinfo, ["--msal-proxy-path", "-n"])).toMatchObject({ code: 1, output: "" });
    await emulator.setWslinfo("wrong_path");
    const { output } = await run(wslinfo, ["--msal-proxy-path", "-n"]);
    expect(existsSync(output)).toBe(false);
    await emulator.setWslinfo("missing");
    expect(existsSync(wslinfo)).toBe(false);
  });

  it("answers a ping as captured, and says that it is an emulator", async () => {
    const args = ["--method", "ping", "--bversion", "0.1", "--cid", "0", "--requestJson", "{{}}"];
    const { code, output } = await run(emulator.proxyPath, args);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toEqual({
      telemetry: { broker_version: expect.stringContaining("emulator"), ui_visible: "false" },
    });
  });

  it("lists accounts, gives tokens, and signs out", async () => {
    const ada = emulator.tenant.addAccount({ username: "ada@contoso.example" });
    const { accounts } = (await answerOf("getAccounts", { clientId, redirectUri: clientId })) as unknown as {
      accounts: Record<string, unknown>[];
    };
    expect(accounts).toMatchObject([{ username: ada.username, homeAccountId: ada.homeAccountId }]);
    const { brokerTokenResponse } = await answerOf("acquireTokenSilently", tokenRequest());
    expect(emulator.tenant.verify(String(brokerTokenResponse?.["accessToken"]))).toMatchObject({
      oid: ada.localAccountId,
    });
    const signOut = { ...tokenRequest({ account: accounts[0], authorizationType: 12 }) };
    expect(await answerOf("signOutSilently", signOut)).toEqual({ isSignOutComplete: true });
    expect(emulator.tenant.accounts).toEqual([]);
    expect(emulator.requests.map(({ method }) => method)).toEqual([
      "getAccounts",
      "acquireTokenSilently",
      "signOutSilently",
    ]);
    expect(emulator.requests[1]).toMatchObject({ correlationId, protocolVersion: "0.0" });
  });

  it.each([
    ["acquireTokenSilently", () => tokenRequest().authParameters],
    ["acquireTokenInteractively", () => tokenRequest().authParameters],
    ["signOutSilently", () => tokenRequest().authParameters],
  ])("refuses a flat request as the real proxy does: %s", async (method, request) => {
    const { error, brokerTokenResponse } = await answerOf(method, request());
    expect(error ?? brokerTokenResponse?.["error"]).toMatchObject({
      context: "Invalid requestJson",
      tag: 508371229,
    });
  });

  it("refuses a sign-out of another authorization type", async () => {
    const ada = emulator.tenant.addAccount({ username: "ada@contoso.example" });
    const account = { homeAccountId: ada.homeAccountId };
    expect(await answerOf("signOutSilently", tokenRequest({ account }))).toMatchObject({
      error: { status: 6, context: expect.stringContaining("authorizationType") },
    });
    expect(emulator.tenant.accounts).toHaveLength(1);
  });

  it.each<[string, string[]]>([
    ["no arguments", []],
    ["another order", ["--cid", "0", "--method", "ping", "--bversion", "0.1", "--requestJson", "{{}}"]],
    [
      "a method that only D-Bus has",
      ["--method", "removeAccount", "--bversion", "0.0", "--cid", "0", "--requestJson", "{}"],
    ],
    ["no request", ["--method", "ping", "--bversion", "0.1", "--cid", "0", "--requestJson"]],
  ])("refuses %s with an exit code", async (_what, args) => {
    expect(await run(emulator.proxyPath, args)).toMatchObject({
      code: 1,
      output: "",
      complaint: expect.stringContaining("usage: msal.wsl.proxy.exe"),
    });
    expect(emulator.requests).toEqual([]);
  });

  it("does odd things on demand, as often as told", async () => {
    emulator.addProxyFault(
      { before: "\0[log]\r\n", after: "\r\n", exitCode: 3, complaint: "oh" },
      { times: 1 },
    );
    const odd = await call("getAccounts", { clientId });
    expect(odd).toMatchObject({ code: 3, complaint: "oh" });
    expect(odd.output).toMatch(/^\0\[log\]\r\n\{.*\}\r\n$/s);
    const remove = emulator.addProxyFault({ instead: "nonsense" }, { method: "getAccounts" });
    expect((await call("getAccounts", { clientId })).output).toBe("nonsense");
    expect((await call("acquireTokenSilently", {})).output).toContain("Invalid requestJson");
    remove();
    expect((await call("getAccounts", { clientId })).output).toContain("accounts");
  });

  it("dies in the middle, and takes a dialog away when its proxy goes or the flow is cancelled", async () => {
    emulator.tenant.addPolicy({ method: "getAccounts" }, { kind: "dies" }, { times: 1 });
    expect(await call("getAccounts", { clientId })).toMatchObject({ signal: "SIGKILL", output: "" });

    emulator.tenant.user.script = [{ kind: "never_acts" }, { kind: "never_acts" }];
    const { user } = emulator.tenant;
    const interactive = tokenRequest({ authorizationType: 6 });
    const stop = new AbortController();
    const killed = call("acquireTokenInteractively", interactive, stop.signal);
    await expect.poll(() => user.openDialogs, { timeout: 20_000 }).toBe(1);
    stop.abort();
    expect((await killed).signal).toBe("SIGKILL");
    await expect.poll(() => user.openDialogs, { timeout: 20_000 }).toBe(0);

    const cancelled = answerOf("acquireTokenInteractively", interactive);
    await expect.poll(() => user.openDialogs, { timeout: 20_000 }).toBe(1);
    await answerOf("cancelInteractiveFlow", { error: { status: 7 } });
    expect((await cancelled)["brokerTokenResponse"]).toMatchObject({ error: { status: 7 } });
  });

  it("refuses options that are none", async () => {
    await expect(startWslEmulator({ keepRequests: 0 })).rejects.toThrow("keepRequests");
    await expect(startWslEmulator({ release: "x" } as object)).rejects.toThrow(/unknown property/);
    await expect(emulator.setWslinfo("gone" as "missing")).rejects.toThrow("one of works, missing");
  });

  it("leaves nothing behind", async () => {
    const directory = dirname(emulator.locations.osReleaseFile);
    const before = process.listenerCount("exit");
    expect(existsSync(directory)).toBe(true);
    await emulator.stop();
    expect(existsSync(directory)).toBe(false);
    expect(process.listenerCount("exit")).toBe(before - 1);
  });
});
