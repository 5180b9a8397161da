import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { runCall } from "./run-call.js";

const description = {
  operation: "getAccounts",
  platform: "linux",
  about: () => ({}),
  timeoutInMs: 0,
} as const;

const ends: (() => void)[] = [];
/** So many calls that the next one has to wait. */
function occupy(): void {
  for (let call = 0; call < 20; call++)
    void runCall(description, {}, () => new Promise<void>((resolve) => ends.push(resolve)));
}
afterEach(async () => {
  // All of them begin first.
  while (ends.length > 0 && ends.length < 20) await new Promise((resolve) => setImmediate(resolve));
  for (const end of ends.splice(0)) end();
  await new Promise((resolve) => setImmediate(resolve));
});

describe("a call that has to wait for its turn", () => {
  it("is refused at once for what is wrong with it", async () => {
    occupy();
    let turns = 0;
    const count = setImmediate(() => turns++);
    const about = () => {
      throw new TypeError("The request must be an object.");
    };
    await expect(runCall({ ...description, about }, {}, async () => 1)).rejects.toThrow(TypeError);
    await expect(runCall(description, { timeoutInMs: -1 }, async () => 1)).rejects.toThrow(RangeError);
    clearImmediate(count);
    expect(turns).toBe(0);
  });

  it("is not begun for who gave up meanwhile", async () => {
    occupy();
    const abort = new AbortController();
    let begun = false;
    const call = runCall(description, { abortSignal: abort.signal }, async () => {
      begun = true;
    });
    abort.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    expect(begun).toBe(false);
  });
});

it("hides no rejection that nobody handles", async () => {
  const module = new URL("../dist/esm/index.js", import.meta.url).href;
  const program = `const { runCall } = await import(${JSON.stringify(module)});
    const description = ${JSON.stringify({ operation: "probe", platform: "linux", timeoutInMs: 0 })};
    runCall({ ...description, about: () => ({}) }, {}, async () => { throw new Error("nobody looks"); });`;
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
  await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("nobody looks") });
});
