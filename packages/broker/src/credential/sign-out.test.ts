import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ada, bob, FakeBroker, failure, gate, scope } from "../testing/fake-broker.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";

const graph = "https://graph.microsoft.com/.default";
const minute = 60_000;

function setUp(options: object = {}) {
  const broker = new FakeBroker();
  return {
    fallback: "none",
    broker,
    credential: new InteractiveBrowserBrokerCredential({ broker, ...options }),
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("while an account is being signed out", () => {
  it("what is found meanwhile is forgotten at the end", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    broker.accounts = [ada];
    await credential.getToken(scope);
    const wait = gate();
    broker.onSignOut = () => wait.passed;
    const signOut = credential.signOut();
    await expect.poll(() => broker.calls.some(({ method }) => method === "signOut")).toBe(true);
    await credential.getToken(scope);
    wait.open();
    await signOut;
    const asked = broker.silent.length;
    await credential.getToken(scope);
    expect(broker.silent.length).toBe(asked + 1);
  });

  it("what was asked for meanwhile and comes later is not kept", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    broker.accounts = [ada];
    await credential.getToken(scope);
    const [signingOut, answering] = [gate(), gate()];
    broker.onSignOut = () => signingOut.passed;
    const signOut = credential.signOut();
    await expect.poll(() => broker.calls.some(({ method }) => method === "signOut")).toBe(true);
    broker.onSilent = () => answering.passed;
    const late = credential.getToken(graph);
    await expect.poll(() => broker.silent.length).toBe(2);
    signingOut.open();
    await signOut;
    broker.accounts = [ada];
    answering.open();
    await late;
    await credential.getToken(graph);
    expect(broker.silent).toHaveLength(3);
    expect(broker.silent[2]).not.toHaveProperty("account");
  });

  it("nobody joins a request that began before", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    const wait = gate();
    broker.onSilent = () => wait.passed;
    const before = credential.getToken(scope);
    await expect.poll(() => broker.silent.length).toBe(1);
    await credential.signOut(ada);
    const after = credential.getToken(scope);
    await expect.poll(() => broker.silent.length).toBe(2);
    broker.accounts = [ada];
    wait.open();
    const [first, second] = await Promise.all([before, after]);
    expect(second.token).not.toBe(first.token);
  });

  it("its refreshes are ended, and no others", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    broker.refreshInMs = minute;
    await credential.getToken(scope);
    vi.setSystemTime(Date.now() + 2 * minute);
    broker.onSilent = () => new Promise<void>(() => {});
    await credential.getToken(scope);
    await expect.poll(() => broker.silent.length).toBe(2);
    const refresh = broker.calls.filter(({ method }) => method === "silent")[1];
    await credential.signOut(bob);
    expect(refresh?.operation.abortSignal?.aborted).toBe(false);
    await credential.signOut(ada);
    expect(refresh?.operation.abortSignal?.aborted).toBe(true);
  });
});

describe("signing another account out", () => {
  it("does not lose a sign-in in progress", async () => {
    const { broker, credential } = setUp();
    const window = gate();
    broker.onInteractive = () => window.passed;
    const signIn = credential.getToken(scope);
    await expect.poll(() => broker.interactive.length).toBe(1);
    await credential.signOut(bob);
    window.open();
    const token = await signIn;
    expect(await credential.getToken(scope)).toEqual(token);
    expect(broker.interactive).toHaveLength(1);
  });

  it("forgets a sign-in in progress that turns out to be theirs", async () => {
    const { broker, credential } = setUp();
    const window = gate();
    broker.onInteractive = () => window.passed;
    const signIn = credential.getToken(scope);
    await expect.poll(() => broker.interactive.length).toBe(1);
    await credential.signOut({ ...ada, homeAccountId: ada.homeAccountId.toUpperCase() });
    window.open();
    await signIn;
    await credential.getToken(scope);
    expect(broker.interactive).toHaveLength(2);
    expect(broker.interactive[1]).toHaveProperty("prompt", "select_account");
  });
});

describe("one request in flight for one token", () => {
  it("is the next caller's when a refresh has not ended by the time the old token has", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    broker.refreshInMs = 30 * minute;
    await credential.getToken(scope);
    vi.setSystemTime(Date.now() + 31 * minute);
    const wait = gate();
    broker.onSilent = () => wait.passed;
    for (const _ of [1, 2, 3]) {
      await credential.getToken(scope);
      vi.setSystemTime(Date.now() + minute);
    }
    await expect.poll(() => broker.silent.length).toBe(2);
    vi.setSystemTime(Date.now() + 25 * minute);
    const call = credential.getToken(scope);
    await expect.poll(() => broker.silent.length).toBe(3);
    const inFlight = broker.calls.slice(1).filter(({ operation }) => !operation.abortSignal?.aborted);
    expect(inFlight).toHaveLength(1);
    expect(inFlight[0]?.operation.keepProcessAlive).toBeUndefined();
    wait.open();
    await call;
    expect(broker.silent).toHaveLength(3);
  });

  it("shows UI to that caller, which a refresh may not", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    broker.refreshInMs = 30 * minute;
    await credential.getToken(scope);
    vi.setSystemTime(Date.now() + 31 * minute);
    const wait = gate();
    broker.onSilent = () => wait.passed;
    await credential.getToken(scope);
    await expect.poll(() => broker.silent.length).toBe(2);
    vi.setSystemTime(Date.now() + 25 * minute);
    broker.onSilent = () => {
      throw failure("interaction_required");
    };
    await credential.getToken(scope);
    expect(broker.interactive).toMatchObject([{ account: ada }]);
    wait.open();
  });
});
