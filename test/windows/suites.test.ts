import { describeInWindows } from "../support/wine/describe-in-windows.js";
import { addonsUnderTest } from "../support/wine/fake-wam-file.mjs";

// One is enough here: what differs between the addons is how they find WAM.
const [addon] = addonsUnderTest;
if (addon === undefined) throw new Error("There is no addon to test.");

for (const name of ["flows", "own-key", "captures"]) {
  await describeInWindows({
    name,
    file: new URL(`./${name}.windows-test.ts`, import.meta.url),
    needs: addon.needs,
    env: addon.env,
  });
}
