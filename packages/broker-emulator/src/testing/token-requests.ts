import type { EmulatedAccount } from "../tenant/accounts.js";
import type { EmulatedTenant } from "../tenant/emulated-tenant.js";
import { nativeClientRedirectUri } from "../tenant/emulated-tenant.js";
import type { PolicyEffect } from "../tenant/policy.js";
import { type EmulatedTokenRequest, type TokenGrant, TokenService } from "../tenant/token-service.js";

export const clientId = "11111111-2222-4333-8444-555555555555";
export const storageScope = "https://storage.azure.com/.default";

/** A silent request that is in order; a test changes what it is about. */
export function tokenRequest(changes: Partial<EmulatedTokenRequest> = {}): EmulatedTokenRequest {
  return {
    method: "acquireTokenSilently",
    correlationId: "00000000-0000-4000-8000-000000000001",
    clientId,
    redirectUri: nativeClientRedirectUri,
    authority: "https://login.microsoftonline.com/common",
    scopes: [storageScope],
    claims: "",
    username: "",
    accessTokenToRenew: "",
    ...changes,
  };
}

/** Does what a door does with a request that meets no transport effects. */
export async function acquire(
  service: TokenService,
  request: EmulatedTokenRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<TokenGrant> {
  const prepared = service.prepare(request);
  const effects: readonly PolicyEffect[] = service.effectsFor(prepared);
  return service.grant(prepared, effects, signal);
}

/** A tenant with one app and one person signed in. */
export function populate(tenant: EmulatedTenant): { account: EmulatedAccount; service: TokenService } {
  tenant.registerApp({ clientId });
  const account = tenant.addAccount({ username: "ada@contoso.example", name: "Ada Lovelace" });
  return { account, service: new TokenService(tenant) };
}
