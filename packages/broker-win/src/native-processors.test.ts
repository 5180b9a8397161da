import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));
const script = fileURLToPath(new URL("../../../scripts/check-native-win.mjs", import.meta.url));

/** What the script ends with when a tool is missing. */
const cannotRun = 2;

// Twice twenty files through a compiler, on a machine that does other things as well.
it("compiles for Windows on ARM and on 32 bits, too", { timeout: 900_000 }, (context) => {
  if (process.platform === "win32")
    context.skip("this stands in for MSVC, with which CI builds for these processors on Windows");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    cwd: packageFolder,
    encoding: "utf8",
  });
  if (status === cannotRun && process.env["CI"] !== "true") context.skip(stderr.trim());
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^\d\d sources compiled for arm64\n\d\d sources compiled for ia32$/m);
  expect(status).toBe(0);
});
