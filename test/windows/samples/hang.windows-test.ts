// Not a test of ours: see outcomes.windows-test.ts.
import { it } from "vitest";

it("hangs", () => new Promise(() => setInterval(() => {}, 60_000)));
