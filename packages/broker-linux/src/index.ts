import type {
  Broker,
  DiagnoseOptions,
  DiagnosticCheck,
  HttpRequestSigningRequest,
  OperationOptions,
  SignedHttpRequest,
  SsoCookie,
  SsoCookieRequest,
} from "@x/broker-contract";
import type { Environment } from "./bus-address.js";
import { DBusTransport } from "./dbus-transport.js";
import { windowsDialect } from "./dialect.js";
import { ProtocolBroker } from "./linux-broker.js";
import { addon, type LoadBinding } from "./native-addon.js";
import { FixedRoute, WslRoute } from "./route.js";
import type { BrokerRoute } from "./transport.js";
import { readTransportChoice, type TransportChoice } from "./transport-choice.js";
import { readKernel } from "./wsl/kernel.js";
import { type WslLocations, wslLocations } from "./wsl/locations.js";
import { type RunProgram, runProgram } from "./wsl/run-program.js";
import { WslTransport } from "./wsl/wsl-transport.js";

export type { NativeBindingDescription } from "@x/broker-protocol";
export { type BrokerForecast, type ForecastOptions, forecastBroker } from "./forecast.js";
export { defaultTimeoutInMs } from "./linux-broker.js";
export { describeNativeBinding, type LoadBinding } from "./native-addon.js";
export { brokerBusName, brokerRedirectUri } from "./protocol.js";
export { type TransportChoice, transportVariable } from "./transport-choice.js";
export { packageVersion } from "./version.js";
export type { WslLocations } from "./wsl/locations.js";
export type { ProgramResult, RunOptions, RunProgram } from "./wsl/run-program.js";

/** Redirect URI to register for an app that signs in through Windows' broker from within WSL. */
export const windowsRedirectUri: (clientId: string) => string = windowsDialect.redirectUri;

/** The platform this package is for, as `Broker.platform` tells it. */
export const platform = "linux";

/** How to reach the broker. All of it has defaults that fit a desktop session. */
export interface LinuxBrokerOptions {
  /**
   * Which broker to ask: `"dbus"` for the one of this session, `"wsl"` for Windows' own from within WSL 2, `"auto"`
   * for Windows' where WSL can reach it. Default: the environment variable `X_BROKER_TRANSPORT`, else `"auto"`.
   */
  readonly transport?: TransportChoice;
  /** D-Bus address of the session bus. Default: `DBUS_SESSION_BUS_ADDRESS`, else `$XDG_RUNTIME_DIR/bus`. */
  readonly busAddress?: string;
  /** Environment variables to read. Default: `process.env`, read anew for every connection. */
  readonly env?: Environment;
  /**
   * Whether an aborted interactive call tells the broker to close its window (`cancelInteractiveFlow`, with the
   * body Microsoft's client sends). Default: `true` for Windows' broker; `false` over D-Bus, where what a real
   * broker makes of it has not been measured, and an empty body is known to end a broker 3.0.2. The aborted call
   * rejects at once either way.
   */
  readonly sendCancelInteractiveFlow?: boolean;
  /** Loads the native addon. Default: the one installed with this package. For tests. */
  readonly loadBinding?: LoadBinding;
  /** Whether a file exists: how an installed broker is told from a missing one. Default: looks. For tests. */
  readonly fileExists?: (path: string) => boolean;
  /** Where WSL's parts are. Default: where WSL has them. For tests. */
  readonly wslLocations?: Partial<WslLocations>;
  /** Runs WSL's programs. Default: as child processes. For tests. */
  readonly runProgram?: RunProgram;
}

/** A {@link Broker} that has every method, whichever way it takes. */
export interface LinuxBroker extends Broker {
  /**
   * Gets cookies that sign a browser in.
   * @throws BrokerError `not_supported`, reason `not_over_wsl`, from Windows' broker
   */
  acquireSsoCookies(request: SsoCookieRequest, options?: OperationOptions): Promise<SsoCookie[]>;

  /**
   * Signs an HTTP request with the broker's key.
   * @throws BrokerError `not_supported` from a broker without that method, with reason `not_over_wsl` from Windows'
   */
  signHttpRequest(request: HttpRequestSigningRequest, options?: OperationOptions): Promise<SignedHttpRequest>;

  /** See {@link Broker.diagnose}. */
  diagnose(options?: DiagnoseOptions): AsyncIterable<DiagnosticCheck>;
}

/**
 * The Microsoft identity broker of this Linux session, or from within WSL 2 Windows' own. Nothing is loaded, started
 * or connected before the first call.
 * Calls take 30 seconds at most unless told otherwise; interactive ones have no limit of their own.
 * @throws TypeError for options that make no sense, BrokerError `invalid_request` for an `X_BROKER_TRANSPORT` that
 * makes none
 */
export function createLinuxBroker(options: LinuxBrokerOptions = {}): LinuxBroker {
  const { busAddress, env = process.env } = options;
  if (busAddress !== undefined && typeof busAddress !== "string") {
    throw new TypeError("busAddress must be a string.");
  }
  return new ProtocolBroker(chooseRoute(options, env), env);
}

function chooseRoute(options: LinuxBrokerOptions, env: Environment): BrokerRoute {
  const choice = readTransportChoice(options.transport, env);
  const locations = { ...wslLocations, ...options.wslLocations };
  const dbus = () =>
    new DBusTransport({
      env,
      loadBinding: options.loadBinding ?? addon.loadInstalled,
      sendCancelInteractiveFlow: options.sendCancelInteractiveFlow ?? false,
      ...(options.busAddress !== undefined && { busAddress: options.busAddress }),
      ...(options.fileExists !== undefined && { fileExists: options.fileExists }),
    });
  const wsl = () =>
    new WslTransport({
      locations,
      run: options.runProgram ?? runProgram,
      byHand: choice === "wsl",
      sendCancelInteractiveFlow: options.sendCancelInteractiveFlow ?? true,
    });
  if (choice === "wsl") return new FixedRoute(wsl());
  const isWsl = choice === "auto" && readKernel(locations.osReleaseFile) !== "none";
  return isWsl ? new WslRoute(wsl(), dbus()) : new FixedRoute(dbus());
}
