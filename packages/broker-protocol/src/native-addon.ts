import { BrokerError, type BrokerPlatform } from "@x/broker-contract";

/** What to do about an addon that cannot be loaded, by what the loader says; the first pattern that fits counts. */
export type AddonAdvice = readonly (readonly [RegExp, string | ((found: RegExpExecArray) => string)])[];

/** One platform's addon. */
export interface AddonFacts<Binding> {
  readonly packageName: string;
  readonly platform: BrokerPlatform;
  /** Node.js' name of the operating system it is for. */
  readonly os: NodeJS.Platform;
  /** Loads the installed addon; throws what the dynamic linker says. */
  readonly load: () => Binding;
  readonly advice: AddonAdvice;
}

/** What is there of an addon. */
export type NativeBindingDescription =
  | { readonly loaded: true }
  | { readonly loaded: false; readonly error: BrokerError };

/** Loads a platform's addon, and says what is wrong when that fails. */
export class AddonLoader<Binding> {
  readonly #facts: AddonFacts<Binding>;
  #loaded: Binding | undefined;

  constructor(facts: AddonFacts<Binding>) {
    this.#facts = facts;
  }

  /** Loads the installed addon, once per process; throws the real error every time it fails. */
  readonly loadInstalled = (): Binding => {
    this.#loaded ??= this.#facts.load();
    return this.#loaded;
  };

  /**
   * Loads the addon, or says why not.
   * @throws BrokerError `broker_unavailable`, reason `native_addon_missing` or `unsupported_platform`
   */
  require(load: () => Binding): Binding {
    try {
      return load();
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** Tries to load the addon and says how that went. Never throws. */
  describe(load: () => Binding): NativeBindingDescription {
    try {
      load();
      return { loaded: true };
    } catch (error) {
      return { loaded: false, error: this.#explained(error) };
    }
  }

  #explained(error: unknown): BrokerError {
    const { packageName, platform, os } = this.#facts;
    const text = (error instanceof Error ? error.message : String(error)).split("\nRequire stack:")[0] ?? "";
    if (process.platform !== os) {
      return new BrokerError("broker_unavailable", {
        reason: "unsupported_platform",
        platform,
        message: `${packageName} does not run on ${process.platform}.`,
        hint: "Use the package for this operating system; @x/broker chooses it by itself.",
        cause: error,
      });
    }
    return new BrokerError("broker_unavailable", {
      reason: "native_addon_missing",
      platform,
      message: `The native part of ${packageName} could not be loaded on ${process.platform}-${process.arch}: ${text.trim().replace(/[.\s]*$/, "")}.`,
      hint: this.#adviceOn(text),
      cause: error,
    });
  }

  #adviceOn(text: string): string {
    for (const [pattern, hint] of [...this.#facts.advice, ...commonAdvice(this.#facts.packageName)]) {
      const found = pattern.exec(text);
      if (found !== null) return typeof hint === "string" ? hint : hint(found);
    }
    return `Install ${this.#facts.packageName} again.`;
  }
}

function commonAdvice(packageName: string): AddonAdvice {
  return [
    [
      /Cannot find module|MODULE_NOT_FOUND/,
      `A file of the package is missing: install it again; if a bundler made the app, mark ${packageName} as external.`,
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
}

/** The build that node-gyp-build looked for, from what it says when it finds none. */
export interface MissingBuild {
  readonly os: string;
  readonly arch: string;
  readonly libc: string | undefined;
  /** ` in <folder>`, or nothing. */
  readonly where: string;
}

/** What node-gyp-build says when there is no build. */
export const noBuildFound = /No native build was found for ([^\n]*)(?:\n\s*loaded from: ([^\n]*))?/;

/** @param found What {@link noBuildFound} found. */
export function missingBuild([, target = "", folder]: RegExpExecArray): MissingBuild {
  const fact = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(target)?.[1];
  return {
    os: fact("platform") ?? process.platform,
    arch: fact("arch") ?? process.arch,
    libc: fact("libc"),
    where: folder === undefined ? "" : ` in ${folder.trim()}`,
  };
}
