import type { BrokerAccount } from "./results.js";

/**
 * What the sign-in page should do, by the standard names of OpenID Connect.
 * `login` asks for credentials again, `select_account` shows the account picker, `consent` asks for consent
 * again, `create` offers to make an account.
 */
export type Prompt = "login" | "select_account" | "consent" | "create";

/**
 * The window a sign-in dialog belongs to: the OS's handle (HWND, `NSView` pointer, X11 window id; what Electron's
 * `getNativeWindowHandle()` gives), or `"auto"` to let the platform find the window of this app or of the terminal it
 * runs in.
 */
export type ParentWindow = bigint | "auto";

/** Asks for a token that proves possession of a key: a signed HTTP request (SHR), bound to one HTTP request. */
export interface ProofOfPossession {
  /** HTTP method of the request the token is for, e.g. `"GET"`. */
  readonly resourceRequestMethod: string;
  /** Absolute URL of the request the token is for. */
  readonly resourceRequestUrl: string;
  /** The nonce the resource gave in its challenge. */
  readonly nonce?: string;
}

/** What silent and interactive token requests share. */
export interface TokenRequest {
  /** Absolute URL of authority and tenant, e.g. `https://login.microsoftonline.com/<tenant id>`; no trailing slash. */
  readonly authority: string;
  /** Application (client) id of the app registration that asks. */
  readonly clientId: string;
  /** Redirect URI registered for the app. Default: the one the platform's broker expects. */
  readonly redirectUri?: string;
  /** Scopes of one resource, e.g. `["https://storage.azure.com/.default"]`; at least one. */
  readonly scopes: readonly string[];
  /** A claims request as JSON text: what a claims challenge carried. */
  readonly claims?: string;
  /** Capabilities the app declares, e.g. `["CP1"]` for continuous access evaluation (CAE). */
  readonly clientCapabilities?: readonly string[];
  /** The account to use. An answer for another account is refused with `account_mismatch`. */
  readonly account?: BrokerAccount;
  /**
   * A user name to start with when no `account` is given. A silent answer for anybody else is refused; in a window
   * the user may choose another account.
   */
  readonly loginHint?: string;
  /** Asks for a proof-of-possession token. A bearer answer is then refused. */
  readonly proofOfPossession?: ProofOfPossession;
  /** Opaque parameters for the authorization request. Names the protocol owns (`scope`, `prompt`, …) are refused. */
  readonly extraParameters?: Readonly<Record<string, string>>;
  /** Legacy Microsoft-account passthrough, for first-party apps only. Default `false`. */
  readonly msaPassthrough?: boolean;
}

/** A request that may never show UI. */
export interface SilentTokenRequest extends TokenRequest {
  /**
   * Get a new token although the broker holds a valid one. Default `false`. A broker that cannot be told so (Windows',
   * from within WSL) may answer with the one it holds.
   */
  readonly forceRefresh?: boolean;
  /** With `forceRefresh`: the access token to replace, where the caller has it. Never logged. */
  readonly accessTokenToRenew?: string;
}

/** A request that may show UI; a broker that can answer without does so. */
export interface InteractiveTokenRequest extends TokenRequest {
  /** What the sign-in page should do. Default: the least that is needed. */
  readonly prompt?: Prompt;
  /** The window the dialog belongs to. Default `"auto"`. */
  readonly parentWindow?: ParentWindow;
}

/** Asks which accounts the OS knows. Never shows UI. */
export interface AccountsRequest {
  /** Application (client) id of the app registration that asks. */
  readonly clientId: string;
}

/** Signs an account out of this app, as far as the OS lets an app do that. */
export interface SignOutRequest {
  /** Application (client) id of the app registration that asks. */
  readonly clientId: string;
  /** The account to sign out, as `getAccounts` or a token answer gave it. */
  readonly account: BrokerAccount;
}

/** Asks for cookies that sign a browser in with the device's primary refresh token. */
export interface SsoCookieRequest {
  /** Application (client) id of the app registration that asks. */
  readonly clientId: string;
  /** Absolute URL of authority and tenant. */
  readonly authority: string;
  /** The sign-in URL the browser is about to open; an `sso_nonce` in its query binds the cookie to it. */
  readonly ssoUrl: string;
  /** The account to use. Default: the only account, if there is one. */
  readonly account?: BrokerAccount;
  /** Redirect URI registered for the app. Default: the one the platform's broker expects. */
  readonly redirectUri?: string;
  /** Scopes named in the request. Default `["https://graph.microsoft.com/.default"]`. */
  readonly scopes?: readonly string[];
}

/** Asks the broker to sign an HTTP request with the key it holds for an account. */
export interface HttpRequestSigningRequest {
  /** Application (client) id of the app registration that asks. */
  readonly clientId: string;
  /** The account whose key signs. */
  readonly account: BrokerAccount;
  /** The HTTP request to sign. */
  readonly proofOfPossession: ProofOfPossession;
  /** Id of the key to use, where the broker holds several. */
  readonly keyId?: string;
  /** Claims to put into the signed request, as JSON text. */
  readonly clientClaims?: string;
}
