import { BrokerError } from "@x/broker-contract";
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
    throw addonError(error);
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
    return { loaded: false, error: error instanceof BrokerError ? error : addonError(error) };
  }
}

const advice: readonly (readonly [RegExp, string])[] = [
  [
    /libsystemd\.so/,
    "Install libsystemd: `sudo apt-get install libsystemd0` (Debian, Ubuntu) or `sudo dnf install systemd-libs` (Fedora, RHEL).",
  ],
  [
    /GLIBC(?:XX)?_[\d.]+.*not found/,
    "This system's C library is older than the addon needs: use a newer release of the distribution, or build the addon from the sources there with `pnpm run native`.",
  ],
  [
    /ld-musl|Error loading shared library|Error relocating|libc=musl/,
    "There is no build for musl (Alpine Linux): use an image with glibc, such as node:20-slim.",
  ],
  [
    /wrong ELF class|invalid ELF header|cannot open shared object file: No such file|Exec format error/,
    "The installed build is for another machine: remove node_modules and install on this machine, or with `npm install --os=linux --cpu=<arch>`.",
  ],
  [
    /No native build was found/,
    "The package holds no build for this processor: one can be built from the sources with `pnpm run native`.",
  ],
  [
    /Cannot find module|MODULE_NOT_FOUND/,
    "A file of the package is missing: install it again; if a bundler made the app, mark @x/broker-linux as external.",
  ],
  [
    /did not self-register|Module version mismatch|NODE_MODULE_VERSION/,
    "Another version of Node.js loaded it: install the packages again with the Node.js that runs the app.",
  ],
];

function addonError(error: unknown): BrokerError {
  const text = (error instanceof Error ? error.message : String(error)).split("\nRequire stack:")[0] ?? "";
  if (process.platform !== "linux") {
    return new BrokerError("broker_unavailable", {
      reason: "unsupported_platform",
      platform: "linux",
      message: `@x/broker-linux does not run on ${process.platform}.`,
      hint: "Use the package for this operating system; @x/broker chooses it by itself.",
      cause: error,
    });
  }
  const hint = advice.find(([pattern]) => pattern.test(text))?.[1] ?? "Install @x/broker-linux again.";
  return new BrokerError("broker_unavailable", {
    reason: "native_addon_missing",
    platform: "linux",
    message: `The native part of @x/broker-linux could not be loaded on ${process.platform}-${process.arch}: ${text.trim().replace(/[.\s]*$/, "")}.`,
    hint,
    cause: error,
  });
}
