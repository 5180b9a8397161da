import { fileURLToPath } from "node:url";
import { describeInWindows } from "../../support/wine/describe-in-windows.js";
import { addonFile, builtForWindows, fakeWamEnvironment } from "../../support/wine/fake-wam-file.mjs";
import { windowsPath } from "../../support/wine/run-windows-node.mjs";

const hookedAddonFile = fileURLToPath(
  new URL("../../prebuilds/win32-x64/broker-win-hooked.node", import.meta.url),
);

const builds = [
  ["the shipped addon, through the registry", addonFile],
  ["the same sources, through the hook of Windows' own tests", hookedAddonFile],
] as const;

for (const [name, addon] of builds) {
  for (const suite of ["operations", "endings", "processes"]) {
    await describeInWindows({
      name: `native ${suite}: ${name}`,
      file: new URL(`./${suite}.windows-test.ts`, import.meta.url),
      env: { ...fakeWamEnvironment, BROKER_WIN_ADDON: windowsPath(addon) },
      needs: [...builtForWindows, addon],
    });
  }
}
