import {
  type AddonAdvice,
  AddonLoader,
  missingBuild,
  type NativeBindingDescription,
  noBuildFound,
} from "@x/broker-protocol";
import { load } from "../native-binding.cjs";
import type { NativeBinding } from "./native.js";

/** Loads the addon; throws what the dynamic linker says. */
export type LoadBinding = () => NativeBinding;

/** What to do, by what the dynamic linker or the search for the build says; the first that fits counts. */
const advice: AddonAdvice = [
  [noBuildFound, noBuildAdvice],
  [
    /incompatible architecture|have '[^']*', need/,
    "The installed build is for another kind of processor: remove node_modules and install on this machine, or with `npm install --os=darwin`.",
  ],
  [
    /different Team IDs|not valid for use in process|library load disallowed by system policy/,
    "This program only loads libraries that its own team signed: sign the addon together with the app, or give the app the entitlement com.apple.security.cs.disable-library-validation (Node.js and Electron have it).",
  ],
  [
    /quarantine|code signature/i,
    "macOS does not trust the file: remove node_modules and install the packages again with npm on this machine.",
  ],
  [
    /Symbol not found|built for newer macOS|minimum required/i,
    "This version of macOS is older than the addon needs: macOS 12 or newer.",
  ],
];

/** One build serves both processors, so a missing one is a missing file. */
function noBuildAdvice(found: RegExpExecArray): string {
  return `Looked for prebuilds/darwin-x64+arm64/broker-mac.node${missingBuild(found).where}: a file of the package is missing. Install it again; if a bundler made the app, ship it beside the bundle.`;
}

export const addon = new AddonLoader<NativeBinding>({
  packageName: "@x/broker-mac",
  platform: "macos",
  os: "darwin",
  load,
  advice,
});

/** Tries to load the addon and says how that went, for a loader or `broker doctor`. Never throws. */
export function describeNativeBinding(load: LoadBinding = addon.loadInstalled): NativeBindingDescription {
  return addon.describe(load);
}
