import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { asanRuntime } from "../../../scripts/native-clang.mjs";
import { needDouble, skipUnlessCi } from "../../../test/doubles/authentication-services/double.js";

const run = promisify(execFile);
const packageFolder = join(import.meta.dirname, "..");
const root = join(packageFolder, "../..");
const build = "double-address";

/** What runs on these builds: the addon's own tests, and with the package around it the contract and its faults. */
const runs = [
  { root, files: ["--project", "broker-mac", "src/native.test.ts", "src/native-process.test.ts"], least: 40 },
  { root: join(root, "test"), files: ["conformance/macos.test.ts", "faults/macos.test.ts"], least: 70 },
];

/** The same tests once more, over builds that tell of what they should not do with memory. */
describe("the macOS addon with AddressSanitizer and UndefinedBehaviorSanitizer", () => {
  beforeEach((test) => {
    needDouble(test);
    if (asanRuntime() === undefined) skipUnlessCi(test, "clang's sanitizer runtime is not installed");
  });

  it("passes its tests", { timeout: 600_000 }, async () => {
    await run(process.execPath, [join(root, "scripts/build-native-mac.mjs"), "--sanitize=address"], {
      cwd: packageFolder,
    });
    const addon = readFileSync(join(packageFolder, "build", build, "broker_mac.node"), "latin1");
    expect(addon).toContain("__asan_report_load");
    expect(addon).toContain("__ubsan_handle");

    for (const one of runs) await passes(one);
  });

  async function passes({ root: cwd, files, least }: (typeof runs)[number]) {
    const folder = mkdtempSync(join(tmpdir(), "broker-mac-sanitizers-"));
    try {
      const report = join(folder, "report.json");
      const vitest = join(root, "node_modules/vitest/vitest.mjs");
      // Compiled code is a few times slower, and starting Node.js as well.
      const flags = ["--reporter=json", `--outputFile=${report}`, "--testTimeout=120000"];
      await run(process.execPath, [vitest, "run", ...flags, ...files], {
        cwd,
        env: {
          ...process.env,
          BROKER_MAC_DOUBLE: build,
          LD_PRELOAD: asanRuntime(),
          // GNUstep never gives back what it makes when it starts.
          ASAN_OPTIONS: "detect_leaks=0",
        },
      });
      const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(report, "utf8"));
      expect(numPassedTests).toBe(numTotalTests);
      expect(numPassedTests).toBeGreaterThanOrEqual(least);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
});
