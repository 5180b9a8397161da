import type { Broker, BrokerError, BrokerPlatform } from "@x/broker-contract";
import { turnedOff } from "./broker-switch.js";
import { type RuntimeEnvironment, readEnvironment } from "./environment.js";

/** What came of looking for the broker package of this operating system. */
export type LoadResult =
  | {
      readonly loaded: true;
      /** A new broker client. Nothing was asked of the OS yet. */
      readonly broker: Broker;
      readonly packageName: string;
    }
  | {
      readonly loaded: false;
      /** The package that was tried; absent where there is none for this OS. */
      readonly packageName: string | undefined;
      /** Why, with what to do about it; what Node.js itself said is its `cause`. */
      readonly error: BrokerError;
      /** What to do, most likely remedy first. */
      readonly advice: readonly string[];
    };

/** What came of looking for a package that did not load. */
export type NotLoaded = Extract<LoadResult, { readonly loaded: false }>;

/** How one platform's package is loaded. */
export interface PlatformPackage {
  readonly packageName: string;
  readonly platform: BrokerPlatform;
  /** Rejects with what Node.js or the dynamic linker said, or with the package's own `BrokerError`. */
  readonly createBroker: () => Promise<Broker>;
}

/**
 * Loads the broker package of this operating system, an optional dependency. Never rejects: the result says
 * which package was tried, what went wrong, and what to do about it.
 */
export async function loadPlatformBroker(): Promise<LoadResult> {
  return turnedOff(process.env) ?? load(platformPackage(process.platform), readEnvironment);
}

/** The package for an OS, by Node.js' name for it. */
export function platformPackage(platform: string): PlatformPackage | undefined {
  switch (platform) {
    case "linux":
      return {
        packageName: "@x/broker-linux",
        platform: "linux",
        createBroker: async () => {
          const { createLinuxBroker, describeNativeBinding } = imported(await importLinux());
          const broker = createLinuxBroker();
          // Only the way over D-Bus goes through the addon.
          return broker.platform === "linux" ? withAddon(broker, describeNativeBinding()) : broker;
        },
      };
    case "win32":
      return {
        packageName: "@x/broker-win",
        platform: "windows",
        createBroker: async () => {
          const { createWindowsBroker, describeNativeBinding } = imported(await importWindows());
          return withAddon(createWindowsBroker(), describeNativeBinding());
        },
      };
    case "darwin":
      return {
        packageName: "@x/broker-mac",
        platform: "macos",
        createBroker: async () => {
          const { createMacBroker, describeNativeBinding } = imported(await importMac());
          return withAddon(createMacBroker(), describeNativeBinding());
        },
      };
    default:
      return undefined;
  }
}

/** Whoever loads a broker is about to use it: an addon that does not load is told now. */
function withAddon(broker: Broker, addon: AddonDescription): Broker {
  if (!addon.loaded) throw addon.error;
  return broker;
}

/** What a platform package says about its addon. */
export type AddonDescription =
  | { readonly loaded: true }
  | { readonly loaded: false; readonly error: BrokerError };

type Imported<T> = { readonly module: T } | { readonly cause: unknown };

function imported<T>(result: Imported<T>): T {
  if ("cause" in result) throw result.cause;
  return result.module;
}

// Literal specifiers, so that bundlers see them, each right inside a `try`, so that they let the package be missing:
// it is optional.
async function importLinux() {
  try {
    return { module: await import("@x/broker-linux") };
  } catch (cause) {
    return { cause };
  }
}

async function importWindows() {
  try {
    return { module: await import("@x/broker-win") };
  } catch (cause) {
    return { cause };
  }
}

async function importMac() {
  try {
    return { module: await import("@x/broker-mac") };
  } catch (cause) {
    return { cause };
  }
}

/** Loads a package, or explains why not: with code that is loaded only then. */
export async function load(
  candidate: PlatformPackage | undefined,
  environment: () => RuntimeEnvironment,
): Promise<LoadResult> {
  if (candidate === undefined) {
    const { unsupported } = await import("./not-loaded.js");
    return unsupported(environment());
  }
  const { packageName, createBroker } = candidate;
  try {
    return { loaded: true, packageName, broker: await createBroker() };
  } catch (cause) {
    const { notLoaded } = await import("./not-loaded.js");
    return notLoaded(candidate, cause, environment());
  }
}
