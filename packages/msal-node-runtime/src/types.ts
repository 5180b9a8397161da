// The interface of @azure/msal-node-runtime 0.20.7, as its index.d.ts publishes it. A test holds the two together.

/** The runtime: nine functions that answer through a callback, and two facts. */
export interface MsalNodeRuntime {
  /** The account with an `Account.accountId`. */
  ReadAccountByIdAsync(
    accountId: string,
    correlationId: string,
    callback: ReadAccountResultCallback,
  ): AsyncHandle;
  /** Signs in without a window where that works, and with one where only the user gets any further. */
  SignInAsync(
    windowHandle: Buffer,
    authParams: AuthParameters,
    correlationId: string,
    accountHint: string,
    callback: AuthResultCallback,
  ): AsyncHandle;
  /** Signs the default account in without a window. */
  SignInSilentlyAsync(
    authParams: AuthParameters,
    correlationId: string,
    callback: AuthResultCallback,
  ): AsyncHandle;
  /** Signs in with a window. */
  SignInInteractivelyAsync(
    windowHandle: Buffer,
    authParams: AuthParameters,
    correlationId: string,
    accountHint: string,
    callback: AuthResultCallback,
  ): AsyncHandle;
  /** Gets a token for an account without a window. */
  AcquireTokenSilentlyAsync(
    authParams: AuthParameters,
    correlationId: string,
    account: Account,
    callback: AuthResultCallback,
  ): AsyncHandle;
  /** Gets a token for an account with a window. */
  AcquireTokenInteractivelyAsync(
    windowHandle: Buffer,
    authParams: AuthParameters,
    correlationId: string,
    account: Account,
    callback: AuthResultCallback,
  ): AsyncHandle;
  /** Signs an account out of an app. */
  SignOutSilentlyAsync(
    clientId: string,
    correlationId: string,
    account: Account,
    callback: SignOutResultCallback,
  ): AsyncHandle;
  /** Where to log, for the whole process; the last one counts. */
  RegisterLogger(callback: LoggerCallback, isPiiEnabled: boolean): void;
  /** The accounts the broker knows. */
  DiscoverAccountsAsync(
    clientId: string,
    correlationId: string,
    callback: DiscoverAccountsResultCallback,
  ): AsyncHandle;
  AuthParameters: AuthParametersConstructor;
  /** Why there can be no broker here; absent where there may be one. Looked for anew each time it is read. */
  StartupError?: MsalRuntimeError;
}

export type AuthParametersConstructor = { new (): AuthParameters };
export type LoggerCallback = (message: string, logLevel: LogLevel, containsPii: boolean) => void;
export type AuthResultCallback = (result: AuthResult) => void;
export type DiscoverAccountsResultCallback = (result: DiscoverAccountsResult) => void;
export type ReadAccountResultCallback = (result: ReadAccountResult) => void;
export type SignOutResultCallback = (result: SignOutResult) => void;

/** What a token is asked for with. `CreateAuthParameters` comes first. */
export interface AuthParameters {
  CreateAuthParameters: (clientId: string, authority: string) => void;
  SetRedirectUri: (redirectUri: string) => void;
  /** Scopes, separated by spaces. */
  SetRequestedScopes: (scopes: string) => void;
  /** A claims request as JSON text. */
  SetDecodedClaims: (claims: string) => void;
  SetAccessTokenToRenew: (accessToken: string) => void;
  SetPopParams: (httpMethod: string, httpHost: string, httpPath: string, nonce: string) => void;
  SetAdditionalParameter: (key: string, value: string) => void;
}

export type AuthResult = {
  /** @throws MsalRuntimeError if the call failed */
  CheckError: () => void;
  /** Claims of the id token, as JSON text. */
  idToken: string;
  rawIdToken: string;
  accessToken: string;
  /** `pop …`, for a proof-of-possession token. */
  authorizationHeader: string;
  grantedScopes: string;
  /** Seconds since the epoch. */
  expiresOn: number;
  isPopAuthorization: boolean;
  telemetryData: string;
  account: Account;
};

/** A failure: a plain object, no `Error`. */
export type MsalRuntimeError = {
  /** The broker's own error number. */
  errorCode: number;
  /** An {@link ErrorStatus}. */
  errorStatus: number;
  /** What happened, and what to do about it. */
  errorContext: string;
  errorTag: number;
};

export type ReadAccountResult = { CheckError: () => void; account: Account; telemetryData: string };

export type SignOutResult = { CheckError: () => void; telemetryData: string };

export type Account = {
  accountId: string;
  homeAccountId: string;
  environment: string;
  realm: string;
  localAccountId: string;
  username: string;
  givenName: string;
  familyName: string;
  middleName: string;
  displayName: string;
  additionalFieldsJson: string;
  homeEnvironment: string;
  clientInfo: string;
};

export type DiscoverAccountsResult = {
  CheckError: () => void;
  accounts: Array<Account>;
  telemetryData: string;
};

export interface AsyncHandle {
  /** Ends the call: its callback is told `ApplicationCanceled`. */
  CancelAsyncOperation: () => void;
}

export enum ErrorStatus {
  Unexpected = 0,
  Reserved = 1,
  InteractionRequired = 2,
  NoNetwork = 3,
  NetworkTemporarilyUnavailable = 4,
  ServerTemporarilyUnavailable = 5,
  ApiContractViolation = 6,
  UserCanceled = 7,
  ApplicationCanceled = 8,
  IncorrectConfiguration = 9,
  InsufficientBuffer = 10,
  AuthorityUntrusted = 11,
  UserSwitched = 12,
  AccountUnusable = 13,
  UserDataRemovalRequired = 14,
  KeyNotFound = 15,
  AccountNotFound = 16,
}

export enum LogLevel {
  Trace = 1,
  Debug = 2,
  Info = 3,
  Warning = 4,
  Error = 5,
  Fatal = 6,
}
