// The two commands of the README, `npm run demo` and `npm test`, from a bare clone to the result:
// system packages, pnpm, build, then the job. What is already there is left alone, so a second run is quick.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureSystemPackages } from "./system-packages.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const jobs = {
  bench: () => {
    buildForHere(benchPlatforms());
    run("node", ["test/bench/bench.mjs", ...process.argv.slice(3)]);
  },
  build: () => buildForHere(),
  check: () => process.exit(turboStatus("lint", "typecheck")),
  demo: () => {
    buildForHere();
    run("node", ["scripts/demo.mjs", ...process.argv.slice(3)]);
  },
  pack: () => {
    buildForHere();
    run("node", ["scripts/pack.mjs", ...process.argv.slice(3)]);
  },
  test: () => {
    for (const folder of reportFolders()) rmSync(folder, { recursive: true, force: true });
    const outcome = turboStatus("lint", "typecheck", "test");
    const failed = printCounts(outcome === 0);
    process.exit(failed > 0 ? 1 : 0);
  },
};

const job = jobs[process.argv[2]];
if (job === undefined) {
  console.error(`usage: node scripts/workshop.mjs ${Object.keys(jobs).join(" | ")}`);
  process.exit(2);
}

requireNode();
const groupsOfPlatforms = { linux: "interop", macos: "macos", windows: "windows" };
const groupsOfJobs = {
  bench: benchPlatforms().flatMap((name) => groupsOfPlatforms[name] ?? []),
  test: ["interop", "browser", "macos", "windows"],
};
const present = ensureSystemPackages(groupsOfJobs[process.argv[2]] ?? []);
run("npx", [
  "--yes",
  packageManager,
  "install",
  "--frozen-lockfile",
  "--prefer-offline",
  "--reporter=append-only",
]);
job();

function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`This workspace needs Node.js 20.19 or newer; this is ${process.version}.`);
    process.exit(1);
  }
}

/** The platforms that `--platform` names. */
function benchPlatforms() {
  const args = process.argv.slice(3);
  const index = args.findIndex((one) => /^--platform(=|$)/.test(one));
  const name = index < 0 ? "linux" : (args[index].split("=")[1] ?? args[index + 1]);
  return name === "all" ? ["linux", "macos", "windows"] : [name];
}

/**
 * Addons of other systems, and doubles, are built for the tests and benchmarks alone: who tries the demo need not wait
 * for them.
 * @param {readonly string[]} platforms whose packages are wanted as well
 */
function buildForHere(platforms = []) {
  const alsoWanted = platforms.map((name) => ({ macos: "darwin", windows: "win32" })[name]);
  const manifests = readdirSync(join(root, "packages")).map((name) =>
    JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")),
  );
  const foreign = manifests.filter(({ os, publishConfig }) => {
    const systems = publishConfig?.os ?? os;
    const wanted = [process.platform, ...alsoWanted];
    return systems !== undefined && !systems.some((system) => wanted.includes(system));
  });
  const doubles = platforms.includes("windows") ? [] : ["@x/test-suite"];
  const left = [...foreign.map(({ name }) => name), ...doubles];
  const status = turboStatus("build", "native", ...left.map((name) => `--filter=!${name}`));
  if (status !== 0) process.exit(status);
}

function turboStatus(...tasks) {
  // One task at a time per core keeps a two-core machine from timing itself out.
  const args = [
    "exec",
    "turbo",
    "run",
    ...tasks,
    "--output-logs=new-only",
    "--log-prefix=none",
    "--concurrency=2",
  ];
  return status(
    "npx",
    ["--yes", packageManager, ...args, ...(tasks.includes("test") ? ["--continue"] : [])],
    {
      TURBO_TELEMETRY_DISABLED: "1",
      TURBO_NO_UPDATE_NOTIFIER: "1",
      DO_NOT_TRACK: "1",
      // Part of the cache key: a run that had to skip tests says nothing about one that can do them.
      BROKER_SYSTEM_PACKAGES: present.join(" "),
    },
  );
}

function run(command, args) {
  const code = status(command, args);
  if (code !== 0) process.exit(code);
}

function status(command, args, env = {}) {
  const { status: code, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (error) {
    console.error(`Could not run ${command}: ${error.message}`);
    return 1;
  }
  return code ?? 1;
}

function reportFolders() {
  const packages = readdirSync(join(root, "packages")).map((name) => join("packages", name));
  return [...packages, "test"].map((folder) => join(root, folder, "reports"));
}

/**
 * Adds up the reports of all packages, the cached ones included, says why tests were skipped, and counts a check
 * other than a test (lint, types, a build) that failed as one failure.
 */
function printCounts(allTasksPassed) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const files = reportFolders().flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [],
  );
  for (const file of files.filter((name) => name.endsWith(".json"))) {
    const report = JSON.parse(readFileSync(file, "utf8"));
    counts.passed += report.numPassedTests;
    counts.failed += report.numFailedTests;
    counts.skipped += report.numPendingTests + report.numTodoTests;
    // A file that could not even be loaded has no tests to count as failed.
    counts.failed += report.testResults.filter(
      (f) => f.status === "failed" && f.assertionResults.length === 0,
    ).length;
  }
  const reasons = files
    .filter((name) => name.endsWith("skipped.txt"))
    .map((file) => readFileSync(file, "utf8"));
  if (reasons.some((text) => text !== "")) console.log(`\nSkipped:\n${reasons.join("")}`);
  if (!allTasksPassed && counts.failed === 0) {
    console.log("\nNo test failed, but a check beside the tests did: see the failed tasks above.");
    counts.failed = 1;
  }
  console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed;
}
