import { BrokerError, type BrokerErrorCode } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { ada, bob, FakeBroker, failure, gate, scope } from "../testing/fake-broker.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "./options.js";

const graph = "https://graph.microsoft.com/.default";

function setUp(options: InteractiveBrowserBrokerCredentialOptions = {}) {
  const broker = new FakeBroker();
  return {
    broker,
    credential: new InteractiveBrowserBrokerCredential({ fallback: "none", ...options, broker }),
  };
}

/** Lets everything that is ready to go on do so. */
async function settle(): Promise<void> {
  for (const _ of [1, 2, 3]) await new Promise((resolve) => setImmediate(resolve));
}

describe("authenticate() beside an open window", () => {
  it("waits its turn, then asks for the account that signed in", async () => {
    const { broker, credential } = setUp();
    const window = gate();
    broker.onInteractive = () => window.passed;
    const token = credential.getToken(scope);
    await expect.poll(() => broker.interactive.length).toBe(1);
    const record = credential.authenticate(graph);
    await settle();
    expect(broker.interactive).toHaveLength(1);
    broker.picks = bob;
    window.open();
    await token;
    expect(await record).toMatchObject({ username: bob.username });
    expect(broker.interactive).toMatchObject([
      { prompt: "select_account" },
      { account: bob, scopes: [graph] },
    ]);
  });

  it("is told that its account is not the one the user picks", async () => {
    const { broker, credential } = setUp();
    const window = gate();
    broker.onInteractive = () => window.passed;
    const token = credential.getToken(scope);
    await expect.poll(() => broker.interactive.length).toBe(1);
    const record = credential.authenticate(graph);
    broker.alter = (given) => (broker.interactive.length > 1 ? { ...given, account: bob } : given);
    window.open();
    await token;
    await expect(record).rejects.toMatchObject({ code: "account_mismatch" });
    broker.alter = (given) => given;
    await credential.getToken("other");
    expect(broker.silent.at(-1)).toMatchObject({ account: ada });
  });

  it("leaves the queue when it is aborted", async () => {
    const { broker, credential } = setUp();
    const window = gate();
    broker.onInteractive = () => window.passed;
    const token = credential.getToken(scope);
    await expect.poll(() => broker.interactive.length).toBe(1);
    const controller = new AbortController();
    const record = credential.authenticate(graph, { abortSignal: controller.signal });
    await settle();
    controller.abort();
    await expect(record).rejects.toMatchObject({ name: "AbortError" });
    window.open();
    await token;
    await settle();
    expect(broker.interactive).toHaveLength(1);
  });

  it("asks in a window of its own after one that was closed", async () => {
    const { broker, credential } = setUp();
    const window = gate();
    broker.onInteractive = async () => {
      if (broker.interactive.length > 1) return;
      await window.passed;
      throw failure("user_canceled");
    };
    const token = credential.getToken(scope);
    await expect.poll(() => broker.interactive.length).toBe(1);
    const record = credential.authenticate(graph);
    window.open();
    await expect(token).rejects.toMatchObject({ code: "user_canceled" });
    expect(await record).toMatchObject({ username: ada.username });
  });
});

describe("a window", () => {
  it("is for the account that signed in without one while it was about to open", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    const slow = gate();
    broker.onSilent = async (request) => {
      if (request.scopes.includes(graph)) {
        await slow.passed;
        throw failure("interaction_required");
      }
    };
    const needsWindow = credential.getToken(graph);
    await expect.poll(() => broker.silent.length).toBe(1);
    await credential.getToken(scope);
    slow.open();
    await needsWindow;
    expect(broker.interactive).toMatchObject([{ account: ada }]);
  });

  it("does not replace the account that signed in without one while it was open", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    const window = gate();
    broker.accounts = [];
    broker.picks = bob;
    broker.onInteractive = () => window.passed;
    const inWindow = credential.getToken(scope);
    await expect.poll(() => broker.interactive.length).toBe(1);
    broker.accounts = [ada];
    await credential.getToken(graph);
    window.open();
    await expect(inWindow).rejects.toMatchObject({ code: "account_mismatch" });
    await credential.getToken("other");
    expect(broker.silent.at(-1)).toMatchObject({ account: ada });
  });

  it.each<[string, BrokerError | Error, number]>([
    ["redirect_uri_mismatch", failure("redirect_uri_mismatch"), 1],
    ["user_canceled", failure("user_canceled"), 1],
    ["broker_unavailable", failure("broker_unavailable"), 1],
    ["timed_out", failure("timed_out"), 3],
    ["invalid_request, which may be one caller's own", failure("invalid_request"), 3],
    [
      "a busy broker",
      new BrokerError("temporarily_unavailable", { message: "Busy.", hint: "Wait.", retryable: true }),
      3,
    ],
  ])("that fails is the answer for others if its reason lasts: %s", async (_, error, windows) => {
    const { broker, credential } = setUp();
    const window = gate();
    broker.onInteractive = async () => {
      await window.passed;
      throw error;
    };
    const calls = Promise.allSettled(["a", "b", "c"].map((each) => credential.getToken(each)));
    await expect.poll(() => broker.interactive.length).toBe(1);
    await settle();
    window.open();
    const code = (error as { code?: BrokerErrorCode }).code;
    expect(await calls).toMatchObject([{ reason: { code } }, { reason: { code } }, { reason: { code } }]);
    expect(broker.interactive).toHaveLength(windows);
  });

  it("whose broker ignores an abort does not keep the next caller from asking", async () => {
    const { broker, credential } = setUp();
    const acquire = broker.acquireTokenInteractively.bind(broker);
    broker.acquireTokenInteractively = (request, operation = {}) => {
      const { abortSignal: _, ...deaf } = operation;
      return acquire(request, deaf);
    };
    broker.onInteractive = () => (broker.interactive.length === 1 ? new Promise<void>(() => {}) : undefined);
    const controller = new AbortController();
    const first = credential.getToken(scope, { abortSignal: controller.signal });
    await expect.poll(() => broker.interactive.length).toBe(1);
    const second = credential.getToken(graph);
    controller.abort();
    await expect(first).rejects.toMatchObject({ name: "AbortError" });
    expect(await second).toMatchObject({ tokenType: "Bearer" });
    expect(broker.interactive).toHaveLength(2);
  });

  it("whose handle comes after the call was aborted is not opened", async () => {
    let asked = 0;
    const late = gate();
    const { broker, credential } = setUp({
      parentWindowHandle: async () => {
        asked += 1;
        if (asked === 1) await late.passed;
        return asked;
      },
    });
    const controller = new AbortController();
    const first = credential.getToken(scope, { abortSignal: controller.signal });
    await expect.poll(() => asked).toBe(1);
    controller.abort();
    await expect(first).rejects.toMatchObject({ name: "AbortError" });
    await credential.getToken(scope);
    late.open();
    await settle();
    expect(broker.interactive).toMatchObject([{ parentWindow: 2n }]);
  });

  it("is not waited for by who gave up", async () => {
    const { broker, credential } = setUp();
    const window = gate();
    broker.onInteractive = () => window.passed;
    const first = credential.getToken(scope);
    await expect.poll(() => broker.interactive.length).toBe(1);
    const controller = new AbortController();
    const second = credential.getToken(graph, { abortSignal: controller.signal });
    await settle();
    controller.abort();
    await expect(second).rejects.toMatchObject({ name: "AbortError" });
    window.open();
    await first;
    await settle();
    expect(broker.calls.map(({ method }) => method)).toEqual(["interactive"]);
  });
});

it("one signal for many calls makes no warning", async () => {
  const { credential } = setUp({ useDefaultBrokerAccount: true });
  const warnings: string[] = [];
  const onWarning = (warning: Error) => warnings.push(warning.name);
  process.on("warning", onWarning);
  try {
    const { signal: abortSignal } = new AbortController();
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => credential.getToken(`scope-${i % 50}`, { abortSignal })),
    );
    await settle();
  } finally {
    process.off("warning", onWarning);
  }
  expect(warnings).toEqual([]);
});
