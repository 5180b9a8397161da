import { describeInWindows } from "../support/wine/describe-in-windows.js";
import { fakeWamEnvironment, fakeWamFile } from "../support/wine/fake-wam-file.mjs";

await describeInWindows({
  name: "interop",
  file: new URL("./windows.windows-test.ts", import.meta.url),
  onlyUnderWine: true,
  needs: [fakeWamFile],
  env: fakeWamEnvironment,
});
