import type { Broker } from "@x/broker-contract";
import type { Environment } from "./bus-address.js";
import { DBusTransport } from "./dbus-transport.js";
import { LinuxBroker } from "./linux-broker.js";
import { type LoadBinding, loadInstalledBinding } from "./native-addon.js";

export { defaultTimeoutInMs } from "./linux-broker.js";
export { describeNativeBinding, type LoadBinding, type NativeBindingDescription } from "./native-addon.js";
export { brokerBusName, brokerRedirectUri } from "./protocol.js";
export { packageVersion } from "./version.js";

/** The platform this package is for, as `Broker.platform` tells it. */
export const platform = "linux";

/** How to reach the broker. All of it has defaults that fit a desktop session. */
export interface LinuxBrokerOptions {
  /** D-Bus address of the session bus. Default: `DBUS_SESSION_BUS_ADDRESS`, else `$XDG_RUNTIME_DIR/bus`. */
  readonly busAddress?: string;
  /** Environment variables to read. Default: `process.env`, read anew for every connection. */
  readonly env?: Environment;
  /**
   * Whether an aborted interactive call tells the broker to close its window (`cancelInteractiveFlow`, with the
   * body Microsoft's client sends). Default `false`: what a real broker makes of it has not been measured, and
   * an empty body is known to end a broker 3.0.2. The aborted call rejects at once either way.
   */
  readonly sendCancelInteractiveFlow?: boolean;
  /** Loads the native addon. Default: the one installed with this package. For tests. */
  readonly loadBinding?: LoadBinding;
  /** Whether a file exists: how an installed broker is told from a missing one. Default: looks. For tests. */
  readonly fileExists?: (path: string) => boolean;
}

/**
 * The Microsoft identity broker of this Linux session. Nothing is loaded or connected before the first call.
 * Calls take 30 seconds at most unless told otherwise; interactive ones have no limit of their own.
 */
export function createLinuxBroker(options: LinuxBrokerOptions = {}): Broker {
  const { busAddress, env = process.env } = options;
  if (busAddress !== undefined && typeof busAddress !== "string") {
    throw new TypeError("busAddress must be a string.");
  }
  const transport = new DBusTransport({
    env,
    loadBinding: options.loadBinding ?? loadInstalledBinding,
    sendCancelInteractiveFlow: options.sendCancelInteractiveFlow ?? false,
    ...(busAddress !== undefined && { busAddress }),
    ...(options.fileExists !== undefined && { fileExists: options.fileExists }),
  });
  return new LinuxBroker(transport, env);
}
