import type { BrokerError, BrokerErrorCode } from "@x/broker-contract";

/** The statuses of Microsoft's runtime, by the names and numbers of its `ErrorStatus`. */
export const runtimeStatuses = {
  Unexpected: 0,
  Reserved: 1,
  InteractionRequired: 2,
  NoNetwork: 3,
  NetworkTemporarilyUnavailable: 4,
  ServerTemporarilyUnavailable: 5,
  ApiContractViolation: 6,
  UserCanceled: 7,
  ApplicationCanceled: 8,
  IncorrectConfiguration: 9,
  InsufficientBuffer: 10,
  AuthorityUntrusted: 11,
  UserSwitched: 12,
  AccountUnusable: 13,
  UserDataRemovalRequired: 14,
  KeyNotFound: 15,
  AccountNotFound: 16,
} as const;

/** Name of a status of Microsoft's runtime. */
export type RuntimeStatus = keyof typeof runtimeStatuses;

/** A failure as Microsoft's runtime tells it. */
export interface RuntimeFailure {
  readonly status: RuntimeStatus;
  /** The broker's own error number; `0` where it gave none. */
  readonly errorCode: number;
  /** Names the place in the broker that failed; `0` where it told none. */
  readonly tag: number;
}

/** Tells a broker's failure in the words of Microsoft's runtime. */
export function runtimeFailure(error: BrokerError): RuntimeFailure {
  return { status: statusOf(error), errorCode: numberOf(error, "errorCode"), tag: numberOf(error, "tag") };
}

const byReason: Readonly<Record<string, RuntimeStatus>> = {
  account_unusable: "AccountUnusable",
  application_canceled: "ApplicationCanceled",
  incorrect_configuration: "IncorrectConfiguration",
  user_data_removal_required: "UserDataRemovalRequired",
  key_not_found: "KeyNotFound",
};

/**
 * A token for another account was thrown away, so there is none to return: `UserSwitched`, which comes with a result,
 * would be wrong for `account_mismatch`.
 */
const byCode: Readonly<Partial<Record<BrokerErrorCode, RuntimeStatus>>> = {
  interaction_required: "InteractionRequired",
  no_network: "NoNetwork",
  temporarily_unavailable: "ServerTemporarilyUnavailable",
  user_canceled: "UserCanceled",
  untrusted_authority: "AuthorityUntrusted",
  account_not_found: "AccountNotFound",
  account_mismatch: "AccountNotFound",
  invalid_request: "ApiContractViolation",
  redirect_uri_mismatch: "IncorrectConfiguration",
};

/** Statuses that the error's code does not tell apart, by what the broker called them. */
const byOwnName: Readonly<Record<string, RuntimeStatus>> = {
  NetworkTemporarilyUnavailable: "NetworkTemporarilyUnavailable",
  InsufficientBuffer: "InsufficientBuffer",
  Reserved: "Reserved",
};

function statusOf({ code, reason, native }: BrokerError): RuntimeStatus {
  const ownName = native["statusName"];
  return (
    (reason === undefined ? undefined : lookUp(byReason, reason)) ??
    (typeof ownName === "string" ? lookUp(byOwnName, ownName) : undefined) ??
    byCode[code] ??
    "Unexpected"
  );
}

function lookUp(table: Readonly<Record<string, RuntimeStatus>>, key: string): RuntimeStatus | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function numberOf({ native }: BrokerError, name: string): number {
  const value = native[name];
  return typeof value === "number" ? value : 0;
}
