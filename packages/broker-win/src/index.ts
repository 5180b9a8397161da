import type { Broker, DiagnoseOptions, DiagnosticCheck } from "@x/broker-contract";
import type { NativeSession } from "./native.js";
import { addon, type LoadBinding } from "./native-addon.js";
import { WamBroker } from "./windows-broker.js";

export type { NativeBindingDescription } from "@x/broker-protocol";
export type { NativeBinding, NativeSession } from "./native.js";
export { describeNativeBinding, type LoadBinding } from "./native-addon.js";
export { packageVersion } from "./version.js";
export { windowsRedirectUri } from "./wam-constants.js";
export { defaultTimeoutInMs, platform } from "./windows-broker.js";

/** How to reach Windows' accounts. All of it has defaults that fit an app of the user who is logged on. */
export interface WindowsBrokerOptions {
  /** Loads the native addon. Default: the one installed with this package. For tests. */
  readonly loadBinding?: LoadBinding;
  /** What this process may do with windows. Default: asks Windows at each interactive call. For tests. */
  readonly readSession?: () => NativeSession;
}

/** A {@link Broker} that can be diagnosed. It has neither `acquireSsoCookies` nor `signHttpRequest`: WAM has no such thing. */
export interface WindowsBroker extends Broker {
  /** See {@link Broker.diagnose}. */
  diagnose(options?: DiagnoseOptions): AsyncIterable<DiagnosticCheck>;
}

/**
 * The accounts of this Windows session, through the Web Account Manager (WAM). Nothing is loaded or asked before the
 * first call. Calls take 30 seconds at most unless told otherwise; interactive ones have no limit of their own.
 * @throws TypeError for options that make no sense
 */
export function createWindowsBroker(options: WindowsBrokerOptions = {}): WindowsBroker {
  const { loadBinding = addon.loadInstalled, readSession } = options;
  for (const [name, value] of Object.entries({ loadBinding, readSession })) {
    if (value !== undefined && typeof value !== "function")
      throw new TypeError(`${name} must be a function.`);
  }
  return new WamBroker(loadBinding, readSession);
}
