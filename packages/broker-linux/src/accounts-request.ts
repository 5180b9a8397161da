import type { BrokerAccount, BrokerError } from "@x/broker-contract";
import {
  type CallFacts,
  callError,
  canonicalJson,
  checkedClientId,
  field,
  type JsonObject,
  nonsense,
  resolveAuthority,
} from "@x/broker-protocol";
import { accountForRequest, readAccounts } from "./account.js";
import { authorizationType } from "./protocol.js";
import { findWireError, wireError } from "./wire-errors.js";

/** Request of `getAccounts`. Microsoft's client puts the client id into `redirectUri` as well. */
export function accountsRequest(clientId: string, facts: CallFacts): string {
  const id = checkedClientId(clientId, facts);
  return canonicalJson({ clientId: id, redirectUri: id });
}

/**
 * Accounts of a `getAccounts` answer. Accounts beside an error are a partial success: they count.
 * @throws BrokerError for an error alone, and `protocol_error` for neither
 */
export function readAccountsAnswer(answer: JsonObject, facts: CallFacts): BrokerAccount[] {
  const list = field(answer, "accounts");
  const accounts = Array.isArray(list) ? readAccounts(list) : [];
  const error = findWireError(answer);
  if (accounts.length === 0 && error !== undefined) throw wireError(error, facts);
  // Microsoft's client takes it for an empty list: then a broken broker would look like nobody signed in.
  if (!Array.isArray(list)) throw nonsense("no list of accounts", facts);
  return accounts;
}

/** Request of `removeAccount`. From an independent client: Microsoft's never calls it. */
export function removeAccountRequest(clientId: string, account: BrokerAccount, facts: CallFacts): string {
  return canonicalJson({ account: accountForRequest(account), clientId: checkedClientId(clientId, facts) });
}

/**
 * Request of `signOutSilently`, field by field as Microsoft's client sends it over WSL's proxy: to the account's own
 * tenant, without scopes and without a redirect URI.
 */
export function signOutSilentlyRequest(clientId: string, account: BrokerAccount, facts: CallFacts): string {
  const { environment, tenantId, username } = account;
  return canonicalJson({
    authParameters: {
      accessTokenToRenew: "",
      account: accountForRequest(account),
      additionalQueryParametersForAuthorization: {},
      authority: resolveAuthority(`https://${environment}/${tenantId}`, account, facts).url,
      authorizationType: authorizationType.signOutSilent,
      clientId: checkedClientId(clientId, facts),
      decodedClaims: "",
      enrollmentId: "",
      isTestMode: false,
      password: "",
      popParams: null,
      requestedScopes: [],
      username,
      uxContextHandle: -1,
    },
  });
}

/**
 * Reads the answer to `signOutSilently`.
 * @throws BrokerError for an error, for `isSignOutComplete: false` (which Microsoft's client takes for success), and
 * for anything else that is not `isSignOutComplete: true`
 */
export function readSignOutAnswer(answer: JsonObject, facts: CallFacts): void {
  const error = findWireError(answer);
  if (error !== undefined) throw wireError(error, facts);
  const complete = field(answer, "isSignOutComplete");
  if (complete === true) return;
  if (complete !== false) throw nonsense("no word on whether the account is signed out", facts);
  throw callError("broker_failed", facts, {
    reason: "sign_out_incomplete",
    message: "The broker did not sign the account out completely.",
    hint: "Try again; or remove the account in Windows (Settings > Accounts > Email & accounts).",
    retryable: true,
  });
}

/** The error for an empty list that only means that the broker cannot read its secrets. */
export function keyringLocked(facts: CallFacts): BrokerError {
  return callError("keyring_locked", facts, {
    message: "The keyring that holds the broker's secrets is locked, so the broker knows no accounts.",
    hint: "Unlock it: log in again with your password, or open Passwords and Keys (seahorse) and unlock Login. Then try again.",
    retryable: true,
  });
}
