import { describeInWindows } from "../../support/wine/describe-in-windows.js";
import {
  addonsUnderTest,
  fakeWamEnvironment,
  fakeWamFile,
  hookedAddonFile,
} from "../../support/wine/fake-wam-file.mjs";
import { windowsPath } from "../../support/wine/run-windows-node.mjs";

for (const { name, needs, env, file } of addonsUnderTest) {
  for (const suite of ["operations", "endings", "processes"]) {
    await describeInWindows({
      name: `native ${suite}: ${name}`,
      file: new URL(`./${suite}.windows-test.ts`, import.meta.url),
      env: { ...env, BROKER_WIN_ADDON: windowsPath(file) },
      needs,
    });
  }
}

// The fake has its own judge, and needs none of the addons.
await describeInWindows({
  name: "fake WAM",
  file: new URL("./fake-wam.windows-test.ts", import.meta.url),
  env: { ...fakeWamEnvironment, BROKER_WIN_ADDON: windowsPath(hookedAddonFile) },
  needs: [hookedAddonFile, fakeWamFile],
});
