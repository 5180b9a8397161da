import { describeInWindows } from "../support/wine/describe-in-windows.js";
import { builtForWindows, fakeWamEnvironment } from "../support/wine/fake-wam-file.mjs";

for (const name of ["flows", "own-key", "captures"]) {
  await describeInWindows({
    name,
    file: new URL(`./${name}.windows-test.ts`, import.meta.url),
    needs: builtForWindows,
    env: fakeWamEnvironment,
  });
}
