import { createHash, randomUUID } from "node:crypto";

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
  const { username, guestTenants = [], signedIn = true } = options;
  const objectId = (options.objectId ?? randomUUID()).toLowerCase();
  const tenantId = (options.tenantId ?? defaultTenantId).toLowerCase();
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
