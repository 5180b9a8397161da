import { readFileSync } from "node:fs";
import { type Broker, isBrokerError } from "@x/broker-contract";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createWindowsBroker } from "./index.js";
import { ProcessMemory } from "./process-memory.js";
import { parseCaptures, stepsOf, unintendedDifferences } from "./testing/captured-calls.js";
import { expectedOutcomes } from "./testing/captured-results.js";
import { accountIn, programWindow, type Replay, replays } from "./testing/captured-scenarios.js";
import { FakeWam } from "./testing/fake-wam.js";
import { intendedDifferences, intendedOutcomes } from "./testing/intended-differences.js";
import { answering } from "./testing/world.js";

const testData = (name: string) => readFileSync(new URL(`../test-data/${name}`, import.meta.url), "utf8");

const captures = parseCaptures(testData("captured-calls.jsonl"));
const allReplays = replays([...captures.keys()].filter((name) => name.startsWith("status-")));

const expectedOutcome = expectedOutcomes(testData("captured-results.jsonl"));

const met = new Set<unknown>();

/** How the first part ended. */
async function replay({ scenario, world, parts }: Replay) {
  const wam = new FakeWam(answering(world));
  wam.windows.set(programWindow, {
    exists: true,
    visible: true,
    sameDesktop: true,
    className: "ProtoWindow",
  });
  // Makes its key in real time: the replay's passes faster.
  if (/pop/.test(scenario)) await ProcessMemory.of(wam).proofKey();
  const broker: Broker = createWindowsBroker({ loadBinding: () => wam });
  const captured = captures.get(scenario) ?? [];
  let account: ReturnType<typeof accountIn>;
  let outcome: string | undefined;
  const differences: string[] = [];
  for (const [index, { part, wish }] of parts.entries()) {
    wam.calls.length = 0;
    const ended = await settled(wish(broker, account));
    account = accountIn(ended.value) ?? account;
    if (index === 0) outcome = ended.code;
    const theirs = captured[index];
    expect(theirs?.part).toBe(part);
    const refused = intendedOutcomes.some((row) => row.scenarios.test(scenario) && !row.asks);
    if (refused) expect(wam.calls).toEqual([]);
    else
      differences.push(
        ...unintendedDifferences(
          { scenario, part },
          stepsOf(theirs?.entries ?? []),
          stepsOf(wam.calls),
          intendedDifferences,
          met,
        ),
      );
  }
  expect(captured).toHaveLength(parts.length);
  return { outcome, differences };
}

/** What a call ends with, however long its pauses are. */
async function settled(call: Promise<unknown>): Promise<{ value?: unknown; code?: string }> {
  let ended: { value?: unknown; code?: string } | undefined;
  call.then(
    (value) => {
      ended = { value };
    },
    (error: Error) => {
      ended = { code: isBrokerError(error) ? error.code : error.name };
    },
  );
  while (ended === undefined) {
    await new Promise((resolve) => setImmediate(resolve));
    // Nothing else is left to wait for but a pause.
    if (vi.getTimerCount() > 0) await vi.advanceTimersByTimeAsync(10);
  }
  return ended;
}

describe("calls equal those of Microsoft's client, one by one", () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(allReplays.map((one) => [one.scenario, one] as const))("%s", async (scenario, one) => {
    const { outcome, differences } = await replay(one);
    expect(differences).toEqual([]);

    const { code, intended } = expectedOutcome(scenario);
    if (intended !== undefined) met.add(intended);
    expect(outcome).toBe(code);
  });

  it("has a replay for every captured scenario", () => {
    const replayed = new Set(allReplays.map(({ scenario }) => scenario));
    expect([...captures.keys()].filter((name) => !replayed.has(name))).toEqual([]);
    expect(captures.size).toBeGreaterThan(130);
  });

  it("lists no intended difference that does not occur", () => {
    const { leftOut, added, fields } = intendedDifferences;
    const rows = [...leftOut, ...added, ...fields, ...intendedOutcomes];
    expect(rows.filter((row) => !met.has(row)).map(({ reason }) => reason)).toEqual([]);
  });
});
