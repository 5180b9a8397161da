import { InvalidArgumentError, Option } from "commander";
import { readClientId } from "../credential/client-id.js";
import { readClaims } from "../credential/read-call.js";
import { readLoginHint } from "../credential/read-options.js";
import { readTenantId } from "../credential/tenant.js";
import { type FallbackKind, fallbackKinds } from "../fallback/fallback-kind.js";

/** How Commander's own text about a bad value goes on. */
const what = "The value";

export const claimsOption = (): Option =>
  option("--claims <json>", "claims of a claims challenge, as JSON text", readClaims);

export const fallbackOption = (): Option =>
  new Option("--fallback <way>", "how to sign in where there is no broker to use")
    .choices(fallbackKinds)
    .default("none" satisfies FallbackKind);

export const loginHintOption = (): Option =>
  option("--login-hint <name>", "start with this user name", readLoginHint);

export const tenantOption = (): Option => option("--tenant <id>", "tenant id or domain", readTenantId);

/** @param purpose - What the app is to the command, e.g. `"that asks"`. */
export const clientIdOption = (purpose = ""): Option =>
  option(
    "--client-id <id>",
    `application (client) id${purpose} (default: the Azure developer sign-on app)`,
    readClientId,
  );

export function timeoutOption(description: string, defaultInSeconds: number): Option {
  return new Option("--timeout <seconds>", `${description}; 0 for no limit`)
    .argParser(readSeconds)
    .default(defaultInSeconds);
}

/** An option whose value is checked as the credential checks its own, but told of as it was written here. */
function option(
  flags: string,
  description: string,
  read: (value: unknown, what: string) => string | undefined,
): Option {
  return new Option(flags, description).argParser((text) => {
    try {
      return read(text, what);
    } catch (error) {
      throw error instanceof TypeError ? new InvalidArgumentError(error.message) : error;
    }
  });
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  const isSane = seconds === 0 || (seconds >= 0.001 && seconds <= 2_000_000);
  // As people write numbers: what JavaScript also takes for one is more likely a slip.
  if (!/^\d+(?:\.\d+)?$/.test(text) || !isSane)
    throw new InvalidArgumentError("Expected a number of seconds between 0.001 and 2000000, or 0.");
  return seconds;
}
