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

/** What to do, by what the dynamic linker or the loader says; the first that fits counts. */
const advice: readonly (readonly [RegExp, string | ((found: RegExpExecArray) => string)])[] = [
  [/No native build was found for ([^\n]*)(?:\n\s*loaded from: ([^\n]*))?/, noBuildAdvice],
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
  [
    /Cannot find module|MODULE_NOT_FOUND/,
    "A file of the package is missing: install it again; if a bundler made the app, mark @x/broker-linux as external.",
  ],
  [
    /--allow-ffi/,
    "Deno loads an addon only where it is allowed to: run it with --allow-ffi, --allow-env, --allow-read and --allow-sys.",
  ],
  [
    /did not self-register|Module version mismatch|NODE_MODULE_VERSION/,
    "Another version of Node.js loaded it: install the packages again with the Node.js that runs the app.",
  ],
];

/** Names the build that was looked for, from what node-gyp-build says about its search. */
function noBuildAdvice([, target = "", folder]: RegExpExecArray): string {
  const fact = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(target)?.[1];
  const arch = fact("arch") ?? process.arch;
  const libc = fact("libc") ?? "glibc";
  const file = `prebuilds/${fact("platform") ?? process.platform}-${arch}/broker-linux.${libc}.node`;
  const where = folder === undefined ? "" : ` in ${folder.trim()}`;
  const remedy =
    libc === "musl"
      ? "Use an image with glibc instead of musl (Alpine Linux), such as node:20-slim."
      : "Use a machine it has a build for; the project's repository tells how to make one for others.";
  return `Looked for ${file}${where}: this package has no build for the processor ${arch} with ${libc}. ${remedy}`;
}

function adviceOn(text: string): string | undefined {
  for (const [pattern, hint] of advice) {
    const found = pattern.exec(text);
    if (found !== null) return typeof hint === "string" ? hint : hint(found);
  }
  return undefined;
}

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
  const hint = adviceOn(text) ?? "Install @x/broker-linux again.";
  return new BrokerError("broker_unavailable", {
    reason: "native_addon_missing",
    platform: "linux",
    message: `The native part of @x/broker-linux could not be loaded on ${process.platform}-${process.arch}: ${text.trim().replace(/[.\s]*$/, "")}.`,
    hint,
    cause: error,
  });
}
