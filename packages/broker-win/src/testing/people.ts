import type { BrokerAccount } from "@x/broker-contract";
import type { FakeAccount, FakeResponse } from "./fake-wam.js";

/** The made-up app, accounts and tenant of the captures. */
export const clientId = "4b0db8c2-9f26-4417-8bde-3f0e3656f8e0";
export const objectId = "0a1b2c3d-1111-4222-8333-444455556666";
export const tenantId = "72f988bf-86f1-41af-91ab-2d7cd011db47";
export const username = "jane@contoso.com";
export const personalTenantId = "9188040d-6c67-4c5b-b112-36a304b66dad";
export const personalObjectId = "00000000-0000-0000-5406-48eb0b3075bb";
export const personalUsername = "pat@outlook.com";
export const graphScope = "https://graph.microsoft.com/User.Read";

/** The work account as WAM lists it. */
export function jane(changes: Partial<FakeAccount> = {}): FakeAccount {
  return {
    id: "aad-web-account-id",
    userName: username,
    properties: {
      Authority: `https://login.microsoftonline.com/${tenantId}`,
      TenantId: tenantId,
      OID: objectId,
      UPN: username,
      UserName: username,
      DisplayName: "Jane Roe",
      FirstName: "Jane",
      LastName: "Roe",
    },
    ...changes,
  };
}

/** The personal account as WAM describes it. */
export function pat(changes: Partial<FakeAccount> = {}): FakeAccount {
  return {
    id: "msa-web-account-id",
    userName: personalUsername,
    properties: {
      SafeCustomerId: "540648eb0b3075bb",
      UserName: personalUsername,
      DisplayName: "Pat Doe",
      FirstName: "Pat",
      LastName: "Doe",
    },
    ...changes,
  };
}

/** The work account as a caller has it, without anything that only WAM knows. */
export function account(changes: Partial<BrokerAccount> = {}): BrokerAccount {
  return {
    homeAccountId: `${objectId}.${tenantId}`,
    localAccountId: objectId,
    tenantId,
    environment: "login.microsoftonline.com",
    username,
    name: "Jane Roe",
    ...changes,
  };
}

/** The personal account as a caller has it. */
export function personalAccount(changes: Partial<BrokerAccount> = {}): BrokerAccount {
  return account({
    homeAccountId: `${personalObjectId}.${personalTenantId}`,
    localAccountId: personalObjectId,
    tenantId: personalTenantId,
    username: personalUsername,
    name: "Pat Doe",
    ...changes,
  });
}

export function clientInfo(uid: string, utid: string): string {
  return Buffer.from(JSON.stringify({ uid, utid })).toString("base64url");
}

/** An unsigned JWT. */
export function jwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** Seconds since the epoch, an hour from now. */
export function inAnHour(): number {
  return Math.floor(Date.now() / 1000) + 3600;
}

export function idTokenOf(claims: Readonly<Record<string, unknown>> = {}): string {
  return jwt({
    aud: clientId,
    exp: inAnHour(),
    iss: `https://login.microsoftonline.com/${tenantId}/v2.0`,
    name: "Jane Roe",
    oid: objectId,
    preferred_username: username,
    tid: tenantId,
    ...claims,
  });
}

/** Seconds from 1601 to 1970. */
const windowsEpoch = 11_644_473_600;

type Properties = Readonly<Record<string, string | undefined>>;

/** An answer of the plug-in for work accounts; a change to `undefined` leaves a property out. */
export function workResponse(
  changes: Properties = {},
  more: Partial<Omit<FakeResponse, "properties">> = {},
): FakeResponse {
  const properties: Properties = {
    TokenExpiresOn: String(inAnHour() + windowsEpoch),
    Authority: `https://login.microsoftonline.com/${tenantId}`,
    TenantId: tenantId,
    OID: objectId,
    wamcompat_id_token: idTokenOf(),
    wamcompat_client_info: clientInfo(objectId, tenantId),
    ...changes,
  };
  const given = Object.entries(properties).filter(([, value]) => value !== undefined);
  return {
    // Opaque, as access tokens may be.
    token: "fake-aad-access-token",
    account: jane(),
    properties: Object.fromEntries(given) as Record<string, string>,
    ...more,
  };
}

/** An answer of the plug-in for personal accounts; a change to `undefined` leaves a part out. */
export function personalResponse(changes: Properties = {}): FakeResponse {
  const parts: Properties = {
    access_token: "fake-msa-access-token",
    token_type: "bearer",
    expires_in: "3600",
    id_token: idTokenOf({
      iss: `https://login.microsoftonline.com/${personalTenantId}/v2.0`,
      name: "Pat Doe",
      oid: personalObjectId,
      preferred_username: personalUsername,
      tid: personalTenantId,
    }),
    client_info: clientInfo(personalObjectId, personalTenantId),
    ...changes,
  };
  const token = Object.entries(parts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value ?? "")}`)
    .join("&");
  return { token, account: pat() };
}
