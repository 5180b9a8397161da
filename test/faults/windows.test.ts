// A Windows in trouble, and apps that give up on it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTemporaryDirectory } from "../support/temporary-directory.mjs";
import { describeInWindows } from "../support/wine/describe-in-windows.js";
import { addonsUnderTest } from "../support/wine/fake-wam-file.mjs";
import { windowsPath } from "../support/wine/run-windows-node.mjs";
import { startWindowsStage } from "../support/wine/windows-stage.mjs";

const [{ needs, env }] = addonsUnderTest;

await describeInWindows({
  name: "faults",
  file: new URL("./windows-wam.windows-test.ts", import.meta.url),
  needs,
  env,
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
    const folder = createTemporaryDirectory("give-up");
    const sign = join(folder.path, "sign");
    try {
      const app = stage.runApp(fileURLToPath(new URL("./give-up-windows.mjs", import.meta.url)), {
        args: [how],
        env: { TEST_SIGN: windowsPath(sign) },
      });
      if (how === "abort" || how === "exit") {
        const methods = () => stage.emulator.requests.map(({ method }) => method);
        // Whatever else happens to it, it shall not be waited for in vain.
        const early = app.then((outcome) => Promise.reject(new Error(JSON.stringify(outcome))));
        const asked = expect.poll(methods, { timeout: 45_000 }).toContain("acquireTokenSilently");
        await Promise.race([asked, early]);
        writeFileSync(sign, "");
      }
      expect(await app).toEqual({ code, stdout, stderr: "" });
    } finally {
      policy.remove();
      folder.remove();
    }
  });
});
