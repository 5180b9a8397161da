import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import { fairStart, hasEnded } from "./fair-start.js";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A call that does this, at its turn. */
async function fairCall<T>(work: () => T | Promise<T>): Promise<T> {
  await fairStart();
  try {
    return await work();
  } finally {
    hasEnded(true);
  }
}

/** Calls that begin and do not end, by their numbers. */
function endlessCalls(count: number) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const calls = Array.from({ length: count }, (_, index) =>
    fairCall(() => {
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
  it("lets a few calls begin at once", () => {
    expect(Array.from({ length: 5 }, fairStart)).toEqual(new Array(5).fill(undefined));
    for (let call = 0; call < 5; call++) hasEnded(true);
  });

  it("keeps nobody waiting who makes one call after the other", () => {
    for (let call = 0; call < 100; call++) {
      expect(fairStart()).toBeUndefined();
      hasEnded(true);
    }
  });

  it("leaves others their turn where calls are refused one after the other", async () => {
    let isOthersTurn = false;
    setImmediate(() => {
      isOthersTurn = true;
    });
    for (let call = 0; call < 100 && !isOthersTurn; call++) {
      await fairStart();
      hasEnded(false);
    }
    expect(isOthersTurn).toBe(true);
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
      fairCall(async () => {
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
    await Promise.all(Array.from({ length: 200 }, () => fairCall(nextTurn)));
    await stuck.endAll();
  });

  it("lets nobody wait long for others to be answered", async () => {
    const stuck = endlessCalls(150);
    while (stuck.begun.length < 150) await nextTurn();
    let isOver = false;
    const answers = (async () => {
      while (!isOver) await fairCall(() => new Promise((resolve) => setTimeout(resolve, 2)));
    })();
    const started = performance.now();
    await Promise.all(Array.from({ length: 50 }, () => fairCall(() => {})));
    expect(performance.now() - started).toBeLessThan(1_000);
    isOver = true;
    await answers;
    await stuck.endAll();
  });

  it("begins a call in its caller's own asynchronous context", async () => {
    const context = new AsyncLocalStorage<number>();
    const seen = await Promise.all(
      Array.from({ length: 50 }, (_, index) => context.run(index, () => fairCall(() => context.getStore()))),
    );
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });
});
