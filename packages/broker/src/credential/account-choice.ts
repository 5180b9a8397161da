import { type BrokerAccount, isBrokerError, type OperationOptions } from "@x/broker-contract";
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

/** The one account a login hint means, or none. */
export async function findHintedAccount(
  broker: GuardedBroker,
  clientId: string,
  loginHint: string,
  tenantId: string,
  operation: OperationOptions,
): Promise<BrokerAccount | undefined> {
  const accounts = await listAccounts(broker, clientId, operation);
  const same = accounts.filter((account) => sameUsername(account.username, loginHint));
  if (same.length <= 1) return same[0];
  const inTenant = same.filter((account) => sameId(account.tenantId, tenantId));
  return inTenant.length === 1 ? inTenant[0] : undefined;
}

export function sameUsername(left: string, right: string): boolean {
  return left.trim().toLowerCase() === right.trim().toLowerCase();
}

async function listAccounts(
  broker: GuardedBroker,
  clientId: string,
  operation: OperationOptions,
): Promise<BrokerAccount[]> {
  try {
    return await broker.getAccounts({ clientId }, operation);
  } catch (error) {
    // Some brokers give tokens but no list; then the name has to do.
    if (isBrokerError(error) && error.code === "not_supported") return [];
    throw error;
  }
}
