import { type BrokerError, isBrokerError } from "@x/broker-contract";
import { type RuntimeStatus, runtimeFailure } from "./runtime-status.js";

/** What msal-node's errors have in common, of any version. */
export interface MsalError extends Error {
  errorCode: string;
  errorMessage: string;
  subError: string;
  correlationId: string;
  /** What the broker itself said, in the words of Microsoft's runtime. */
  platformBrokerError: PlatformBrokerError;
  /** Claims the tenant wants in the next request, as JSON text. */
  claims?: string;
}

/** What the broker itself said: as the error of that name in msal-common. */
export interface PlatformBrokerError extends Error {
  /** Name of the runtime's status, e.g. `"InteractionRequired"`. */
  errorCode: string;
  errorMessage: string;
  subError: string;
  correlationId: string;
  /** The broker's own error number. */
  statusCode: number;
  /** Names the place in the broker that failed. */
  tag: string;
}

type ErrorClass = new (errorCode?: string) => Error;
type ClassName = (typeof classNames)[number];

/** The error classes of the app's msal-node, as far as there are any. */
export type MsalErrorClasses = Readonly<Partial<Record<ClassName | "AuthError", ErrorClass>>>;

const classNames = [
  "ClientAuthError",
  "ClientConfigurationError",
  "InteractionRequiredAuthError",
  "NativeAuthError",
  "ServerError",
] as const;

interface Telling {
  readonly name: ClassName;
  readonly errorCode: string;
}

const byStatus: Readonly<Partial<Record<RuntimeStatus, Telling>>> = {
  InteractionRequired: { name: "InteractionRequiredAuthError", errorCode: "interaction_required" },
  AccountUnusable: { name: "InteractionRequiredAuthError", errorCode: "interaction_required" },
  NoNetwork: { name: "ClientAuthError", errorCode: "no_network_connectivity" },
  NetworkTemporarilyUnavailable: { name: "ClientAuthError", errorCode: "no_network_connectivity" },
  ServerTemporarilyUnavailable: { name: "ServerError", errorCode: "server_unavailable" },
  UserCanceled: { name: "ClientAuthError", errorCode: "user_canceled" },
  AuthorityUntrusted: { name: "ClientConfigurationError", errorCode: "untrusted_authority" },
  AccountNotFound: { name: "ClientAuthError", errorCode: "no_account_found" },
};

const anythingElse: Telling = { name: "ClientAuthError", errorCode: "platform_broker_error" };

/**
 * Microsoft's plugin waits for ever, so it has no error for this. `@azure/identity` passes one of this name on, and
 * opens no window because of it.
 */
const timedOut: Telling = { name: "NativeAuthError", errorCode: "timed_out" };

let loading: Promise<MsalErrorClasses> | undefined;

/** The classes of the msal-node that the app has, so that its `instanceof` holds. */
export function loadMsalErrorClasses(): Promise<MsalErrorClasses> {
  loading ??= importMsalNode();
  return loading;
}

async function importMsalNode(): Promise<MsalErrorClasses> {
  try {
    // Right inside a `try`, so that bundlers let it be missing.
    return (await import("@azure/msal-node")) as object as MsalErrorClasses;
  } catch {
    return {};
  }
}

/** Tells a broker's failure as Microsoft's plugin would; lets any other error be. */
export async function toMsalError(error: unknown, correlationId: string | undefined): Promise<unknown> {
  if (!isBrokerError(error)) return error;
  return msalErrorOf(error, correlationId, await loadMsalErrorClasses());
}

/** Makes the error, of the app's own classes where it has them. */
export function msalErrorOf(
  error: BrokerError,
  correlationId: string | undefined,
  classes: MsalErrorClasses,
): MsalError {
  const { status, errorCode, tag } = runtimeFailure(error);
  const telling = error.code === "timed_out" ? timedOut : (byStatus[status] ?? anythingElse);
  const id = correlationId ?? error.correlationId ?? "";
  const tagText = tagToString(tag);
  const platformBrokerError = fill(new (authErrorClass(classes))(status), {
    name: "PlatformBrokerError",
    errorCode: status,
    errorMessage: `${error.message} (Error Code: ${errorCode}, Tag: ${tagText})`,
    correlationId: id,
  });
  const made = fill(new (classNamed(telling.name, classes))(telling.errorCode), {
    ...telling,
    errorMessage: error.message,
    correlationId: id,
  });
  Object.defineProperty(made, "cause", { value: error, configurable: true, writable: true });
  return Object.assign(made, {
    platformBrokerError: Object.assign(platformBrokerError, { statusCode: errorCode, tag: tagText }),
    ...(telling === timedOut ? { statusCode: errorCode } : {}),
    ...(error.claims === undefined ? {} : { claims: error.claims }),
  });
}

type CommonFields = Pick<MsalError, "name" | "errorCode" | "errorMessage" | "correlationId">;

/** The constructors differ from version to version; what an error has to say does not. */
function fill<E extends Error>(error: E, fields: CommonFields): E & CommonFields & { subError: string } {
  return Object.assign(error, {
    subError: "",
    ...fields,
    message: `${fields.errorCode}: ${fields.errorMessage}`,
  });
}

function authErrorClass(classes: MsalErrorClasses): ErrorClass {
  return classes.AuthError ?? Error;
}

/** A class that the app's msal-node does not have is told by its name alone, as all are where there is none. */
function classNamed(name: ClassName, classes: MsalErrorClasses): ErrorClass {
  return classes[name] ?? authErrorClass(classes);
}

/** A tag as Microsoft's libraries write it: five characters of six bits each (msal-common's `PlatformBrokerError`). */
function tagToString(tag: number): string {
  if (tag === 0) return "UNTAG";
  const symbols = "abcdefghijklmnopqrstuvwxyz0123456789".padEnd(64, "*");
  return [24, 18, 12, 6, 0].map((shift) => symbols[(tag >> shift) & 0x3f]).join("");
}
