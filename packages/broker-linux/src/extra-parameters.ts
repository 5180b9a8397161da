import type { BrokerError, Prompt } from "@x/broker-contract";
import { type CallFacts, callError } from "./call-facts.js";
import { packageVersion } from "./version.js";

/** Names the protocol owns. The list of Microsoft's client, which refuses the same. */
const refusedNames = new Set([
  "prompt",
  "domain_hint",
  "scope",
  "client_id",
  "redirect_uri",
  "response_type",
  "nonce",
  "code_challenge",
  "username",
  "password",
  "grant_type",
  "refresh_token",
  "mkt",
  "dc",
]);

/**
 * Microsoft's client takes this one out and asks for a token bound to the app's own key, which it then presents
 * as a bearer token.
 */
const ownKeyName = "req_cnf";

/**
 * Who asks, in the tenant's telemetry: `library|version,extension|version,…`, five places as in Microsoft's
 * client.
 */
const sku = `@x/broker-linux|${packageVersion},|,|,|,|`;

export interface ExtraParameterSources {
  readonly extraParameters?: Readonly<Record<string, string>>;
  readonly msaPassthrough?: boolean;
  readonly prompt?: Prompt;
  /** Whether the request is an interactive one for an account. */
  readonly interactiveWithAccount: boolean;
}

/**
 * `additionalQueryParametersForAuthorization` of a request.
 * @throws TypeError for values that are no strings, BrokerError `invalid_request` for a name the protocol owns
 */
export function queryParameters(sources: ExtraParameterSources, facts: CallFacts): Record<string, string> {
  const entries: [string, string][] = [["x-client-xtra-sku", sku]];
  if (sources.extraParameters !== undefined && typeof sources.extraParameters !== "object") {
    throw new TypeError("extraParameters must be an object of strings.");
  }
  for (const [name, value] of Object.entries(sources.extraParameters ?? {})) {
    if (typeof value !== "string") throw new TypeError(`extraParameters["${name}"] must be a string.`);
    if (refusedNames.has(name.toLowerCase())) throw refused(name, "that name belongs to the protocol", facts);
    if (name.toLowerCase() === ownKeyName) {
      throw refused(name, "tokens bound to a key of the app are not supported; use proofOfPossession", facts);
    }
    entries.push([name, value]);
  }
  if (sources.msaPassthrough === true) entries.push(["msal_request_type", "consumer_passthrough"]);
  if (sources.interactiveWithAccount) entries.push(["hsu", "1"]);
  // The way to a sign-in window on a real broker 3.0.2; Microsoft's client has none.
  if (sources.prompt !== undefined) entries.push(["prompt", sources.prompt]);
  return Object.fromEntries(entries);
}

function refused(name: string, why: string, facts: CallFacts): BrokerError {
  return callError("invalid_request", facts, {
    reason: "disallowed_parameter",
    message: `The extra parameter "${name}" is not allowed: ${why}.`,
    hint: "Use the request's own options (scopes, prompt, loginHint, redirectUri, claims, …) instead.",
  });
}
