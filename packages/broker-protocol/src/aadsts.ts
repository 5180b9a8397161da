import type { BrokerErrorCode } from "@x/broker-contract";

/** What is known about an error code of Microsoft Entra. */
export interface KnownAadsts {
  /** What to do about it. */
  readonly hint: string;
  /** The code to report whatever status came with it, because neither waiting nor signing in again helps. */
  readonly code?: BrokerErrorCode;
  readonly reason?: string;
}

/** Error codes people meet when an app signs in, from Microsoft's public list of Entra error codes. */
export const knownAadsts: Readonly<Record<string, KnownAadsts>> = {
  AADSTS50011: {
    code: "redirect_uri_mismatch",
    hint: "Register the redirect URI with the app.",
  },
  AADSTS7000218: {
    code: "redirect_uri_mismatch",
    reason: "not_a_public_client",
    hint: "The app is registered as a web app with a secret: register the redirect URI for a public client.",
  },
  AADSTS700016: {
    code: "invalid_request",
    reason: "app_not_found",
    hint: "Check the client id and the tenant: the tenant does not know this app.",
  },
  AADSTS90002: {
    code: "invalid_request",
    reason: "tenant_not_found",
    hint: "Check the tenant id: there is no such tenant in this cloud.",
  },
  AADSTS500011: {
    code: "invalid_request",
    reason: "resource_not_found",
    hint: "Check the scope: the tenant does not know the resource it names.",
  },
  AADSTS70011: {
    code: "invalid_request",
    reason: "invalid_scope",
    hint: "Check the scope: it is not written as <resource>/<permission> or <resource>/.default.",
  },
  AADSTS650053: {
    code: "invalid_request",
    reason: "invalid_scope",
    hint: "Check the scope: the resource has no such permission.",
  },
  AADSTS65001: {
    hint: "Sign in interactively to consent, or have an administrator consent for the tenant.",
  },
  AADSTS65004: { hint: "The user declined to consent to the app: sign in again and accept." },
  AADSTS50076: { hint: "The tenant wants a second factor: sign in interactively." },
  AADSTS50078: { hint: "The second factor has expired: sign in interactively." },
  AADSTS50079: { hint: "The user has to set up a second factor first: sign in interactively." },
  AADSTS50097: { hint: "The tenant wants proof of the device: check that the device is registered." },
  AADSTS50105: { hint: "Have an administrator assign the user to the app." },
  AADSTS50173: { hint: "The user's password or sign-ins were reset: sign in interactively." },
  AADSTS53000: {
    hint: "The device does not comply with the tenant's policy: look for what is missing in the Company Portal (`intune-portal` on Linux).",
  },
  AADSTS53001: { hint: "The tenant only lets domain-joined devices in." },
  AADSTS53003: {
    hint: "A conditional access policy blocks this sign-in: the tenant's sign-in log names the policy under the correlation id.",
  },
  AADSTS530003: {
    hint: "The tenant sees this device as unregistered: register it with the Company Portal (`intune-portal` on Linux; Settings > Accounts on Windows).",
  },
  AADSTS530084: {
    hint: "The tenant's token protection policy refuses this app: sign in through the broker with an app it supports.",
  },
  AADSTS700082: { hint: "The refresh token has expired: sign in interactively." },
  AADSTS90072: {
    hint: "The account is no member or guest of this tenant: use another account, or have it invited.",
  },
  AADSTS50020: {
    hint: "The account is no member or guest of this tenant: use another account, or have it invited.",
  },
};

/**
 * Errors that only the user can get past: consent, a second factor, a sign-in that has expired. From Microsoft's
 * public list of Entra error codes.
 */
export const aadstsForTheUser: ReadonlySet<string> = new Set([
  "AADSTS50058",
  "AADSTS50072",
  "AADSTS50074",
  "AADSTS50076",
  "AADSTS50078",
  "AADSTS50079",
  "AADSTS50173",
  "AADSTS65001",
  "AADSTS70043",
  "AADSTS70044",
  "AADSTS700082",
]);

/** The first Entra error code in a text. */
export function findAadsts(text: string): string | undefined {
  return /\bAADSTS\d{4,9}\b/.exec(text)?.[0];
}
