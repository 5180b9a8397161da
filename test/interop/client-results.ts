/** What Microsoft's client answers, as it comes over IPC. */

/** An account of msal-node. */
export interface MsalAccount {
  homeAccountId: string;
  localAccountId: string;
  nativeAccountId: string;
  tenantId: string;
  environment: string;
  username: string;
  name: string;
}

/** A token answer of msal-node. */
export interface MsalResult {
  accessToken: string;
  account: MsalAccount;
  correlationId: string;
  expiresOn: string;
  fromPlatformBroker: boolean;
  idTokenClaims: Record<string, unknown>;
  scopes: string[];
  tenantId: string;
  tokenType: string;
  uniqueId: string;
}

/** An account of the runtime below it. */
export interface RuntimeAccount {
  accountId: string;
  homeAccountId: string;
  localAccountId: string;
  environment: string;
  realm: string;
  username: string;
  displayName: string;
}

/** A token answer of the runtime. */
export interface RuntimeToken {
  accessToken: string;
  authorizationHeader: string;
  account: RuntimeAccount;
  expiresOn: number;
  grantedScopes: string;
  idToken: Record<string, unknown>;
  isPopAuthorization: boolean;
}
