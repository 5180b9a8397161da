import { describeInWindows } from "../support/wine/describe-in-windows.js";
import { addonsUnderTest } from "../support/wine/fake-wam-file.mjs";

// What differs between the addons is how they find WAM: one is enough.
const [{ needs, env }] = addonsUnderTest;

for (const name of ["flows", "captures"]) {
  await describeInWindows({ name, file: new URL(`./${name}.windows-test.ts`, import.meta.url), needs, env });
}
