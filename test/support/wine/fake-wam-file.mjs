import { fileURLToPath } from "node:url";
import { fakeWamVariable } from "./prefix.mjs";
import { windowsPath } from "./run-windows-node.mjs";

/** The fake WAM, and the addon it is for, as the build makes them. */
export const fakeWamFile = fileURLToPath(new URL("../../prebuilds/win32-x64/fake-wam.node", import.meta.url));
export const addonFile = fileURLToPath(
  new URL("../../../packages/broker-win/prebuilds/win32-x64/broker-win.node", import.meta.url),
);

/** The addon's sources with the fake WAM in the place of Windows', for where there is no registry to name it. */
export const hookedAddonFile = fileURLToPath(
  new URL("../../prebuilds/win32-x64/broker-win-hooked.node", import.meta.url),
);

/** What a suite with both needs to have been built. */
export const builtForWindows = [addonFile, fakeWamFile];

/** Lets a Windows process find the fake WAM where a real Windows has its own. */
export const fakeWamEnvironment = { [fakeWamVariable]: windowsPath(fakeWamFile) };
