import type { BrokerAccount, BrokerError } from "@x/broker-contract";
import { accountForRequest, readAccounts } from "./account.js";
import { type CallFacts, callError } from "./call-facts.js";
import { canonicalJson, type JsonObject } from "./json.js";
import { checkedClientId } from "./token-request.js";
import { findWireError, wireError } from "./wire-errors.js";

/** Request of `getAccounts`. Microsoft's client puts the client id into `redirectUri` as well. */
export function accountsRequest(clientId: string, facts: CallFacts): string {
  const id = checkedClientId(clientId, facts);
  return canonicalJson({ clientId: id, redirectUri: id });
}

/**
 * Accounts of a `getAccounts` answer. Accounts beside an error are a partial success: they count.
 * @throws BrokerError for an error alone
 */
export function readAccountsAnswer(answer: JsonObject, facts: CallFacts): BrokerAccount[] {
  const accounts = readAccounts(answer);
  const error = findWireError(answer);
  if (accounts.length === 0 && error !== undefined) throw wireError(error, facts);
  return accounts;
}

/** Request of `removeAccount`. From an independent client: Microsoft's never calls it. */
export function removeAccountRequest(clientId: string, account: BrokerAccount, facts: CallFacts): string {
  return canonicalJson({ account: accountForRequest(account), clientId: checkedClientId(clientId, facts) });
}

/** The error for an empty list that only means that the broker cannot read its secrets. */
export function keyringLocked(facts: CallFacts): BrokerError {
  return callError("keyring_locked", facts, {
    message: "The keyring that holds the broker's secrets is locked, so the broker knows no accounts.",
    hint: "Unlock it: log in again with your password, or open Passwords and Keys (seahorse) and unlock Login. Then try again.",
    retryable: true,
  });
}
