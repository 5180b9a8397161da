import type { BrokerAccount } from "@x/broker-contract";
import { profileOf } from "../credential/account-choice.js";
import { sameId } from "../credential/ids.js";

/**
 * Names an account to msal-node, for as long as it lives: the object id in its home tenant. The same as in
 * Microsoft's runtime (captured), so that what an app stored with either names the account to the other.
 */
export function nativeAccountId({ homeAccountId }: BrokerAccount): string {
  return homeAccountId.split(".", 1)[0] ?? homeAccountId;
}

/** The account that an id means; several profiles of one account are one. */
export function accountOfNativeId(accounts: readonly BrokerAccount[], id: string): BrokerAccount | undefined {
  const isMeant = (account: BrokerAccount): boolean =>
    [nativeAccountId(account), account.homeAccountId, account.localAccountId].some((one) => sameId(one, id));
  return profileOf(accounts.filter(isMeant));
}
