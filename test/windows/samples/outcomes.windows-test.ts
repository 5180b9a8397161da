// Not a test of ours: what `runner.test.ts` lets run in Windows' Node.js to see how outcomes are told.
import { afterAll, beforeAll, describe, expect, it } from "vitest";

describe("outer", () => {
  it("runs in Windows", () => {
    expect({ platform: process.platform, arch: process.arch }).toEqual({ platform: "win32", arch: "x64" });
  });
  it.each([1, 2])("is for %i", (n) => expect(n).toBe(1));
  it("is skipped", (context) => context.skip("there is a reason"));
  it("waits", async () => {
    let n = 0;
    await expect.poll(() => ++n, { timeout: 5_000 }).toBe(3);
    await expect.poll(() => ++n, { timeout: 5_000 }).not.toBe(4);
  });
  it("waits in vain", async () => {
    await expect.poll(() => 1, { timeout: 20, interval: 5 }).toBe(2);
  });
  describe("inner", () => {
    beforeAll(() => {
      throw new Error("the stage collapsed");
    });
    it("cannot run", () => {});
  });
  afterAll(() => {});
});
