import { createHash } from "node:crypto";
import { type EmulatedAccount, isPersonal } from "../tenant/accounts.js";
import type { EmulatedTenant } from "../tenant/emulated-tenant.js";
import type { Refusal, RefusalKind } from "../tenant/refusal.js";
import type { TokenGrant } from "../tenant/token-service.js";
import type { WamAccount, WamProvider, WamTokenAnswer, WamTokenCall, WamTokenResponse } from "./wam-calls.js";
import type { ProviderKind } from "./wam-request.js";

/** `WebTokenRequestStatus`. */
export const tokenStatus = {
  success: 0,
  userCancel: 1,
  accountSwitch: 2,
  userInteractionRequired: 3,
  providerError: 5,
} as const;

/** `FindAllWebAccountsStatus`. */
export const listStatus = { success: 0, notAllowedByProvider: 1, providerError: 3 } as const;

/** Seconds from 1601, where Windows begins to count, to 1970. */
const windowsEpochInSeconds = 11_644_473_600;

/** Who asks can see that it is no real provider: the name is the only thing that is free to choose. */
const displayNames: Readonly<Record<ProviderKind, string>> = {
  organizations: "Work or school account (emulator)",
  consumers: "Microsoft account (emulator)",
};

/** How the tenant's OAuth errors become codes. Only the class that Microsoft's client puts each in is on record. */
const oauthCodes: Readonly<Record<string, number>> = {
  invalid_request: 0xcaa2_0001,
  unauthorized_client: 0xcaa2_0002,
  invalid_client: 0xcaa2_0002,
  invalid_grant: 0xcaa2_0003,
  access_denied: 0xcaa2_0004,
  invalid_scope: 0xcaa2_0007,
  temporarily_unavailable: 0xcaa2_0008,
  invalid_resource: 0xcaa2_000b,
  interaction_required: 0xcaa2_000c,
};

/** The codes of refusals that the tenant was never asked about, for either kind of provider. */
const ownCodes: Readonly<Record<RefusalKind, readonly [organizations: number, consumers: number]>> = {
  interaction_required: [0xcaa2_000c, 0x8086_0010],
  account_unusable: [0xcaa2_0003, 0x8086_0010],
  account_not_found: [0xcaa2_000c, 0x8086_0010],
  user_canceled: [0x8007_04c7, 0x8007_04c7],
  no_network: [0xcaa8_2ee7, 0x8007_04cf],
  temporarily_unavailable: [0xcaa2_0008, 0x8007_2ee2],
  not_enrolled: [0xcaa9_0018, 0x8086_0010],
  untrusted_authority: [0xcaa2_0001, 0x8086_0003],
  incorrect_configuration: [0xcaa2_0001, 0x8086_0003],
  redirect_uri_mismatch: [0xcaa2_0001, 0x8086_0003],
  invalid_request: [0xcaa2_0009, 0x8086_0001],
  not_supported: [0xcaa2_0009, 0x8086_0001],
};

/** What a silent request ends with where only the user can help. */
const needsUser: ReadonlySet<RefusalKind> = new Set<RefusalKind>([
  "interaction_required",
  "account_unusable",
  "account_not_found",
  "not_enrolled",
]);

/** @param lookedUpWith The authority a client named, which the provider remembers. */
export function providerOf(kind: ProviderKind, lookedUpWith?: string): WamProvider {
  return {
    id: "https://login.microsoft.com",
    displayName: displayNames[kind],
    authority: kind,
    ...(lookedUpWith === undefined ? {} : { tag: lookedUpWith }),
  };
}

/** WAM's id of an account: its own, and not to be taken apart. */
export function wamAccountId({ homeAccountId }: EmulatedAccount): string {
  return createHash("sha256").update(`emulated WAM account ${homeAccountId}`).digest("hex");
}

export function wamAccount(account: EmulatedAccount): WamAccount {
  const names = { FirstName: account.givenName, LastName: account.familyName };
  const common = { id: wamAccountId(account), userName: account.username };
  if (isPersonal(account)) {
    const safeCustomerId = account.localAccountId.replaceAll("-", "").slice(16);
    return {
      ...common,
      provider: providerOf("consumers"),
      properties: { SafeCustomerId: safeCustomerId, ...names },
    };
  }
  return {
    ...common,
    provider: providerOf("organizations"),
    properties: {
      Authority: authorityOf(account.tenantId),
      TenantId: account.tenantId,
      OID: account.localAccountId,
      UPN: account.username,
      DisplayName: account.name,
      ...names,
    },
  };
}

/** A granted request, as the account provider that was asked answers it. */
export function grantAnswer(
  call: WamTokenCall,
  grant: TokenGrant,
  tenant: EmulatedTenant,
  transferCode: string | undefined,
): WamTokenAnswer {
  const isForConsumers = call.provider.authority === "consumers";
  const response = isForConsumers
    ? consumersResponse(call, grant, tenant, transferCode)
    : organizationsResponse(call, grant, tenant);
  const isSwitched =
    call.call === "RequestTokenWithWebAccountForWindowAsync" &&
    !isForConsumers &&
    call.webAccount !== wamAccountId(grant.account);
  return { status: isSwitched ? tokenStatus.accountSwitch : tokenStatus.success, responses: [response] };
}

function organizationsResponse(
  { properties, correlationId }: WamTokenCall,
  grant: TokenGrant,
  tenant: EmulatedTenant,
): WamTokenResponse {
  const { exp } = tenant.signingKey.verifyJwt(grant.idToken).claims;
  return {
    token: grant.bareToken,
    account: wamAccount(grant.account),
    properties: {
      TokenExpiresOn: String(Math.floor(grant.expiresOn / 1000) + windowsEpochInSeconds),
      Authority: authorityOf(grant.tenantId),
      // The id token's end; there are clients that take it for the access token's.
      exp: String(exp),
      ...(correlationId === "" ? {} : { correlationId }),
      ...(properties["wam_compat"] === "2.0"
        ? {
            wamcompat_id_token: grant.idToken,
            wamcompat_client_info: grant.account.clientInfo,
            wamcompat_scopes: grant.grantedScopes.join(" "),
          }
        : {}),
      ...(grant.isPop ? { shr: grant.accessToken } : {}),
    },
  };
}

/** All in one string, if the client knows to ask for that; else nothing but an opaque ticket. */
function consumersResponse(
  { properties }: WamTokenCall,
  grant: TokenGrant,
  tenant: EmulatedTenant,
  transferCode: string | undefined,
): WamTokenResponse {
  const account = wamAccount(grant.account);
  if (properties["api-version"] !== "2.0" || properties["oauth2_batch"] !== "1") {
    return { token: `t=${createHash("sha256").update(grant.bareToken).digest("base64")}&p=`, account };
  }
  const parts = {
    access_token: grant.bareToken,
    token_type: "bearer",
    expires_in: String(Math.max(0, Math.floor((grant.expiresOn - tenant.now()) / 1000))),
    scope: grant.grantedScopes.join(" "),
    id_token: grant.idToken,
    ...(properties["x-client-info"] === "1" ? { client_info: grant.account.clientInfo } : {}),
    ...(transferCode === undefined ? {} : { code: transferCode }),
  };
  const token = Object.entries(parts)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  return { token, account };
}

/** The access token in an answer's `token`. */
export function accessTokenIn(token: string): string {
  return /(?:^|&)access_token=([^&]*)/.exec(token)?.[1] ?? token;
}

/** A refused request, as the account provider says it. */
export function refusalAnswer(refusal: Refusal, kind: ProviderKind, isInteractive: boolean): WamTokenAnswer {
  if (refusal.kind === "user_canceled") return { status: tokenStatus.userCancel };
  const isForUser = needsUser.has(refusal.kind) && !isInteractive;
  return {
    status: isForUser ? tokenStatus.userInteractionRequired : tokenStatus.providerError,
    error: providerError(refusal, kind),
  };
}

export function providerError({ kind, message, details }: Refusal, provider: ProviderKind) {
  const [organizations, consumers] = ownCodes[kind];
  const oauthCode = oauthCodes[details.oauthError ?? ""];
  const code = provider === "consumers" ? consumers : (oauthCode ?? organizations);
  // Where the real provider puts a challenge is not on record: an assumption.
  const properties = details.claims === undefined ? {} : { claims: details.claims };
  return { code, message, properties };
}

function authorityOf(tenantId: string): string {
  return `https://login.microsoftonline.com/${tenantId}`;
}
