import { fileURLToPath } from "node:url";
import { fakeWamVariable } from "./prefix.mjs";
import { windowsPath } from "./run-windows-node.mjs";

/** Wine's Windows is one for x64. */
const prebuilds = `prebuilds/win32-${process.platform === "win32" ? process.arch : "x64"}`;

/** The addon as it is shipped. */
export const addonFile = fileURLToPath(
  new URL(`../../../packages/broker-win/${prebuilds}/broker-win.node`, import.meta.url),
);
/** Its sources with the fake WAM in the place of Windows': real Windows lets nobody put another WAM into its registry. */
export const hookedAddonFile = fileURLToPath(
  new URL(`../../${prebuilds}/broker-win-hooked.node`, import.meta.url),
);
/** The fake WAM, a WinRT component and an addon. */
export const fakeWamFile = fileURLToPath(new URL(`../../${prebuilds}/fake-wam.node`, import.meta.url));

/** What a suite with the shipped addon needs to have been built. */
export const builtForWindows = [addonFile, fakeWamFile];

/** Lets a Windows process find the fake WAM where a real Windows has its own. */
export const fakeWamEnvironment = { [fakeWamVariable]: windowsPath(fakeWamFile) };

/**
 * The addons that a suite can run over, each with what the suite needs and its environment. The first will do where
 * how WAM is found makes no difference.
 * @type {readonly [AddonUnderTest, ...AddonUnderTest[]]}
 */
export const addonsUnderTest = process.platform === "win32" ? [hooked()] : [shipped(), hooked()];

/** @typedef {{ name: string, needs: readonly string[], env: Readonly<Record<string, string>>, file: string }} AddonUnderTest */

/** @returns {AddonUnderTest} */
function shipped() {
  return {
    name: "the shipped addon, through the registry",
    needs: builtForWindows,
    env: fakeWamEnvironment,
    file: addonFile,
  };
}

/** @returns {AddonUnderTest} */
function hooked() {
  return {
    name: "the same sources, through the hook of Windows' own tests",
    needs: [hookedAddonFile, fakeWamFile],
    env: { ...fakeWamEnvironment, BROKER_WIN_ADDON: windowsPath(hookedAddonFile) },
    file: hookedAddonFile,
  };
}
