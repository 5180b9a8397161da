// Not a test of ours: see outcomes.windows-test.ts.
import { it } from "vitest";

it("goes well", () => {});
it("takes the process with it", () => {
  console.error("last words");
  process.exit(7);
});
it("is never reached", () => {});
