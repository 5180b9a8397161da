import type { BrokerAccount } from "@x/broker-contract";
import { readAccount } from "../../account.js";

/** The made-up people of the tests. */
export const clientId = "d7b530a4-7680-4c23-a8bf-c52c121d2e87";
export const objectId = "a975168d-a362-458b-af1c-a8982b1e8aac";
export const tenantId = "f52f0148-c8bb-4ee1-899b-8f93b0e4d63d";
export const homeAccountId = `${objectId}.${tenantId}`;
export const username = "test@contoso.example";
export const otherTenantId = "0f9e1b7a-1111-4222-8333-444455556666";
export const otherObjectId = "b0b0b0b0-aaaa-4bbb-8ccc-dddddddddddd";

type Changes = Readonly<Record<string, unknown>>;

/** An account as the extension lists it; a change to `undefined` leaves a field out. */
export function extensionAccount(changes: Changes = {}): Record<string, unknown> {
  return {
    account_type: "MSSTS",
    client_info: clientInfo(objectId, tenantId),
    environment: "login.windows.net",
    family_name: "User",
    given_name: "Test",
    home_account_id: homeAccountId,
    local_account_id: objectId,
    name: "Test User",
    realm: tenantId,
    username,
    ...changes,
  };
}

export function otherExtensionAccount(): Record<string, unknown> {
  return extensionAccount({
    client_info: clientInfo(otherObjectId, tenantId),
    home_account_id: `${otherObjectId}.${tenantId}`,
    local_account_id: otherObjectId,
    name: "Other User",
    username: "other@contoso.example",
  });
}

export function account(changes: Changes = {}): BrokerAccount {
  const read = readAccount(extensionAccount(changes));
  if (read === undefined) throw new Error("That is no account.");
  return read;
}

export function clientInfo(uid: string, utid: string): string {
  return Buffer.from(JSON.stringify({ uid, utid })).toString("base64url");
}

/** An unsigned JWT. */
export function jwt(claims: Changes): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** Seconds since the epoch, an hour from now. */
export function inAnHour(): number {
  return Math.floor(Date.now() / 1000) + 3600;
}

export function accessTokenOf(claims: Changes = {}): string {
  return jwt({
    aud: "https://graph.microsoft.com",
    exp: inAnHour(),
    oid: objectId,
    tid: tenantId,
    ...claims,
  });
}

export function idTokenOf(claims: Changes = {}): string {
  return jwt({
    aud: clientId,
    exp: inAnHour(),
    name: "Test User",
    oid: objectId,
    preferred_username: username,
    tid: tenantId,
    ...claims,
  });
}

type Fields = Record<string, string>;

/** What every answer has. A change to `undefined` leaves a field out. */
export function answer(type: string, changes: Readonly<Record<string, string | undefined>> = {}): Fields {
  const fields: Record<string, string | undefined> = {
    operation: "any",
    success: "1",
    operation_response_type: type,
    broker_version: "5.2604.2",
    client_app_version: "5.2604.2",
    device_mode: "personal",
    sso_extension_mode: "full",
    wpj_status: "joined",
    platform_sso_status: "platformSSONotEnabled",
    sso_provider_type: "companyPortal",
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined),
  );
}

export function accountsAnswer(accounts: readonly unknown[], changes: Fields = {}): Fields {
  return answer("operation_get_accounts_response", { accounts: JSON.stringify(accounts), ...changes });
}

/** A token answer that grants whatever was asked for. */
export function tokenAnswer(changes: Readonly<Record<string, string | undefined>> = {}): Fields {
  return answer("operation_token_response", {
    authority: `https://login.microsoftonline.com/${tenantId}`,
    provider_type: "provider_aad_v2",
    access_token: accessTokenOf(),
    id_token: idTokenOf(),
    client_info: clientInfo(objectId, tenantId),
    token_type: "Bearer",
    expires_in: "3600",
    expires_on: String(inAnHour()),
    refresh_in: "0",
    refresh_on: "0",
    ...changes,
  });
}

/** An error that comes as an answer. */
export function errorAnswer(fields: Readonly<Record<string, string | undefined>> = {}): Fields {
  return answer("operation_token_response", { success: "0", ...fields });
}
