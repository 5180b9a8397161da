// What can go wrong between an app and macOS' SSO extension, with the shipping addon over the double of
// AuthenticationServices: on this process' main thread, where the double is.
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { BrokerError } from "@x/broker-contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  doubleFiles,
  type ExtensionAnswer,
  type ExtensionRequest,
  needDouble,
} from "../doubles/authentication-services/double.js";
import { type EmulatedMac, plainNode, startEmulatedMac } from "../support/emulated-mac.js";
import { runNode } from "../support/run-node.mjs";

const clientId = "5b1f4a10-4f2e-4c39-9d2b-3f5c0a6f7e21";
const apple = "com.apple.AuthenticationServices.AuthorizationError";
const request = {
  authority: "https://login.microsoftonline.com/organizations",
  clientId,
  scopes: ["https://graph.microsoft.com/User.Read"],
};

describe("the macOS package, when things go wrong", () => {
  let mac: EmulatedMac;

  beforeEach((ctx) => {
    needDouble(ctx);
    mac = startEmulatedMac();
    mac.tenant.registerApp({ clientId });
    mac.tenant.addAccount({ username: "ann@contoso.example" });
  });
  afterEach(async () => {
    // Only a test that was skipped has none.
    if (mac === undefined) return;
    const { extension, failures } = mac;
    await mac.broker.close();
    await expect.poll(() => extension.facts().liveControllers, { timeout: 20_000 }).toBe(0);
    await mac.stop();
    expect(failures).toEqual([]);
  });

  /** Answers requests in place of the emulated extension. */
  function answerWith(
    answer: ExtensionAnswer | undefined,
    options?: Parameters<ExtensionRequest["answer"]>[1],
  ) {
    const received: ExtensionRequest[] = [];
    mac.extension.onRequest((one) => {
      received.push(one);
      if (answer !== undefined) one.answer(answer, options);
    });
    return received;
  }
  const accounts = (options = {}) => mac.broker.getAccounts({ clientId }, options);

  it("an extension that never answers is given up when time is up, and told so", async () => {
    const received = answerWith(undefined);
    expect((await failureOf(accounts({ timeoutInMs: 100 }))).code).toBe("timed_out");
    expect(received).toHaveLength(1);
    await expect
      .poll(() => mac.extension.facts().requests.map(({ state }) => state), { timeout: 20_000 })
      .not.toContain("pending");
  });

  it("an extension that never answers is given up when the caller gives up", async () => {
    const received = answerWith(undefined);
    const stop = new AbortController();
    const call = mac.broker.acquireTokenInteractively(request, { abortSignal: stop.signal });
    const failed = failureOf(call);
    await expect.poll(() => received.length, { timeout: 20_000 }).toBe(1);
    expect(received[0]).toMatchObject({ userInterfaceEnabled: true, hasPresentationContext: true });
    stop.abort();
    expect((await failed).name).toBe("AbortError");
    // The next window does not wait for the one that was given up.
    answerWith({ error: { domain: apple, code: 1001 } });
    expect((await failureOf(mac.broker.acquireTokenInteractively(request))).code).toBe("user_canceled");
  });

  it("an extension that goes midway is unavailable, and so it is from then on", async () => {
    mac.extension.onRequest((one) => {
      mac.extension.setCanPerform(false);
      one.answer({ error: { domain: apple, code: 1004 } });
    });
    expect(await failureOf(accounts())).toMatchObject({
      code: "broker_unavailable",
      reason: "extension_failed",
      native: { errorDomain: apple, errorCode: 1004 },
    });
    expect(await failureOf(accounts())).toMatchObject({
      code: "broker_unavailable",
      reason: "not_installed",
    });
    expect(mac.extension.facts().requests).toHaveLength(1);
  });

  it.each<[string, ExtensionAnswer, string]>([
    ["no fields", { headers: {} }, "protocol_error"],
    ["strange fields", { headers: { "": "", "a b": "\u{1f600}" } }, "protocol_error"],
    ["half an answer", { headers: { operation: "x", success: "1" } }, "protocol_error"],
    [
      "accounts that are no list",
      {
        headers: {
          operation: "get_accounts_operation",
          success: "1",
          operation_response_type: "operation_get_accounts_response",
          accounts: '{"a":1}',
        },
      },
      "protocol_error",
    ],
    ["a credential of another class", { credential: "other" }, "protocol_error"],
    ["an error without anything", { error: { domain: "", code: 0 } }, "broker_failed"],
    [
      "Microsoft's error deep down",
      {
        error: {
          domain: apple,
          code: -6000,
          underlying: { domain: "a", code: 1, underlying: { domain: "MSALErrorDomain", code: -50002 } },
        },
      },
      "interaction_required",
    ],
  ])("an answer of %s is told as that", async (_what, answer, code) => {
    answerWith(answer);
    expect((await failureOf(accounts())).code).toBe(code);
  });

  it("an exception inside of AuthenticationServices is an error like others", async () => {
    mac.extension.raiseNext("NSInternalInconsistencyException");
    expect(await failureOf(accounts())).toMatchObject({
      code: "broker_failed",
      reason: "platform_exception",
    });
    await expect(accounts()).resolves.toHaveLength(1);
  });

  it("answers on another thread, twice, or inside of the call come once all the same", async () => {
    const headers = {
      operation: "get_accounts_operation",
      success: "1",
      operation_response_type: "operation_get_accounts_response",
    };
    answerWith({ headers }, { thread: "other", times: 3 });
    await expect(accounts()).resolves.toEqual([]);
    mac.extension.answerInsidePerform({ headers });
    await expect(accounts()).resolves.toEqual([]);
  });

  it("a redirect URI of another program is told, with the one to register", async () => {
    await mac.stop();
    const caller = {
      bundleIdentifier: "com.contoso.app",
      signingIdentifier: "com.contoso.app",
      teamIdentifier: "T1",
    };
    mac = startEmulatedMac({ tenant: mac.tenant, caller });
    const redirectUri = "msauth.com.msauth.unsignedapp://auth";
    const failure = await failureOf(mac.broker.acquireTokenInteractively({ ...request, redirectUri }));
    expect(failure).toMatchObject({
      code: "redirect_uri_mismatch",
      redirectUri: "msauth.com.contoso.app://auth",
      native: { internalCode: -42000 },
    });
    mac.tenant.registerApp({ clientId, redirectUris: ["msauth.com.contoso.app://auth"] });
    const token = await mac.broker.acquireTokenInteractively(request);
    expect(token.account.username).toBe("ann@contoso.example");
  });

  it("in Electron the app serves the main run loop, not this package", async () => {
    mac.extension.setApplicationRunning(true);
    const headers = {
      operation: "get_accounts_operation",
      success: "1",
      operation_response_type: "operation_get_accounts_response",
    };
    // Answers come on the main run loop by default, which nobody serves now.
    answerWith({ headers });
    expect((await failureOf(accounts({ timeoutInMs: 200 }))).code).toBe("timed_out");
    answerWith({ headers }, { thread: "other" });
    await expect(accounts()).resolves.toEqual([]);
  });

  it("two hundred calls at once get their own answers, while the event loop goes on", async () => {
    const people = Array.from({ length: 20 }, (_, i) =>
      mac.tenant.addAccount({ username: `p${i}@contoso.example` }),
    );
    const known = await accounts();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const owners = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const account = known.find(({ username }) => username === `p${i % 20}@contoso.example`);
        const token = await mac.broker.acquireTokenSilently({ ...request, ...(account && { account }) });
        return mac.tenant.verify(token.accessToken)["oid"];
      }),
    );
    clearInterval(timer);
    expect(owners).toEqual(Array.from({ length: 200 }, (_, i) => people[i % 20]?.localAccountId));
    expect(ticks).toBeGreaterThan(0);
  });

  it("a worker thread is refused, with the reason", async () => {
    const program = fileURLToPath(new URL("./macos-worker.mjs", import.meta.url));
    const worker = new Worker(program, { workerData: { binding: doubleFiles.binding } });
    const [told] = (await once(worker, "message")) as [{ code: string; reason: string }];
    expect(told).toEqual({ code: "broker_unavailable", reason: "not_main_thread" });
    expect(mac.extension.facts().requests).toEqual([]);
  });

  it.each([
    ["waits for a call that it awaits", "await", "answered"],
    ["ends beside one that it does not await", "background", ""],
    ["ends in the middle of one where it is told to", "exit", ""],
  ])("a process %s", async (_what, how, stdout) => {
    const program = fileURLToPath(new URL("./macos-process.mjs", import.meta.url));
    const env = { BINDING_FILE: doubleFiles.binding, EXTENSION_FILE: doubleFiles.extension };
    const outcome = await runNode(program, { args: [how], env });
    expect(outcome).toEqual({ code: 0, stdout: stdout === "" ? "" : `${stdout}\n`, stderr: "" });
  });

  it("doctor's deep questions get their answers without a window", async () => {
    const checks: Record<string, string> = {};
    for await (const { id, outcome } of mac.broker.diagnose({ deep: true, clientId })) checks[id] = outcome;
    expect(checks).toMatchObject({
      "native-addon": "ok",
      "main-thread": "ok",
      caller: "ok",
      broker: "ok",
      device: "ok",
      "deep-run-loop": "ok",
      "deep-caller": "ok",
      "deep-error-shape": "ok",
      "deep-sso-cookies": "ok",
    });
    expect(mac.tenant.user.dialogs).toEqual([]);
    expect(mac.door.requests.every(({ sender }) => sender === plainNode.signingIdentifier)).toBe(true);
  });
});

async function failureOf(call: Promise<unknown>): Promise<BrokerError> {
  try {
    await call;
  } catch (error) {
    return error as BrokerError;
  }
  throw new Error("The call succeeded; it should have failed.");
}
