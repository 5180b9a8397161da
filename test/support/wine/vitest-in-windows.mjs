// What a test file gets for "vitest" in Windows' Node.js: Vitest's own runner and matchers without the rest of it,
// whose native parts do not run under Wine. Each step goes to a file, so that a crash does not take the results along.
import { appendFileSync } from "node:fs";
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  addCustomEqualityTesters,
  chai,
  customMatchers,
  GLOBAL_EXPECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";
import { getCurrentTest, startTests } from "@vitest/runner";

export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  onTestFailed,
  onTestFinished,
  suite,
  test,
} from "@vitest/runner";

/**
 * A test, or a hook of a suite that failed.
 * @typedef {{
 *   id: string,
 *   names: string[],
 *   state: "passed" | "failed" | "skipped" | "unfinished",
 *   errors: { message: string, stack: string }[],
 *   note?: string,
 * }} WindowsResult
 */

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect = createExpect();

/**
 * Runs one test file and tells what became of it, line by line, in `resultsFile`.
 * @param {string} resultsFile
 * @param {() => Promise<unknown>} importTests
 */
export async function runTests(resultsFile, importTests) {
  /** @param {readonly WindowsResult[]} results */
  const tell = (results) => appendFileSync(resultsFile, `${JSON.stringify(results)}\n`);
  process.on("uncaughtException", (error) => {
    tell([result("uncaught", ["an error that nobody caught"], "failed", [error])]);
    process.exit(1);
  });
  const files = await startTests([resultsFile], {
    config: {
      root: process.cwd(),
      setupFiles: [],
      name: undefined,
      passWithNoTests: false,
      testNamePattern: undefined,
      allowOnly: process.env["CI"] !== "true",
      sequence: { seed: 0, hooks: "stack", setupFiles: "list" },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: 60_000,
      hookTimeout: 120_000,
      retry: 0,
      includeTaskLocation: false,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    },
    importFile: importTests,
    onCollected: (collected) =>
      tell(collected.flatMap(allTests).map((test) => result(test.id, namesOf(test), "unfinished"))),
    onAfterRunTask: (test) => tell([finishedTest(test)]),
  });
  tell(files.flatMap((file) => [...allTests(file).map(finishedTest), ...failedSuites(file)]));
}

/**
 * @param {import("@vitest/runner").Suite} suite
 * @returns {import("@vitest/runner").Test[]}
 */
function allTests(suite) {
  return suite.tasks.flatMap((task) => (task.type === "suite" ? allTests(task) : [task]));
}

/**
 * Suites whose hooks failed: their tests did not run, and would seem to be skipped.
 * @param {import("@vitest/runner").Suite} suite
 * @returns {WindowsResult[]}
 */
function failedSuites(suite) {
  const errors = suite.result?.errors ?? [];
  const own =
    errors.length === 0
      ? []
      : [result(suite.id, [...namesOf(suite), "what comes before and after"], "failed", errors)];
  return [...own, ...suite.tasks.flatMap((task) => (task.type === "suite" ? failedSuites(task) : []))];
}

/** @param {import("@vitest/runner").Test} test */
function finishedTest(test) {
  const { state, errors = [] } = test.result ?? {};
  // In its types only those who write reporters see it.
  const note = /** @type {string | undefined} */ (Reflect.get(test.result ?? {}, "note"));
  const outcome = state === "pass" ? "passed" : state === "fail" ? "failed" : "skipped";
  return { ...result(test.id, namesOf(test), outcome, errors), note: note ?? "what comes before it failed" };
}

/**
 * @param {string} id
 * @param {string[]} names
 * @param {WindowsResult["state"]} state
 * @param {readonly { message?: string, stack?: string, diff?: string }[]} errors
 * @returns {WindowsResult}
 */
function result(id, names, state, errors = []) {
  return {
    id,
    names,
    state,
    errors: errors.map(({ message = "", stack = "", diff }) => ({
      message: diff === undefined ? message : `${message}\n\n${diff}`,
      stack,
    })),
  };
}

/**
 * The names that lead to a test, those of its suites first.
 * @param {import("@vitest/runner").Task} task
 * @returns {string[]}
 */
function namesOf(task) {
  if (task.type === "suite" && task === task.file) return [];
  return task.suite === undefined ? [task.name] : [...namesOf(task.suite), task.name];
}

/** Vitest's `expect`, made of the same parts. */
function createExpect() {
  /**
   * @param {unknown} value
   * @param {string} [message]
   */
  const bare = (value, message) => {
    setState({ assertionCalls: getState(expecting).assertionCalls + 1 }, expecting);
    const assertion = chai.expect(value, message);
    const test = getCurrentTest();
    return test === undefined
      ? assertion
      : Reflect.apply(Reflect.get(assertion, "withTest"), assertion, [test]);
  };
  const expecting = /** @type {import("vitest").ExpectStatic} */ (/** @type {unknown} */ (bare));
  Object.assign(expecting, chai.expect, Reflect.get(globalThis, ASYMMETRIC_MATCHERS_OBJECT), {
    getState: () => getState(expecting),
    /** @param {Parameters<typeof setState>[0]} state */
    setState: (state) => setState(state, expecting),
    /** @param {Parameters<import("vitest").ExpectStatic["extend"]>[0]} matchers */
    extend: (matchers) =>
      Reflect.apply(Reflect.get(chai.expect, "extend"), chai.expect, [expecting, matchers]),
    addEqualityTesters: addCustomEqualityTesters,
    poll,
  });
  setState({ assertionCalls: 0 }, expecting);
  Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: expecting, configurable: true });
  expecting.extend(customMatchers);
  return expecting;
}

/**
 * Repeats a check until it passes.
 * @param {() => unknown} read
 * @param {{ timeout?: number, interval?: number, message?: string }} [options]
 */
function poll(read, { timeout = 1_000, interval = 50, message } = {}) {
  /** @param {boolean} isNegated */
  const matchers = (isNegated) =>
    new Proxy(
      {},
      {
        get: (_target, key) => {
          if (key === "not") return matchers(!isNegated);
          return async (/** @type {unknown[]} */ ...args) => {
            const end = performance.now() + timeout;
            for (;;) {
              try {
                const assertion = expect(await read(), message);
                const side = isNegated ? assertion.not : assertion;
                return Reflect.apply(Reflect.get(side, key), side, args);
              } catch (error) {
                if (performance.now() >= end) throw error;
              }
              await new Promise((resolve) => setTimeout(resolve, interval));
            }
          };
        },
      },
    );
  return matchers(false);
}
