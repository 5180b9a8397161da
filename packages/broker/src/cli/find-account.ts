import { type BrokerAccount, BrokerError } from "@x/broker-contract";
import { profileOf, sameUsername } from "../credential/account-choice.js";
import { sameId } from "../credential/ids.js";
import { UsageError } from "./exit-codes.js";

/** The account a person means by a user name or a home account id. */
export function findAccount(accounts: readonly BrokerAccount[], named: string): BrokerAccount {
  const found = accounts.filter(
    ({ homeAccountId, username }) => sameId(homeAccountId, named) || sameUsername(username, named),
  );
  if (found.length === 0)
    throw new BrokerError("account_not_found", {
      message: "The broker does not know the account you named.",
      hint: "List the accounts it knows with: npx @x/broker accounts",
    });
  const account = profileOf(found);
  if (account === undefined)
    throw new UsageError(
      "Several accounts have that user name: name one by its home account id, as npx @x/broker accounts lists it.",
    );
  return account;
}
