import type {
  Broker,
  DiagnoseOptions,
  DiagnosticCheck,
  OperationOptions,
  SsoCookie,
  SsoCookieRequest,
} from "@x/broker-contract";
import { type CompanyPortal, readCompanyPortal } from "./company-portal.js";
import { SsoExtensionBroker } from "./mac-broker.js";
import { addon, type LoadBinding } from "./native-addon.js";

export type { NativeBindingDescription } from "@x/broker-protocol";
export type { CompanyPortal } from "./company-portal.js";
export { type BrokerForecast, type ForecastOptions, forecastBroker } from "./forecast.js";
export { defaultTimeoutInMs } from "./mac-broker.js";
export { describeNativeBinding, type LoadBinding } from "./native-addon.js";
export { bundleRedirectUri, unsignedRedirectUri } from "./protocol.js";
export { packageVersion } from "./version.js";

/** The platform this package is for, as `Broker.platform` tells it. */
export const platform = "macos";

/** How to reach the broker. All of it has defaults. */
export interface MacBrokerOptions {
  /** Loads the native addon. Default: the one installed with this package. For tests. */
  readonly loadBinding?: LoadBinding;
  /** Tells about the Company Portal, for errors and diagnosis. Default: looks at the installed app. For tests. */
  readonly companyPortal?: () => Promise<CompanyPortal>;
}

/** A {@link Broker} that has every method but `signHttpRequest`. */
export interface MacBroker extends Broker {
  readonly platform: "macos";

  /**
   * Gets cookies that sign a browser in. Whom the extension gives them to is its own decision: it may refuse any app
   * that is not Microsoft's.
   */
  acquireSsoCookies(request: SsoCookieRequest, options?: OperationOptions): Promise<SsoCookie[]>;

  /** See {@link Broker.diagnose}. */
  diagnose(options?: DiagnoseOptions): AsyncIterable<DiagnosticCheck>;
}

/**
 * Microsoft's SSO extension on this Mac (Company Portal). Nothing is loaded or asked before the first call. Calls are
 * for the main thread: in a worker they reject with `broker_unavailable`, reason `not_main_thread`.
 * Calls take 60 seconds at most unless told otherwise; interactive ones have no limit of their own.
 */
export function createMacBroker(options: MacBrokerOptions = {}): MacBroker {
  return new SsoExtensionBroker({
    loadBinding: options.loadBinding ?? addon.loadInstalled,
    companyPortal: options.companyPortal ?? (() => readCompanyPortal()),
  });
}
