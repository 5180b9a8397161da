import { BrokerError } from "@x/broker-contract";

/** The broker has no such account. Names nobody: a user name is personal data. */
export function accountNotFound(correlationId: string): BrokerError {
  return new BrokerError("account_not_found", {
    message: "The broker does not know the account.",
    hint: "List the accounts it knows with getAccounts() or `npx @x/broker accounts`.",
    correlationId,
  });
}
