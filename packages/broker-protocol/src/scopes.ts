import { type CallFacts, callError } from "./call-facts.js";

/** Scopes about the sign-in itself, which the broker adds on its own. */
const openIdScopes = new Set(["openid", "profile", "offline_access"]);

/**
 * The scopes to request, as Microsoft's client sends them: split at spaces, without the scopes of OpenID
 * Connect and exact repetitions, in the caller's order.
 * @throws TypeError for anything but a list of strings, BrokerError `invalid_request` for an empty one
 */
export function requestedScopes(scopes: readonly string[], facts: CallFacts): string[] {
  if (!Array.isArray(scopes)) throw new TypeError("scopes must be an array of strings.");
  const wanted: string[] = [];
  for (const scope of scopes as readonly string[]) {
    if (typeof scope !== "string") throw new TypeError("scopes must be an array of strings.");
    for (const word of /\s/.test(scope) ? scope.split(/\s+/) : [scope])
      if (word !== "" && !openIdScopes.has(word) && !wanted.includes(word)) wanted.push(word);
  }
  if (wanted.length > 0) return wanted;
  throw callError("invalid_request", facts, {
    reason: "no_scopes",
    message: "No scope of a resource was asked for.",
    hint: 'Pass at least one, e.g. scopes: ["https://storage.azure.com/.default"].',
  });
}

/**
 * The requested scopes that an answer did not grant. A scope is granted in any case; where one side leaves the
 * resource out, the permission's name decides. `.default` stands for whatever is granted.
 */
export function declinedScopes(requested: readonly string[], granted: readonly string[]): string[] {
  return requested.filter((scope) => {
    // To the letter, as most are.
    if (granted.includes(scope)) return false;
    const { resource, permission } = scopeParts(scope);
    if (permission === ".default") return false;
    return !granted
      .map(scopeParts)
      .some(
        (one) =>
          one.permission === permission &&
          (one.resource === resource || one.resource === "" || resource === ""),
      );
  });
}

interface ScopeParts {
  /** Empty where the scope names none. */
  readonly resource: string;
  readonly permission: string;
}

function scopeParts(scope: string): ScopeParts {
  const text = scope.toLowerCase();
  const slash = text.lastIndexOf("/");
  // A resource's own id may end with a slash, which then is there twice.
  return {
    resource: text.slice(0, Math.max(slash, 0)).replace(/\/+$/, ""),
    permission: text.slice(slash + 1),
  };
}
