import type { GetTokenOptions } from "@azure/core-auth";
import { BrokerError, type BrokerErrorCode, isBrokerError } from "@x/broker-contract";
import { whatHappened } from "../what-happened.js";
import { mergeClaims } from "./claims.js";
import { AuthenticationRequiredError, CredentialUnavailableError } from "./errors.js";

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
