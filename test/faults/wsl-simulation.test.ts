// What Microsoft's client was seen to do in a simulated WSL, and what ours does there. The titles are those of the
// recorded simulation, in its order; each comment says how that client fared.
import type { Broker, InteractiveTokenRequest, SilentTokenRequest } from "@x/broker-contract";
import {
  type ProxyFault,
  startBrokerEmulator,
  startWslEmulator,
  type WslEmulator,
  type WslinfoState,
} from "@x/broker-emulator";
import { createLinuxBroker, type LinuxBrokerOptions } from "@x/broker-linux";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "./expect-failure.js";

const clientId = "5b1f4a10-4f2e-4c39-9d2b-3f5c0a6f7e21";
const request: SilentTokenRequest & InteractiveTokenRequest = {
  authority: "https://login.microsoftonline.com/organizations",
  clientId,
  scopes: ["https://graph.microsoft.com/User.Read"],
};
const current = "5.15.167.4-microsoft-standard-WSL2";

let emulator: WslEmulator;
const brokers: Broker[] = [];

/** A broker that has not looked at anything yet, as in a new process. */
function newBroker(options: LinuxBrokerOptions = {}): Broker {
  const broker = createLinuxBroker({
    env: {},
    wslLocations: emulator.locations,
    loadBinding: () => {
      throw new Error("The addon is not to be loaded.");
    },
    ...options,
  });
  brokers.push(broker);
  return broker;
}

beforeAll(async () => {
  emulator = await startWslEmulator({ serveDiscovery: false });
  emulator.tenant.registerApp({ clientId });
});
afterAll(() => emulator?.stop());
beforeEach(() => {
  emulator.tenant.addAccount({ username: "ann@contoso.example", name: "Ann" });
  emulator.clearRequests();
});
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.close();
  emulator.tenant.clearPolicies();
  emulator.tenant.user.script = [];
  emulator.tenant.user.dialogs.length = 0;
  for (const account of emulator.tenant.directory) emulator.tenant.removeAccount(account.homeAccountId);
  await emulator.setOsRelease(current);
  await emulator.setWslinfo("works");
  await emulator.setInterop(true);
});

/** A fault for the calls of one method, gone with the test. */
function withFault(fault: ProxyFault, method: Parameters<WslEmulator["addProxyFault"]>[1] = {}) {
  const remove = emulator.addProxyFault(fault, method);
  return { remove };
}

describe("starting up", () => {
  // Microsoft's client: takes WSL, too.
  it("broker on bus + wsl ok: Windows' broker is asked, and the bus is left alone", async () => {
    const bus = await startBrokerEmulator({ serveDiscovery: false });
    try {
      const status = await newBroker({ env: { DBUS_SESSION_BUS_ADDRESS: bus.busAddress } }).probe();
      expect(status).toMatchObject({ available: true, platform: "wsl", emulated: true });
      expect(bus.requests).toEqual([]);
    } finally {
      await bus.stop();
    }
  });

  it.each<[string, ProxyFault]>([
    ["ping rc1", { instead: "", exitCode: 1 }],
    ["ping error json", { instead: '{"error":{"context":"no","status":0,"tag":1,"errorCode":0}}' }],
    ["ping without an answer", { instead: "" }],
  ])("%s: still a broker", async (_name, fault) => {
    const { remove } = withFault(fault, { method: "ping" });
    const broker = newBroker();
    expect(await broker.probe()).toMatchObject({ available: true, platform: "wsl" });
    remove();
    expect(await broker.getAccounts({ clientId })).toHaveLength(1);
  });

  // Microsoft's client: "Broker cannot be initialized", for as long as the process lives.
  it("ping rc127: says so, and finds the broker once it starts", async () => {
    const { remove } = withFault({ instead: "", exitCode: 127 }, { method: "ping" });
    const broker = newBroker();
    const status = await broker.probe();
    expect(status).toMatchObject({
      available: false,
      error: { code: "broker_unavailable", reason: "wsl_proxy_not_started", native: { exitCode: 127 } },
    });
    remove();
    expect((await broker.probe()).available).toBe(true);
  });

  it("a proxy that WSL cannot start: says what WSL complains about", async () => {
    const complaint = "<3>WSL (171) ERROR: UtilAcceptVsock:271: accept4 failed 110\n";
    const { remove } = withFault({ instead: "", exitCode: 1, complaint }, { method: "ping" });
    const status = await newBroker().probe();
    remove();
    expect(status).toMatchObject({ available: false, error: { reason: "wsl_proxy_not_started" } });
    expect(!status.available && status.error.message).toContain("UtilAcceptVsock");
  });

  // Microsoft's client: the whole process stands still until the ping is back, without limit.
  it("ping slow: the event loop goes on, and the caller's limit counts", async () => {
    const policy = emulator.tenant.addPolicy({ method: "ping" }, { kind: "never_answers" });
    const broker = newBroker();
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    const status = await broker.probe({ timeoutInMs: 500 });
    clearInterval(ticking);
    expect(status).toMatchObject({ available: false, error: { code: "timed_out" } });
    expect(turns).toBeGreaterThan(5);
    await expect.poll(() => emulator.runningProxies, { timeout: 20_000 }).toBe(0);
    policy.remove();
    expect((await broker.probe()).available).toBe(true);
  });

  // Microsoft's client: one error for all of these, without a reason, for as long as the process lives.
  it.each<[string, WslinfoState, string, RegExp]>([
    ["path not existing", "wrong_path", "wsl_proxy_missing", /automount|wsl --update/],
    ["wslinfo rc1", "old", "wsl_too_old", /wsl --update/],
    ["no wslinfo", "missing", "wslinfo_missing", /wsl --update/],
  ])("%s: says which, what to do, and recovers", async (_name, state, reason, advice) => {
    await emulator.setWslinfo(state);
    const broker = newBroker();
    const status = await broker.probe();
    expect(status).toMatchObject({ available: false, platform: "wsl", error: { reason } });
    const failure = await failureOf(broker.acquireTokenSilently(request));
    expect(failure).toMatchObject({ code: "broker_unavailable", reason, platform: "wsl" });
    expect(failure.hint).toMatch(advice);
    expect(emulator.requests).toEqual([]);
    await emulator.setWslinfo("works");
    expect((await broker.acquireTokenSilently(request)).account.username).toBe("ann@contoso.example");
  });

  it("interop off: says so before anything is started, and recovers", async () => {
    await emulator.setInterop(false);
    const broker = newBroker();
    const status = await broker.probe();
    expect(status).toMatchObject({ available: false, error: { reason: "wsl_interop_off" } });
    expect(!status.available && status.error.hint).toContain("/etc/wsl.conf");
    expect(emulator.requests).toEqual([]);
    await emulator.setInterop(true);
    expect((await broker.probe()).available).toBe(true);
  });

  it("wslinfo hangs: the caller's limit counts", async () => {
    await emulator.setWslinfo("hangs");
    expect(await newBroker().probe({ timeoutInMs: 300 })).toMatchObject({
      available: false,
      error: { code: "timed_out" },
    });
  });

  it.each([
    ["4.4.0-19041-Microsoft", "wsl1", /wsl --set-version/],
    ["4.19.128-microsoft-standard", "wsl_kernel_unmarked", /X_BROKER_TRANSPORT=wsl/],
  ])("osrelease %s: %s", async (release, reason, advice) => {
    await emulator.setOsRelease(release);
    const status = await newBroker().probe();
    expect(status).toMatchObject({ available: false, error: { code: "broker_unavailable", reason } });
    expect(!status.available && status.error.hint).toMatch(advice);
  });

  it.each(["5.15.0-WSL2", "5.15.0-wsl2"])("osrelease %s: Windows' broker", async (release) => {
    await emulator.setOsRelease(release);
    expect(await newBroker().probe()).toMatchObject({ available: true, platform: "wsl" });
  });

  it("osrelease 6.1.0-generic: the bus", async () => {
    await emulator.setOsRelease("6.1.0-generic");
    const broker = newBroker();
    expect(broker.platform).toBe("linux");
    expect((await broker.probe()).platform).toBe("linux");
    expect(emulator.requests).toEqual([]);
  });
});

describe("calls", () => {
  // Microsoft's client: an empty list, as there is no Secret Service.
  it("discover: the accounts, without a Secret Service", async () => {
    const accounts = await newBroker().getAccounts({ clientId });
    expect(accounts.map(({ username }) => username)).toEqual(["ann@contoso.example"]);
  });

  it("signInSilently, silent claims: tokens", async () => {
    const broker = newBroker();
    const token = await broker.acquireTokenSilently(request);
    expect(emulator.tenant.verify(token.accessToken)["upn"] ?? token.account.username).toBe(
      "ann@contoso.example",
    );
    const claims = '{"access_token":{"x":{"value":"b c\'d \\"$(touch /tmp/no)\\""}}}';
    const again = await broker.acquireTokenSilently({ ...request, claims });
    expect(again.account.username).toBe("ann@contoso.example");
    expect(emulator.requests.at(-1)?.request).toMatchObject({ authParameters: { decodedClaims: claims } });
  });

  // Microsoft's client: fails after the user has signed in (tag 544564044), as there is no Secret Service.
  it("signInInteractively: a token", async () => {
    const token = await newBroker().acquireTokenInteractively({ ...request, prompt: "login" });
    expect(token).toMatchObject({ silent: false, account: { username: "ann@contoso.example" } });
    expect(emulator.tenant.user.dialogs).toHaveLength(1);
  });

  it("pop: a signed request, or an error that says there is none", async () => {
    const broker = newBroker();
    const proofOfPossession = {
      resourceRequestMethod: "GET",
      resourceRequestUrl: "https://graph.microsoft.com/v1.0/me",
      nonce: "n",
    };
    const token = await broker.acquireTokenSilently({ ...request, proofOfPossession });
    expect(token.tokenType).toBe("pop");
    expect(emulator.tenant.verifySignedHttpRequest(token.accessToken).request).toMatchObject({ nonce: "n" });
    emulator.tenant.addPolicy(
      {},
      {
        kind: "patch_response",
        patch: (json) => ({
          ...json,
          brokerTokenResponse: { ...(json["brokerTokenResponse"] as object), accessTokenType: 0 },
        }),
      },
    );
    const failure = await failureOf(broker.acquireTokenSilently({ ...request, proofOfPossession }));
    expect(failure).toMatchObject({ code: "not_supported", reason: "pop_not_available" });
  });

  // Microsoft's client: "Unexpected" for the first four.
  it.each<[string, ProxyFault, { code: string; reason?: string; native?: object }]>([
    [
      "silent rc1",
      { instead: "", exitCode: 1 },
      { code: "broker_failed", reason: "wsl_proxy_failed", native: { exitCode: 1 } },
    ],
    [
      "silent rc127",
      { instead: "", exitCode: 127 },
      { code: "broker_unavailable", reason: "wsl_proxy_not_started", native: { exitCode: 127 } },
    ],
    ["silent notjson", { instead: "this is not JSON" }, { code: "protocol_error" }],
    ["an empty answer", { instead: "" }, { code: "protocol_error" }],
    ["nothing but NUL and CR LF", { instead: "\0\0\r\n" }, { code: "protocol_error" }],
    [
      "silent error",
      {
        instead:
          '{"brokerTokenResponse":{"error":{"context":"need ui","errorCode":0,"status":2,"subStatus":0,"tag":77}}}',
      },
      { code: "interaction_required", native: { status: 2, tag: 77 } },
    ],
    [
      "an error at the top, with exit code 1",
      { instead: '{"error":{"context":"offline","errorCode":0,"status":3,"tag":1}}', exitCode: 1 },
      { code: "no_network" },
    ],
  ])("%s: an error that says so", async (_name, fault, expected) => {
    const broker = newBroker();
    const [account] = await broker.getAccounts({ clientId });
    const { remove } = withFault(fault);
    const failure = await failureOf(
      broker.acquireTokenSilently({ ...request, ...(account !== undefined && { account }) }),
    );
    remove();
    expect(failure).toMatchObject({ platform: "wsl", ...expected });
    expect(failure.hint).not.toBe("");
    expect((await broker.acquireTokenSilently(request)).silent).toBe(true);
  });

  // Microsoft's client: "responseJson is empty" for any text in front.
  it.each<[string, ProxyFault]>([
    ["silent crlf", { before: "\r\n", after: "\r\n" }],
    ["NUL around it", { before: "\0", after: "\0\0" }],
    ["a byte order mark", { before: "\uFEFF" }],
    ["silent prefix log", { before: "[info] 2026-11-22 {pid: 12} starting\r\n" }],
    ["a log in JSON in front", { before: '{"level":"info","text":"starting"}\r\n' }],
    ["a log behind", { after: "\r\ndone in 12 ms\r\n" }],
    ["complaints on standard error", { complaint: "wsl: Failed to translate 'Z:\\'\n" }],
    ["an exit code beside the answer", { exitCode: 1 }],
  ])("%s: a token", async (_name, fault) => {
    const { remove } = withFault(fault);
    const token = await newBroker().acquireTokenSilently(request);
    remove();
    expect(token.account.username).toBe("ann@contoso.example");
  });

  it("a proxy killed in the middle: broker_died", async () => {
    const broker = newBroker();
    await broker.getAccounts({ clientId });
    emulator.tenant.addPolicy({ method: "getAccounts" }, { kind: "dies" }, { times: 1 });
    expect(await failureOf(broker.getAccounts({ clientId }))).toMatchObject({
      code: "broker_unavailable",
      reason: "broker_died",
      native: { signal: "SIGKILL" },
    });
    expect(await broker.getAccounts({ clientId })).toHaveLength(1);
  });

  it("concurrent calls: side by side", async () => {
    const broker = newBroker();
    const policy = emulator.tenant.addPolicy({ method: "getAccounts" }, { kind: "never_answers" });
    const stop = new AbortController();
    const calls = Array.from({ length: 4 }, () =>
      broker.getAccounts({ clientId }, { abortSignal: stop.signal }),
    );
    const settled = Promise.allSettled(calls);
    await expect.poll(() => emulator.runningProxies, { timeout: 20_000 }).toBe(4);
    stop.abort();
    expect((await settled).map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
    policy.remove();
    await expect.poll(() => emulator.runningProxies, { timeout: 20_000 }).toBe(0);
  });

  // Microsoft's client: the cancel goes out, and the call is waited for all the same.
  it("cancel: the call ends at once, its process too, and the flow is cancelled", async () => {
    emulator.tenant.user.script = [{ kind: "never_acts" }];
    const broker = newBroker();
    const stop = new AbortController();
    const call = broker.acquireTokenInteractively(
      { ...request, prompt: "login" },
      { abortSignal: stop.signal },
    );
    const rejected = expect(call).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(() => emulator.tenant.user.openDialogs, { timeout: 20_000 }).toBe(1);
    stop.abort();
    await rejected;
    await expect.poll(() => emulator.countRequests("cancelInteractiveFlow"), { timeout: 20_000 }).toBe(1);
    await expect.poll(() => emulator.tenant.user.openDialogs, { timeout: 20_000 }).toBe(0);
    await expect.poll(() => emulator.runningProxies, { timeout: 20_000 }).toBe(0);
    const [flow, cancel] = ["acquireTokenInteractively", "cancelInteractiveFlow"].map((method) =>
      emulator.requests.find((one) => one.method === method),
    );
    expect(cancel?.correlationId).toBe(flow?.correlationId);
    expect(cancel?.request).toMatchObject({ error: { status: 7, tag: 579379414 } });
    const token = await broker.acquireTokenInteractively({ ...request, prompt: "login" });
    expect(token.account.username).toBe("ann@contoso.example");
  });

  it("long cmdline: refused before anything is started", async () => {
    const broker = newBroker();
    await broker.probe();
    const [account] = await broker.getAccounts({ clientId });
    emulator.clearRequests();
    const claims = JSON.stringify({ access_token: { x: { value: "y".repeat(33_000) } } });
    const failure = await failureOf(
      broker.acquireTokenSilently({ ...request, claims, ...(account !== undefined && { account }) }),
    );
    expect(failure).toMatchObject({ code: "invalid_request", reason: "command_line_too_long" });
    expect(emulator.requests).toEqual([]);
  });

  it("getAccounts accounts+error: the accounts count", async () => {
    emulator.tenant.addPolicy(
      { method: "getAccounts" },
      {
        kind: "patch_response",
        patch: (json) => ({ ...json, error: { context: "msa failed", status: 0, tag: 9, errorCode: 5 } }),
      },
    );
    expect((await newBroker().acquireTokenSilently(request)).account.username).toBe("ann@contoso.example");
  });
});

describe("signing out", () => {
  const signOut = async (instead?: string) => {
    const broker = newBroker();
    const [account] = await broker.getAccounts({ clientId });
    if (account === undefined) throw new Error("Nobody is signed in.");
    const fault = instead === undefined ? undefined : withFault({ instead }, { method: "signOutSilently" });
    try {
      await broker.signOut({ clientId, account });
    } finally {
      fault?.remove();
    }
    return broker;
  };
  const error = { context: "msa failed", errorCode: 5, status: 3, subStatus: 0, tag: 9 };

  it("isSignOutComplete true: done, and the account is gone", async () => {
    const broker = await signOut();
    expect(await broker.getAccounts({ clientId })).toEqual([]);
  });

  // Microsoft's client: success for `false`, "Unexpected" for `{}` and for an error inside brokerTokenResponse.
  it.each<[string, object, { code: string; reason?: string }]>([
    [
      "isSignOutComplete false",
      { isSignOutComplete: false },
      { code: "broker_failed", reason: "sign_out_incomplete" },
    ],
    ["empty object", {}, { code: "protocol_error" }],
    ["error+complete", { error, isSignOutComplete: true }, { code: "no_network" }],
    ["error", { error }, { code: "no_network" }],
    ["brokerTokenResponse.error", { brokerTokenResponse: { error } }, { code: "no_network" }],
  ])("%s: an error", async (_name, answer, expected) => {
    expect(await failureOf(signOut(JSON.stringify(answer)))).toMatchObject(expected);
  });
});
