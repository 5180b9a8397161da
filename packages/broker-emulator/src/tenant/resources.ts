import { Refusal } from "./refusal.js";

/** An API that tokens can be asked for. */
export interface EmulatedResource {
  /** What stands before the last slash of a scope, e.g. `https://storage.azure.com` or `api://<client id>`. */
  readonly identifier: string;
  /** Which kind of access token the API asked for in its app manifest. */
  readonly accessTokenVersion: 1 | 2;
  /** The token's `aud`. */
  readonly audience: string;
  /** The delegated permissions it has. Absent: any well-formed name is granted. */
  readonly scopes?: readonly string[];
}

/** What a list of scopes asks for. */
export interface RequestedScopes {
  readonly resource: EmulatedResource;
  /** Short names for the token's `scp`. */
  readonly names: readonly string[];
  /** The scopes as Entra echoes them. */
  readonly granted: readonly string[];
}

const graph = "https://graph.microsoft.com";
const oidcScopes: ReadonlySet<string> = new Set(["openid", "profile", "offline_access", "email"]);
const guid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
// RFC 6749, section 3.3.
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** What `.default` stands for where nothing more is known about the API. */
const defaultScopes: Readonly<Record<string, readonly string[]>> = {
  [graph]: ["User.Read"],
};

/** How APIs are known to a tenant: those registered here, and everything else by the look of its name. */
export class ResourceDirectory {
  readonly #known = new Map<string, EmulatedResource>();

  add(resource: EmulatedResource): void {
    this.#known.set(normalizeResource(resource.identifier), resource);
  }

  /** Reads a scope list as Entra does: scopes of one resource, short names meaning Microsoft Graph. */
  read(scopes: readonly string[]): RequestedScopes {
    const wanted = scopes.filter((scope) => !oidcScopes.has(scope.toLowerCase()));
    for (const scope of wanted) {
      if (!scopeToken.test(scope)) throw invalidScope(scopes);
    }
    const [first] = wanted;
    if (first === undefined) return this.#openIdOnly(scopes);

    const identifier = splitScope(first).resource;
    const names: string[] = [];
    for (const scope of wanted) {
      const part = splitScope(scope);
      if (normalizeResource(part.resource) !== normalizeResource(identifier)) {
        throw new Refusal(
          "incorrect_configuration",
          "AADSTS28000: Provided value for the input parameter scope is not valid because it contains more than one resource.",
          { oauthError: "invalid_request", aadsts: "AADSTS28000" },
        );
      }
      names.push(part.name);
    }
    const resource = this.#resolve(identifier);
    for (const name of names) {
      const allowed = resource.scopes?.some((scope) => scope.toLowerCase() === name.toLowerCase()) ?? true;
      if (name !== ".default" && !allowed) {
        throw new Refusal(
          "incorrect_configuration",
          `AADSTS650053: The application asked for scope '${name}' that doesn't exist on the resource '${resource.identifier}'.`,
          { oauthError: "invalid_client", aadsts: "AADSTS650053" },
        );
      }
    }
    return expandDefault(resource, identifier, names, wanted);
  }

  #openIdOnly(scopes: readonly string[]): RequestedScopes {
    if (scopes.length === 0) throw new Refusal("invalid_request", "The request names no scope.");
    return { resource: this.#resolve(graph), names: [...scopes], granted: [...scopes] };
  }

  #resolve(identifier: string): EmulatedResource {
    const known = this.#known.get(normalizeResource(identifier));
    if (known !== undefined) return known;
    // Microsoft's own https:// APIs issue v1 tokens; what an app registration exposes is v2 here, its `aud` the
    // app's id, as Entra does it for new registrations.
    const bare = identifier.replace(/^api:\/\//i, "");
    if (guid.test(bare)) return { identifier, accessTokenVersion: 2, audience: bare };
    if (/^api:\/\//i.test(identifier)) return { identifier, accessTokenVersion: 2, audience: identifier };
    return { identifier, accessTokenVersion: 1, audience: identifier };
  }
}

/** Compares resources as Entra does: neither letter case nor a trailing slash tells two apart. */
export function normalizeResource(identifier: string): string {
  return identifier.toLowerCase().replace(/\/+$/, "");
}

function splitScope(scope: string): { resource: string; name: string } {
  const slash = scope.lastIndexOf("/");
  const isQualified = /^[a-z][a-z0-9+.-]*:\/\//i.test(scope) || guid.test(scope.slice(0, Math.max(slash, 0)));
  if (!isQualified) return { resource: graph, name: scope };
  const name = scope.slice(slash + 1);
  const resource = scope.slice(0, slash);
  if (name === "" || /:\/*$/.test(resource)) throw invalidScope([scope]);
  return { resource, name };
}

function expandDefault(
  resource: EmulatedResource,
  identifier: string,
  names: readonly string[],
  wanted: readonly string[],
): RequestedScopes {
  if (!names.includes(".default")) return { resource, names: [...names], granted: [...wanted] };
  const expanded = resource.scopes ?? defaultScopes[normalizeResource(identifier)] ?? ["user_impersonation"];
  // Entra answers `.default` with the scopes it stands for, and repeats it.
  const granted = new Set([...expanded.map((name) => `${identifier}/${name}`), ...wanted]);
  return { resource, names: [...expanded], granted: [...granted] };
}

function invalidScope(scopes: readonly string[]): Refusal {
  return new Refusal(
    "incorrect_configuration",
    `AADSTS70011: The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${scopes.join(" ")} is not valid.`,
    { oauthError: "invalid_scope", aadsts: "AADSTS70011" },
  );
}
