import {
  type AddonAdvice,
  AddonLoader,
  missingBuild,
  type NativeBindingDescription,
  noBuildFound,
} from "@x/broker-protocol";
import { load } from "../native-binding.cjs";
import type { NativeBinding } from "./native.js";

/** Loads the addon; throws what Windows' loader says. */
export type LoadBinding = () => NativeBinding;

/** What to do, by what Windows' loader or the search for the build says; the first that fits counts. */
const advice: AddonAdvice = [
  [noBuildFound, noBuildAdvice],
  [
    /is not a valid Win32 application|%1 is not a valid/i,
    "The installed build is for another processor: install the packages again with the Node.js that runs the app.",
  ],
  [
    /The specified procedure could not be found/i,
    "This Windows or this host of Node-API is too old for the addon: Windows 10 1809 and Node.js 20 or newer are needed.",
  ],
  [
    /The specified module could not be found/i,
    "A DLL of Windows is missing (Server Core and Nano Server lack some): use an edition of Windows with a desktop.",
  ],
  [
    /Access is denied|blocked by (?:group )?policy|Application Control/i,
    "A policy of this machine (application control) keeps the file from being loaded: have an administrator allow it.",
  ],
];

/** Names the build that was looked for. */
function noBuildAdvice(found: RegExpExecArray): string {
  const { os, arch, where } = missingBuild(found);
  return `Looked for a build in prebuilds/${os}-${arch}${where}: this package has none for the processor ${arch}. Use a Node.js for x64, arm64 or ia32; on Windows on Arm those for x64 run, too.`;
}

export const addon = new AddonLoader<NativeBinding>({
  packageName: "@x/broker-win",
  platform: "windows",
  os: "win32",
  load,
  advice,
});

/** Tries to load the addon and says how that went, for a loader or `broker doctor`. Never throws. */
export function describeNativeBinding(load: LoadBinding = addon.loadInstalled): NativeBindingDescription {
  return addon.describe(load);
}
