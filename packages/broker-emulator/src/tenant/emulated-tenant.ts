import { randomUUID } from "node:crypto";
import { checkArgument, checkObject, oneOf, required, rule, rules, type Shape } from "../checks.js";
import {
  type AccountOptions,
  createAccount,
  type EmulatedAccount,
  isPersonal,
  type StoredAccount,
} from "./accounts.js";
import { EmulatedUser } from "./emulated-user.js";
import { PolicyBook, type PolicyEffect, type PolicyHandle, type PolicyMatch } from "./policy.js";
import { type EmulatedResource, isResourceIdentifier, ResourceDirectory } from "./resources.js";
import { type PublicJwk, SigningKey, verifyWithKeyInside } from "./signing-key.js";

/** The redirect URI the Linux broker expects. */
export const nativeClientRedirectUri = "https://login.microsoftonline.com/common/oauth2/nativeclient";

/** The redirect URI Windows' broker expects of an app. */
export function brokerPluginRedirectUri(clientId: string): string {
  return `ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId}`;
}

/** The redirect URI that macOS' SSO extension expects of a program that is no signed app bundle. */
export const unsignedAppRedirectUri = "msauth.com.msauth.unsignedapp://auth";

/** What an app that names no redirect URIs has registered: those of every broker. */
function brokerRedirectUris(clientId: string): string[] {
  return [nativeClientRedirectUri, brokerPluginRedirectUri(clientId), unsignedAppRedirectUri];
}

export interface EmulatedTenantOptions {
  /** Tenant id, a GUID. Default: random. */
  readonly tenantId?: string;
  /** The tenant's domain name. Default `contoso.example`. */
  readonly domain?: string;
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** An app registration. */
export interface AppOptions {
  /** Application (client) id. */
  readonly clientId: string;
  readonly name?: string;
  /**
   * Default: {@link nativeClientRedirectUri}, {@link brokerPluginRedirectUri} and {@link unsignedAppRedirectUri}.
   */
  readonly redirectUris?: readonly string[];
  /**
   * What the app's own API is called, beside its client id and `api://<client id>`. For more about an API than its
   * names see `registerResource`.
   */
  readonly identifierUris?: readonly string[];
  /** How long its access tokens live. Default 3600; with continuous access evaluation a day. */
  readonly tokenLifetimeInSeconds?: number;
}

export interface EmulatedApp {
  readonly clientId: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly tokenLifetimeInSeconds: number;
  /** Whether it is one of Microsoft's own, which nobody is asked to consent to. */
  readonly isFirstParty: boolean;
}

/** An API of the tenant. */
export interface ResourceOptions {
  /** What stands before the last slash of a scope, e.g. `api://orders`. */
  readonly identifier: string;
  /** Default 2. */
  readonly accessTokenVersion?: 1 | 2;
  /** The tokens' `aud`. Default: the identifier. */
  readonly audience?: string;
  /** Delegated permissions; others are refused. Default: any well-formed name is granted. */
  readonly scopes?: readonly string[];
}

// In every real tenant: Microsoft's own apps. The first is the one that Azure's developer tools sign in with, the
// second the one that independent Linux broker clients use (both ids are public).
const firstPartyApps: readonly AppOptions[] = [
  {
    clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    name: "Microsoft Azure CLI",
    redirectUris: [...brokerRedirectUris("04b07795-8ddb-461a-bbee-02f9e1bf7b46"), "http://localhost"],
  },
  {
    clientId: "d7b530a4-7680-4c23-a8bf-c52c121d2e87",
    name: "Microsoft Edge Enterprise New Tab Page",
  },
];

const identifierUri = rule("an absolute URI or an app's id, without a scope", isIdentifier, "string");

const tenantShape: Shape = {
  tenantId: rules.guid,
  domain: rule("a domain name such as 'contoso.example'", isDomain, "string"),
  now: rules.callback,
};

const accountShape: Shape = {
  username: required(rules.username),
  name: rules.text,
  objectId: rules.guid,
  tenantId: rules.guid,
  personal: rules.flag,
  guestTenants: rules.guids,
  signedIn: rules.flag,
};

const appShape: Shape = {
  clientId: required(rules.text),
  name: rules.text,
  redirectUris: rules.texts,
  identifierUris: rule(
    "an array of absolute URIs",
    (value) => Array.isArray(value) && value.every(isIdentifier),
  ),
  tokenLifetimeInSeconds: rules.positive,
};

const resourceShape: Shape = {
  identifier: required(identifierUri),
  accessTokenVersion: oneOf([1, 2]),
  audience: rules.text,
  scopes: rules.texts,
};

function isIdentifier(value: unknown): boolean {
  return isResourceIdentifier(value) && !String(value).endsWith("/.default");
}

function isDomain(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]+(?:\.[\w-]+)*$/.test(value);
}

/**
 * An Entra-like tenant in this process: people, apps, policies, and a key that signs tokens nobody outside a test
 * trusts. Give it to a door (`startBrokerEmulator`, `createEmulatedBroker`).
 */
export class EmulatedTenant {
  readonly tenantId: string;
  readonly domain: string;
  /** Issuer of v1 access tokens. */
  readonly issuerV1: string;
  /** Issuer of v2 access tokens and of id tokens. */
  readonly issuerV2: string;
  /** The person in front of the dialogs. */
  readonly user = new EmulatedUser();
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The policies, for doors. */
  readonly policies = new PolicyBook();
  /** The APIs, for doors. */
  readonly resources: ResourceDirectory;

  readonly #accounts = new Map<string, StoredAccount>();
  readonly #byUsername = new Map<string, StoredAccount>();
  readonly #apps = new Map<string, EmulatedApp>();
  /** Forgotten when people come or go. */
  #knownTenants: Set<string> | undefined;

  /** @throws TypeError for options that make no tenant. */
  constructor(options: EmulatedTenantOptions = {}) {
    checkObject("EmulatedTenant", "options", options, tenantShape);
    this.tenantId = (options.tenantId ?? randomUUID()).toLowerCase();
    this.domain = options.domain ?? "contoso.example";
    this.now = options.now ?? Date.now;
    this.resources = new ResourceDirectory(this.domain);
    this.issuerV1 = issuerOf(this.tenantId, 1);
    this.issuerV2 = issuerOf(this.tenantId, 2);
    for (const app of firstPartyApps) this.registerApp(app);
  }

  /** The key that signs tokens. Its id starts with `emulator-`. */
  get signingKey(): SigningKey {
    return processKey("emulator-");
  }

  /** The key that the emulated broker holds, for proof of possession. Its id is its thumbprint, as in `cnf`. */
  get deviceKey(): SigningKey {
    return processKey("");
  }

  /** The accounts the broker knows now, in the order they were added. The first is the default account. */
  get accounts(): readonly EmulatedAccount[] {
    return [...this.#accounts.values()].filter((account) => account.signedIn);
  }

  /** Everybody, also those the broker does not know yet. */
  get directory(): readonly EmulatedAccount[] {
    return [...this.#accounts.values()];
  }

  /** Puts a person into the directory and, unless `signedIn` is `false`, onto the broker's account list. */
  addAccount(options: AccountOptions): EmulatedAccount {
    checkObject("addAccount", "options", options, accountShape);
    if (options.personal === true && options.tenantId !== undefined) {
      throw new TypeError("addAccount: a `personal` account has no `tenantId` of its own.");
    }
    const account = createAccount(options, this.tenantId);
    if (this.#accounts.has(account.homeAccountId) || this.findAccountByUsername(account.username)) {
      throw new Error("addAccount: there is an account with this user name or object id already.");
    }
    this.#accounts.set(account.homeAccountId, account);
    this.#byUsername.set(account.username.toLowerCase(), account);
    this.#knownTenants = undefined;
    return account;
  }

  /** Takes a person out of the directory and off the broker. Returns whether there was one. */
  removeAccount(homeAccountId: string): boolean {
    checkArgument("removeAccount", "homeAccountId", homeAccountId, rules.text);
    const account = this.#accounts.get(homeAccountId.toLowerCase());
    if (account === undefined) return false;
    this.#byUsername.delete(account.username.toLowerCase());
    this.#knownTenants = undefined;
    return this.#accounts.delete(account.homeAccountId);
  }

  /** Puts an account onto the broker's list, or takes it off. */
  setSignedIn(homeAccountId: string, signedIn: boolean): void {
    checkArgument("setSignedIn", "homeAccountId", homeAccountId, rules.text);
    checkArgument("setSignedIn", "signedIn", signedIn, rules.flag);
    const account = this.#accounts.get(homeAccountId.toLowerCase());
    if (account === undefined) throw new Error("setSignedIn: there is no such account.");
    account.signedIn = signedIn;
  }

  /** Anybody in the directory, signed in to the broker or not. */
  findAccount(homeAccountId: string): EmulatedAccount | undefined {
    checkArgument("findAccount", "homeAccountId", homeAccountId, rules.anyText);
    return this.#accounts.get(homeAccountId.toLowerCase());
  }

  /** The same by user name; letter case does not matter. */
  findAccountByUsername(username: string): EmulatedAccount | undefined {
    checkArgument("findAccountByUsername", "username", username, rules.anyText);
    return this.#byUsername.get(username.toLowerCase());
  }

  /** Registers an app, or replaces its registration. */
  registerApp(options: AppOptions): EmulatedApp {
    checkObject("registerApp", "options", options, appShape);
    const { clientId, name = clientId, redirectUris = brokerRedirectUris(clientId) } = options;
    const { identifierUris = [], tokenLifetimeInSeconds = 3600 } = options;
    const app: EmulatedApp = {
      clientId,
      name,
      redirectUris: [...redirectUris],
      tokenLifetimeInSeconds,
      isFirstParty: firstPartyApps.some((known) => known.clientId === clientId.toLowerCase()),
    };
    this.#apps.set(clientId.toLowerCase(), app);
    this.resources.exposeApp(clientId, identifierUris);
    return app;
  }

  /** An app registration by its client id. */
  findApp(clientId: string): EmulatedApp | undefined {
    checkArgument("findApp", "clientId", clientId, rules.anyText);
    return this.#apps.get(clientId.toLowerCase());
  }

  /** Makes an API known to the tenant, or says more about one than its name does. */
  registerResource(options: ResourceOptions): EmulatedResource {
    checkObject("registerResource", "options", options, resourceShape);
    const { identifier, accessTokenVersion = 2, audience = identifier, scopes } = options;
    const resource: EmulatedResource = {
      identifier,
      accessTokenVersion,
      audience,
      ...(scopes === undefined ? {} : { scopes: [...scopes] }),
    };
    this.resources.add(resource);
    return resource;
  }

  /**
   * Makes something happen to requests. The policy added last wins; `times` limits how often it applies
   * (default: always).
   * @throws TypeError or RangeError for a policy that could not do what its author meant.
   */
  addPolicy(match: PolicyMatch, effect: PolicyEffect, options: { times?: number } = {}): PolicyHandle {
    return this.policies.add(match, effect, options);
  }

  /** Takes all policies away. */
  clearPolicies(): void {
    this.policies.clear();
  }

  /** The public keys, as published at the discovery document's `jwks_uri`. */
  keySet(): { keys: PublicJwk[] } {
    return { keys: [this.signingKey.jwk] };
  }

  /**
   * The claims of a token of this tenant.
   * @throws Error when signature, issuer or times are not right.
   */
  verify(token: string): Readonly<Record<string, unknown>> {
    checkArgument("verify", "token", token, rules.text);
    const { claims } = this.signingKey.verifyJwt(token);
    const now = this.now() / 1000;
    const { iss, exp, nbf } = claims;
    if (typeof exp !== "number" || exp <= now) throw new Error("The token has expired.");
    if (typeof nbf !== "number" || nbf > now) throw new Error("The token is not valid yet.");
    const issuers = [...this.knownTenants()].flatMap((id) => [issuerOf(id, 1), issuerOf(id, 2)]);
    if (typeof iss !== "string" || !issuers.includes(iss)) throw new Error("The token is of another issuer.");
    return claims;
  }

  /**
   * The claims of a signed HTTP request (SHR) and of the access token in it, checked as a resource would: the token
   * is this tenant's, and names the key that signed the request (the broker's, or the client's own).
   * @throws Error when anything is not right.
   */
  verifySignedHttpRequest(signedHttpRequest: string): {
    request: Readonly<Record<string, unknown>>;
    accessToken: Readonly<Record<string, unknown>>;
  } {
    checkArgument("verifySignedHttpRequest", "signedHttpRequest", signedHttpRequest, rules.text);
    const { claims: request, thumbprint } = verifyWithKeyInside(signedHttpRequest);
    const accessToken = this.verify(String(request["at"]));
    const confirmation = accessToken["cnf"] as { kid?: unknown } | undefined;
    if (confirmation?.kid !== thumbprint) {
      throw new Error("The access token is bound to another key than the one that signed the request.");
    }
    return { request, accessToken };
  }

  /** Every tenant this one has heard of: itself, its people's homes, and those they are guests of. */
  knownTenants(): ReadonlySet<string> {
    if (this.#knownTenants === undefined) {
      this.#knownTenants = new Set([this.tenantId]);
      for (const account of this.#accounts.values()) {
        this.#knownTenants.add(account.tenantId);
        for (const guestTenant of account.guestTenants) this.#knownTenants.add(guestTenant);
        if (isPersonal(account)) this.#knownTenants.add(passthroughTenantId);
      }
    }
    return this.#knownTenants;
  }
}

/** Told by what it can do: an app's ESM and CommonJS parts have a class of this name each. */
export function isTenant(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { addPolicy, keySet, resources } = value as Partial<EmulatedTenant>;
  return typeof addPolicy === "function" && typeof keySet === "function" && typeof resources === "object";
}

const processKeys = new Map<string, SigningKey>();

/**
 * Made when first needed and shared by all tenants of the process, as making one takes a good part of a second;
 * tenants still tell their tokens apart by the issuer.
 */
function processKey(kidPrefix: string): SigningKey {
  const key = processKeys.get(kidPrefix) ?? new SigningKey(kidPrefix);
  processKeys.set(kidPrefix, key);
  return key;
}

/** The tenant that personal accounts act in where a work account is needed ("MSA passthrough"). Public. */
export const passthroughTenantId = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

/** The issuer in tokens of a tenant, for either version. */
export function issuerOf(tenantId: string, version: 1 | 2): string {
  return version === 1
    ? `https://sts.windows.net/${tenantId}/`
    : `https://login.microsoftonline.com/${tenantId}/v2.0`;
}
