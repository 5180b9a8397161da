import { BrokerError } from "@x/broker-contract";
import type { Environment } from "./bus-address.js";

/**
 * Which broker to ask.
 * - `auto`: from within WSL Windows' broker where it can be reached; else the one of this Linux session.
 * - `dbus`: the broker of this Linux session.
 * - `wsl`: Windows' broker.
 */
export type TransportChoice = (typeof transportChoices)[number];
const transportChoices = ["auto", "dbus", "wsl"] as const;

/** The environment's word on it, for programs whose code has none. */
export const transportVariable = "X_BROKER_TRANSPORT";

/**
 * The option if there is one, else the environment's choice, else `auto`.
 * @throws TypeError for an option that is none, BrokerError `invalid_request` for a variable that is none
 */
export function readTransportChoice(option: TransportChoice | undefined, env: Environment): TransportChoice {
  const allowed = transportChoices.join(", ");
  if (option !== undefined) {
    if (!isChoice(option)) throw new TypeError(`transport must be one of ${allowed}.`);
    return option;
  }
  const value = env[transportVariable];
  if (value === undefined || value === "") return "auto";
  if (isChoice(value)) return value;
  throw new BrokerError("invalid_request", {
    reason: "invalid_transport",
    message: `The environment variable ${transportVariable} has a value that is no transport.`,
    hint: `Set it to one of ${allowed}, or remove it.`,
  });
}

function isChoice(value: string): value is TransportChoice {
  return (transportChoices as readonly string[]).includes(value);
}
