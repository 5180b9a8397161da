import {
  type BrokerError,
  type BrokerErrorCode,
  type BrokerErrorReason,
  isBrokerError,
} from "@x/broker-contract";

/** How to sign in where there is no broker to use. */
export type FallbackKind = (typeof fallbackKinds)[number];
export const fallbackKinds = ["browser", "device-code", "none"] as const;

/** Which way somebody signed in: the operating system's broker, or what stood in for it. */
export type SignInWay = "broker" | Exclude<FallbackKind, "none">;

/** The way a token came. */
export interface SignInRoute {
  /** Who signed the user in. */
  readonly through: SignInWay;
  /** Why it was not the broker. Absent when it was. */
  readonly fallbackReason?: BrokerError;
}

/** The usual way. */
export const throughBroker: SignInRoute = Object.freeze({ through: "broker" });

/** As Python's package has it: on Windows the broker is part of the system, elsewhere it often is not there. */
export function defaultFallback(platform: string): FallbackKind {
  return platform === "win32" ? "none" : "browser";
}

/** The broker cannot be used here, or not for this; nothing that the user did or that a second try would change. */
const codes: ReadonlySet<BrokerErrorCode> = new Set([
  "broker_unavailable",
  "not_supported",
  "keyring_locked",
  "untrusted_authority",
]);

/**
 * `broker_unavailable` that is no matter of this machine having no broker: it was there and is about to be again, the
 * app itself closed it, or somebody else has taken its name, which has to be seen.
 */
const passingReasons: ReadonlySet<BrokerErrorReason> = new Set([
  "broker_died",
  "bus_lost",
  "not_ready",
  "connection_closed",
  "owner_untrusted",
]);

/** Whether a failure of the broker is one that another way to sign in stands in for. */
export function callsForFallback(error: unknown): error is BrokerError {
  if (!isBrokerError(error) || !codes.has(error.code)) return false;
  return error.reason === undefined || !passingReasons.has(error.reason);
}
