/**
 * The whole surface of the Windows addon: the Web Account Manager (WAM) and the few facts of Win32 beside it, told
 * in plain data. No protocol in here. Names and meanings are those of the WinRT metadata
 * (Windows.Security.Authentication.Web.Core, Windows.Security.Credentials, Windows.UI.ApplicationSettings).
 *
 * Nothing in it blocks the JavaScript thread. An operation never throws: what goes wrong rejects its promise with a
 * `NativeError`, bad arguments included. Only a pending promise keeps the process alive, and not even that where
 * `keepAlive` is false. WinRT is called on a small pool of threads that all environments of a process share.
 */

/** Whether work holds the process, or a worker, until it has ended. */
export interface NativeHold {
  /** `false`: nobody awaits it, so the process may end without it. Default `true`. */
  readonly keepAlive?: boolean;
}

/** Work under way, or work that was refused at once: then `result` is rejected already. */
export interface NativeOperation<T> {
  readonly result: Promise<T>;
  /**
   * Ends the work: `result` rejects with `canceled` here and now, and Windows is told (`IAsyncInfo::Cancel`), which
   * closes a window that is open. Harmless when the work has ended.
   */
  cancel(): void;
}

/**
 * How a native operation fails: an `Error` with these facts on it.
 * - `failed`: a WinRT or Win32 call failed, or an asynchronous operation ended as failed: `hresult` and `stage`.
 * - `unavailable`: this Windows has no such class or interface: `hresult` and `stage`.
 * - `canceled`: `cancel()` ended it, or Windows reported the operation as canceled (then with `stage`).
 * - `invalid_argument`: an argument of the wrong type, a string with NUL or lone surrogates, an object that is not
 *   from this addon, a window that does not exist.
 */
export type NativeErrorCode = "failed" | "unavailable" | "canceled" | "invalid_argument";

export interface NativeError extends Error {
  readonly code: NativeErrorCode;
  /** What Windows returned, as an unsigned 32-bit number, e.g. `0x80070005`. */
  readonly hresult?: number;
  /** The call that failed, by its name in the metadata, e.g. `"FindAccountProviderAsync"`. */
  readonly stage?: string;
}

/** Tells the kinds of objects apart for the compiler; the addon knows its own by a tag. */
declare const handle: unique symbol;

/** An account provider (`WebAccountProvider`). Holds the WinRT object until it is collected. */
export interface NativeProvider {
  readonly [handle]?: "provider";
  /** `https://login.microsoft.com` on real Windows, also for the provider of the default account. */
  readonly id: string;
  readonly displayName: string;
  /** `"organizations"` or `"consumers"`. Absent where this Windows does not tell it. */
  readonly authority?: string;
}

/** An account (`WebAccount`). Holds the WinRT object until it is collected. */
export interface NativeAccount {
  readonly [handle]?: "account";
  /** WAM's own id of the account, good for `findAccount`. Absent where this Windows does not tell it. */
  readonly id?: string;
  readonly userName: string;
  /** `WebAccountState`: 0 none, 1 connected, 2 error. */
  readonly state: number;
  readonly properties: Readonly<Record<string, string>>;
}

/** What an account provider says went wrong (`WebProviderError`). */
export interface NativeProviderError {
  /** `ErrorCode`, an unsigned 32-bit number. */
  readonly code: number;
  /** Text of the provider; may name the user. */
  readonly message: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface NativeFindProvider extends NativeHold {
  readonly id: string;
  /** Calls `FindAccountProviderAsync(id, authority)`. Absent: `FindAccountProviderAsync(id)`. */
  readonly authority?: string;
}

export interface NativeFindAccounts extends NativeHold {
  readonly provider: NativeProvider;
  readonly clientId: string;
}

/** `FindAllAccountsResult`. */
export interface NativeAccounts {
  /**
   * `FindAllWebAccountsStatus`: 0 success, 1 not allowed by provider, 2 not supported by provider, 3 provider
   * error.
   */
  readonly status: number;
  readonly accounts: readonly NativeAccount[];
  readonly providerError?: NativeProviderError;
}

export interface NativeFindAccount extends NativeHold {
  readonly provider: NativeProvider;
  /** WAM's id of the account. */
  readonly accountId: string;
}

interface NativeTokenRequestBase extends NativeHold {
  readonly provider: NativeProvider;
  /** Uses the `...WithWebAccount...` form of the call. */
  readonly account?: NativeAccount;
  readonly scope: string;
  /** May be empty, as in the feature probe. */
  readonly clientId: string;
  /**
   * `WebTokenRequestPromptType`: 0 default, 1 force authentication. Absent: the request is made with
   * `WebTokenRequest.Create` instead of `CreateWithPromptType`.
   */
  readonly promptType?: number;
  /** `WebTokenRequest.Properties`, set in this order. */
  readonly properties: Readonly<Record<string, string>>;
  /** `WebTokenRequest.AppProperties`, set in this order. `unavailable` where Windows has none and these are not empty. */
  readonly appProperties: Readonly<Record<string, string>>;
  /**
   * `WebTokenRequest.CorrelationId`: a UUID without braces. Where Windows is too old to have it, the property
   * `correlationId` is set instead. Absent: not set.
   */
  readonly correlationId?: string;
}

/** `GetTokenSilentlyAsync`. As many as you like can be in flight. */
export interface NativeSilentRequest extends NativeTokenRequestBase {
  readonly mode: "silent";
}

/** `RequestTokenForWindowAsync`. */
export interface NativeWindowRequest extends NativeTokenRequestBase {
  readonly mode: "window";
  /** The turn to show something; see `beginInteractive`. `invalid_argument` once it has ended. */
  readonly turn: NativeTurn;
  /** Handle of the window to show above (`HWND`). `invalid_argument` when there is no such window. */
  readonly window: bigint;
}

export type NativeTokenRequest = NativeSilentRequest | NativeWindowRequest;

/** `WebTokenResponse`. */
export interface NativeTokenResponse {
  readonly token: string;
  readonly account?: NativeAccount;
  readonly properties: Readonly<Record<string, string>>;
  readonly providerError?: NativeProviderError;
}

/** `WebTokenRequestResult`. Holds the WinRT object, for `invalidateCache`, until it is collected. */
export interface NativeTokenResult {
  readonly [handle]?: "result";
  /**
   * `WebTokenRequestStatus`: 0 success, 1 user cancel, 2 account switch, 3 user interaction required,
   * 4 account provider not available, 5 provider error.
   */
  readonly status: number;
  /** `ResponseData`, empty where there is none. */
  readonly responses: readonly NativeTokenResponse[];
  /** `ResponseError`. */
  readonly error?: NativeProviderError;
}

export interface NativeInvalidateCache extends NativeHold {
  readonly result: NativeTokenResult;
}

export interface NativeSignOut extends NativeHold {
  readonly account: NativeAccount;
  /** Calls `SignOutAsync(clientId)`. */
  readonly clientId: string;
}

/** The accounts settings pane ("account picker"): the user chooses a provider. */
export interface NativePickProvider extends NativeHold {
  readonly turn: NativeTurn;
  /** The window the pane's own window is owned by. `invalid_argument` when there is no such window. */
  readonly window: bigint;
  /** Text at the head of the pane; empty for none. */
  readonly headerText: string;
  /** In the order shown. At least one. */
  readonly providers: readonly NativeProvider[];
}

/**
 * The turn to show windows. One interactive flow at a time per process: the turn passes on when `end()` was called
 * and every operation made with it has really ended in Windows, cancelled ones too. It ends by itself when it is
 * collected or its environment (worker) ends.
 */
export interface NativeTurn {
  readonly [handle]?: "turn";
  /** Harmless when repeated. */
  end(): void;
}

/** What Windows knows of a window handle. */
export interface NativeWindowFacts {
  /** `IsWindow`. The other facts are there only if it is one, and if Windows tells them. */
  readonly exists: boolean;
  readonly processId?: number;
  readonly threadId?: number;
  readonly visible?: boolean;
  /** Whether it is on the desktop of this process. Absent where Windows does not tell it. */
  readonly sameDesktop?: boolean;
  /** Name of the window's class. */
  readonly className?: string;
}

/** What a process may do with windows. A fact is absent where Windows does not tell it. */
export interface NativeSession {
  /** Terminal Services session; 0 is that of services, which no user sees. */
  readonly sessionId?: number;
  /** Last part of the integrity level's SID: 0x1000 low, 0x2000 medium, 0x3000 high, 0x4000 system. */
  readonly integrityLevel?: number;
  /** `TokenElevation`. */
  readonly elevated?: boolean;
  /** Whether the window station can show windows to a user (`WSF_VISIBLE`). */
  readonly visibleStation?: boolean;
  /** Name of the window station, e.g. `"WinSta0"`. */
  readonly stationName?: string;
}

export interface NativeBinding {
  /** `null` when there is no such provider (for the default account's: no default account). */
  findProvider(request: NativeFindProvider): NativeOperation<NativeProvider | null>;
  /** `FindAllAccountsAsync(provider, clientId)`. `unavailable` before Windows 10 1803. */
  findAccounts(request: NativeFindAccounts): NativeOperation<NativeAccounts>;
  /** `FindAccountAsync`. `null` when the provider has no account with this id. */
  findAccount(request: NativeFindAccount): NativeOperation<NativeAccount | null>;
  requestToken(request: NativeTokenRequest): NativeOperation<NativeTokenResult>;
  /** `WebTokenRequestResult.InvalidateCacheAsync`: the next request does not get this token again. */
  invalidateCache(request: NativeInvalidateCache): NativeOperation<void>;
  signOut(request: NativeSignOut): NativeOperation<void>;
  /** `null` when the user chose none or closed the pane. */
  pickProvider(request: NativePickProvider): NativeOperation<NativeProvider | null>;
  /** Waits for the turn to show windows, first come, first served, for the whole process and all its workers. */
  beginInteractive(options?: NativeHold): NativeOperation<NativeTurn>;

  /** Throws a `NativeError` `invalid_argument` for what is not a bigint of 64 bits. */
  windowFacts(window: bigint): NativeWindowFacts;
  /**
   * The root owner of the console's window: under a terminal such as Windows Terminal (ConPTY) the terminal's own
   * window. 0 when the process has no console or it has no window.
   */
  consoleWindow(): bigint;
  desktopWindow(): bigint;
  session(): NativeSession;
  /**
   * Live counts of this process, for tests and `broker doctor`: operations that have not ended in Windows (those of
   * other environments included), interactive flows waiting or under way, WinRT objects that JavaScript holds.
   */
  stats(): { readonly operations: number; readonly turns: number; readonly objects: number };
}
