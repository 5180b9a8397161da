import type { BrokerError } from "@x/broker-contract";
import { type BrokerForecast, type CallFacts, forecast } from "@x/broker-protocol";
import { type CompanyPortal, glanceAtCompanyPortal } from "./company-portal.js";
import { addon, type LoadBinding } from "./native-addon.js";
import { notMainThread } from "./native-errors.js";
import { identityProviderUrl } from "./protocol.js";
import { noExtension } from "./unavailable.js";

export type { BrokerForecast };

/** How to look. All of it has defaults. */
export interface ForecastOptions {
  /** Loads the native addon. Default: the one installed with this package. For tests. */
  readonly loadBinding?: LoadBinding;
  /** Tells about the Company Portal. Default: looks at the installed app. For tests. */
  readonly companyPortal?: () => CompanyPortal;
}

/**
 * Says at once whether there can be a broker at all, for callers that have to know before they may wait: whether the
 * addon loads, this is the main thread, and macOS has an SSO extension for Microsoft's sign-in. The extension itself is
 * not asked. Never throws.
 */
export function forecastBroker(options: ForecastOptions = {}): BrokerForecast {
  return forecast(() => obstacle(options));
}

function obstacle(options: ForecastOptions): BrokerError | undefined {
  const { loadBinding = addon.loadInstalled, companyPortal = glanceAtCompanyPortal } = options;
  const facts: CallFacts = {
    operation: "forecast",
    platform: "macos",
    correlationId: crypto.randomUUID(),
  };
  const binding = addon.require(loadBinding);
  if (!binding.isMainThread()) return notMainThread(facts);
  return binding.canPerformNow(identityProviderUrl) ? undefined : noExtension(companyPortal(), facts);
}
