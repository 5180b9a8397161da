import type { GetTokenOptions } from "@azure/core-auth";
import type { AbortSignalLike, ProofOfPossession } from "@x/broker-contract";
import type { TimeoutOption } from "./flight.js";
import { readTimeout, typeName } from "./read-options.js";

/** The options of one call that this package acts on, checked. */
export interface CallOptions {
  readonly abortSignal: AbortSignalLike | undefined;
  readonly claims: string | undefined;
  readonly enableCae: boolean;
  readonly proofOfPossession: ProofOfPossession | undefined;
  readonly timeoutInMs: number;
  /** Which option set `timeoutInMs`. */
  readonly timeoutOption: TimeoutOption;
}

/** What all methods share of it. */
export type OperationCallOptions = Pick<CallOptions, "abortSignal" | "timeoutInMs" | "timeoutOption">;

/** What every method of the credential takes. */
export interface CredentialOperationOptions {
  /** Aborts the call: it rejects with an `AbortError`. */
  abortSignal?: AbortSignalLike;
  requestOptions?: {
    /** The longest the call may take, in milliseconds, if that is shorter than the credential's `timeoutInMs`. */
    timeout?: number;
  };
  /** The span to make the call's own span a child of. */
  tracingOptions?: NonNullable<GetTokenOptions["tracingOptions"]>;
}

/** Checks the options of `getToken()`. */
export function readCallOptions(options: GetTokenOptions, defaultTimeoutInMs: number): CallOptions {
  return {
    ...readOperationOptions(options, defaultTimeoutInMs),
    claims: readClaims(options.claims, 'The option "claims"'),
    enableCae: readEnableCae(options.enableCae),
    proofOfPossession: readProofOfPossession(options.proofOfPossessionOptions),
  };
}

/** Checks what all methods share; the shorter of the two time limits counts. */
export function readOperationOptions(
  options: CredentialOperationOptions,
  defaultTimeoutInMs: number,
): OperationCallOptions {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`The options of a call must be an object, got ${typeName(options)}.`);
  const requestOptions: unknown = options.requestOptions;
  if (requestOptions !== undefined && (typeof requestOptions !== "object" || requestOptions === null))
    throw new TypeError(`The option "requestOptions" must be an object, got ${typeName(requestOptions)}.`);
  const abortSignal = readAbortSignal(options.abortSignal);
  const ofCall = readTimeout(options.requestOptions?.timeout, 'The option "requestOptions.timeout"') ?? 0;
  return ofCall > 0 && (defaultTimeoutInMs === 0 || ofCall < defaultTimeoutInMs)
    ? { abortSignal, timeoutInMs: ofCall, timeoutOption: "requestOptions.timeout" }
    : { abortSignal, timeoutInMs: defaultTimeoutInMs, timeoutOption: "timeoutInMs" };
}

/** Reads a signal that aborts a call. */
export function readAbortSignal(value: unknown): AbortSignalLike | undefined {
  if (value === undefined) return undefined;
  const signal = value as Partial<AbortSignalLike> | null;
  if (typeof signal !== "object" || typeof signal?.addEventListener !== "function")
    throw new TypeError(`The option "abortSignal" must be an AbortSignal, got ${typeName(value)}.`);
  return value as AbortSignalLike;
}

/** Reads the claims of a challenge. */
export function readClaims(value: unknown, what: string): string | undefined {
  if (value === undefined) return undefined;
  const expected =
    'expected the JSON text of a claims challenge, decoded from base64, such as {"access_token":{}}';
  if (typeof value !== "string")
    throw new TypeError(`${what} must be a string: ${expected}, got ${typeName(value)}.`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw new TypeError(`${what} is not JSON text: ${expected}.`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new TypeError(`${what} is not a JSON object: ${expected}.`);
  return value;
}

function readEnableCae(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== "boolean")
    throw new TypeError(`The option "enableCae" must be true or false, got ${typeName(value)}.`);
  return value;
}

function readProofOfPossession(value: unknown): ProofOfPossession | undefined {
  if (value === undefined) return undefined;
  const what = 'The option "proofOfPossessionOptions';
  if (typeof value !== "object" || value === null)
    throw new TypeError(`${what}" must be an object, got ${typeName(value)}.`);
  const { nonce, resourceRequestMethod, resourceRequestUrl } = value as Readonly<Record<string, unknown>>;
  if (typeof resourceRequestMethod !== "string" || !/^[A-Za-z]+$/.test(resourceRequestMethod))
    throw new TypeError(`${what}.resourceRequestMethod" must be an HTTP method such as "GET".`);
  if (typeof resourceRequestUrl !== "string" || !URL.canParse(resourceRequestUrl))
    throw new TypeError(
      `${what}.resourceRequestUrl" must be the absolute URL of the request the token is for.`,
    );
  if (nonce !== undefined && typeof nonce !== "string")
    throw new TypeError(`${what}.nonce" must be the nonce of the resource's challenge as a string.`);
  return { resourceRequestMethod, resourceRequestUrl, ...(nonce === undefined ? {} : { nonce }) };
}
