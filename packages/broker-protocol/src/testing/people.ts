import type { BrokerAccount } from "@x/broker-contract";

export const objectId = "a975168d-a362-458b-af1c-a8982b1e8aac";
export const tenantId = "f52f0148-c8bb-4ee1-899b-8f93b0e4d63d";

/** Somebody at home in `tenantId`. */
export const account: BrokerAccount = {
  homeAccountId: `${objectId}.${tenantId}`,
  localAccountId: objectId,
  tenantId,
  environment: "login.windows.net",
  username: "test@contoso.example",
  name: "Test User",
};

/** An unsigned JWT. */
export function jwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJl`;
}
