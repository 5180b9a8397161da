import type { BrokerError } from "@x/broker-contract";
import { type BrokerForecast, type CallFacts, forecast } from "@x/broker-protocol";
import {
  type BusAddress,
  type Environment,
  findBusAddress,
  isContainer,
  noSessionBus,
} from "./bus-address.js";
import { files } from "./files.js";
import type { LinuxBrokerOptions } from "./index.js";
import { addon } from "./native-addon.js";
import { brokerBusName } from "./protocol.js";
import { libraryObstacle, nobodyAtAddress, notInstalled } from "./session-errors.js";
import { readTransportChoice } from "./transport-choice.js";
import { readKernel } from "./wsl/kernel.js";
import { wslLocations } from "./wsl/locations.js";
import { absence } from "./wsl/wsl-errors.js";

export type { BrokerForecast };

/** How the broker would be reached: as for `createLinuxBroker`. */
export type ForecastOptions = Pick<
  LinuxBrokerOptions,
  "transport" | "busAddress" | "env" | "loadBinding" | "fileExists" | "wslLocations"
>;

/**
 * Says at once whether there can be a broker at all, for callers that have to know before they may wait. Loads the
 * addon, looks for a few files and, where nothing else stands against a broker, loads libsystemd; asks neither the bus
 * nor the broker. Never throws. `possible` is no promise: only `probe()` knows.
 *
 * Over D-Bus a broker is possible where the addon and libsystemd load, there is a session bus, and that bus can start a
 * broker: Microsoft's and himmelblau's both are services that it starts. This last sign is not looked for on a bus other
 * than the login session's own, in a sandbox or container (which sees other files than the bus does), and where
 * `transport` or `X_BROKER_TRANSPORT` says `"dbus"`. From within WSL a broker is possible where `wslinfo` is.
 */
export function forecastBroker(options: ForecastOptions = {}): BrokerForecast {
  return forecast(() => obstacle(options));
}

/** What stands against a broker, if anything does. */
function obstacle(options: ForecastOptions): BrokerError | undefined {
  const { env = process.env, fileExists: exists = files.exists } = options;
  const choice = readTransportChoice(options.transport, env);
  const { osReleaseFile, wslinfoFiles } = { ...wslLocations, ...options.wslLocations };
  const mayBeWindows = choice === "wsl" || (choice === "auto" && readKernel(osReleaseFile) !== "none");
  if (mayBeWindows && wslinfoFiles.some(exists)) return undefined;
  const facts: CallFacts = {
    operation: "forecast",
    platform: choice === "wsl" ? "wsl" : "linux",
    correlationId: crypto.randomUUID(),
  };
  if (choice === "wsl") return absence("wslinfo_missing", facts);

  const binding = addon.require(options.loadBinding ?? addon.loadInstalled);
  return busObstacle(options, choice === "dbus", facts) ?? libraryObstacle(binding, facts);
}

/** What stands against a bus with a broker on it. */
function busObstacle(
  { busAddress, env = process.env, fileExists: exists = files.exists }: ForecastOptions,
  chosen: boolean,
  facts: CallFacts,
): BrokerError | undefined {
  const found = findBusAddress(busAddress, env);
  if (found === undefined) return noSessionBus(env, facts);
  const socket = socketOf(found);
  // Where one cannot look, one has to ask.
  if (socket === undefined) return undefined;
  if (!exists(socket)) return nobodyAtAddress(found, env, facts);
  const mayBeUnseen = chosen || socket !== ownSocket(env) || isSandboxed(env, exists);
  return mayBeUnseen || serviceFiles(env).some(exists) ? undefined : notInstalled(facts);
}

/** The file that a bus listens on, where its address is a single and simple one. */
function socketOf({ address }: BusAddress): string | undefined {
  return /^unix:(?:[^;]*,)?path=([^,;%]+)(?:,[^;]*)?$/.exec(address)?.[1];
}

/** Where the bus of a login session listens. */
function ownSocket(env: Environment): string {
  return `${env["XDG_RUNTIME_DIR"] || `/run/user/${process.getuid?.()}`}/bus`;
}

function isSandboxed(env: Environment, exists: (path: string) => boolean): boolean {
  return isContainer(env, exists) || exists("/.flatpak-info") || Boolean(env["SNAP"]);
}

/** The files that tell a session bus how to start the broker, by the D-Bus specification. */
function serviceFiles(env: Environment): string[] {
  const dataHome = env["XDG_DATA_HOME"] || `${env["HOME"] ?? ""}/.local/share`;
  const dataDirectories = (env["XDG_DATA_DIRS"] || "/usr/local/share:/usr/share").split(":");
  // A sandbox or a strange login may have changed the variable; this is where packages put it.
  const places = [env["XDG_RUNTIME_DIR"] ?? "", dataHome, ...dataDirectories, "/usr/share"];
  return places.map((place) => `${place}/dbus-1/services/${brokerBusName}.service`);
}
