import type { BrokerAccount } from "@x/broker-contract";
import { asObject, objectField, presentHost, sameId, stringField, textField } from "@x/broker-protocol";
import type { NativeAccount } from "./native.js";
import { type AccountKind, personalTenantId } from "./wam-constants.js";

/**
 * The part of a `BrokerAccount` that finds it again in WAM, in this process or another: an account's id in WAM is good
 * for one app, so there is one for each. Microsoft's client stores the same.
 */
export function nativeFacts(
  kind: AccountKind,
  clientId: string,
  wamAccountId: string | undefined,
  before?: BrokerAccount["native"],
): Readonly<Record<string, unknown>> {
  const ids = asObject(before?.["wamAccountIds"]) ?? {};
  return {
    ...before,
    provider: kind,
    wamAccountIds: wamAccountId === undefined ? ids : { ...ids, [clientId]: wamAccountId },
  };
}

/** WAM's id of an account for an app, as the account itself carries it. */
export function wamAccountIdIn(account: BrokerAccount, clientId: string): string | undefined {
  const ids = account.native && objectField(account.native, "wamAccountIds");
  return ids && textField(ids, clientId);
}

/** Which plug-in has an account: the one it came from, else that for the tenant it is told with. */
export function kindOf(account: BrokerAccount): AccountKind {
  const told = account.native?.["provider"];
  if (told === "organizations" || told === "consumers") return told;
  return isPersonal(account) ? "consumers" : "organizations";
}

/** Whether an account is told as it is in the tenant of personal accounts. */
export function isPersonal({ tenantId }: BrokerAccount): boolean {
  return sameId(tenantId, personalTenantId);
}

/** What WAM's properties of an account say of its ids. Names captured from Microsoft's client. */
export interface WamIdentity {
  /** Object id and tenant as WAM lists the account: for a guest, those of the tenant visited. */
  readonly localAccountId: string;
  readonly tenantId: string;
  /** By the properties alone; what a token says is better. */
  readonly homeAccountId: string;
}

/** `undefined` for an account that does not tell. */
export function wamIdentity(account: NativeAccount, kind: AccountKind): WamIdentity | undefined {
  const { properties } = account;
  if (kind === "consumers") {
    const cid = (stringField(properties, "SafeCustomerId") ?? "").toLowerCase();
    if (!/^[0-9a-f]{16}$/.test(cid)) return undefined;
    const localAccountId = `00000000-0000-0000-${cid.slice(0, 4)}-${cid.slice(4)}`;
    return {
      localAccountId,
      tenantId: personalTenantId,
      homeAccountId: `${localAccountId}.${personalTenantId}`,
    };
  }
  const localAccountId = textField(properties, "OID");
  const tenantId = textField(properties, "TenantId");
  if (localAccountId === undefined || tenantId === undefined) return undefined;
  const homeObjectId = textField(properties, "HomeOID") ?? localAccountId;
  const homeTenantId = textField(properties, "HomeTenantId") ?? tenantId;
  return { localAccountId, tenantId, homeAccountId: `${homeObjectId}.${homeTenantId}` };
}

/** An account as WAM describes it. */
export function brokerAccount(
  account: NativeAccount,
  identity: WamIdentity,
  kind: AccountKind,
  clientId: string,
): BrokerAccount {
  const name = displayName(account);
  return {
    ...identity,
    environment: environmentOf(account),
    username: userName(account),
    ...(name !== undefined && { name }),
    native: nativeFacts(kind, clientId, account.id),
  };
}

export function userName({ userName, properties }: NativeAccount): string {
  return userName || (textField(properties, "UserName") ?? textField(properties, "UPN") ?? "");
}

function displayName({ properties }: NativeAccount): string | undefined {
  const names = [textField(properties, "FirstName"), textField(properties, "LastName")];
  const full = names.filter((name) => name !== undefined).join(" ");
  return textField(properties, "DisplayName") ?? (full || undefined);
}

const defaultHost = "login.microsoftonline.com";

/** The host of an account's cloud, where WAM tells it. */
export function environmentOf({ properties }: NativeAccount): string {
  return hostOf(textField(properties, "Authority")) ?? defaultHost;
}

/** The host an authority URL names, by its present name. */
export function hostOf(authority: string | undefined): string | undefined {
  if (authority === undefined) return undefined;
  try {
    const { host } = new URL(authority);
    return presentHost(host) || undefined;
  } catch {
    return undefined;
  }
}

/** Names in WAM's description that must not show up in an error or a log. */
export function namesOf(account: NativeAccount): string[] {
  const properties = ["UserName", "UPN", "DisplayName", "FirstName", "LastName"];
  return [account.userName, ...properties.map((name) => textField(account.properties, name))]
    .filter((name) => name !== undefined && name !== "")
    .map(String);
}
