import type { GetTokenOptions } from "@azure/core-auth";
import {
  BrokerError,
  type BrokerErrorCode,
  type BrokerErrorReason,
  isBrokerError,
  type NativeErrorFacts,
} from "@x/broker-contract";
import { whatHappened } from "../what-happened.js";
import { mergeClaims } from "./claims.js";

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

/** A token needs the user, and UI is not allowed. The caller's own options make the public error of it. */
export class UserNeeded extends Error {
  override readonly name = "UserNeeded";
  /** What the broker said when it was asked silently; absent when there was no account to ask it for. */
  readonly reason: BrokerError | undefined;
  /** Whether the broker was asked for the default account, whoever that is. */
  readonly askedForDefault: boolean;

  constructor(reason: BrokerError | undefined, askedForDefault: boolean) {
    super("Only the user can get any further.");
    this.reason = reason;
    this.askedForDefault = askedForDefault;
  }
}

/** Codes that mean "this credential is of no use on this machine now", so that a chain may go on. */
const unavailableCodes: ReadonlySet<BrokerErrorCode> = new Set([
  "broker_unavailable",
  "not_supported",
  "keyring_locked",
]);

/** Whether only the user can put right what a silent request failed with. Nothing else may lead to UI. */
export function needsUser(error: unknown): error is BrokerError {
  return (
    isBrokerError(error) &&
    (error.code === "interaction_required" ||
      error.code === "account_not_found" ||
      error.reason === "account_unusable")
  );
}

/** Where a failure came from, to make the error the caller sees. */
export interface FailureContext {
  readonly credential: string;
  readonly scopes: readonly string[];
  readonly getTokenOptions: GetTokenOptions;
  /** `disableAutomaticAuthentication`: the app wants to call `authenticate()` itself. */
  readonly manualAuthentication: boolean;
  /** Whether `AZURE_AUTHORITY_HOST` says where to sign in. */
  readonly authorityHostOfEnvironment: boolean;
}

/** Turns a failure into what the Azure SDK expects of a credential; see the table in the package's README. */
export function toCredentialError(error: unknown, context: FailureContext): unknown {
  if (error instanceof UserNeeded) return userNeededError(error, context);
  if (isBrokerError(error) && unavailableCodes.has(error.code))
    return new CredentialUnavailableError(`${context.credential}: ${error.message}`, { cause: error });
  if (isBrokerError(error) && error.code === "untrusted_authority" && context.authorityHostOfEnvironment)
    return namingVariable(error);
  return error;
}

/** Nobody looks for a host in the environment who did not put it there. */
function namingVariable(error: BrokerError): BrokerError {
  const hint = `${error.hint} The host comes from the environment variable AZURE_AUTHORITY_HOST: correct or unset it.`;
  return retold(error, whatHappened(error), hint);
}

/** The same failure with more to say about it. */
export function retold(error: BrokerError, message: string, hint: string): BrokerError {
  const { code, reason, platform, correlationId, native, aadsts, scopes, retryable } = error;
  return new BrokerError(code, {
    message,
    hint,
    native,
    retryable,
    ...(reason === undefined ? {} : { reason }),
    ...(platform === undefined ? {} : { platform }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(aadsts === undefined ? {} : { aadsts }),
    ...(scopes === undefined ? {} : { scopes }),
    cause: error,
  });
}

function userNeededError({ reason, askedForDefault }: UserNeeded, context: FailureContext): Error {
  const { credential, scopes, manualAuthentication } = context;
  if (askedForDefault && reason !== undefined && isNobodySignedIn(reason) && !manualAuthentication)
    return new CredentialUnavailableError(`${credential}: ${reason.message}`, { cause: reason });
  const option = manualAuthentication ? "disableAutomaticAuthentication" : "disableInteractiveFallback";
  const happened =
    reason === undefined ? "No account is signed in with this credential yet." : reason.message;
  const silently =
    reason === undefined && !manualAuthentication
      ? " To start with the account of the operating system, set useDefaultBrokerAccount."
      : "";
  const message =
    `${credential}: ${happened} The user has to sign in, and the option ${option} keeps the credential from asking: ` +
    `call authenticate() when it suits the user.${silently}`;
  return new AuthenticationRequiredError({
    message,
    scopes,
    getTokenOptions: optionsToAuthenticate(context.getTokenOptions, reason?.claims),
    ...(reason === undefined ? {} : { cause: reason }),
  });
}

/** A signal or time limit was for the call that failed; what the token is for holds for the next one too. */
function optionsToAuthenticate(given: GetTokenOptions, wantedClaims: string | undefined): GetTokenOptions {
  const { tenantId, enableCae, proofOfPossessionOptions } = given;
  const claims = mergeClaims(given.claims, wantedClaims);
  return {
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(claims === undefined ? {} : { claims }),
    ...(enableCae === undefined ? {} : { enableCae }),
    ...(proofOfPossessionOptions === undefined ? {} : { proofOfPossessionOptions }),
  };
}

function isNobodySignedIn(error: BrokerError): boolean {
  return error.code === "account_not_found" || error.reason === "not_signed_in";
}
