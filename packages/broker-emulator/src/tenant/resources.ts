import { isGuid } from "../checks.js";
import { Refusal } from "./refusal.js";
import { type WellKnownResource, wellKnownResource } from "./well-known-resources.js";

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

/** What a directory says about one API. */
interface Resolved {
  readonly resource: EmulatedResource;
  readonly hasScope: (name: string) => boolean;
  /** What `.default` stands for. */
  readonly defaultScopes: readonly string[];
}

const graph = "https://graph.microsoft.com";
const oidcScopes: ReadonlySet<string> = new Set(["openid", "profile", "offline_access", "email"]);
// RFC 6749, section 3.3.
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** A permission's own name, as an app registration accepts it. */
const scopeName = /^[\w.:-]+$/;
/** E.g. `User.Read`. Graph has hundreds: which of them there are, the emulator does not know. */
const dottedName = /^[a-z][\w-]*(?:\.[\w-]+)+$/i;
const userImpersonation = "user_impersonation";
const absoluteUri = /^[a-z][a-z0-9+.-]*:\/\/[^\s/]/i;

/** How APIs are known to a tenant: those registered here, its apps, and Microsoft's own. */
export class ResourceDirectory {
  readonly #tenantName: string;
  readonly #registered = new Map<string, EmulatedResource>();
  readonly #exposed = new Map<string, EmulatedResource>();
  readonly #identifiersOfApps = new Map<string, readonly string[]>();

  /** @param tenantName As the tenant calls itself in its errors. */
  constructor(tenantName: string) {
    this.#tenantName = tenantName;
  }

  add(resource: EmulatedResource): void {
    this.#registered.set(normalizeResource(resource.identifier), resource);
  }

  /** An app's API can be asked for by the app's id and by each of its identifier URIs. */
  exposeApp(clientId: string, identifierUris: readonly string[]): void {
    const owner = clientId.toLowerCase();
    for (const identifier of this.#identifiersOfApps.get(owner) ?? []) this.#exposed.delete(identifier);
    const identifiers = [clientId, `api://${clientId}`, ...identifierUris];
    this.#identifiersOfApps.set(owner, identifiers.map(normalizeResource));
    for (const identifier of identifiers) {
      // Entra gives apps of new registrations v2 tokens, their `aud` the app's id.
      const resource: EmulatedResource = { identifier, accessTokenVersion: 2, audience: clientId };
      this.#exposed.set(normalizeResource(identifier), resource);
    }
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
    const resolved = this.#resolve(identifier);
    for (const name of names) {
      if (name !== ".default" && !resolved.hasScope(name)) {
        throw new Refusal(
          "incorrect_configuration",
          `AADSTS650053: The application asked for scope '${name}' that doesn't exist on the resource '${resolved.resource.identifier}'. Contact the app vendor.`,
          { oauthError: "invalid_client", aadsts: "AADSTS650053" },
        );
      }
    }
    return expandDefault(resolved, identifier, names, wanted);
  }

  #openIdOnly(scopes: readonly string[]): RequestedScopes {
    if (scopes.length === 0) throw new Refusal("invalid_request", "The request names no scope.");
    return { resource: this.#resolve(graph).resource, names: [...scopes], granted: [...scopes] };
  }

  #resolve(identifier: string): Resolved {
    const key = normalizeResource(identifier);
    const own = this.#registered.get(key) ?? this.#exposed.get(key);
    if (own !== undefined) return describeOwn(own);
    const microsofts = wellKnownResource(key);
    if (microsofts !== undefined) return describeMicrosofts(microsofts, identifier);
    throw new Refusal(
      "incorrect_configuration",
      `AADSTS500011: The resource principal named ${identifier} was not found in the tenant named ${this.#tenantName}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
      { oauthError: "invalid_resource", aadsts: "AADSTS500011" },
    );
  }
}

/** Compares resources as Entra does: neither letter case nor a trailing slash tells two apart. */
export function normalizeResource(identifier: string): string {
  return identifier.toLowerCase().replace(/\/+$/, "");
}

/** The API that a policy names, be it by its identifier, by another name of it, or by one of its scopes. */
export function resourceNamed(text: string): string {
  const identifier = normalizeResource(text);
  const parent = normalizeResource(identifier.slice(0, identifier.lastIndexOf("/")));
  if (identifier.endsWith("/.default")) return wellKnownResource(parent)?.identifier ?? parent;
  return (wellKnownResource(identifier) ?? wellKnownResource(parent))?.identifier ?? identifier;
}

/** Whether a text could name an API: an absolute URI, or an app's id. */
export function isResourceIdentifier(value: unknown): boolean {
  if (typeof value !== "string" || /\s/.test(value)) return false;
  const identifier = resourceNamed(value);
  return isGuid(identifier) || absoluteUri.test(identifier);
}

function describeOwn(resource: EmulatedResource): Resolved {
  const { scopes } = resource;
  return {
    resource,
    hasScope: (name) => scopes?.some((scope) => scope.toLowerCase() === name.toLowerCase()) ?? true,
    defaultScopes: scopes ?? ["user_impersonation"],
  };
}

/** Microsoft's own APIs issue v1 tokens, for the audience that the request named. */
function describeMicrosofts({ identifier, permissions }: WellKnownResource, audience: string): Resolved {
  return {
    resource: { identifier, accessTokenVersion: 1, audience },
    hasScope: (name) =>
      permissions.kind === "dotted" ? dottedName.test(name) : name.toLowerCase() === userImpersonation,
    defaultScopes: permissions.kind === "dotted" ? permissions.default : [userImpersonation],
  };
}

function splitScope(scope: string): { resource: string; name: string } {
  const slash = scope.lastIndexOf("/");
  const isQualified = /^[a-z][a-z0-9+.-]*:\/\//i.test(scope) || isGuid(scope.slice(0, Math.max(slash, 0)));
  const resource = isQualified ? scope.slice(0, slash) : graph;
  const name = isQualified ? scope.slice(slash + 1) : scope;
  if (!scopeName.test(name) || /:\/*$/.test(resource)) throw invalidScope([scope]);
  return { resource, name };
}

function expandDefault(
  { resource, defaultScopes }: Resolved,
  identifier: string,
  names: readonly string[],
  wanted: readonly string[],
): RequestedScopes {
  if (!names.includes(".default")) return { resource, names: [...names], granted: [...wanted] };
  // Entra answers `.default` with the scopes it stands for, and repeats it.
  const granted = new Set([...defaultScopes.map((name) => `${identifier}/${name}`), ...wanted]);
  return { resource, names: [...defaultScopes], granted: [...granted] };
}

function invalidScope(scopes: readonly string[]): Refusal {
  return new Refusal(
    "incorrect_configuration",
    `AADSTS70011: The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${scopes.join(" ")} is not valid.`,
    { oauthError: "invalid_scope", aadsts: "AADSTS70011" },
  );
}
