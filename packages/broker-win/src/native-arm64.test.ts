import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));
const script = fileURLToPath(new URL("../../../scripts/check-native-win-arm64.mjs", import.meta.url));

/** What the script ends with when a tool is missing. */
const cannotRun = 2;

// Twenty files through a compiler, on a machine that does other things as well.
it("compiles for Windows on ARM, too", { timeout: 600_000 }, (context) => {
  if (process.platform === "win32") context.skip("On Windows, MSVC builds it.");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    cwd: packageFolder,
    encoding: "utf8",
  });
  if (status === cannotRun && process.env["CI"] !== "true") context.skip(stderr.trim());
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^\d\d sources compiled for Windows on ARM$/m);
  expect(status).toBe(0);
});
