import { describe, expect, it } from "vitest";
import { fairStart } from "./fair-start.js";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe("a fair start", () => {
  it("lets a few calls begin at once", async () => {
    await nextTurn();
    expect(Array.from({ length: 5 }, fairStart)).toEqual(new Array(5).fill(undefined));
  });

  it("spreads many over turns of the event loop, in their order", async () => {
    await nextTurn();
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
    expect(begun).toEqual(Array.from({ length: 300 }, (_, index) => index));
    expect(Math.max(...inTurn)).toBeLessThanOrEqual(20);
    expect(inTurn.filter((count) => count > 0).length).toBeGreaterThan(3);
  });
});
