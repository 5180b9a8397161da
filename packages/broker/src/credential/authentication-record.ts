import type { BrokerAccount } from "@x/broker-contract";
import { canonicalHost, readAuthorityHost } from "./authority-host.js";
import { readClientId } from "./client-id.js";
import { readTenantId } from "./tenant.js";

/**
 * Names an account that signed in, to sign it in again later. Holds no secret, but a user name. The same
 * record as that of `@azure/identity`, of Python's `azure.identity` and of .NET's `Azure.Identity`.
 */
export interface AuthenticationRecord {
  /** Host of the account's cloud, e.g. `login.microsoftonline.com`. */
  authority: string;
  /** `<object id>.<tenant id>` in the account's home tenant. */
  homeAccountId: string;
  /** Application (client) id the account signed in to. */
  clientId: string;
  /** The account's tenant. */
  tenantId: string;
  /** User principal name. Personal data. */
  username: string;
  /** Version of the record's form: `"1.0"`. Libraries that read records want it in their JSON. */
  version?: string;
}

const version = "1.0";
const fields = ["authority", "homeAccountId", "clientId", "tenantId", "username"] as const;

/** Writes a record as JSON text, to be stored by the app. */
export function serializeAuthenticationRecord(record: AuthenticationRecord): string {
  return JSON.stringify(readAuthenticationRecord(record, "The authentication record"));
}

/**
 * Reads a record that this package, `@azure/identity` or another Azure Identity library wrote.
 * @throws TypeError when the text is no record.
 * @throws RangeError when the record is of another version than 1.0.
 */
export function deserializeAuthenticationRecord(serializedRecord: string): AuthenticationRecord {
  const what = "The serialized authentication record";
  if (typeof serializedRecord !== "string")
    throw new TypeError(`${what} must be a string, got ${typeof serializedRecord}.`);
  let value: unknown;
  try {
    value = JSON.parse(serializedRecord);
  } catch {
    // The parser's own message quotes the text, which names an account.
    throw new TypeError(`${what} is not JSON text. Write one with serializeAuthenticationRecord().`);
  }
  return readAuthenticationRecord(value, what);
}

/** Checks that a value is a record. Errors name the field, never its content. */
export function readAuthenticationRecord(value: unknown, what: string): AuthenticationRecord {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`${what} must be an object with the fields ${fields.join(", ")}.`);
  const given = value as Readonly<Record<string, unknown>>;
  if (given["version"] !== undefined && given["version"] !== version)
    throw new RangeError(`${what} has an unsupported version: expected "${version}".`);
  const [authority, homeAccountId, clientId, tenantId, username] = fields.map((field) => {
    const content = given[field];
    if (typeof content !== "string" || content === "")
      throw new TypeError(
        `${what} has no usable "${field}": expected a string that is not empty, got ${typeof content}.`,
      );
    return content;
  }) as [string, string, string, string, string];
  if (!homeAccountId.includes("."))
    throw new TypeError(`${what} has no usable "homeAccountId": expected "<object id>.<tenant id>".`);
  // The same as of the options: they end up in the same places.
  readAuthorityHost(authority, `The "authority" of ${lowerFirst(what)}`);
  readClientId(clientId, `The "clientId" of ${lowerFirst(what)}`);
  readTenantId(tenantId, `The "tenantId" of ${lowerFirst(what)}`);
  return { authority, homeAccountId, clientId, tenantId, username, version };
}

/**
 * The record of an account.
 * @throws TypeError when the account lacks what a record has to name.
 */
export function recordOf(account: BrokerAccount, clientId: string): AuthenticationRecord {
  const { environment, homeAccountId, tenantId, username } = account;
  const record = { authority: canonicalHost(environment), homeAccountId, clientId, tenantId, username };
  return readAuthenticationRecord(record, "The record of the broker's account");
}

/** The account a record names, for a broker that does not list it. */
export function accountOf(record: AuthenticationRecord): BrokerAccount {
  const dot = record.homeAccountId.lastIndexOf(".");
  return {
    homeAccountId: record.homeAccountId,
    localAccountId: record.homeAccountId.slice(0, dot),
    tenantId: record.tenantId,
    environment: hostOf(record.authority),
    username: record.username,
  };
}

/** Some libraries wrote the whole authority URL where the host belongs. */
function hostOf(authority: string): string {
  return URL.canParse(authority) ? new URL(authority).host : authority;
}

function lowerFirst(what: string): string {
  return `${what.charAt(0).toLowerCase()}${what.slice(1)}`;
}
