import { BrokerError, type BrokerPlatform } from "@x/broker-contract";

/** What to do, by what the dynamic linker or the loader says; the first that fits counts. */
export type AddonAdvice = readonly [RegExp, string | ((found: RegExpExecArray) => string)];

/** Whose addon did not load. */
export interface AddonPackage {
  readonly packageName: string;
  readonly platform: BrokerPlatform;
  /** Node.js' name for the operating system it is for. */
  readonly os: string;
  /** What is to be known about this system's linker. */
  readonly advice: readonly AddonAdvice[];
}

/** What there is to know on every system. */
function commonAdvice(packageName: string): AddonAdvice[] {
  return [
    [
      /Cannot find module|MODULE_NOT_FOUND/,
      `A file of the package is missing: install it again; if a bundler made the app, mark ${packageName} as external.`,
    ],
    [
      /did not self-register|Module version mismatch|NODE_MODULE_VERSION/,
      "Another version of Node.js loaded it: install the packages again with the Node.js that runs the app.",
    ],
  ];
}

/**
 * Why an addon did not load, with what to do about it.
 * @returns BrokerError `broker_unavailable`, reason `native_addon_missing` or `unsupported_platform`
 */
export function addonError(error: unknown, addon: AddonPackage): BrokerError {
  const { packageName, platform, os } = addon;
  if (process.platform !== os) {
    return new BrokerError("broker_unavailable", {
      reason: "unsupported_platform",
      platform,
      message: `${packageName} does not run on ${process.platform}.`,
      hint: "Use the package for this operating system; @x/broker chooses it by itself.",
      cause: error,
    });
  }
  const text = (error instanceof Error ? error.message : String(error)).split("\nRequire stack:")[0] ?? "";
  return new BrokerError("broker_unavailable", {
    reason: "native_addon_missing",
    platform,
    message: `The native part of ${packageName} could not be loaded on ${process.platform}-${process.arch}: ${text.trim().replace(/[.\s]*$/, "")}.`,
    hint: adviceOn(text, addon) ?? `Install ${packageName} again.`,
    cause: error,
  });
}

function adviceOn(text: string, { packageName, advice }: AddonPackage): string | undefined {
  for (const [pattern, hint] of [...advice, ...commonAdvice(packageName)]) {
    const found = pattern.exec(text);
    if (found !== null) return typeof hint === "string" ? hint : hint(found);
  }
  return undefined;
}

/** What node-gyp-build says about its search, when it found no build. */
export const noBuildFound = /No native build was found for ([^\n]*)(?:\n\s*loaded from: ([^\n]*))?/;

/** Names the build that was looked for. `remedy` gets the C library it was for. */
export function noBuildAdvice(
  [, target = "", folder]: RegExpExecArray,
  file: (arch: string, libc: string) => string,
  remedy: (arch: string, libc: string) => string,
): string {
  const fact = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(target)?.[1];
  const arch = fact("arch") ?? process.arch;
  const libc = fact("libc") ?? "glibc";
  const where = folder === undefined ? "" : ` in ${folder.trim()}`;
  return `Looked for prebuilds/${file(arch, libc)}${where}: ${remedy(arch, libc)}`;
}
