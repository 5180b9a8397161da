import { createHash, randomUUID } from "node:crypto";

/** The tenant all personal Microsoft accounts have in common. Public: it stands in their tokens. */
export const personalTenantId = "9188040d-6c67-4c5b-b112-36a304b66dad";

/** What a test says about a person; the rest is made up. */
export interface AccountOptions {
  /** User principal name, e.g. `ada@contoso.example`. */
  readonly username: string;
  /** Display name. Default: made from the user name. */
  readonly name?: string;
  /** Object id in the home tenant, a GUID. Default: random. */
  readonly objectId?: string;
  /** Home tenant id, a GUID. Default: the emulated tenant. */
  readonly tenantId?: string;
  /**
   * A personal Microsoft account (MSA) instead of one of a tenant. Only Windows' broker, behind the WAM door, has
   * something to give it. Default `false`.
   */
  readonly personal?: boolean;
  /** Other tenants the account is a guest in; its object id differs in each. */
  readonly guestTenants?: readonly string[];
  /**
   * Whether the broker knows the account from the start. `false`: the person exists in the directory and
   * appears at the broker after signing in interactively. Default `true`.
   */
  readonly signedIn?: boolean;
}

/** A person in the emulated directory. */
export interface EmulatedAccount {
  /** `<object id>.<tenant id>` of the home tenant. */
  readonly homeAccountId: string;
  /** Object id in the home tenant. */
  readonly localAccountId: string;
  /** Home tenant id. */
  readonly tenantId: string;
  readonly username: string;
  readonly name: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly guestTenants: readonly string[];
  /** base64url of `{"uid","utid"}`, as token answers carry it. */
  readonly clientInfo: string;
  /** Whether the broker lists the account now. */
  readonly signedIn: boolean;
}

/** The same, as the tenant keeps it. */
export interface StoredAccount extends EmulatedAccount {
  signedIn: boolean;
}

export function createAccount(options: AccountOptions, defaultTenantId: string): StoredAccount {
  const { username, guestTenants = [], signedIn = true, personal = false } = options;
  const objectId = (options.objectId ?? (personal ? randomPersonalId() : randomUUID())).toLowerCase();
  const tenantId = personal ? personalTenantId : (options.tenantId ?? defaultTenantId).toLowerCase();
  const name = options.name ?? nameFrom(username);
  const [givenName = name, ...rest] = name.split(" ");
  return {
    homeAccountId: `${objectId}.${tenantId}`,
    localAccountId: objectId,
    tenantId,
    username,
    name,
    givenName,
    familyName: rest.join(" "),
    guestTenants: guestTenants.map((id) => id.toLowerCase()),
    clientInfo: Buffer.from(JSON.stringify({ uid: objectId, utid: tenantId })).toString("base64url"),
    signedIn,
  };
}

/** Whether it is a personal Microsoft account. */
export function isPersonal(account: EmulatedAccount): boolean {
  return account.tenantId === personalTenantId;
}

/** The ids of personal accounts have 64 bits only. */
function randomPersonalId(): string {
  return `00000000-0000-0000-${randomUUID().slice(19)}`;
}

/** The account's object id in a tenant: another one in each tenant it is a guest of, but always the same there. */
export function objectIdIn(account: EmulatedAccount, tenantId: string): string {
  if (tenantId === account.tenantId) return account.localAccountId;
  const hex = createHash("sha256").update(`${account.homeAccountId}@${tenantId}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function nameFrom(username: string): string {
  const [local = username] = username.split("@");
  return local
    .split(/[._-]+/)
    .filter((part) => part !== "")
    .map((part) => part[0]?.toUpperCase() + part.slice(1))
    .join(" ");
}
