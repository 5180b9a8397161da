/**
 * The whole surface of the macOS addon: requests to a single sign-on extension through AuthenticationServices, told in
 * plain data. No protocol in here.
 *
 * Nothing in it blocks the JavaScript thread but `canPerformNow`. Only a pending request keeps the process alive, and not even that where
 * `keepAlive` is false. What goes wrong rejects the promise with a `NativeError`, bad arguments included;
 * `canPerformNow` throws it.
 *
 * AuthenticationServices is for the process' main thread, and its answers may need the main run loop, which Node.js
 * does not serve: while a request is pending somebody calls `serveMainRunLoop` again and again, unless
 * `isApplicationRunning`.
 */

/** One request to the extension. */
export interface NativeRequest {
  /** URL the extension is chosen by, absolute. */
  readonly identityProviderUrl: string;
  /** `ASAuthorizationOpenIDRequest.requestedOperation`. */
  readonly operation: string;
  /** `authorizationOptions`: one query item each, in this order, nothing encoded. */
  readonly options: readonly (readonly [name: string, value: string])[];
  /** Whether the extension may show a window. If so, it is asked for a presentation context. */
  readonly userInterfaceEnabled: boolean;
  /**
   * Address of an `NSView` of this process, as Electron's `getNativeWindowHandle()` tells it in the bytes of a buffer:
   * the extension's window belongs to this view's window. Default: a window of its own. Read once, while `perform`
   * runs; an address that is not a living view's ends the process, as with every native handle.
   */
  readonly anchorView?: bigint;
  /** `false`: nobody awaits it, so the process may end without it. Default `true`. */
  readonly keepAlive?: boolean;
}

/** The extension's answer, as it came. */
export interface NativeResponse {
  /** `NSHTTPURLResponse.allHeaderFields`; in no particular order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** HTTP status. */
  readonly status: number;
  /** URL of the response; empty if it has none. */
  readonly url: string;
}

/** One `NSError`. */
export interface NativeErrorLink {
  readonly domain: string;
  readonly code: number;
  /** `localizedDescription`; may name the user. */
  readonly localizedDescription: string;
  /**
   * `userInfo` but for the underlying errors. Strings as they are, numbers in decimal, booleans as `1` and `0`, URLs as
   * text, arrays and dictionaries of such as JSON text; other objects are left out.
   */
  readonly userInfo: Readonly<Record<string, string>>;
}

/**
 * How a request fails: an `Error` with these facts on it.
 * - `request_failed`: AuthenticationServices or the extension answered with an error; `errors` tells which.
 * - `canceled`: `cancel()` ended the request.
 * - `not_main_thread`: asked from another thread than the process' main one, a worker say.
 * - `unexpected_credential`: an answer that is none of single sign-on, or holds no response; `className` is what came.
 * - `platform_exception`: AuthenticationServices raised an exception; `exceptionName` tells which.
 * - `invalid_argument`: an argument that cannot be sent (NUL inside a string, not a URL, wrong type).
 */
export type NativeErrorCode =
  | "request_failed"
  | "canceled"
  | "not_main_thread"
  | "unexpected_credential"
  | "platform_exception"
  | "invalid_argument";

export interface NativeError extends Error {
  readonly code: NativeErrorCode;
  /**
   * The chain of errors, outermost first, each followed by those beneath it (`NSUnderlyingErrorKey`). What users are
   * shown stands here alone, never in `message`.
   */
  readonly errors?: readonly NativeErrorLink[];
  readonly className?: string;
  readonly exceptionName?: string;
}

/** A request under way, or one that was refused at once: then `result` is rejected already. */
export interface NativePendingRequest {
  readonly result: Promise<NativeResponse>;
  /**
   * Ends the request: `result` rejects with `canceled` here and now, a late answer is thrown away. The extension is
   * told on macOS 13 and newer. Harmless when the request has ended.
   */
  cancel(): void;
}

/** Who the extension takes this process for; what there is of it. Ad-hoc signatures name no team. */
export interface NativeCaller {
  /** `NSBundle.mainBundle.bundleIdentifier`: an app's; a plain `node` has none. */
  readonly bundleIdentifier?: string;
  /** Identifier of the code signature. */
  readonly signingIdentifier?: string;
  /** Team of the code signature. */
  readonly teamIdentifier?: string;
}

export interface NativeBinding {
  /**
   * `ASAuthorizationSingleSignOnProvider.canPerformAuthorization`: whether an extension is configured for the URL.
   * Asked on a thread of its own each time, for the system may take its time; meanwhile the process is not kept alive.
   * Rejects with `invalid_argument`, `not_main_thread`, `platform_exception`.
   */
  canPerform(identityProviderUrl: string): Promise<boolean>;
  /** The same for who cannot wait: the JavaScript thread stands still until the system answers. */
  canPerformNow(identityProviderUrl: string): boolean;
  /** Sends a request. As many as you like can be pending. */
  perform(request: NativeRequest): NativePendingRequest;
  /** Whether this is the process' main thread: false in a worker. */
  isMainThread(): boolean;
  /** Whether `NSApp` runs, as in Electron's main process: then the main run loop is served. */
  isApplicationRunning(): boolean;
  /** Serves what is ready in the main run loop, and returns at once. Does nothing on another thread. */
  serveMainRunLoop(): void;
  /** Facts of this process, for its redirect URI. */
  caller(): NativeCaller;
  /** Live counts of this process, for tests and `broker doctor`. Cancelled requests are not counted. */
  stats(): { readonly requestsInFlight: number };
}
