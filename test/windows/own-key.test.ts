import { describeInWindows } from "../support/wine/describe-in-windows.js";
import { addonsUnderTest } from "../support/wine/fake-wam-file.mjs";

// In a file of its own, and so in a process of its own on Windows itself, too.
const [{ needs, env }] = addonsUnderTest;

await describeInWindows({
  name: "a provider without a key",
  file: new URL("./own-key.windows-test.ts", import.meta.url),
  needs,
  env,
});
