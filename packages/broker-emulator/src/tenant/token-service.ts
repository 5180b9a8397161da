import { randomUUID } from "node:crypto";
import { type EmulatedAccount, isPersonal, objectIdIn, personalTenantId } from "./accounts.js";
import { type ClaimsRequest, readClaimsRequest, satisfiesChallenge } from "./claims-request.js";
import { type EmulatedApp, type EmulatedTenant, issuerOf, passthroughTenantId } from "./emulated-tenant.js";
import type { PolicyEffect, PolicySubject } from "./policy.js";
import { type PopRequest, popClaims } from "./proof-of-possession.js";
import { requireRedirectUri } from "./redirect-uris.js";
import { Refusal } from "./refusal.js";
import type { RequestedScopes } from "./resources.js";

/** The claim in every token, and its value, by which an emulated token is told from a real one. */
export const emulatedClaim = { emulated: "@x/broker-emulator" } as const;

/** A token request, in words of no particular door. */
export interface EmulatedTokenRequest {
  readonly method: "acquireTokenSilently" | "acquireTokenInteractively";
  readonly correlationId: string;
  readonly clientId: string;
  /** Absent where the protocol has none: a refresh token, a device code. */
  readonly redirectUri?: string;
  readonly authority: string;
  readonly scopes: readonly string[];
  /** Claims request as JSON text; empty for none. */
  readonly claims: string;
  /** The account asked for, if one was named. */
  readonly homeAccountId?: string;
  /** The account's user name, or a login hint; empty for none. */
  readonly username: string;
  readonly prompt?: string;
  /** A token the caller wants replaced; empty for none. */
  readonly accessTokenToRenew: string;
  /** Whether to pass over the broker's cache altogether. */
  readonly forceRefresh?: boolean;
  readonly pop?: PopRequest;
  /** Set by the tenant's own web pages: who signed in there need not be on the broker's list. */
  readonly isWeb?: boolean;
  /** Comes back in the id token. */
  readonly nonce?: string;
  /** A personal account asks for a token of a work tenant. Default `false`. */
  readonly msaPassthrough?: boolean;
}

/** A token request that could be granted: app, scopes, authority and account are in order. */
export interface PreparedRequest {
  readonly request: EmulatedTokenRequest;
  readonly app: EmulatedApp;
  readonly scopes: RequestedScopes;
  readonly claims: ClaimsRequest;
  /** The account it is for, as far as that is known before the user acts. */
  readonly account: EmulatedAccount | undefined;
  readonly subject: PolicySubject;
  readonly tenantOf: (account: EmulatedAccount) => string;
}

/** A granted request. */
export interface TokenGrant {
  readonly account: EmulatedAccount;
  readonly tenantId: string;
  /** What the app presents to the API. */
  readonly accessToken: string;
  /** The tenant's token in it: the same, unless the broker signed an HTTP request around it. */
  readonly bareToken: string;
  readonly isPop: boolean;
  /** Milliseconds since the epoch. */
  readonly expiresOn: number;
  readonly lifetimeInSeconds: number;
  readonly grantedScopes: readonly string[];
  readonly idToken: string;
  readonly dialogShown: boolean;
}

interface MintedToken {
  readonly accessToken: string;
  readonly idToken: string;
  readonly expiresOn: number;
  readonly lifetimeInSeconds: number;
}

/** A cached token that ends within this time is not handed out any more. */
const expiryMarginInMs = 300_000;
const continuousAccessLifetimeInSeconds = 86_400;
const maxCachedTokens = 5_000;

const authorityHosts: ReadonlySet<string> = new Set([
  "login.microsoftonline.com",
  "login.microsoft.com",
  "login.windows.net",
  "sts.windows.net",
  "login.microsoftonline.us",
  "login.partner.microsoftonline.cn",
]);

/** What the broker and the tenant behind it decide about token requests. Keeps the broker's token cache. */
export class TokenService {
  readonly #tenant: EmulatedTenant;
  readonly #cache = new Map<string, MintedToken>();

  constructor(tenant: EmulatedTenant) {
    this.#tenant = tenant;
  }

  /** @throws Refusal when the request cannot be granted, whatever the user does. */
  prepare(request: EmulatedTokenRequest): PreparedRequest {
    const tenant = this.#tenant;
    const tenantOf = this.#readAuthority(request.authority, request.msaPassthrough ?? false);
    const app = this.requireApp(request.clientId);
    requireRedirectUri(app, request.redirectUri);
    const scopes = tenant.resources.read(request.scopes);
    const claims = readClaimsRequest(request.claims);
    const account = this.#findAccount(request);
    if (account !== undefined) tenantOf(account);
    const subject: PolicySubject = {
      method: request.method,
      clientId: request.clientId,
      resource: scopes.resource.identifier,
      ...(account === undefined ? {} : { username: account.username }),
    };
    return { request, app, scopes, claims, account, subject, tenantOf };
  }

  /** What the tenant's policies do to the request. Uses them up. */
  effectsFor(prepared: PreparedRequest): PolicyEffect[] {
    return this.#tenant.policies.take(
      prepared.subject,
      (effect) => effect.kind === "claims_challenge" && satisfiesChallenge(prepared.claims, effect.claims),
    );
  }

  /**
   * Grants the request, after a dialog where one is needed.
   * @throws Refusal
   */
  async grant(
    prepared: PreparedRequest,
    effects: readonly PolicyEffect[],
    signal: AbortSignal,
  ): Promise<TokenGrant> {
    for (const effect of effects) refuseFor(effect);
    const isSilent = prepared.request.method === "acquireTokenSilently";
    const { account, dialogShown } = isSilent
      ? { account: this.#silentAccount(prepared), dialogShown: false }
      : await this.#interactiveAccount(prepared, signal);
    const answered = this.#answered(account, effects);
    return { ...this.#issue(prepared, answered, lifetimeOf(effects), isSilent), dialogShown };
  }

  #answered(account: EmulatedAccount, effects: readonly PolicyEffect[]): EmulatedAccount {
    const wrong = effects.find((effect) => effect.kind === "wrong_account");
    return wrong === undefined ? account : this.#require(wrong.username);
  }

  /**
   * Grants the request to somebody who has signed in elsewhere than at the broker.
   * @throws Refusal
   */
  grantTo(
    account: EmulatedAccount,
    prepared: PreparedRequest,
    effects: readonly PolicyEffect[],
  ): Omit<TokenGrant, "dialogShown"> {
    for (const effect of effects) refuseFor(effect);
    return this.#issue(prepared, this.#answered(account, effects), lifetimeOf(effects), false);
  }

  /** Forgets tokens that a client does not want to get again. */
  forget(accessTokens: readonly string[]): void {
    for (const [key, { accessToken }] of this.#cache) {
      if (accessTokens.includes(accessToken)) this.#cache.delete(key);
    }
  }

  /** @throws Refusal when there is no such app registration. */
  requireApp(clientId: string): EmulatedApp {
    const app = this.#tenant.findApp(clientId);
    if (app !== undefined) return app;
    throw new Refusal(
      "incorrect_configuration",
      `AADSTS700016: Application with identifier '${clientId}' was not found in the directory '${this.#tenant.domain}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`,
      { oauthError: "unauthorized_client", aadsts: "AADSTS700016" },
    );
  }

  /** The account a request without UI is for: the one named, or the default account. */
  #silentAccount({ account, request }: PreparedRequest): EmulatedAccount {
    if (account !== undefined) return account;
    throw new Refusal(
      "interaction_required",
      request.username === ""
        ? "No account is signed in to the broker."
        : "The broker knows no account with this user name.",
    );
  }

  #findAccount(request: EmulatedTokenRequest): EmulatedAccount | undefined {
    const { method, homeAccountId, username, isWeb } = request;
    const tenant = this.#tenant;
    if (isWeb === true) return homeAccountId === undefined ? undefined : tenant.findAccount(homeAccountId);
    if (homeAccountId !== undefined) {
      const account = tenant.findAccount(homeAccountId);
      // Who signed out can sign in again, but not without being asked.
      const isUsable = account?.signedIn === true || method === "acquireTokenInteractively";
      if (account !== undefined && isUsable) return account;
      throw new Refusal("account_not_found", "The account was not found in the broker.");
    }
    if (username !== "") {
      const account = tenant.findAccountByUsername(username);
      return account?.signedIn === true || method === "acquireTokenInteractively" ? account : undefined;
    }
    return method === "acquireTokenSilently" ? tenant.accounts[0] : undefined;
  }

  async #interactiveAccount(
    prepared: PreparedRequest,
    signal: AbortSignal,
  ): Promise<{ account: EmulatedAccount; dialogShown: boolean }> {
    const { request, account, subject } = prepared;
    const { user, policies } = this.#tenant;
    const needsDialog =
      request.prompt !== undefined ||
      account?.signedIn !== true ||
      user.isScripted ||
      policies.demandsUser(subject);
    // A real broker redeems its primary refresh token and shows nothing when that will do.
    if (!needsDialog) return { account, dialogShown: false };

    const action = await user.face(
      {
        clientId: request.clientId,
        correlationId: request.correlationId,
        username: account?.username ?? (request.username === "" ? undefined : request.username),
        prompt: request.prompt,
      },
      signal,
    );
    if (action.kind === "cancels") {
      throw new Refusal("user_canceled", "The InteractiveRequest was canceled by the user");
    }
    const signedIn = this.#whoSignsIn(action.as, prepared);
    this.#tenant.setSignedIn(signedIn.homeAccountId, true);
    policies.satisfy({ ...subject, username: signedIn.username });
    return { account: signedIn, dialogShown: true };
  }

  #whoSignsIn(
    username: string | undefined,
    { account: expected, tenantOf }: PreparedRequest,
  ): EmulatedAccount {
    if (username !== undefined) return this.#require(username);
    const { accounts, directory } = this.#tenant;
    const account = expected ?? [...accounts, ...directory].find((one) => isWelcome(one, tenantOf));
    if (account !== undefined) return account;
    // Nobody in the directory could ever get past this dialog.
    throw new Refusal("user_canceled", "The InteractiveRequest was canceled by the user");
  }

  #require(username: string): EmulatedAccount {
    const account = this.#tenant.findAccountByUsername(username);
    if (account === undefined) {
      throw new Error("The user name in a script or policy is nobody's: add the person with addAccount().");
    }
    return account;
  }

  #readAuthority(authority: string, msaPassthrough: boolean): (account: EmulatedAccount) => string {
    let url: URL;
    try {
      url = new URL(authority);
    } catch {
      throw new Refusal("invalid_request", "Authority cannot be null.");
    }
    const [, segment = ""] = url.pathname.split("/");
    if (url.protocol !== "https:" || !authorityHosts.has(url.hostname.toLowerCase()) || segment === "") {
      throw new Refusal("untrusted_authority", `The authority '${authority}' is not trusted.`);
    }
    const named = segment.toLowerCase();
    if (named === "common") return (account) => account.tenantId;
    if (named === "organizations") {
      return (account) => {
        if (!isPersonal(account)) return account.tenantId;
        if (msaPassthrough) return passthroughTenantId;
        throw new Refusal(
          "interaction_required",
          "AADSTS50020: A personal Microsoft account cannot sign in to 'organizations'.",
          { oauthError: "invalid_grant", aadsts: "AADSTS50020" },
        );
      };
    }
    if (named === "consumers" || named === personalTenantId) {
      const noneThere = new Refusal(
        "interaction_required",
        "No personal Microsoft account is signed in to the broker.",
      );
      if (!this.#tenant.directory.some(isPersonal)) throw noneThere;
      return (account) => {
        if (isPersonal(account)) return personalTenantId;
        throw noneThere;
      };
    }
    const tenantId = named === this.#tenant.domain.toLowerCase() ? this.#tenant.tenantId : named;
    if (!this.#tenant.knownTenants().has(tenantId)) {
      throw new Refusal(
        "incorrect_configuration",
        `AADSTS90002: Tenant '${segment}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
        { oauthError: "invalid_request", aadsts: "AADSTS90002" },
      );
    }
    return (account) => {
      if (account.tenantId === tenantId || account.guestTenants.includes(tenantId)) return tenantId;
      throw new Refusal(
        "interaction_required",
        `AADSTS50020: User account from identity provider '${issuerOf(account.tenantId, 1)}' does not exist in tenant '${tenantId}' and cannot access the application in that tenant.`,
        { oauthError: "invalid_grant", aadsts: "AADSTS50020" },
      );
    };
  }

  #issue(
    prepared: PreparedRequest,
    account: EmulatedAccount,
    lifetimeInSeconds: number | undefined,
    mayUseCache: boolean,
  ): Omit<TokenGrant, "dialogShown"> {
    const { request, scopes, claims } = prepared;
    const tenantId = prepared.tenantOf(account);
    const common = { account, tenantId, grantedScopes: scopes.granted };
    if (request.pop !== undefined) {
      const minted = this.#mint(prepared, account, tenantId, lifetimeInSeconds);
      const isPop = request.pop.kind === "signed_request";
      const accessToken = this.#present(minted.accessToken, request.pop);
      return { ...common, ...minted, isPop, bareToken: minted.accessToken, accessToken };
    }

    const names = scopes.granted.map((scope) => scope.toLowerCase()).sort();
    const cacheKey = JSON.stringify([
      request.clientId.toLowerCase(),
      tenantId,
      account.homeAccountId,
      claims.continuousAccess,
      names,
    ]);
    const cached = this.#cache.get(cacheKey);
    const isUsable =
      mayUseCache &&
      cached !== undefined &&
      cached.expiresOn - expiryMarginInMs > this.#tenant.now() &&
      cached.accessToken !== request.accessTokenToRenew &&
      request.forceRefresh !== true &&
      !claims.isChallenge &&
      lifetimeInSeconds === undefined;
    if (isUsable) return { ...common, ...cached, bareToken: cached.accessToken, isPop: false };

    const minted = this.#mint(prepared, account, tenantId, lifetimeInSeconds);
    this.#cache.delete(cacheKey);
    this.#cache.set(cacheKey, minted);
    if (this.#cache.size > maxCachedTokens) {
      const [oldest] = this.#cache.keys();
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    return { ...common, ...minted, bareToken: minted.accessToken, isPop: false };
  }

  #present(accessToken: string, pop: PopRequest): string {
    if (pop.kind === "key_id") return accessToken;
    return this.signHttpRequest(pop, { at: accessToken });
  }

  /** A signed HTTP request by the broker's key. */
  signHttpRequest(
    pop: Extract<PopRequest, { kind: "signed_request" }>,
    extraClaims: Readonly<Record<string, unknown>>,
  ): string {
    const { deviceKey } = this.#tenant;
    const claims = {
      ...extraClaims,
      ...popClaims(pop, Math.floor(this.#tenant.now() / 1000)),
      cnf: { jwk: deviceKey.jwk },
      ...emulatedClaim,
    };
    return deviceKey.signJwt(claims, { typ: "pop" });
  }

  /** A cookie as browsers get it: signed by the broker's key, bound to the nonce in `ssoUrl` if there is one. */
  ssoCookie(account: EmulatedAccount, ssoUrl: string): { name: string; content: string } {
    let nonce: string | null = null;
    try {
      nonce = new URL(ssoUrl).searchParams.get("sso_nonce");
    } catch {
      // The real broker does not look at the URL either, beyond its being there.
    }
    const content = this.#tenant.deviceKey.signJwt({
      refresh_token: `emulated.${randomUUID()}`,
      is_primary: "true",
      ...(nonce === null ? { iat: Math.floor(this.#tenant.now() / 1000) } : { request_nonce: nonce }),
      sub: account.localAccountId,
      ...emulatedClaim,
    });
    return { name: "x-ms-RefreshTokenCredential", content };
  }

  #mint(
    { app, scopes, claims, request }: PreparedRequest,
    account: EmulatedAccount,
    tenantId: string,
    requestedLifetime: number | undefined,
  ): MintedToken {
    const { signingKey, deviceKey, now } = this.#tenant;
    const usual = claims.continuousAccess ? continuousAccessLifetimeInSeconds : app.tokenLifetimeInSeconds;
    const lifetimeInSeconds = requestedLifetime ?? usual;
    const issuedAt = Math.floor(now() / 1000);
    const expires = issuedAt + lifetimeInSeconds;
    const { accessTokenVersion: version, audience } = scopes.resource;
    const objectId = objectIdIn(account, tenantId);
    const shared = {
      iat: issuedAt,
      nbf: issuedAt,
      exp: expires,
      name: account.name,
      oid: objectId,
      sub: objectId,
      tid: tenantId,
      uti: randomUUID(),
      ...emulatedClaim,
    };
    const holderOfKey = request.pop === undefined ? undefined : keyIdOf(request.pop, deviceKey.thumbprint);
    const accessToken = signingKey.signJwt({
      aud: audience,
      iss: issuerOf(tenantId, version),
      ...shared,
      ...(version === 1
        ? {
            acr: "1",
            amr: ["pwd"],
            appid: app.clientId,
            appidacr: "0",
            unique_name: account.username,
            upn: account.username,
          }
        : { azp: app.clientId, azpacr: "0", preferred_username: account.username }),
      scp: scopes.names.join(" "),
      ver: `${version}.0`,
      ...(claims.continuousAccess ? { xms_cc: ["CP1"] } : {}),
      ...(claims.authenticationContexts.length > 0 ? { acrs: claims.authenticationContexts } : {}),
      ...(holderOfKey === undefined ? {} : { cnf: { kid: holderOfKey } }),
    });
    const idToken = signingKey.signJwt({
      aud: app.clientId,
      iss: issuerOf(tenantId, 2),
      ...shared,
      preferred_username: account.username,
      ver: "2.0",
      ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
    });
    return { accessToken, idToken, expiresOn: expires * 1000, lifetimeInSeconds };
  }
}

function lifetimeOf(effects: readonly PolicyEffect[]): number | undefined {
  return effects.find((effect) => effect.kind === "expires_in")?.seconds;
}

/** Whether the authority takes the account in. */
function isWelcome(account: EmulatedAccount, tenantOf: PreparedRequest["tenantOf"]): boolean {
  try {
    tenantOf(account);
    return true;
  } catch {
    return false;
  }
}

function keyIdOf(pop: PopRequest, deviceThumbprint: string): string {
  return pop.kind === "key_id" ? pop.keyId : deviceThumbprint;
}

/**
 * Refuses if that is what the effect is about.
 * @throws Refusal
 */
export function refuseFor(effect: PolicyEffect): void {
  switch (effect.kind) {
    case "interaction_required":
      throw new Refusal(
        "interaction_required",
        `${effect.aadsts ?? "AADSTS50078"}: Presented multi-factor authentication has expired due to policies configured by your administrator, you must refresh your multi-factor authentication to access this resource.`,
        {
          oauthError: "interaction_required",
          suberror: effect.suberror ?? "token_expired",
          aadsts: effect.aadsts ?? "AADSTS50078",
        },
      );
    case "consent_required":
      throw new Refusal(
        "interaction_required",
        "AADSTS65001: The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource.",
        { oauthError: "invalid_grant", suberror: "consent_required", aadsts: "AADSTS65001" },
      );
    case "claims_challenge":
      throw new Refusal(
        "interaction_required",
        "AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access this resource.",
        {
          oauthError: "interaction_required",
          suberror: "basic_action",
          aadsts: "AADSTS50076",
          claims: effect.claims,
        },
      );
    case "no_network":
      throw new Refusal("no_network", "The network is not available.");
    case "temporarily_unavailable":
      throw new Refusal(
        "temporarily_unavailable",
        "AADSTS90033: A transient error has occurred. Please try again.",
        {
          oauthError: "temporarily_unavailable",
          aadsts: "AADSTS90033",
        },
      );
    case "account_unusable":
      throw new Refusal("account_unusable", "The account is not usable: it must sign in again.");
    case "not_enrolled":
      throw new Refusal("not_enrolled", "The device is not registered.");
    default:
      return;
  }
}
