import { BrokerError } from "@x/broker-contract";
import type { NotLoaded } from "./load-platform-broker.js";

/** Turns the broker off for one run, for a person who wants to see what happens without. */
export const switchVariable = "X_BROKER_DISABLED";

const on: ReadonlySet<string> = new Set(["", "0", "false"]);
const off: ReadonlySet<string> = new Set(["1", "true"]);

/** What loading the broker comes to where it is turned off; `undefined` where it is not. */
export function turnedOff(env: Readonly<Record<string, string | undefined>>): NotLoaded | undefined {
  const value = (env[switchVariable] ?? "").toLowerCase();
  if (on.has(value)) return undefined;
  const error = off.has(value)
    ? new BrokerError("broker_unavailable", {
        reason: "turned_off",
        message: `The broker is turned off for this run, by the environment variable ${switchVariable}.`,
        hint: `Remove ${switchVariable} from the environment to use the broker.`,
      })
    : new BrokerError("invalid_request", {
        reason: "invalid_switch",
        message: `The environment variable ${switchVariable} has a value that is neither yes nor no.`,
        hint: "Set it to 1 to turn the broker off, or remove it.",
      });
  return { loaded: false, packageName: undefined, error, advice: [error.hint] };
}
