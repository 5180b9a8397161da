import type { BrokerAccount } from "@x/broker-contract";
import {
  asObject,
  clientInfoOf,
  homeAccountIdOf,
  type JsonObject,
  type JsonValue,
  numberField,
  stringField,
  textField,
} from "@x/broker-protocol";

/** The account's fields as Microsoft's client sends them, in its order; all but `passwordExpiry` are texts. */
const requestKeys = [
  "alternativeAccountId",
  "clientInfo",
  "environment",
  "familyName",
  "givenName",
  "homeAccountId",
  "homeEnvironment",
  "localAccountId",
  "middleName",
  "name",
  "passwordChangeUrl",
  "passwordExpiry",
  "realm",
  "username",
] as const;

/** An account as a broker describes it, or `undefined` if it lacks one of the five fields every account has. */
export function readAccount(value: unknown): BrokerAccount | undefined {
  const native = asObject(value);
  if (native === undefined) return undefined;
  const homeAccountId = textField(native, "homeAccountId");
  const localAccountId = textField(native, "localAccountId");
  const tenantId = textField(native, "realm");
  const environment = textField(native, "environment");
  const username = textField(native, "username");
  if (
    homeAccountId === undefined ||
    localAccountId === undefined ||
    tenantId === undefined ||
    environment === undefined ||
    username === undefined
  ) {
    return undefined;
  }
  const name = textField(native, "name");
  return {
    homeAccountId,
    localAccountId,
    tenantId,
    environment,
    username,
    ...(name !== undefined && { name }),
    native,
  };
}

/**
 * Every home account id that a broker's account object gives, in whichever of its fields, even where the object
 * lacks others that an account needs.
 * @param knownClientInfo - Client info that was read elsewhere and need not be read again.
 */
export function homeAccountIdsIn(value: unknown, knownClientInfo?: string): string[] {
  const native = asObject(value);
  if (native === undefined) return [];
  const ids: string[] = [];
  const homeAccountId = textField(native, "homeAccountId");
  if (homeAccountId !== undefined) ids.push(homeAccountId);
  const clientInfo = textField(native, "clientInfo");
  const described =
    clientInfo === undefined || clientInfo === knownClientInfo ? undefined : homeAccountIdOf(clientInfo);
  if (described !== undefined) ids.push(described);
  return ids;
}

/** The usable accounts of a broker's list. Unusable ones are left out, as Microsoft's client does. */
export function readAccounts(list: readonly unknown[]): BrokerAccount[] {
  return list.map(readAccount).filter((account) => account !== undefined);
}

/**
 * The account as a request carries it: the broker's own description back, with every field Microsoft's client
 * sends. One that did not come from this broker (an authentication record) is described from its ids.
 */
export function accountForRequest(account: BrokerAccount): { readonly [key: string]: JsonValue } {
  const native: JsonObject = account.native ?? {};
  const fields: Record<string, JsonValue> = {};
  for (const key of requestKeys) {
    fields[key] =
      key === "passwordExpiry"
        ? (numberField(native, key) ?? 0)
        : (stringField(native, key) ?? knownField(account, key) ?? "");
  }
  return fields;
}

/** What a field of the broker's description would be, by the account's ids and names. */
function knownField(account: BrokerAccount, key: (typeof requestKeys)[number]): string | undefined {
  switch (key) {
    case "clientInfo":
      return clientInfoOf(account.homeAccountId);
    case "realm":
      return account.tenantId;
    case "environment":
    case "homeAccountId":
    case "localAccountId":
    case "name":
    case "username":
      return account[key];
    default:
      return undefined;
  }
}
