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

/** What to do, by what the dynamic linker or the loader says; the first that fits counts. */
const advice: AddonAdvice = [
  [noBuildFound, noBuildAdvice],
  [
    /ld-musl|Error loading shared library|Error relocating/,
    "There is no build for musl (Alpine Linux): use an image with glibc, such as node:20-slim.",
  ],
  [
    /GLIBC(?:XX)?_[\d.]+.*not found/,
    "This system's C library is older than the addon needs: use a newer release of the distribution.",
  ],
  [
    /([^\s/:]+\.so[.\d]*): cannot open shared object file/,
    ([, library]) =>
      `The library ${library} is missing here: install the distribution's package that holds it.`,
  ],
  [
    /wrong ELF class|invalid ELF header|cannot open shared object file: No such file|Exec format error/,
    "The installed build is for another machine: remove node_modules and install on this machine, or with `npm install --os=linux --cpu=<arch>`.",
  ],
];

/** Names the build that was looked for. */
function noBuildAdvice(found: RegExpExecArray): string {
  const { os, arch, libc = "glibc", where } = missingBuild(found);
  const remedy =
    libc === "musl"
      ? "Use an image with glibc instead of musl (Alpine Linux), such as node:20-slim."
      : "Use a machine it has a build for; the project's repository tells how to make one for others.";
  return `Looked for prebuilds/${os}-${arch}/broker-linux.${libc}.node${where}: this package has no build for the processor ${arch} with ${libc}. ${remedy}`;
}

export const addon = new AddonLoader<NativeBinding>({
  packageName: "@x/broker-linux",
  platform: "linux",
  os: "linux",
  load,
  advice,
});

/** Tries to load the addon and says how that went, for a loader or `broker doctor`. Never throws. */
export function describeNativeBinding(load: LoadBinding = addon.loadInstalled): NativeBindingDescription {
  return addon.describe(load);
}
