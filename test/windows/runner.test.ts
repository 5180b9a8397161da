// Whether the runner of Windows' test files can be believed: a failure in there must be a failure out here.
import { beforeAll, describe, expect, it } from "vitest";
import { runInWindows } from "../support/wine/describe-in-windows.js";
import { whyWineCannotRun } from "../support/wine/requirements.mjs";
import type { WindowsResult } from "../support/wine/vitest-in-windows.mjs";

const cannotRun = await whyWineCannotRun();

describe("the runner for Windows' test files", () => {
  const run = async (name: string, timeoutInMs = 60_000) => {
    const file = new URL(`./samples/${name}.windows-test.ts`, import.meta.url);
    const results = await runInWindows({ name, file, timeoutInMs });
    return new Map(results.map((result) => [result.names.join(" > "), result]));
  };
  const messages = (result: WindowsResult | undefined) => result?.errors.map(({ message }) => message).join();

  describe("tells every outcome", () => {
    let results: Map<string, WindowsResult>;
    beforeAll(async () => {
      if (cannotRun === undefined) results = await run("outcomes");
    });

    it.for([
      ["outer > runs in Windows", "passed"],
      ["outer > is for 1", "passed"],
      ["outer > is for 2", "failed"],
      ["outer > is skipped", "skipped"],
      ["outer > waits", "passed"],
      ["outer > waits in vain", "failed"],
      ["outer > inner > cannot run", "skipped"],
      ["outer > inner > what comes before and after", "failed"],
    ])("%s: %s", ([title = "", state], context) => {
      if (cannotRun !== undefined) context.skip(cannotRun);
      expect(results.get(title)?.state).toBe(state);
      expect(results.size).toBe(8);
    });

    it("with messages, reasons, and places in the source", (context) => {
      if (cannotRun !== undefined) context.skip(cannotRun);
      expect(messages(results.get("outer > is for 2"))).toContain("expected 2 to be 1");
      expect(results.get("outer > is for 2")?.errors[0]?.stack).toContain("outcomes.windows-test.ts:8");
      expect(results.get("outer > is skipped")?.note).toBe("there is a reason");
      expect(messages(results.get("outer > inner > what comes before and after"))).toContain("collapsed");
    });
  });

  it("does not take a process that ended early for one that was done", async (context) => {
    if (cannotRun !== undefined) context.skip(cannotRun);
    const results = await run("crash");
    expect([...results].map(([title, { state }]) => [title, state])).toEqual([
      ["goes well", "passed"],
      ["takes the process with it", "unfinished"],
      ["is never reached", "unfinished"],
      ["the process ends well", "failed"],
    ]);
    expect(messages(results.get("takes the process with it"))).toMatch(/ended with 7.*last words/s);
  });

  it("tells errors that nobody caught", async (context) => {
    if (cannotRun !== undefined) context.skip(cannotRun);
    const results = await run("stray-error");
    expect(messages(results.get("an error that nobody caught"))).toBe("nobody caught me");
    expect(results.get("leaves an error to nobody")?.state).toBe("unfinished");
  });

  it("does not wait for ever", async (context) => {
    if (cannotRun !== undefined) context.skip(cannotRun);
    const results = await run("hang", 4_000);
    expect(messages(results.get("hangs"))).toContain("after 4000 ms");
  });
});
