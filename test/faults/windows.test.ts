// A Windows in trouble, and apps that give up on it.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { describeInWindows } from "../support/wine/describe-in-windows.js";
import { builtForWindows, fakeWamEnvironment } from "../support/wine/fake-wam-file.mjs";
import { startWindowsStage } from "../support/wine/windows-stage.mjs";

await describeInWindows({
  name: "faults",
  file: new URL("./windows-wam.windows-test.ts", import.meta.url),
  needs: builtForWindows,
  env: fakeWamEnvironment,
});

describe("an app whose WAM does not answer", () => {
  let stage: Awaited<ReturnType<typeof startWindowsStage>>;
  beforeAll(async () => {
    stage = await startWindowsStage({ apps: ["test/faults"] });
  });
  afterAll(() => stage?.stop());
  beforeEach((context) => {
    if (stage.unusable !== undefined) context.skip(stage.unusable);
    stage.emulator.clearRequests();
  });

  it.each([
    ["timeout", 0, "timed_out\n"],
    ["abort", 0, "AbortError\n"],
    ["background", 0, ""],
    ["both", 0, "timed_out\n"],
    ["exit", 3, ""],
  ])("ends by itself when it gave up: %s", async (how, code, stdout) => {
    const policy = stage.tenant.addPolicy({}, { kind: "never_answers" });
    const outcome = await stage.runApp(fileURLToPath(new URL("./give-up-windows.mjs", import.meta.url)), {
      args: [how],
    });
    policy.remove();
    expect(outcome).toEqual({ code, stdout, stderr: "" });
    if (how !== "background")
      expect(stage.emulator.requests.map(({ method }) => method)).toContain("acquireTokenSilently");
  });
});
