import type { EmulatedAccount } from "../tenant/accounts.js";
import type { EmulatedApp, EmulatedTenant } from "../tenant/emulated-tenant.js";
import type { PolicyEffect } from "../tenant/policy.js";
import { type PreparedRequest, TokenService } from "../tenant/token-service.js";
import { type Grant, GrantBook } from "./grant-book.js";

/** Whose request it is: with which account, and whether the person takes part. */
export interface GrantUse {
  readonly method: "acquireTokenSilently" | "acquireTokenInteractively";
  readonly correlationId: string;
  readonly homeAccountId?: string;
  readonly redirectUri?: string;
}

/** The host whose tenants the emulated one is among, whatever the web half itself is reached by. */
const issuerHost = "https://login.microsoftonline.com";
const oidcScopes: Readonly<Record<string, string>> = {
  openid: "Sign you in",
  profile: "View your basic profile",
  email: "View your e-mail address",
  offline_access: "Maintain access to data you have given it access to",
};

/** What the web half knows beside the tenant, and asks of it. */
export class TenantRules {
  readonly tenant: EmulatedTenant;
  readonly service: TokenService;
  readonly book = new GrantBook();

  constructor(tenant: EmulatedTenant) {
    this.tenant = tenant;
    this.service = new TokenService(tenant);
  }

  get tenantName(): string {
    return this.tenant.domain;
  }

  /** @throws Refusal when the request cannot be granted, whatever the user does. */
  prepare(grant: Grant, use: GrantUse): PreparedRequest {
    const { clientId, tenant, scopes, claims, nonce } = grant;
    const { method, correlationId, homeAccountId, redirectUri } = use;
    return this.service.prepare({
      method,
      correlationId,
      clientId,
      authority: `${issuerHost}/${tenant}`,
      scopes,
      claims,
      username: "",
      accessTokenToRenew: "",
      isWeb: true,
      ...(homeAccountId === undefined ? {} : { homeAccountId }),
      ...(redirectUri === undefined ? {} : { redirectUri }),
      ...(nonce === undefined ? {} : { nonce }),
    });
  }

  /** Whether somebody has to agree first that the app gets this. */
  needsConsent(app: EmulatedApp, account: EmulatedAccount, prepared: PreparedRequest): boolean {
    const resource = prepared.scopes.resource.identifier;
    return !app.isFirstParty && !this.book.hasConsent(app.clientId, account.homeAccountId, resource);
  }

  /** The person has signed in, and agreed: what waited for that is satisfied. */
  signedIn(account: EmulatedAccount, prepared: PreparedRequest): void {
    const { app, subject, scopes } = prepared;
    this.book.consent(app.clientId, account.homeAccountId, scopes.resource.identifier);
    const { clientId, resource } = subject;
    this.tenant.policies.satisfy({
      username: account.username,
      ...(clientId === undefined ? {} : { clientId }),
      ...(resource === undefined ? {} : { resource }),
    });
  }

  /** What policies do to a request, uses them up. */
  effectsFor(prepared: PreparedRequest): PolicyEffect[] {
    return this.service.effectsFor(prepared);
  }
}

/** What the app asks for, in words for the person. */
export function describeScopes(asked: readonly string[], prepared: PreparedRequest): string[] {
  const { names, resource } = prepared.scopes;
  const permissions = names
    .filter((name) => oidcScopes[name] === undefined)
    .map((name) => `Use ${resource.identifier} as you: ${name}`);
  return [...permissions, ...asked.flatMap((scope) => oidcScopes[scope] ?? [])];
}
