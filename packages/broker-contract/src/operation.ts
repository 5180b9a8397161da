/** An abort signal of the platform (`AbortController`) or of `@azure/abort-controller`. */
export interface AbortSignalLike {
  /** Whether the operation has been asked to stop. */
  readonly aborted: boolean;
  /** Why, where the signal says so; kept as the `cause` of the resulting `AbortError`. */
  readonly reason?: unknown;
  addEventListener(
    type: "abort",
    listener: (this: AbortSignalLike, event: unknown) => unknown,
    options?: unknown,
  ): void;
  removeEventListener(
    type: "abort",
    listener: (this: AbortSignalLike, event: unknown) => unknown,
    options?: unknown,
  ): void;
}

/**
 * Where a broker writes what it does. No message ever holds a token, a refresh token or a cookie;
 * user names and claims appear only if `includePersonalData` is set.
 */
export interface BrokerLogger {
  /** Set when the user asked for support logging: messages may then name accounts. Default `false`. */
  readonly includePersonalData?: boolean;
  error(message: string): void;
  warning(message: string): void;
  info(message: string): void;
  verbose(message: string): void;
}

/** What every broker call takes as its last argument. */
export interface OperationOptions {
  /** Aborts the call: it rejects at once with an `AbortError`, and the request to the OS is cancelled. */
  readonly abortSignal?: AbortSignalLike;
  /**
   * The longest the call may take, in milliseconds, waiting for its turn included. A call that takes longer
   * rejects with a `BrokerError` of code `timed_out`. Each platform documents its defaults; `0` means no limit.
   */
  readonly timeoutInMs?: number;
  /**
   * Whether the process stays until the call has ended, if nothing else keeps it. Default `true`. Background work
   * that nobody awaits, such as fetching a new token ahead of time, sets `false`.
   */
  readonly keepProcessAlive?: boolean;
  /** A UUID that names this call in the OS's and the tenant's logs. Made afresh when absent. */
  readonly correlationId?: string;
  /** Where to log. Default: nowhere. */
  readonly logger?: BrokerLogger;
}
