/** Scopes that were checked, with a key that is the same for every order they may be written in. */
export interface ScopeSet {
  readonly scopes: readonly string[];
  readonly key: string;
}

const remembered = 256;

/**
 * Reads scopes as callers write them. Remembers what it read: a caller asks for the same few again and again,
 * and an answer from the cache should cost nothing but a look-up.
 */
export class ScopeReader {
  readonly #known = new Map<string, ScopeSet>();

  /** A set that was read before, or `undefined`. */
  known(scopes: unknown): ScopeSet | undefined {
    const written = asWritten(scopes);
    return written === undefined ? undefined : this.#known.get(written);
  }

  /**
   * Checks scopes.
   * @throws TypeError when they are none, no strings, hold characters no scope may have, or are not of one resource.
   */
  read(scopes: unknown): ScopeSet {
    const known = this.known(scopes);
    if (known !== undefined) return known;
    const list = checkScopes(scopes);
    const set = { scopes: list, key: [...list].sort().join(" ") };
    if (this.#known.size >= remembered) this.#known.clear();
    const written = asWritten(scopes);
    if (written !== undefined) this.#known.set(written, set);
    return set;
  }
}

/** The same text for the same scopes; with their number, so that no scope can pass for several. */
function asWritten(scopes: unknown): string | undefined {
  if (typeof scopes === "string") return scopes;
  if (!Array.isArray(scopes)) return undefined;
  if (scopes.length === 1) return typeof scopes[0] === "string" ? scopes[0] : undefined;
  return scopes.every((scope) => typeof scope === "string")
    ? `${scopes.length}\n${scopes.join("\n")}`
    : undefined;
}

/** How scopes are called where they were written. */
export interface ScopeWords {
  /** Their name. */
  readonly what: string;
  /** How to write several of them. */
  readonly several: string;
}

const argumentWords: ScopeWords = {
  what: '"scopes"',
  several: "Write several scopes as an array, not as one string with spaces.",
};

const example = 'expected e.g. "https://storage.azure.com/.default"';

/**
 * Checks scopes.
 * @throws TypeError for what cannot be the scopes of one resource.
 */
export function checkScopes(scopes: unknown, { what, several }: ScopeWords = argumentWords): string[] {
  const list: unknown[] = Array.isArray(scopes) ? scopes : [scopes];
  if (list.length === 0) throw new TypeError(`${what} is empty: ${example}.`);
  const checked = new Set<string>();
  for (const scope of list) {
    if (typeof scope !== "string")
      throw new TypeError(
        `${what} must be a string or an array of strings: ${example}, got ${describe(scope)}.`,
      );
    // The characters of a scope in RFC 6749, section 3.3.
    if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))
      throw new TypeError(
        `${what} holds a scope that is empty or has a character no scope may have: ${example}. ${several}`,
      );
    checked.add(scope);
  }
  checkResources([...checked], what);
  return [...checked];
}

/** A scope that names its resource by a URL: up to the host, and what follows it. */
const urlScope = /^([a-z][a-z0-9+.-]*:\/\/[^/]+)(.*)$/i;

/** A token is for one resource. Hosts are compared and not paths, since a permission may hold a slash as well. */
function checkResources(scopes: readonly string[], what: string): void {
  let first: string | undefined;
  for (const scope of scopes) {
    const [, resource, rest] = urlScope.exec(scope) ?? [];
    if (resource === undefined) continue;
    if (rest === "" || rest === "/")
      throw new TypeError(
        `${what} holds ${scope}, which is a resource and no scope of it: append "/.default", as in "${resource}/.default".`,
      );
    first ??= resource;
    if (first.toLowerCase() !== resource.toLowerCase())
      throw new TypeError(
        `${what} names two resources, ${first} and ${resource}, but a token is for one: ask for a token of each.`,
      );
  }
}

function describe(value: unknown): string {
  return value === null ? "null" : typeof value;
}
