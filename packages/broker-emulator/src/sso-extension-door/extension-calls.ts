// Requests to a single sign-on extension through macOS' AuthenticationServices as plain data: what a test double of it
// hands on, and what it is told to answer. Names follow Apple's documentation.

/** A request as the extension gets it. */
export interface ExtensionCall {
  /** URL the extension was chosen by. */
  readonly identityProviderUrl: string;
  /** `requestedOperation`. */
  readonly operation: string;
  /** `authorizationOptions`, in their order. */
  readonly options: readonly (readonly [name: string, value: string])[];
  /** Whether the extension may show a window. */
  readonly userInterfaceEnabled: boolean;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** An `NSError`. */
export interface ExtensionError {
  readonly domain: string;
  readonly code: number;
  readonly userInfo?: Readonly<Record<string, string | number>>;
  /** Under `NSUnderlyingErrorKey`. */
  readonly underlying?: ExtensionError;
}

/** The answer: header fields of an HTTP response, all of them text, or an `NSError`. */
export type ExtensionAnswer =
  | { readonly headers: Readonly<Record<string, string>> }
  | { readonly error: ExtensionError };

/** Who the extension takes a caller for: its bundle, and its code signature. */
export interface ExtensionCaller {
  readonly bundleIdentifier?: string;
  readonly signingIdentifier?: string;
  readonly teamIdentifier?: string;
}
