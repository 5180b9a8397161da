// A Vitest reporter that keeps why tests were skipped, for the closing lines of `npm test`: in
// reports/skipped.txt of the package that is tested, so that a cached run tells it too.
import { mkdirSync, writeFileSync } from "node:fs";

export default class SkipReasonsReporter {
  #lines = [];

  onTestCaseResult(test) {
    const { state, note } = test.result();
    if (state === "skipped") this.#lines.push(`${test.fullName}: ${note ?? "no reason given"}\n`);
  }

  onTestRunEnd() {
    mkdirSync("reports", { recursive: true });
    writeFileSync("reports/skipped.txt", this.#lines.join(""));
  }
}
