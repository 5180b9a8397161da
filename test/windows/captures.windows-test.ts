// Every captured scenario of Microsoft's client once more, here through the shipped addon and WinRT: what the fake WAM
// logs is compared with what the capturing one logged.
import { readFileSync } from "node:fs";
import { isBrokerError } from "@x/broker-contract";
import { createWindowsBroker, type NativeBinding } from "@x/broker-win";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type LogEntry,
  parseCaptures,
  stepsOf,
  unintendedDifferences,
} from "../../packages/broker-win/src/testing/captured-calls.js";
import { expectedOutcomes } from "../../packages/broker-win/src/testing/captured-results.js";
import {
  accountIn,
  programWindow,
  replays,
} from "../../packages/broker-win/src/testing/captured-scenarios.js";
import type { FakeAccount, WamAnswer as InMemory } from "../../packages/broker-win/src/testing/fake-wam.js";
import { intendedDifferences } from "../../packages/broker-win/src/testing/intended-differences.js";
import { answering } from "../../packages/broker-win/src/testing/world.js";
import { loadFakeWam, type WamAccount, type WamAnswer } from "../doubles/wam/fake-wam.js";
import { loadAddonUnderTest, usualSession } from "./windows-stage.js";

const testData = (name: string) =>
  readFileSync(new URL(`../../packages/broker-win/test-data/${name}`, import.meta.url), "utf8");
const captures = parseCaptures(testData("captured-calls.jsonl"));
const expectedOutcome = expectedOutcomes(testData("captured-results.jsonl"));
const allReplays = replays([...captures.keys()].filter((name) => name.startsWith("status-")));

/** Answered with an error that is tried again, after pauses that take half a minute in all. */
const isPatient = (scenario: string) => /^status-silent-error-0x(?:80080300|caad)/.test(scenario);

/** Lets time pass twenty times as fast as it does. Returns what ends that. */
function hurry(): () => void {
  const { setTimeout: wait, performance } = globalThis;
  const now = performance.now.bind(performance);
  const start = now();
  const hasty = (callback: () => void, delayInMs = 0) => wait(callback, delayInMs / 20);
  globalThis.setTimeout = Object.assign(hasty, { __promisify__: wait.__promisify__ });
  performance.now = () => start + (now() - start) * 20;
  return () => {
    globalThis.setTimeout = wait;
    performance.now = now;
  };
}

const wam = loadFakeWam();

describe("calls equal those of Microsoft's client, through the addon", () => {
  let window: bigint;
  beforeAll(() => {
    window = wam.openWindow();
  });
  afterAll(() => {
    wam.closeWindow(window);
    wam.stop();
  });
  // What a `beforeEach` returns is called afterwards.
  beforeEach(({ task }) => (isPatient(task.name) ? hurry() : undefined));

  it.each(allReplays.map((one) => [one.scenario, one] as const))("%s", async (scenario, { world, parts }) => {
    const inMemory = answering(world);
    wam.start(async (call) => {
      const answer = await inMemory(call as Parameters<typeof inMemory>[0]);
      return answer instanceof Error
        ? { hresult: Number(Reflect.get(answer, "hresult")) }
        : asFakeAnswer(answer);
    });
    // Each scenario was a process of its own, and what a process remembers goes by the binding.
    const binding = inScenarioWindow(loadAddonUnderTest(), window);
    const broker = createWindowsBroker({ loadBinding: () => binding, readSession: () => usualSession });
    const captured = captures.get(scenario) ?? [];
    expect(captured).toHaveLength(parts.length);
    const { code, intended } = expectedOutcome(scenario);

    let account: ReturnType<typeof accountIn>;
    for (const [index, { part, wish }] of parts.entries()) {
      const before = wam.log().length;
      const ended = await settled(wish(broker, account));
      account = accountIn(ended.value) ?? account;
      if (index === 0) expect(ended.code).toBe(code);
      // Who gives up is told at once; Windows hears of it on another thread.
      await expect.poll(() => binding.stats().operations, { timeout: 20_000 }).toBe(0);
      const ours = wam.log().slice(before).filter(isAsked).map(inProgram(window));
      expect(captured[index]?.part).toBe(part);
      if (intended?.asks === false) {
        expect(stepsOf(ours)).toEqual([]);
        continue;
      }
      const theirs = stepsOf(captured[index]?.entries ?? []);
      const about = { scenario, part };
      expect(unintendedDifferences(about, theirs, stepsOf(ours), intendedDifferences, new Set())).toEqual([]);
    }
    expect(wam.handlerErrors).toEqual([]);
  });
});

async function settled(call: Promise<unknown>): Promise<{ value?: unknown; code?: string }> {
  try {
    return { value: await call };
  } catch (error) {
    return { code: isBrokerError(error) ? error.code : (error as Error).name };
  }
}

/** The test data leaves out how a request comes to be: its parts stand in the call that is made with it. */
function isAsked({ call = "" }: LogEntry): boolean {
  return !call.startsWith("WebTokenRequest.");
}

/** The addon with a window of this process in the place of the capturing program's. */
function inScenarioWindow(binding: NativeBinding, window: bigint): NativeBinding {
  const own = (handle: bigint) => (handle === programWindow ? window : handle);
  return {
    ...binding,
    windowFacts: (handle) => binding.windowFacts(own(handle)),
    requestToken: (request) =>
      binding.requestToken(request.mode === "window" ? { ...request, window: own(request.window) } : request),
    pickProvider: (request) => binding.pickProvider({ ...request, window: own(request.window) }),
  };
}

/** That window's class had another name. */
function inProgram(window: bigint): (entry: LogEntry) => LogEntry {
  return (entry) => (entry["hwnd"] === Number(window) ? { ...entry, windowClass: "ProtoWindow" } : entry);
}

/** An answer of the fake in memory as the fake of WinRT takes it. */
function asFakeAnswer(answer: InMemory = {}): WamAnswer {
  const { account, accounts, error, responses } = answer;
  return {
    ...answer,
    ...(account !== undefined && { account: account && asFakeAccount(account) }),
    ...(accounts !== undefined && { accounts: accounts.map(asFakeAccount) }),
    ...(error !== undefined && { error: { code: 0, message: "", ...error } }),
    ...(responses !== undefined && {
      responses: responses.map(({ account: owner, providerError, ...rest }) => ({
        ...rest,
        ...(owner !== undefined && { account: asFakeAccount(owner) }),
        ...(providerError !== undefined && { error: { code: 0, message: "", ...providerError } }),
      })),
    }),
  } as WamAnswer;
}

function asFakeAccount({ id = "", userName, properties }: FakeAccount): WamAccount {
  const authority = "SafeCustomerId" in properties ? "consumers" : "organizations";
  const provider = { id: "https://login.microsoft.com", displayName: authority, authority };
  return { id, userName, properties, provider };
}
