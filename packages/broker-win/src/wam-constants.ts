import type { Authority } from "@x/broker-protocol";

/** Which of WAM's two plug-ins: work and school accounts, or personal ones. Named as WAM names their authority. */
export type AccountKind = "organizations" | "consumers";

/** Id of the provider of the account that the user logged on to Windows with. Captured from Microsoft's client. */
export const defaultAccountProviderId = "https://login.windows.local";
/** Id under which both plug-ins are found, each by an authority. Captured from Microsoft's client. */
export const microsoftProviderId = "https://login.microsoft.com";

/** The tenant that personal accounts are in, in every cloud. Microsoft's documentation of the v2 endpoint. */
export const personalTenantId = "9188040d-6c67-4c5b-b112-36a304b66dad";

/** `WebTokenRequestStatus`. Windows metadata. */
export const requestStatus = {
  success: 0,
  userCancel: 1,
  accountSwitch: 2,
  userInteractionRequired: 3,
  accountProviderNotAvailable: 4,
  providerError: 5,
} as const;

/** Names of `WebTokenRequestStatus`, by number. */
export const requestStatusNames = [
  "Success",
  "UserCancel",
  "AccountSwitch",
  "UserInteractionRequired",
  "AccountProviderNotAvailable",
  "ProviderError",
] as const;

/** `WebTokenRequestPromptType`. Windows metadata. */
export const promptType = { default: 0, forceAuthentication: 1 } as const;

/** `FindAllWebAccountsStatus`. Windows metadata. */
export const findAccountsStatus = { success: 0, providerError: 3 } as const;

/** Last part of an integrity level's SID from which on a process is elevated. Windows' documentation. */
export const highIntegrity = 0x3000;

/** Redirect URI to register for an app that signs in through WAM. Microsoft's documentation of MSAL. */
export function windowsRedirectUri(clientId: string): string {
  return `ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId}`;
}

/** Whose accounts an authority is for: one kind, or (`common`) either. */
export type Realm = AccountKind | "common";

/** The realm of an authority that has been checked. */
export function realmOf(authority: Authority): Realm {
  const tenant = authority.url.slice(authority.url.lastIndexOf("/") + 1).toLowerCase();
  if (tenant === "common") return "common";
  return tenant === "consumers" || tenant === personalTenantId ? "consumers" : "organizations";
}

/** A code of Windows as people look it up. */
export function hex(code: number): string {
  return `0x${(code >>> 0).toString(16).padStart(8, "0")}`;
}
