import type { BrokerAccount } from "@x/broker-contract";
import { type CallFacts, checkedClientId, nonsense, resolveAuthority, textField } from "@x/broker-protocol";
import { readAccount, readAccounts } from "./account.js";
import type { AnswerFields } from "./answer.js";
import { operations, providerType } from "./protocol.js";
import { type ExtensionRequest, flag, identityOptions, requestOptions } from "./request-options.js";

/** Request of `get_accounts_operation`. */
export function accountsRequest(
  clientId: string,
  facts: CallFacts,
): ExtensionRequest<typeof operations.accounts> {
  return {
    operation: operations.accounts,
    options: requestOptions(facts, {
      client_id: checkedClientId(clientId, facts),
      signed_in_accounts_only: flag(true),
    }),
  };
}

/**
 * Accounts of an answer: JSON text of a list; nothing means nobody.
 * @throws BrokerError `protocol_error` for text that is no list
 */
export function readAccountsAnswer(fields: AnswerFields, facts: CallFacts): BrokerAccount[] {
  const text = textField(fields, "accounts")?.trim();
  if (text === undefined || text === "") return [];
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  if (!Array.isArray(list)) throw nonsense("no list of accounts", facts);
  return readAccounts(list);
}

/** Request of `get_default_account`. */
export function defaultAccountRequest(facts: CallFacts): ExtensionRequest<typeof operations.defaultAccount> {
  return { operation: operations.defaultAccount, options: requestOptions(facts, {}) };
}

/** The account in an answer to it, whose fields stand among those of the answer. */
export function readDefaultAccount(fields: AnswerFields): BrokerAccount | undefined {
  return readAccount(fields);
}

/**
 * Request of `signout_account_operation`: this app forgets the account, to its own tenant. Nothing that other apps
 * share is wiped.
 */
export function signOutRequest(
  clientId: string,
  account: BrokerAccount,
  redirectUri: string,
  facts: CallFacts,
): ExtensionRequest<typeof operations.signOut> {
  const { environment, tenantId } = account;
  return {
    operation: operations.signOut,
    options: requestOptions(facts, {
      authority: resolveAuthority(`https://${environment}/${tenantId}`, account, facts).url,
      provider_type: providerType,
      client_id: checkedClientId(clientId, facts),
      redirect_uri: redirectUri,
      ...identityOptions(account, undefined),
      signout_from_browser: flag(false),
      clear_sso_extension_cookies: flag(false),
      wipe_account: flag(false),
      wipe_cache_all_accounts: flag(false),
    }),
  };
}
