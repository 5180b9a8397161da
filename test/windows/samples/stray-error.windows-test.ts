// Not a test of ours: see outcomes.windows-test.ts.
import { it } from "vitest";

it("leaves an error to nobody", async () => {
  setImmediate(() => {
    throw new Error("nobody caught me");
  });
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
