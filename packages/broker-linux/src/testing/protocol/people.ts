import type { BrokerAccount } from "@x/broker-contract";
import { readAccount } from "../../account.js";

/** The made-up account of the captures. */
export const clientId = "d7b530a4-7680-4c23-a8bf-c52c121d2e87";
export const objectId = "a975168d-a362-458b-af1c-a8982b1e8aac";
export const tenantId = "f52f0148-c8bb-4ee1-899b-8f93b0e4d63d";
export const username = "test@contoso.example";
export const otherTenantId = "0f9e1b7a-1111-4222-8333-444455556666";

/** An account as brokers list it. */
export function nativeAccount(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    clientInfo: clientInfo(objectId, tenantId),
    environment: "login.windows.net",
    familyName: "User",
    givenName: "Test",
    homeAccountId: `${objectId}.${tenantId}`,
    localAccountId: objectId,
    name: "Test User",
    passwordExpiry: 0,
    realm: tenantId,
    username,
    ...changes,
  };
}

/** Another person of the same tenant. */
export const otherObjectId = "b0b0b0b0-aaaa-4bbb-8ccc-dddddddddddd";
export function otherNativeAccount(): Record<string, unknown> {
  return nativeAccount({
    clientInfo: clientInfo(otherObjectId, tenantId),
    homeAccountId: `${otherObjectId}.${tenantId}`,
    localAccountId: otherObjectId,
    name: "Other User",
    username: "other@contoso.example",
  });
}

export function account(changes: Record<string, unknown> = {}): BrokerAccount {
  const read = readAccount(nativeAccount(changes));
  if (read === undefined) throw new Error("That is no account.");
  return read;
}

export function clientInfo(uid: string, utid: string): string {
  return Buffer.from(JSON.stringify({ uid, utid })).toString("base64url");
}

/** An unsigned JWT. */
export function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** Seconds since the epoch, an hour from now. */
export function inAnHour(): number {
  return Math.floor(Date.now() / 1000) + 3600;
}

export function accessTokenOf(claims: Record<string, unknown> = {}): string {
  return jwt({
    aud: "https://graph.microsoft.com",
    exp: inAnHour(),
    oid: objectId,
    tid: tenantId,
    ...claims,
  });
}

export function idTokenOf(claims: Record<string, unknown> = {}): string {
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

/** The inside of a successful token answer; a change to `undefined` leaves a field out. */
export function tokenResponse(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    accessToken: accessTokenOf(),
    accessTokenType: 0,
    clientInfo: clientInfo(objectId, tenantId),
    expiresOn: inAnHour() * 1000,
    extendedExpiresOn: inAnHour() * 1000,
    grantedScopes: "User.Read Mail.Read",
    idToken: idTokenOf(),
    ...changes,
  };
}

export function tokenAnswer(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { brokerTokenResponse: tokenResponse(changes), telemetry: { broker_version: "3.0.2" } };
}

/** A token answer that grants whatever was asked for. */
export function willingAnswer(changes: Record<string, unknown> = {}): string {
  return JSON.stringify(tokenAnswer({ grantedScopes: undefined, ...changes }));
}

/** The broker's error object in the usual place. */
export function errorAnswer(error: Record<string, unknown>): string {
  return JSON.stringify({ brokerTokenResponse: { error } });
}
