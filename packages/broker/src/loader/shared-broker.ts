import type { Broker } from "@x/broker-contract";
import { loadPlatformBroker } from "./load-platform-broker.js";

let shared: Promise<Broker> | undefined;

/**
 * The broker of this operating system, the same for all credentials of the process, so that an app with many
 * of them needs one connection. A failure is not remembered: what is missing may be there the next time.
 * @throws BrokerError `broker_unavailable` when there is no package that loads here.
 */
export function sharedPlatformBroker(): Promise<Broker> {
  shared ??= loadPlatformBroker().then((result) => {
    if (result.loaded) return result.broker;
    shared = undefined;
    throw result.error;
  });
  return shared;
}
