import { writeFileSync } from "node:fs";
import { inspect } from "node:util";
import type { BrokerError, BrokerLogger, DiagnosticCheck } from "@x/broker-contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LinuxBroker } from "../index.js";
import { failure, rejection, request } from "../testing/protocol/broker.js";
import { busError, FakeBus } from "../testing/protocol/fake-bus.js";
import { FakeWsl } from "../testing/protocol/fake-wsl.js";
import { account, clientId, nativeAccount, username, willingAnswer } from "../testing/protocol/people.js";
import { ProgramFailure } from "./run-program.js";

let wsl: FakeWsl;
beforeEach(() => {
  wsl = new FakeWsl();
  wsl.onJson("getAccounts", { accounts: [nativeAccount()] });
  wsl.on("acquireTokenSilently", () => willingAnswer());
  wsl.on("acquireTokenInteractively", () => willingAnswer());
});
afterEach(() => wsl.remove());

const list = (broker: LinuxBroker) => broker.getAccounts({ clientId });
const methods = () => wsl.runs.map(({ method }) => method);
const osRelease = (text: string) => writeFileSync(wsl.locations.osReleaseFile, text);

async function checksOf(broker: LinuxBroker): Promise<DiagnosticCheck[]> {
  const found: DiagnosticCheck[] = [];
  for await (const one of broker.diagnose({ clientId })) found.push(one);
  return found;
}

describe("finding the proxy", () => {
  it("asks wslinfo by its absolute path, once, and the proxy for each call", async () => {
    const broker = wsl.broker({ env: { PATH: "/nowhere" } });
    await list(broker);
    await list(broker);
    expect(methods()).toEqual(["wslinfo", "getAccounts", "getAccounts"]);
    expect(wsl.runs[0]).toMatchObject({ file: wsl.wslinfo, args: ["--msal-proxy-path", "-n"] });
    expect(wsl.runs[1]?.file).toBe(wsl.proxy);
  });

  it("asks once for callers that come together", async () => {
    const broker = wsl.broker();
    await Promise.all([list(broker), list(broker), list(broker)]);
    expect(wsl.runsOf("wslinfo")).toHaveLength(1);
    expect(wsl.runsOf("getAccounts")).toHaveLength(3);
  });

  it("asks again at each probe", async () => {
    const broker = wsl.broker();
    expect((await broker.probe()).available).toBe(true);
    wsl.on("wslinfo", { exitCode: 1 });
    expect(await broker.probe()).toMatchObject({ available: false, error: { reason: "wsl_too_old" } });
    wsl.on("wslinfo", wsl.proxy);
    expect((await broker.probe()).available).toBe(true);
    expect(wsl.runsOf("wslinfo")).toHaveLength(3);
  });

  it("asks again when the proxy is no longer where it was", async () => {
    const broker = wsl.broker();
    await list(broker);
    let moved = false;
    wsl.on("getAccounts", () => {
      if (moved) return JSON.stringify({ accounts: [] });
      moved = true;
      return new ProgramFailure("not_started", "ENOENT");
    });
    expect(await list(broker)).toEqual([]);
    expect(methods()).toEqual(["wslinfo", "getAccounts", "getAccounts", "wslinfo", "getAccounts"]);
    wsl.on("getAccounts", new ProgramFailure("not_started", "ENOENT"));
    expect(await rejection(list(broker))).toMatchObject({
      code: "broker_unavailable",
      reason: "wsl_proxy_not_started",
      native: { errno: "ENOENT" },
    });
  });

  it.each<[string, string, () => void]>([
    ["wslinfo hangs", "wslinfo_failed", () => wsl.on("wslinfo", new ProgramFailure("too_slow"))],
    [
      "wslinfo cannot be run",
      "wslinfo_failed",
      () => wsl.on("wslinfo", new ProgramFailure("not_started", "EACCES")),
    ],
    ["wslinfo prints nothing", "wsl_too_old", () => wsl.on("wslinfo", "\r\n")],
    ["wslinfo prints no absolute path", "wsl_proxy_missing", () => wsl.on("wslinfo", "msal.wsl.proxy.exe")],
    ["wslinfo prints a folder", "wsl_proxy_missing", () => wsl.on("wslinfo", wsl.locations.binfmtDirectory)],
    ["the ping hangs", "wsl_proxy_silent", () => wsl.on("ping", new ProgramFailure("too_slow"))],
    [
      "the ping cannot be started",
      "wsl_proxy_not_started",
      () => wsl.on("ping", new ProgramFailure("not_started", "ENOEXEC")),
    ],
    ["the ping is killed", "broker_died", () => wsl.on("ping", { exitCode: undefined, signal: "SIGSEGV" })],
    ["the ping has no end", "answer_too_long", () => wsl.on("ping", new ProgramFailure("too_long"))],
  ])("%s: %s", async (_what, reason, arrange) => {
    arrange();
    const status = await wsl.broker().probe();
    expect(status).toMatchObject({ available: false, platform: "wsl", error: { reason } });
    expect(!status.available && status.error.hint).not.toBe("");
  });

  it("interop off: wsl_interop_off, and the proxy is not started", async () => {
    writeFileSync(`${wsl.locations.binfmtDirectory}/WSLInterop`, "disabled\nmagic 4d5a\n");
    expect(await wsl.broker().probe()).toMatchObject({ error: { reason: "wsl_interop_off" } });
    expect(await rejection(list(wsl.broker()))).toMatchObject({ reason: "wsl_interop_off" });
    expect(new Set(methods())).toEqual(new Set(["wslinfo"]));
  });

  it.each(["\r\n", "\0", "\n"])("takes the path with %j behind it", async (end) => {
    wsl.on("wslinfo", `${wsl.proxy}${end}`);
    expect(await list(wsl.broker())).toHaveLength(1);
  });

  it("bounds wslinfo and the ping, and no call but by its caller", async () => {
    await wsl.broker().probe();
    for (const { options } of wsl.runs) expect(options.timeoutInMs).toBeGreaterThan(0);
    await list(wsl.broker());
    expect(wsl.runsOf("getAccounts")[0]?.options.timeoutInMs).toBe(0);
  });

  it("by hand: a kernel without WSL 2's mark is no obstacle, WSL 1 and no WSL at all are", async () => {
    const byHand = { env: { X_BROKER_TRANSPORT: "wsl" } };
    osRelease("6.6.0-mine");
    expect((await wsl.broker(byHand).probe()).available).toBe(true);
    osRelease("4.4.0-19041-Microsoft");
    expect(await wsl.broker(byHand).probe()).toMatchObject({ error: { reason: "wsl1" } });
    osRelease("6.6.0-mine");
    const nowhere = { ...byHand, wslLocations: { ...wsl.locations, wslinfoFiles: ["/nowhere/wslinfo"] } };
    expect(await wsl.broker(nowhere).probe()).toMatchObject({
      platform: "wsl",
      error: { reason: "not_wsl" },
    });
  });
});

describe("which broker is asked from within WSL", () => {
  const bus = () => new FakeBus().onJson("getLinuxBrokerVersion", { linuxBrokerVersion: "3.0.2" });

  it("Windows', without a look at the bus", async () => {
    const onBus = bus();
    const status = await wsl.broker({ loadBinding: () => onBus, busAddress: "unix:path=/fake" }).probe();
    expect(status).toMatchObject({ available: true, platform: "wsl" });
    expect(onBus.addresses).toEqual([]);
  });

  it("that of the distribution where the option or the environment says so", async () => {
    const shared = { loadBinding: bus, busAddress: "unix:path=/fake" };
    for (const options of [{ transport: "dbus" as const }, { env: { X_BROKER_TRANSPORT: "dbus" } }]) {
      const broker = wsl.broker({ ...shared, ...options });
      expect(await broker.probe()).toMatchObject({ available: true, platform: "linux" });
    }
    expect(wsl.runs).toEqual([]);
  });

  it("that of the distribution where there is no proxy and one answers; Windows' once there is", async () => {
    const onBus = bus().onJson("getAccounts", { accounts: [] });
    onBus.keyring = "unlocked";
    const broker = wsl.broker({ loadBinding: () => onBus, busAddress: "unix:path=/fake" });
    wsl.on("wslinfo", { exitCode: 1 });
    expect(await broker.probe()).toMatchObject({ available: true, platform: "linux" });
    expect(broker.platform).toBe("linux");
    expect(await list(broker)).toEqual([]);
    const checks = await checksOf(broker);
    expect(checks[0]).toMatchObject({ id: "wsl", outcome: "skip" });
    expect(checks.map(({ id }) => id).slice(1, 4)).toEqual(["native-addon", "session-bus", "broker"]);
    wsl.on("wslinfo", wsl.proxy);
    expect(await broker.probe()).toMatchObject({ available: true, platform: "wsl" });
    expect(await list(broker)).toHaveLength(1);
    expect(wsl.runsOf("getAccounts")).toHaveLength(1);
  });

  it.each<[string, (bus: FakeBus) => void]>([
    [
      "no bus",
      (onBus) => {
        onBus.connectError = busError("NoServer");
      },
    ],
    [
      "no broker on it",
      (onBus) => {
        onBus.activation = "never";
        onBus.killBroker();
      },
    ],
  ])("neither with %s: the error is about Windows' broker", async (_what, arrange) => {
    const onBus = bus();
    arrange(onBus);
    wsl.on("wslinfo", { exitCode: 1 });
    const broker = wsl.broker({ loadBinding: () => onBus, busAddress: "unix:path=/fake" });
    expect(await rejection(list(broker))).toMatchObject({ platform: "wsl", reason: "wsl_too_old" });
  });

  it("Windows' or none when its proxy is there and fails: other brokers have other accounts", async () => {
    const onBus = bus();
    wsl.on("ping", { exitCode: 127 });
    const broker = wsl.broker({ loadBinding: () => onBus, busAddress: "unix:path=/fake" });
    expect(await broker.probe()).toMatchObject({ available: false, platform: "wsl" });
    wsl.on("wslinfo", new ProgramFailure("too_slow"));
    expect(await broker.probe()).toMatchObject({ available: false, error: { reason: "wslinfo_failed" } });
    expect(onBus.addresses).toEqual([]);
  });
});

describe("requests to Windows' broker", () => {
  it("carry no access token, whatever the caller passes, and the log says what that means", async () => {
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const logger: BrokerLogger = { error: write, warning: write, info: write, verbose: write };
    await wsl
      .broker()
      .acquireTokenSilently({ ...request, forceRefresh: true, accessTokenToRenew: "OLD-TOKEN" }, { logger });
    expect(inspect(wsl.runs, { depth: 9, maxStringLength: null })).not.toContain("OLD-TOKEN");
    expect(FakeWsl.request(wsl.runsOf("acquireTokenSilently")[0])).toMatchObject({
      authParameters: { accessTokenToRenew: "" },
    });
    expect(lines.join("\n")).toContain("not passed on");
    expect(lines.join("\n")).not.toContain("OLD-TOKEN");
  });

  it("have Windows' redirect URI, and errors name it", async () => {
    const broker = wsl.broker();
    const redirectUri = `ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId}`;
    await broker.acquireTokenSilently(request);
    await broker.acquireTokenInteractively(request);
    for (const method of ["acquireTokenSilently", "acquireTokenInteractively"]) {
      expect(FakeWsl.request(wsl.runsOf(method)[0])).toMatchObject({ authParameters: { redirectUri } });
    }
    wsl.onJson("acquireTokenSilently", { error: { context: "AADSTS50011: mismatch", status: 9, tag: 1 } });
    expect(await rejection(broker.acquireTokenSilently(request))).toMatchObject({
      code: "redirect_uri_mismatch",
      redirectUri,
      message: expect.stringContaining(redirectUri),
    });
    wsl.onJson("acquireTokenSilently", { error: { context: "bad", status: 9, tag: 1 } });
    expect((await rejection(broker.acquireTokenSilently(request))).hint).toContain(redirectUri);
  });

  it("have the caller's redirect URI where there is one", async () => {
    await wsl.broker().acquireTokenSilently({ ...request, redirectUri: "http://localhost" });
    expect(FakeWsl.request(wsl.runsOf("acquireTokenSilently")[0])).toMatchObject({
      authParameters: { redirectUri: "http://localhost" },
    });
  });

  it("do not take this session's terminal for a window of Windows", async () => {
    await wsl.broker({ env: { WINDOWID: "1234567" } }).acquireTokenInteractively(request);
    expect(FakeWsl.request(wsl.runsOf("acquireTokenInteractively")[0])).toMatchObject({
      parentWindowHandle: 1,
    });
  });

  it.each([
    [17, "Access work or school"],
    [20, "wsl --update"],
    [23, "Access work or school"],
  ])("errors give advice for Windows: status %i", async (status, advice) => {
    wsl.onJson("acquireTokenSilently", { error: { context: "x", status, tag: 1 } });
    const error = await rejection(wsl.broker().acquireTokenSilently({ ...request, account: account() }));
    expect(error.hint).toContain(advice);
    expect(error.message).not.toContain("intune-portal");
  });

  it("nobody signed in: what to do in Windows, and no look for a keyring", async () => {
    wsl.onJson("getAccounts", { accounts: [] });
    wsl.onJson("acquireTokenSilently", { error: { context: "x", status: 19, tag: 1 } });
    const broker = wsl.broker();
    expect(await list(broker)).toEqual([]);
    const error = await rejection(broker.acquireTokenSilently(request));
    expect(error).toMatchObject({ code: "account_not_found", reason: "not_signed_in" });
    expect(error.hint).toContain("Windows");
  });

  it.each<[string, (broker: LinuxBroker) => Promise<unknown>]>([
    [
      "cookies",
      (broker) =>
        broker.acquireSsoCookies({
          clientId,
          authority: request.authority,
          ssoUrl: "https://login.example/",
        }),
    ],
    [
      "signed requests",
      (broker) =>
        broker.signHttpRequest({
          clientId,
          account: account(),
          proofOfPossession: { resourceRequestMethod: "GET", resourceRequestUrl: "https://a.example/" },
        }),
    ],
  ])("%s are not supported, and the proxy is not asked", async (_what, ask) => {
    expect(await rejection(ask(wsl.broker()))).toMatchObject({
      code: "not_supported",
      reason: "not_over_wsl",
    });
    expect(methods()).toEqual(["wslinfo"]);
  });

  it("are refused when no Windows command line can hold them", async () => {
    const claims = JSON.stringify({ access_token: { x: { value: '"'.repeat(9000) } } });
    const broker = wsl.broker();
    const error = await rejection(broker.acquireTokenSilently({ ...request, account: account(), claims }));
    expect(error).toMatchObject({ code: "invalid_request", reason: "command_line_too_long" });
    expect(Number(error.native["commandLineLength"])).toBeGreaterThan(32_767);
    expect(methods()).toEqual(["wslinfo"]);
  });

  it("go out up to the last character that fits", async () => {
    const broker = wsl.broker();
    const ask = (length: number) => {
      const claims = JSON.stringify({ x: "y".repeat(length) });
      return broker.acquireTokenSilently({ ...request, account: account(), claims });
    };
    const longer = await rejection(ask(40_000));
    const over = Number(longer.native["commandLineLength"]) - 32_766;
    await ask(40_000 - over);
    expect(await rejection(ask(40_000 - over + 1))).toMatchObject({
      reason: "command_line_too_long",
      native: { commandLineLength: 32_767 },
    });
    expect(wsl.runsOf("acquireTokenSilently")).toHaveLength(1);
  });

  it.each<[string, object, string | undefined]>([
    ["complete", { isSignOutComplete: true }, undefined],
    ["not complete", { isSignOutComplete: false }, "broker_failed"],
    ["nothing said", {}, "protocol_error"],
    ["an error beside it", { error: { status: 3 }, isSignOutComplete: true }, "no_network"],
  ])("sign out: %s", async (_what, answer, code) => {
    wsl.onJson("signOutSilently", answer);
    const signOut = wsl.broker().signOut({ clientId, account: account() });
    if (code === undefined) await expect(signOut).resolves.toBeUndefined();
    else expect((await rejection(signOut)).code).toBe(code);
  });

  it("go side by side, sixteen at a time", async () => {
    const ends: (() => void)[] = [];
    wsl.on("getAccounts", async () => {
      await new Promise<void>((resolve) => ends.push(resolve));
      return {} as never;
    });
    const broker = wsl.broker();
    const calls = Promise.allSettled(Array.from({ length: 20 }, () => list(broker)));
    await expect.poll(() => ends.length).toBe(16);
    await new Promise((resolve) => setImmediate(resolve));
    expect(ends).toHaveLength(16);
    for (let index = 0; index < 20; index++) {
      await expect.poll(() => ends.length).toBeGreaterThan(index);
      ends[index]?.();
    }
    await calls;
  });
});

describe("interactive calls to Windows' broker", () => {
  const forever = new Promise<never>(() => {});

  it("one at a time, and who waits can be aborted without a word to the broker", async () => {
    const broker = wsl.broker();
    wsl.on("acquireTokenInteractively", forever);
    const stopFirst = new AbortController();
    const stopSecond = new AbortController();
    const first = failure(broker.acquireTokenInteractively(request, { abortSignal: stopFirst.signal }));
    const second = failure(broker.acquireTokenInteractively(request, { abortSignal: stopSecond.signal }));
    await expect.poll(() => wsl.runsOf("acquireTokenInteractively")).toHaveLength(1);
    stopSecond.abort();
    expect((await second).name).toBe("AbortError");
    expect(wsl.runsOf("cancelInteractiveFlow")).toEqual([]);
    stopFirst.abort();
    expect((await first).name).toBe("AbortError");
    expect(wsl.runsOf("cancelInteractiveFlow")).toHaveLength(1);
    expect(wsl.runsOf("acquireTokenInteractively")).toHaveLength(1);
  });

  it("the next waits until a cancel has arrived, so that it is not the one cancelled", async () => {
    const broker = wsl.broker();
    wsl.on("acquireTokenInteractively", forever);
    let cancelled: () => void = () => {};
    wsl.on(
      "cancelInteractiveFlow",
      () =>
        new Promise<never>((_resolve, reject) => {
          cancelled = () => reject(new ProgramFailure("too_slow"));
        }),
    );
    const stop = new AbortController();
    const first = failure(broker.acquireTokenInteractively(request, { abortSignal: stop.signal }));
    await expect.poll(() => wsl.runsOf("acquireTokenInteractively")).toHaveLength(1);
    stop.abort();
    expect((await first).name).toBe("AbortError");
    wsl.on("acquireTokenInteractively", () => willingAnswer());
    const second = broker.acquireTokenInteractively(request);
    await new Promise((resolve) => setImmediate(resolve));
    expect(wsl.runsOf("acquireTokenInteractively")).toHaveLength(1);
    cancelled();
    expect((await second).silent).toBe(false);
    // An app that ends right after it gave up has still told the broker.
    expect(wsl.runsOf("cancelInteractiveFlow")[0]?.options.mayOutlive).toBe(true);
  });

  it("are cancelled when their time is up, too", async () => {
    wsl.on("acquireTokenInteractively", forever);
    const broker = wsl.broker();
    await list(broker);
    const error = await rejection(broker.acquireTokenInteractively(request, { timeoutInMs: 1000 }));
    expect(error).toMatchObject({ code: "timed_out", platform: "wsl" });
    expect(wsl.runsOf("cancelInteractiveFlow")).toHaveLength(1);
    expect(wsl.runsOf("acquireTokenInteractively")[0]?.options.signal?.aborted).toBe(true);
  });

  it("are not cancelled at the broker where the app does not want that", async () => {
    wsl.on("acquireTokenInteractively", forever);
    const broker = wsl.broker({ sendCancelInteractiveFlow: false });
    await list(broker);
    await rejection(broker.acquireTokenInteractively(request, { timeoutInMs: 1000 }));
    expect(wsl.runsOf("acquireTokenInteractively")).toHaveLength(1);
    expect(wsl.runsOf("cancelInteractiveFlow")).toEqual([]);
  });

  it("silent ones are only dropped", async () => {
    wsl.on("acquireTokenSilently", forever);
    const broker = wsl.broker();
    await list(broker);
    const error = await rejection(
      broker.acquireTokenSilently({ ...request, account: account() }, { timeoutInMs: 1000 }),
    );
    expect(error.code).toBe("timed_out");
    expect(wsl.runsOf("cancelInteractiveFlow")).toEqual([]);
    expect(wsl.runsOf("acquireTokenSilently")[0]?.options.signal?.aborted).toBe(true);
  });
});

describe("closing", () => {
  it("ends the calls under way, and a later call starts afresh", async () => {
    const broker = wsl.broker();
    wsl.on("getAccounts", new Promise<never>(() => {}));
    const call = rejection(list(broker));
    await expect.poll(() => wsl.runsOf("getAccounts")).toHaveLength(1);
    await broker.close();
    expect(await call).toMatchObject({ code: "broker_unavailable", reason: "connection_closed" });
    wsl.onJson("getAccounts", { accounts: [] });
    expect(await list(broker)).toEqual([]);
    expect(wsl.runsOf("wslinfo")).toHaveLength(2);
  });
});

describe("closing while the proxy is looked for", () => {
  it("ends the calls that wait for it", async () => {
    const broker = wsl.broker();
    wsl.on("wslinfo", new Promise<never>(() => {}));
    const call = rejection(list(broker));
    await expect.poll(() => wsl.runsOf("wslinfo")).toHaveLength(1);
    await broker.close();
    expect(await call).toMatchObject({ reason: "connection_closed" });
  });
});

describe("what is told about people", () => {
  it("no name out of an answer or a complaint", async () => {
    const complaint = `cannot sign in ${username} (Test User) eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln`;
    wsl.on("acquireTokenSilently", { exitCode: 1, complaint });
    const error: BrokerError = await rejection(
      wsl.broker().acquireTokenSilently({ ...request, account: account() }),
    );
    const told = `${error.message} ${inspect(error, { depth: 9 })} ${JSON.stringify(error)}`;
    expect(told).toContain("cannot sign in [user]");
    for (const secret of [username, "Test User", "eyJ"]) expect(told).not.toContain(secret);
  });
});

describe("broker doctor in WSL", () => {
  it("goes from the ground up, without addon, bus, keyring and display", async () => {
    wsl.onJson("ping", { telemetry: { broker_version: "1.2.3" } });
    const checks = await checksOf(wsl.broker());
    expect(checks.map(({ id, outcome }) => [id, outcome])).toEqual([
      ["wsl", "ok"],
      ["wsl-proxy", "ok"],
      ["wsl-interop", "ok"],
      ["broker", "ok"],
      ["broker-version", "ok"],
      ["redirect-uri", "skip"],
    ]);
    expect(checks.at(-1)?.detail).toContain(`ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId}`);
  });

  it.each<[string, () => void]>([
    ["wsl", () => osRelease("4.4.0-19041-Microsoft")],
    ["wsl-proxy", () => wsl.on("wslinfo", { exitCode: 1 })],
    ["wsl-interop", () => writeFileSync(`${wsl.locations.binfmtDirectory}/WSLInterop`, "disabled\n")],
    ["broker", () => wsl.on("ping", { exitCode: 127 })],
  ])("says what to do where %s fails, and skips what comes after", async (id, arrange) => {
    arrange();
    const checks = await checksOf(wsl.broker());
    expect(checks.map((one) => one.id)).toEqual([
      "wsl",
      "wsl-proxy",
      "wsl-interop",
      "broker",
      "broker-version",
      "redirect-uri",
    ]);
    const at = checks.findIndex((one) => one.id === id);
    expect(checks.map(({ outcome }) => outcome)).toEqual(
      checks.map((_, index) => (index < at ? "ok" : index === at ? "fail" : "skip")),
    );
    expect(checks[at]?.hint).toMatch(/\.$/);
  });
});
