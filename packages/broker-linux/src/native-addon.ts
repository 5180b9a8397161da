import { BrokerError } from "@x/broker-contract";
import { type AddonPackage, addonError, noBuildAdvice, noBuildFound } from "@x/broker-protocol";
import { load } from "../native-binding.cjs";
import type { NativeBinding } from "./native.js";

/** Loads the addon; throws what the dynamic linker says. */
export type LoadBinding = () => NativeBinding;

let loaded: NativeBinding | undefined;

/** Loads the addon, once per process; throws the real error every time it fails. */
export const loadInstalledBinding: LoadBinding = () => {
  loaded ??= load();
  return loaded;
};

/**
 * Loads the addon, or says why not.
 * @throws BrokerError `broker_unavailable`, reason `native_addon_missing` or `unsupported_platform`
 */
export function requireBinding(load: LoadBinding): NativeBinding {
  try {
    return load();
  } catch (error) {
    throw addonError(error, addon);
  }
}

/** What is there of the addon. */
export type NativeBindingDescription =
  | { readonly loaded: true }
  | { readonly loaded: false; readonly error: BrokerError };

/** Tries to load the addon and says how that went, for a loader or `broker doctor`. Never throws. */
export function describeNativeBinding(load: LoadBinding = loadInstalledBinding): NativeBindingDescription {
  try {
    requireBinding(load);
    return { loaded: true };
  } catch (error) {
    return { loaded: false, error: error instanceof BrokerError ? error : addonError(error, addon) };
  }
}

const addon: AddonPackage = {
  packageName: "@x/broker-linux",
  platform: "linux",
  os: "linux",
  advice: [
    [
      noBuildFound,
      (found) =>
        noBuildAdvice(found, (arch, libc) => `linux-${arch}/broker-linux.${libc}.node`, remedyForNoBuild),
    ],
    [
      /ld-musl|Error loading shared library|Error relocating/,
      "There is no build for musl (Alpine Linux): use an image with glibc, such as node:20-slim.",
    ],
    [
      /LIBSYSTEMD_(\d+)/,
      ([, version]) =>
        `The libsystemd found here is too old, version ${version} or newer is needed: use a newer release of the distribution.`,
    ],
    [
      /libsystemd\.so[.\d]*: cannot open shared object file/,
      "Install libsystemd: `sudo apt-get install libsystemd0` (Debian, Ubuntu) or `sudo dnf install systemd-libs` (Fedora, RHEL).",
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
  ],
};

function remedyForNoBuild(arch: string, libc: string): string {
  const remedy =
    libc === "musl"
      ? "Use an image with glibc instead of musl (Alpine Linux), such as node:20-slim."
      : "Use a machine it has a build for; the project's repository tells how to make one for others.";
  return `this package has no build for the processor ${arch} with ${libc}. ${remedy}`;
}
