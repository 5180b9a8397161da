import { describe, expect, it } from "vitest";
import { startFairly } from "./fair-start.js";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Calls that begin and do not end, by their numbers. */
function endlessCalls(count: number) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const calls = Array.from({ length: count }, (_, index) =>
    startFairly(() => {
      begun.push(index);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  const endAll = async () => {
    for (const end of ends) end();
    await Promise.all(calls);
  };
  return { begun, endAll };
}

describe("a fair start", () => {
  it("lets a few calls begin at once", async () => {
    const { begun, endAll } = endlessCalls(5);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    await endAll();
  });

  it("keeps nobody waiting who makes one call after the other", async () => {
    for (let call = 0; call < 100; call++) {
      const { begun, endAll } = endlessCalls(1);
      expect(begun).toEqual([0]);
      await endAll();
    }
  });

  it("spreads many over turns of the event loop, in their order", async () => {
    const { begun, endAll } = endlessCalls(300);
    const inTurn = [begun.length];
    while (begun.length < 300) {
      const before = begun.length;
      await nextTurn();
      inTurn.push(begun.length - before);
    }
    await endAll();
    expect(begun).toEqual(Array.from({ length: 300 }, (_, index) => index));
    expect(Math.max(...inTurn)).toBeLessThanOrEqual(20);
  });

  it("keeps no more in flight than it takes, while answers keep coming", async () => {
    let inFlight = 0;
    let most = 0;
    const calls = Array.from({ length: 500 }, () =>
      startFairly(async () => {
        most = Math.max(most, ++inFlight);
        await nextTurn();
        await nextTurn();
        inFlight--;
      }),
    );
    await Promise.all(calls);
    expect(most).toBeLessThanOrEqual(110);
  });

  it("goes on although some never end", async () => {
    const stuck = endlessCalls(150);
    while (stuck.begun.length < 150) await nextTurn();
    const quick = Array.from({ length: 200 }, () => startFairly(nextTurn));
    await Promise.all(quick);
    await stuck.endAll();
  });

  it("hands on what a call gives, and how it fails", async () => {
    const { endAll } = endlessCalls(20);
    const later = startFairly(async () => 5);
    const failing = startFairly(() => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(await later).toBe(5);
    await endAll();
  });
});
