import { describe, expect, it } from "vitest";
import { fairStart, hasEnded } from "./fair-start.js";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe("a fair start", () => {
  it("lets a few calls begin at once", () => {
    expect(Array.from({ length: 5 }, fairStart)).toEqual(new Array(5).fill(undefined));
    for (let call = 0; call < 5; call++) hasEnded();
  });

  it("keeps nobody waiting who makes one call after the other", () => {
    for (let call = 0; call < 100; call++) {
      expect(fairStart()).toBeUndefined();
      hasEnded();
    }
  });

  it("spreads many over turns of the event loop, in their order", async () => {
    const begun: number[] = [];
    const inTurn: number[] = [];
    const calls = Array.from({ length: 300 }, async (_, index) => {
      await fairStart();
      begun.push(index);
    });
    let done = false;
    const all = Promise.all(calls).then(() => {
      done = true;
    });
    while (!done) {
      const before = begun.length;
      await nextTurn();
      inTurn.push(begun.length - before);
    }
    await all;
    for (const _ of calls) hasEnded();
    expect(begun).toEqual(Array.from({ length: 300 }, (_, index) => index));
    expect(Math.max(...inTurn)).toBeLessThanOrEqual(20);
    expect(inTurn.filter((count) => count > 0).length).toBeGreaterThan(3);
  });
});
