import type { BrokerError } from "@x/broker-contract";
import { type CallFacts, callError } from "./call-facts.js";

/**
 * The caller's extra parameters, in order.
 * @param refusedNames Names the protocol owns, in lower case, each with why it is refused.
 * @throws TypeError for values that are no strings, BrokerError `invalid_request` for a refused name
 */
export function checkedExtraParameters(
  extraParameters: Readonly<Record<string, string>> | undefined,
  refusedNames: ReadonlyMap<string, string>,
  facts: CallFacts,
): [name: string, value: string][] {
  if (extraParameters !== undefined && (typeof extraParameters !== "object" || extraParameters === null)) {
    throw new TypeError("extraParameters must be an object of strings.");
  }
  return Object.entries(extraParameters ?? {}).map(([name, value]) => {
    if (typeof value !== "string") throw new TypeError(`extraParameters["${name}"] must be a string.`);
    const why = refusedNames.get(name.toLowerCase());
    if (why !== undefined) throw refused(name, why, facts);
    return [name, value];
  });
}

/** Why a name is refused that the protocol has for itself. */
export const belongsToProtocol = "that name belongs to the protocol";

function refused(name: string, why: string, facts: CallFacts): BrokerError {
  return callError("invalid_request", facts, {
    reason: "disallowed_parameter",
    message: `The extra parameter "${name}" is not allowed: ${why}.`,
    hint: "Use the request's own options (scopes, prompt, loginHint, redirectUri, claims, …) instead.",
  });
}

/**
 * Names the protocol owns, by why they are refused. The list is that of Microsoft's client, which refuses the same.
 */
export const protocolParameters: ReadonlyMap<string, string> = new Map(
  [
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
  ].map((name) => [name, belongsToProtocol]),
);
