import { type CallFacts, callError } from "./call-facts.js";

/** Scopes about the sign-in itself, which the broker adds on its own. */
const openIdScopes = new Set(["openid", "profile", "offline_access"]);

/**
 * The scopes to request, as Microsoft's client sends them: split at spaces, without the scopes of OpenID
 * Connect and exact repetitions, in the caller's order.
 * @throws TypeError for anything but a list of strings, BrokerError `invalid_request` for an empty one
 */
export function requestedScopes(scopes: readonly string[], facts: CallFacts): string[] {
  if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === "string")) {
    throw new TypeError("scopes must be an array of strings.");
  }
  const words = scopes.flatMap((scope: string) => scope.split(/\s+/));
  const wanted = [...new Set(words)].filter((scope) => scope !== "" && !openIdScopes.has(scope));
  if (wanted.length > 0) return wanted;
  throw callError("invalid_request", facts, {
    reason: "no_scopes",
    message: "No scope of a resource was asked for.",
    hint: 'Pass at least one, e.g. scopes: ["https://storage.azure.com/.default"].',
  });
}

/**
 * The requested scopes that an answer did not grant. A scope is granted whether it is written with its resource
 * or without, in any case; `.default` stands for whatever is granted.
 */
export function declinedScopes(requested: readonly string[], granted: readonly string[]): string[] {
  const named = requested.filter((scope) => permission(scope) !== ".default");
  if (named.length === 0) return named;
  const names = new Set(granted.flatMap((scope) => [scope.toLowerCase(), permission(scope)]));
  return named.filter((scope) => !names.has(scope.toLowerCase()) && !names.has(permission(scope)));
}

/** The permission's own name: what follows the resource. */
function permission(scope: string): string {
  return scope.slice(scope.lastIndexOf("/") + 1).toLowerCase();
}
