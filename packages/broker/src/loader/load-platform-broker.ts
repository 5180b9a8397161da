import type { Broker, BrokerError, BrokerPlatform } from "@x/broker-contract";
import { type RuntimeEnvironment, readEnvironment } from "./environment.js";
import { explainLoadFailure, explainUnsupported, loadError } from "./explain.js";

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

/** How one platform's package is loaded. */
export interface PlatformPackage {
  readonly packageName: string;
  readonly platform: BrokerPlatform;
  readonly createBroker: () => Promise<Broker>;
}

/**
 * Loads the broker package of this operating system, an optional dependency. Never rejects: the result says
 * which package was tried, what went wrong, and what to do about it.
 */
export function loadPlatformBroker(): Promise<LoadResult> {
  return load(platformPackage(process.platform), readEnvironment);
}

/** The package for an OS. The specifiers are literal, so that bundlers see them. */
function platformPackage(platform: string): PlatformPackage | undefined {
  switch (platform) {
    case "linux":
      return {
        packageName: "@x/broker-linux",
        platform: "linux",
        createBroker: async () => (await import("@x/broker-linux")).createLinuxBroker(),
      };
    default:
      return undefined;
  }
}

/** Loads a package, or explains why not. */
export async function load(
  candidate: PlatformPackage | undefined,
  environment: () => RuntimeEnvironment,
): Promise<LoadResult> {
  if (candidate === undefined) {
    const explanation = explainUnsupported(environment());
    const error = loadError(explanation, undefined, {}, undefined);
    return { loaded: false, packageName: undefined, error, advice: explanation.advice };
  }
  const { packageName, platform, createBroker } = candidate;
  try {
    return { loaded: true, packageName, broker: await createBroker() };
  } catch (cause) {
    const explanation = explainLoadFailure(packageName, cause, environment());
    const error = loadError(explanation, platform, { package: packageName }, cause);
    return { loaded: false, packageName, error, advice: explanation.advice };
  }
}
