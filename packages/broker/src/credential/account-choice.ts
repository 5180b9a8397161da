import {
  type BrokerAccount,
  BrokerError,
  type BrokerErrorCode,
  isBrokerError,
  type OperationOptions,
} from "@x/broker-contract";
import { type AuthenticationRecord, accountOf } from "./authentication-record.js";
import type { GuardedBroker } from "./guarded-broker.js";
import { sameId } from "./ids.js";

/** The account a record names, as the broker knows it; made from the record where the broker does not list it. */
export async function findRecordedAccount(
  broker: GuardedBroker,
  clientId: string,
  record: AuthenticationRecord,
  operation: OperationOptions,
): Promise<BrokerAccount> {
  const accounts = await listAccounts(broker, clientId, operation);
  const same = accounts.filter((account) => sameId(account.homeAccountId, record.homeAccountId));
  return same.find((account) => sameId(account.tenantId, record.tenantId)) ?? same[0] ?? accountOf(record);
}

/**
 * The one account a login hint means, or none.
 * @throws BrokerError `interaction_required` when several have that user name: which one is for the user to say.
 */
export async function findHintedAccount(
  broker: GuardedBroker,
  clientId: string,
  loginHint: string,
  tenantId: string,
  operation: OperationOptions,
): Promise<BrokerAccount | undefined> {
  const accounts = await listAccounts(broker, clientId, operation);
  const named = accounts.filter((account) => sameUsername(account.username, loginHint));
  const inTenant = named.filter((account) => sameId(account.tenantId, tenantId));
  const meant = profileOf(inTenant) ?? profileOf(named);
  if (meant !== undefined)
    return profileOf(named.filter((account) => sameId(account.homeAccountId, meant.homeAccountId)));
  if (named.length === 0) return undefined;
  throw new BrokerError("interaction_required", {
    reason: "several_accounts",
    message: "The broker knows several accounts with the user name of the option loginHint.",
    hint: "Let the user choose, or name one with the option authenticationRecord.",
    ...(operation.correlationId === undefined ? {} : { correlationId: operation.correlationId }),
  });
}

/**
 * Why there was no token for the default account: brokers that know nobody say no more than that they need the
 * user, and only their list tells.
 */
export async function findWhyNoDefault(
  { broker, operation }: { readonly broker: GuardedBroker; readonly operation: OperationOptions },
  clientId: string,
  reason: BrokerError | undefined,
): Promise<BrokerError | undefined> {
  if (reason?.code !== "interaction_required" || reason.reason === "not_signed_in") return reason;
  let accounts: BrokerAccount[];
  try {
    accounts = await broker.getAccounts({ clientId }, operation);
  } catch (error) {
    // What the broker said about the token is still true.
    if (isBrokerError(error)) return reason;
    throw error;
  }
  if (accounts.length > 0) return reason;
  return new BrokerError("account_not_found", {
    reason: "not_signed_in",
    message: "Nobody is signed in to the broker.",
    hint: "Sign in interactively, or to the operating system.",
    native: reason.native,
    ...(operation.correlationId === undefined ? {} : { correlationId: operation.correlationId }),
    ...(reason.platform === undefined ? {} : { platform: reason.platform }),
    cause: reason,
  });
}

/**
 * The one account these are, as it is known in its home tenant if that is listed: an account may be there once for
 * every tenant it visits. `undefined` when they are none, or several.
 */
export function profileOf(accounts: readonly BrokerAccount[]): BrokerAccount | undefined {
  const [first] = accounts;
  if (first === undefined) return undefined;
  if (accounts.some((account) => !sameId(account.homeAccountId, first.homeAccountId))) return undefined;
  return accounts.find(isHomeProfile) ?? first;
}

/** Whether an account is told as it is in its home tenant, and not in one that it visits. */
export function isHomeProfile({ homeAccountId, tenantId }: BrokerAccount): boolean {
  return homeAccountId.toLowerCase().endsWith(`.${tenantId.toLowerCase()}`);
}

export function sameUsername(left: string, right: string): boolean {
  return left.trim().toLowerCase() === right.trim().toLowerCase();
}

/** How a broker fails that gives tokens but no list; then the name has to do. */
const toleratedCodes: ReadonlySet<BrokerErrorCode> = new Set([
  "broker_failed",
  "not_supported",
  "account_not_found",
  "protocol_error",
]);

/** The accounts the broker lists; none where it gives tokens but no list. */
export async function listAccounts(
  broker: GuardedBroker,
  clientId: string,
  operation: OperationOptions,
): Promise<BrokerAccount[]> {
  try {
    return await broker.getAccounts({ clientId }, operation);
  } catch (error) {
    if (isBrokerError(error) && toleratedCodes.has(error.code)) return [];
    throw error;
  }
}
