// What msal-node and a broker plugin say to each other. The same from msal-common 14 to 16; declared here, so that
// the types of this package need none of msal-node's, and fit those of any version.

/** What msal-node asks a plugin for a token with. */
export interface NativeRequest {
  clientId: string;
  /** Absolute URL of authority and tenant. */
  authority: string;
  correlationId: string;
  /** `""`, and `http://localhost` from msal-node before 3.7, mean the broker's own. */
  redirectUri?: string;
  scopes: string[];
  /** A claims request as JSON text. */
  claims?: string;
  /** `"Bearer"` (the default) or `"pop"`. */
  authenticationScheme?: string;
  resourceRequestMethod?: string;
  resourceRequestUri?: string;
  shrNonce?: string;
  /** An `AccountInfo.nativeAccountId`. */
  accountId?: string;
  forceRefresh?: boolean;
  /** Resource of a request in the style of MCP. */
  resource?: string;
  extraParameters?: Record<string, string>;
  extraScopesToConsent?: string[];
  loginHint?: string;
  /** `"login"`, `"select_account"`, `"create"`, `"consent"` or `"none"`. */
  prompt?: string;
}

/** What msal-node asks a plugin to sign out with. */
export interface NativeSignOutRequest {
  clientId: string;
  accountId: string;
  correlationId: string;
}

/** How an app wants to be logged to. */
export interface LoggerOptions {
  loggerCallback?: (level: number, message: string, containsPii: boolean) => void;
  piiLoggingEnabled?: boolean;
  /** 0 error, 1 warning, 2 info (the default), 3 verbose, 4 trace. */
  logLevel?: number;
  correlationId?: string;
}

/** Claims of an id token. */
export interface IdTokenClaims {
  aud?: string;
  iss?: string;
  oid?: string;
  sub?: string;
  tid?: string;
  preferred_username?: string;
  upn?: string;
  login_hint?: string;
  name?: string;
  [claim: string]: unknown;
}

/** An account as it is in one tenant. */
export interface TenantProfile {
  tenantId: string;
  localAccountId: string;
  username: string;
  name?: string;
  isHomeTenant?: boolean;
}

/** An account as msal-node knows it. */
export interface AccountInfo {
  homeAccountId: string;
  environment: string;
  tenantId: string;
  username: string;
  localAccountId: string;
  loginHint?: string;
  name?: string;
  upn?: string;
  idToken?: string;
  idTokenClaims?: IdTokenClaims;
  /** Names the account to this plugin, in this process and in any later one. */
  nativeAccountId?: string;
  authorityType?: string;
  tenantProfiles?: Map<string, TenantProfile>;
}

/** A token as msal-node gives it. */
export interface AuthenticationResult {
  authority: string;
  uniqueId: string;
  tenantId: string;
  scopes: string[];
  account: AccountInfo;
  /** `""` where the broker gives none. */
  idToken: string;
  idTokenClaims: IdTokenClaims;
  accessToken: string;
  fromCache: boolean;
  expiresOn: Date;
  refreshOn?: Date;
  /** `"Bearer"` or `"pop"`. */
  tokenType: string;
  correlationId: string;
  /** As msal-node 5 and newer call it. */
  fromPlatformBroker: true;
  /** As msal-node 2 and 3 call it. */
  fromNativeBroker: true;
  resource?: string;
}
