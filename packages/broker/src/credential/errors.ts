import type { GetTokenOptions } from "@azure/core-auth";
import {
  type BrokerErrorCode,
  type BrokerErrorReason,
  isBrokerError,
  type NativeErrorFacts,
} from "@x/broker-contract";

/** `name` of a {@link CredentialUnavailableError}. */
export const CredentialUnavailableErrorName = "CredentialUnavailableError";
/** `name` of an {@link AuthenticationRequiredError}. */
export const AuthenticationRequiredErrorName = "AuthenticationRequiredError";

/**
 * The credential cannot be used here: no broker, a broker that cannot do what was asked, a locked keyring,
 * a default account where nobody is signed in, or a tenant the credential is not configured for. A `ChainedTokenCredential` goes on with
 * its next credential. Tell it by `name`.
 */
export class CredentialUnavailableError extends Error {
  override readonly name = CredentialUnavailableErrorName;
  /** The code of the `BrokerError` that is the `cause`; like the fields below `undefined` if there is none. */
  readonly code: BrokerErrorCode | undefined;
  /** Its finer reason. */
  readonly reason: BrokerErrorReason | undefined;
  /** What the operating system itself said. */
  readonly native: NativeErrorFacts | undefined;
  /** The id under which the broker's log has more. */
  readonly correlationId: string | undefined;
  /** What to do next; part of `message` as well. */
  readonly hint: string | undefined;
  /** Whether the same call may well work a little later. */
  readonly retryable: boolean | undefined;

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const told = isBrokerError(options.cause) ? options.cause : undefined;
    this.code = told?.code;
    this.reason = told?.reason;
    this.native = told?.native;
    this.correlationId = told?.correlationId;
    this.hint = told?.hint;
    this.retryable = told?.retryable;
  }
}

/** What an {@link AuthenticationRequiredError} is made of. */
export interface AuthenticationRequiredErrorOptions {
  readonly message: string;
  /** The scopes that were asked for. */
  readonly scopes: readonly string[];
  /** What `authenticate()` has to be called with. */
  readonly getTokenOptions?: GetTokenOptions;
  readonly cause?: unknown;
}

/**
 * Only the user can get any further, and the credential was told not to show UI by itself. Call
 * `authenticate(error.scopes, error.getTokenOptions)` at a moment that suits the user. A
 * `ChainedTokenCredential` goes on with its next credential. Tell it by `name`.
 */
export class AuthenticationRequiredError extends Error {
  override readonly name = AuthenticationRequiredErrorName;
  /** The scopes that were asked for. */
  readonly scopes: string[];
  /**
   * What `authenticate()` has to be called with: those options of `getToken` that say what the token is for
   * (`tenantId`, `claims`, `enableCae`, `proofOfPossessionOptions`), and the claims the tenant asked for.
   */
  readonly getTokenOptions: GetTokenOptions | undefined;
  /** The code of the `BrokerError` that is the `cause`; like the fields below `undefined` if there is none. */
  readonly code: BrokerErrorCode | undefined;
  /** Its finer reason. */
  readonly reason: BrokerErrorReason | undefined;
  /** What the operating system itself said. */
  readonly native: NativeErrorFacts | undefined;
  /** The id under which the broker's log has more. */
  readonly correlationId: string | undefined;
  /** What to do next; part of `message` as well. */
  readonly hint: string | undefined;
  /** Whether the same call may well work a little later. */
  readonly retryable: boolean | undefined;

  constructor(options: AuthenticationRequiredErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.scopes = [...options.scopes];
    this.getTokenOptions = options.getTokenOptions;
    const told = isBrokerError(options.cause) ? options.cause : undefined;
    this.code = told?.code;
    this.reason = told?.reason;
    this.native = told?.native;
    this.correlationId = told?.correlationId;
    this.hint = told?.hint;
    this.retryable = told?.retryable;
  }
}
