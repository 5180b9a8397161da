import type { BrokerAccount, BrokerError } from "@x/broker-contract";
import { sameId } from "./account-ids.js";
import { type CallFacts, callError } from "./call-facts.js";

/**
 * The account to use when none is given, as Microsoft's client chooses: the one with the hinted user name, or
 * the only one. `undefined` leaves the choice to the broker.
 * @throws BrokerError `account_not_found`, reason `several_accounts`, where the hint means more than one: whose
 * token it is must not be a matter of their order.
 */
export function chosenAccount(
  accounts: readonly BrokerAccount[],
  loginHint: string | undefined,
  facts: CallFacts,
): BrokerAccount | undefined {
  if (loginHint === undefined || loginHint === "") return accounts.length === 1 ? accounts[0] : undefined;
  const hinted = accounts.filter(({ username }) => sameId(username, loginHint));
  const [account] = hinted;
  // One account may be listed once for every tenant it visits.
  if (account !== undefined && hinted.some((one) => !sameId(one.homeAccountId, account.homeAccountId)))
    throw severalAccounts("The broker knows several accounts with the user name of the login hint.", facts);
  return account;
}

/** The error for a choice that is not ours to make. */
export function severalAccounts(message: string, facts: CallFacts): BrokerError {
  const hint = "Pass the account to use (see getAccounts).";
  return callError("account_not_found", facts, { reason: "several_accounts", message, hint });
}
