/**
 * Names and numbers of the Microsoft SSO extension's protocol, from the public sources of Microsoft's own client
 * libraries for Apple platforms (MIT) unless said otherwise.
 */

/** URL the extension is chosen by: always this one, whatever cloud or tenant a request is for. */
export const identityProviderUrl = "https://login.microsoftonline.com/common";

/** `msg_protocol_ver`. 4 is the version without encryption, for requests through AuthenticationServices. */
export const protocolVersion = "4";

/** `requestedOperation` of a request. Apple's constants for the first two. */
export const operations = {
  silentToken: "refresh",
  interactiveToken: "login",
  accounts: "get_accounts_operation",
  defaultAccount: "get_default_account",
  signOut: "signout_account_operation",
  deviceInfo: "get_device_info",
  ssoCookies: "get_sso_cookies",
} as const;

export type Operation = (typeof operations)[keyof typeof operations];

/** `operation_response_type` of a successful answer, by what was asked. */
export const responseTypes: Readonly<Record<Operation, string>> = {
  [operations.silentToken]: "operation_token_response",
  [operations.interactiveToken]: "operation_token_response",
  [operations.accounts]: "operation_get_accounts_response",
  [operations.defaultAccount]: "operation_get_default_account_response",
  [operations.signOut]: "operation_generic_response",
  [operations.deviceInfo]: "operation_generic_response",
  [operations.ssoCookies]: "operation_get_sso_cookies_response",
};

/** `provider_type`: Microsoft Entra ID with its v2 endpoint. The extension takes its authority's kind from it. */
export const providerType = "provider_aad_v2";

/** `extra_oidc_scopes`: what the sign-in itself needs, as Microsoft's client sends it. */
export const openIdScopes = "openid profile offline_access";

/** `types_of_header` of `get_sso_cookies`: cookies made of the primary refresh token. */
export const primaryRefreshTokenHeaders = "1";

/** Redirect URI of a program that is no signed app bundle (Microsoft's documentation of the macOS broker). */
export const unsignedRedirectUri = "msauth.com.msauth.unsignedapp://auth";

/** Redirect URI of a signed app bundle. */
export function bundleRedirectUri(bundleIdentifier: string): string {
  return `msauth.${bundleIdentifier}://auth`;
}

/** The first Company Portal that takes the redirect URI of unsigned programs from signed ones that are no bundles. */
export const oldestCompanyPortal = "5.2603";
