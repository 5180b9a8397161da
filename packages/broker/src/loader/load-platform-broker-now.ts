import type { Broker, BrokerError, BrokerPlatform } from "@x/broker-contract";
import { requireLinux, requireMac, requireWindows } from "../../require-platform.cjs";
import { turnedOff } from "./broker-switch.js";
import { readEnvironment } from "./environment.js";
import { isMissing } from "./explain.js";
import type { AddonDescription, LoadResult, NotLoaded } from "./load-platform-broker.js";
import { notLoaded, unsupported } from "./not-loaded.js";

/** Whether there may be a broker, as far as its package can tell without asking anybody. */
export type BrokerForecast =
  | { readonly possible: true }
  | { readonly possible: false; readonly error: BrokerError };

/** What came of loading the broker package of this operating system at once. */
export type ImmediateLoadResult = (Extract<LoadResult, { readonly loaded: true }> & MadeBroker) | NotLoaded;

interface MadeBroker {
  readonly broker: Broker;
  /** Looks anew each time. */
  readonly forecast: () => BrokerForecast;
}

interface ImmediatePackage {
  readonly packageName: string;
  readonly platform: BrokerPlatform;
  /** Throws what Node.js or the dynamic linker said, or the package's own `BrokerError`. */
  readonly create: () => MadeBroker;
}

/**
 * Loads the broker package of this operating system at once, for callers that may not wait, and says whether there
 * can be a broker. Never throws.
 */
export function loadPlatformBrokerNow(): ImmediateLoadResult {
  const off = turnedOff(process.env);
  if (off !== undefined) return off;
  const found = immediatePackage(process.platform);
  if (found === undefined) return unsupported(readEnvironment());
  try {
    return { loaded: true, packageName: found.packageName, ...found.create() };
  } catch (cause) {
    return notLoaded(found, cause, readEnvironment());
  }
}

/** The package for an OS, by Node.js' name for it. */
function immediatePackage(platform: string): ImmediatePackage | undefined {
  switch (platform) {
    case "linux":
      return {
        packageName: "@x/broker-linux",
        platform: "linux",
        create: () => {
          const linux = required(requireLinux(), "@x/broker-linux");
          return { broker: linux.createLinuxBroker(), forecast: () => linux.forecastBroker() };
        },
      };
    case "win32":
      return {
        packageName: "@x/broker-win",
        platform: "windows",
        create: () => {
          const windows = required(requireWindows(), "@x/broker-win");
          return { broker: windows.createWindowsBroker(), forecast: () => forecastOf(windows) };
        },
      };
    case "darwin":
      return {
        packageName: "@x/broker-mac",
        platform: "macos",
        create: () => {
          const mac = required(requireMac(), "@x/broker-mac");
          return { broker: mac.createMacBroker(), forecast: () => forecastOf(mac) };
        },
      };
    default:
      return undefined;
  }
}

/** Where a package makes no forecast, its addon is all there is to go by. */
function forecastOf(loaded: {
  readonly forecastBroker: (() => BrokerForecast) | undefined;
  readonly describeNativeBinding: () => AddonDescription;
}): BrokerForecast {
  if (loaded.forecastBroker !== undefined) return loaded.forecastBroker();
  const addon = loaded.describeNativeBinding();
  return addon.loaded ? { possible: true } : { possible: false, error: addon.error };
}

/**
 * The package: the one that this package depends on, or (a bundle and a single executable application have left its
 * folder) the one beside the program.
 */
function required<Module>(
  direct: { readonly module: Module } | { readonly cause: unknown },
  packageName: string,
): Module {
  if ("module" in direct) return direct.module;
  if (!isMissing(direct.cause, packageName)) throw direct.cause;
  const { createRequire } = process.getBuiltinModule("node:module");
  for (const program of programFiles()) {
    try {
      return createRequire(program)(packageName) as Module;
    } catch (cause) {
      if (!isMissing(cause, packageName)) throw cause;
    }
  }
  throw direct.cause;
}

function programFiles(): string[] {
  const { isAbsolute } = process.getBuiltinModule("node:path");
  const script = process.argv[1] ?? "";
  const isPacked = readEnvironment().packed === "sea";
  return [script, isPacked ? process.execPath : ""].filter(isAbsolute);
}
