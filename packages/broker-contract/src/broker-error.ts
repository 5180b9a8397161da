import type { BrokerPlatform } from "./status.js";

/** Every code of {@link BrokerError}, with what it means to a caller. */
export const brokerErrorCodes = {
  broker_unavailable: "There is no broker to ask: not installed, not startable, or gone.",
  interaction_required: "Only the user can get any further: sign in interactively.",
  user_canceled: "The user closed the sign-in window.",
  account_not_found: "The broker does not know the account.",
  account_mismatch:
    "The answer was for another account or tenant than the one asked for, and was thrown away.",
  no_network: "The broker could not reach the tenant.",
  temporarily_unavailable: "The broker or the tenant is busy: try again.",
  timed_out: "The time the caller allowed ran out.",
  untrusted_authority: "The broker does not sign in to this authority.",
  redirect_uri_mismatch: "The redirect URI is not registered for the app.",
  invalid_request: "The request cannot work as it is.",
  keyring_locked: "The keyring that holds the broker's secrets is locked.",
  not_supported: "This broker cannot do that.",
  protocol_error: "The broker's answer made no sense.",
  broker_failed: "The broker failed for a reason of its own.",
} as const;

/** The stable, documented part of a {@link BrokerError}: decide by this. */
export type BrokerErrorCode = keyof typeof brokerErrorCodes;

/**
 * A finer reason below the code, for people and for tests; new ones may be added in any version.
 */
export type BrokerErrorReason =
  | "not_installed"
  | "not_activatable"
  | "activation_failed"
  | "no_session_bus"
  | "bus_lost"
  | "bus_refused"
  | "owner_untrusted"
  | "broker_died"
  | "native_addon_missing"
  | "unsupported_platform"
  | "not_enrolled"
  | "not_signed_in"
  | "declined_scopes"
  | "account_unusable"
  | "connection_closed"
  | "wsl1"
  | "wsl_kernel_unmarked"
  | "not_wsl"
  | "wslinfo_missing"
  | "wslinfo_failed"
  | "wsl_too_old"
  | "wsl_proxy_missing"
  | "wsl_proxy_not_started"
  | "wsl_proxy_silent"
  | "wsl_interop_off"
  | "wam_missing"
  | "provider_missing"
  | "windows_too_old"
  | "session_0"
  | "no_desktop"
  | "elevated_process"
  | (string & {});

/** What the OS itself said, for support: numbers and names as they came, texts with secrets taken out. */
export type NativeErrorFacts = Readonly<Record<string, string | number | boolean>>;

/** What a {@link BrokerError} is made of. */
export interface BrokerErrorOptions {
  /** What happened, as one sentence. */
  readonly message: string;
  /** What to do next, as one or more sentences. */
  readonly hint: string;
  readonly reason?: BrokerErrorReason;
  readonly platform?: BrokerPlatform;
  readonly correlationId?: string;
  readonly native?: NativeErrorFacts;
  /** The AADSTS code in the broker's text, e.g. `"AADSTS50011"`. */
  readonly aadsts?: string;
  /** The scopes that were asked for. */
  readonly scopes?: readonly string[];
  /** The redirect URI to register. */
  readonly redirectUri?: string;
  /** Claims the tenant wants in the next request, as JSON text. */
  readonly claims?: string;
  /** Whether the same call may well work a little later. Default `false`. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * A sign-in through the broker failed. `message` says what happened, why, and what to do; the fields say the
 * same to a program. Tell it by `name === "BrokerError"` and `code`; `instanceof` works as well, for the error of
 * any copy of this class: each of our packages carries its own. Holds no token, cookie or user name.
 */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  readonly code: BrokerErrorCode;
  readonly reason: BrokerErrorReason | undefined;
  /** What to do next; part of `message` as well. */
  readonly hint: string;
  readonly platform: BrokerPlatform | undefined;
  readonly correlationId: string | undefined;
  readonly native: NativeErrorFacts;
  readonly aadsts: string | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly redirectUri: string | undefined;
  readonly claims: string | undefined;
  readonly retryable: boolean;

  constructor(code: BrokerErrorCode, options: BrokerErrorOptions) {
    super(fullMessage(code, options), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.reason = options.reason;
    this.hint = options.hint;
    this.platform = options.platform;
    this.correlationId = options.correlationId;
    this.native = options.native ?? {};
    this.aadsts = options.aadsts;
    this.scopes = options.scopes;
    this.redirectUri = options.redirectUri;
    this.claims = options.claims;
    this.retryable = options.retryable ?? false;
  }

  /** True for the error of any copy of this class, as {@link isBrokerError}. Not made for subclasses. */
  static override [Symbol.hasInstance](value: unknown): value is BrokerError {
    return isBrokerError(value);
  }

  /** The error's facts as plain data, for a log or a report. */
  toJSON(): Record<string, unknown> {
    const {
      name,
      message,
      code,
      reason,
      hint,
      platform,
      correlationId,
      native,
      aadsts,
      scopes,
      redirectUri,
      retryable,
    } = this;
    return {
      name,
      code,
      reason,
      message,
      hint,
      platform,
      correlationId,
      native,
      aadsts,
      scopes,
      redirectUri,
      retryable,
    };
  }
}

function fullMessage(code: BrokerErrorCode, options: BrokerErrorOptions): string {
  const facts = Object.entries(options.native ?? {}).map(([key, value]) => `${key}: ${value}`);
  if (options.correlationId !== undefined) facts.push(`correlation id: ${options.correlationId}`);
  const tail = facts.length > 0 ? ` (${[`code: ${code}`, ...facts].join(", ")})` : ` (code: ${code})`;
  return `${options.message} ${options.hint}${tail}`;
}

/** Whether `error` is a {@link BrokerError}, of this or any other copy of the package. */
export function isBrokerError(error: unknown): error is BrokerError {
  return error instanceof Error && error.name === "BrokerError" && "code" in error && "hint" in error;
}
