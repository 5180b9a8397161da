import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { createTemporaryDirectory } from "../temporary-directory.mjs";
import { bundleTests } from "./bundle.mjs";
import { whyWindowsCannotRun, whyWineCannotRun } from "./requirements.mjs";
import { runWindowsNode, windowsPath } from "./run-windows-node.mjs";
import type { WindowsResult } from "./vitest-in-windows.mjs";
import { cacheDirectory } from "./windows-node.mjs";

export interface WindowsSuite {
  /** What the suite is about. */
  readonly name: string;
  /** The test file. It ends in `.windows-test.ts`, so that nothing but this runs it. */
  readonly file: URL;
  /** On top of this process' environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files without which the suite cannot run, e.g. an addon that must have been built. */
  readonly needs?: readonly string[];
  /** Whether it has to find the fake WAM as it finds the real one: then it cannot run on Windows itself. */
  readonly onlyUnderWine?: boolean;
  /** For the whole suite. Default 5 minutes. */
  readonly timeoutInMs?: number;
}

/**
 * Runs a test file in Windows' Node.js under Wine, now, and then registers one test for each test in it. On Windows
 * itself it is a test file like any other. Where Wine cannot run there is one test that is skipped and says why; on
 * continuous integration that is an error.
 */
export async function describeInWindows(suite: WindowsSuite): Promise<void> {
  const isWindows = process.platform === "win32";
  const name = isWindows ? suite.name : `${suite.name} (Windows, under Wine)`;
  const reason = await (suite.onlyUnderWine ? whyWineCannotRun : whyWindowsCannotRun)(suite.needs);
  if (reason !== undefined) {
    describe(name, () => {
      it("runs", (context) => context.skip(reason));
    });
    return;
  }
  if (isWindows) {
    Object.assign(process.env, suite.env);
    describe(name, () => import(suite.file.href));
    return;
  }
  const results = await runInWindows(suite);
  describe(name, () => {
    for (const [index, result] of results.entries()) {
      const title = result.names.join(" > ");
      const isAmbiguous = results.findIndex((other) => other.names.join(" > ") === title) !== index;
      it(isAmbiguous ? `${title} (${index})` : title, (context) => {
        if (result.state === "skipped") context.skip(result.note ?? "skipped without a reason");
        if (result.state !== "passed") throw failureOf(result);
      });
    }
  });
}

/** Runs a test file in Windows' Node.js and tells what became of each test in it. */
export async function runInWindows({
  file,
  env,
  timeoutInMs = 300_000,
}: WindowsSuite): Promise<WindowsResult[]> {
  const testFile = fileURLToPath(file);
  const bundles = join(cacheDirectory, "bundles");
  mkdirSync(bundles, { recursive: true });
  const output = createTemporaryDirectory(basename(testFile, ".windows-test.ts"), bundles);
  try {
    const entry = await bundleTests(testFile, output.path);
    const resultsFile = join(output.path, "results.jsonl");
    const ended = await runWindowsNode(
      ["--enable-source-maps", windowsPath(entry), windowsPath(resultsFile)],
      { timeoutInMs, ...(env === undefined ? {} : { env }) },
    );
    const how = ended.timedOut ? `after ${timeoutInMs} ms` : `with ${ended.code ?? ended.signal}`;
    const last = `${ended.stdout}\n${ended.stderr}`.trim().slice(-4000);
    const results = readResults(resultsFile);
    const lost = results.filter(({ state }) => state === "unfinished");
    for (const result of lost) {
      result.errors.push({
        message: `Windows' Node.js ended ${how} before this test did.\n${last}`,
        stack: "",
      });
    }
    if (results.length > 0 && lost.length === 0 && ended.code === 0) return results;
    const message = `Windows' Node.js ended ${how}.\n${last}`;
    return [
      ...results,
      { id: "process", names: ["the process ends well"], state: "failed", errors: [{ message, stack: "" }] },
    ];
  } finally {
    output.remove();
  }
}

/** The last that was told of each test. */
function readResults(file: string): WindowsResult[] {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  const results = lines.filter((line) => line !== "").flatMap((line) => JSON.parse(line) as WindowsResult[]);
  return [...new Map(results.map((result) => [result.id, result])).values()];
}

function failureOf({ errors }: WindowsResult): Error {
  const [first] = errors;
  const failure = new Error(errors.map(({ message }) => message).join("\n\n"));
  if (first !== undefined && first.stack !== "") {
    const places = first.stack.split("\n").filter((line) => /^\s+at /.test(line));
    failure.stack = [`Error: ${failure.message}`, ...places.map(localPaths)].join("\n");
  }
  return failure;
}

/** A stack as this machine's editors understand it. */
function localPaths(stack: string): string {
  return stack
    .replaceAll("file:///Z:/", "/")
    .replace(/Z:\\[^\s:]+/g, (path) => path.slice(2).replaceAll("\\", "/"));
}
