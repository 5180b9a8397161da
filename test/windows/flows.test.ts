import { describeInWindows } from "../support/wine/describe-in-windows.js";
import { builtForWindows, fakeWamEnvironment } from "../support/wine/fake-wam-file.mjs";

await describeInWindows({
  name: "flows",
  file: new URL("./flows.windows-test.ts", import.meta.url),
  needs: builtForWindows,
  env: fakeWamEnvironment,
});
