/** An account the OS's broker knows. */
export interface BrokerAccount {
  /** `<object id>.<tenant id>` in the account's home tenant: the identity to compare accounts by. */
  readonly homeAccountId: string;
  /** Object id of the account in the tenant `tenantId`. */
  readonly localAccountId: string;
  /** Tenant id (the account's realm). */
  readonly tenantId: string;
  /** Authority host the account belongs to, e.g. `login.microsoftonline.com`. */
  readonly environment: string;
  /** User principal name. Personal data: keep it out of logs. */
  readonly username: string;
  /** Display name. */
  readonly name?: string;
  /** The OS's own description of the account, handed back to the broker unchanged. Opaque to callers. */
  readonly native?: Readonly<Record<string, unknown>>;
}

/** How the token is presented: `Authorization: Bearer …` or `Authorization: pop …`. */
export type TokenType = "Bearer" | "pop";

/** A token, checked: the right tenant and account, granted scopes, a sane expiry. */
export interface BrokerToken {
  /** The access token; for `tokenType` `"pop"` the finished signed HTTP request, without the `pop ` prefix. */
  readonly accessToken: string;
  readonly tokenType: TokenType;
  /** When the token ends, in milliseconds since the epoch. */
  readonly expiresOn: number;
  /** From when a new token should be fetched in the background, in milliseconds since the epoch. */
  readonly refreshOn?: number;
  /** The scopes that were granted. */
  readonly scopes: readonly string[];
  /** The id token as it came, where the broker gave one. */
  readonly idToken?: string;
  /** Claims of the id token; its signature is not checked here, the broker did that. */
  readonly idTokenClaims?: Readonly<Record<string, unknown>>;
  /** Whose token it is. */
  readonly account: BrokerAccount;
  /** The tenant that issued the token. */
  readonly tenantId: string;
  /** The authority that was asked. */
  readonly authority: string;
  /** Names the call in the OS's and the tenant's logs. */
  readonly correlationId: string;
  /** Whether the answer came without any UI being allowed. */
  readonly silent: boolean;
  /** Facts the broker reported about itself (version, timings). Holds no personal data. */
  readonly telemetry: Readonly<Record<string, string>>;
}

/** A cookie that signs a browser in. A secret: never log it. */
export interface SsoCookie {
  /** E.g. `x-ms-RefreshTokenCredential`. */
  readonly name: string;
  readonly value: string;
}

/** A signed HTTP request (SHR) for an `Authorization: pop …` header. A secret: never log it. */
export interface SignedHttpRequest {
  readonly signedHttpRequest: string;
}
