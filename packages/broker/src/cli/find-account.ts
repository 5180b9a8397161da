import { type BrokerAccount, BrokerError } from "@x/broker-contract";
import { sameUsername } from "../credential/account-choice.js";
import { UsageError } from "./exit-codes.js";

/** The account a person means by a user name or a home account id. */
export function findAccount(accounts: readonly BrokerAccount[], named: string): BrokerAccount {
  const found = accounts.filter(
    (account) => account.homeAccountId === named || sameUsername(account.username, named),
  );
  const [first] = found;
  if (first === undefined)
    throw new BrokerError("account_not_found", {
      message: "The broker does not know the account you named.",
      hint: "List the accounts it knows with: broker accounts.",
    });
  if (found.length > 1)
    throw new UsageError(
      `${found.length} accounts have that user name: name one by its home account id, as broker accounts lists it.`,
    );
  return first;
}
