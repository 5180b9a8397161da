import type { BrokerAccount } from "@x/broker-contract";
import { asObject, homeAccountIdOf, type JsonObject, sameId, textField } from "@x/broker-protocol";

/** Where an account is that says nothing about it: the public cloud. */
const defaultEnvironment = "login.microsoftonline.com";

/** What of the extension's own description is kept. Its claims of an id token are not: nobody needs them again. */
const nativeKeys = [
  "account_type",
  "alternative_account_id",
  "client_info",
  "environment",
  "family_name",
  "given_name",
  "home_account_id",
  "is_sso_account",
  "local_account_id",
  "middle_name",
  "name",
  "realm",
  "storage_environment",
  "username",
] as const;

/**
 * An account as the extension describes it. What it leaves out (all but one of home account id and user name may be
 * missing) is taken from the home account id; `undefined` where it does not say who it is.
 */
export function readAccount(value: unknown): BrokerAccount | undefined {
  const fields = asObject(value);
  if (fields === undefined) return undefined;
  const clientInfo = textField(fields, "client_info");
  const homeAccountId =
    textField(fields, "home_account_id") ??
    (clientInfo === undefined ? undefined : homeAccountIdOf(clientInfo));
  const username = textField(fields, "username");
  const [uid, utid, ...more] = homeAccountId?.split(".") ?? [];
  if (homeAccountId === undefined || username === undefined || !uid || !utid || more.length > 0)
    return undefined;
  const name = textField(fields, "name");
  return {
    homeAccountId,
    localAccountId: textField(fields, "local_account_id") ?? uid,
    tenantId: textField(fields, "realm") ?? utid,
    environment: textField(fields, "environment") ?? defaultEnvironment,
    username,
    ...(name !== undefined && { name }),
    native: nativeFields(fields),
  };
}

function nativeFields(fields: JsonObject): Record<string, unknown> {
  const known = nativeKeys.map((key) => [key, Object.hasOwn(fields, key) ? fields[key] : undefined] as const);
  return Object.fromEntries(known.filter(([, value]) => value !== undefined));
}

/**
 * The usable accounts of the extension's list, in its order, each once. It lists an account once for every tenant the
 * account was used in: that of the home tenant counts.
 */
export function readAccounts(list: readonly unknown[]): BrokerAccount[] {
  const accounts = new Map<string, BrokerAccount>();
  for (const account of list.map(readAccount)) {
    if (account === undefined) continue;
    const key = account.homeAccountId.toLowerCase();
    if (!accounts.has(key) || isHome(account)) accounts.set(key, account);
  }
  return [...accounts.values()];
}

function isHome({ homeAccountId, tenantId }: BrokerAccount): boolean {
  return sameId(homeAccountId.split(".")[1] ?? "", tenantId);
}
