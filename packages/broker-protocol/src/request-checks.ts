import type { BrokerAccount, ParentWindow, Prompt, TokenRequest } from "@x/broker-contract";
import { personalDataOf } from "./account-ids.js";
import { type CallFacts, callError } from "./call-facts.js";
import type { AboutRequest } from "./run-call.js";

/**
 * Looks at a request that has nothing in it for errors to tell.
 * @throws TypeError for what is no object at all
 */
export function aboutRequest(request: object): AboutRequest {
  if (typeof request !== "object" || request === null) throw new TypeError("The request must be an object.");
  return {};
}

/**
 * Looks at a request about an account: errors must not name that.
 * @throws TypeError for what is no object at all
 */
export function aboutAccount(request: { readonly account?: BrokerAccount }): AboutRequest {
  aboutRequest(request);
  return { personalData: personalDataOf(request.account, undefined) };
}

/**
 * Looks at a token request: errors tell its scopes, and must not name whom it is for.
 * @throws TypeError for what is no object at all, and for fields of the wrong type that would end up in errors
 */
export function aboutToken(request: TokenRequest): AboutRequest {
  aboutRequest(request);
  const { redirectUri, loginHint } = request;
  requireString("redirectUri", redirectUri);
  requireString("loginHint", loginHint);
  return {
    scopes: Array.isArray(request.scopes) ? request.scopes.map(String) : [],
    personalData: personalDataOf(request.account, loginHint),
  };
}

function requireString(name: string, value: string | undefined): void {
  if (value !== undefined && typeof value !== "string") throw new TypeError(`${name} must be a string.`);
}

/** @throws TypeError for an account that lacks a field every account has */
export function checkedAccount(account: BrokerAccount): BrokerAccount {
  const isWhole = accountFields.every((key) => typeof account?.[key] === "string" && account[key] !== "");
  if (isWhole) return account;
  throw new TypeError(
    "account must have homeAccountId, localAccountId, tenantId, environment and username, as getAccounts gives it.",
  );
}

const accountFields = ["homeAccountId", "localAccountId", "tenantId", "environment", "username"] as const;

/** The same where no account is one, too. */
export function checkedAccountOption(account: BrokerAccount | undefined): BrokerAccount | undefined {
  return account === undefined ? undefined : checkedAccount(account);
}

const prompts: ReadonlySet<string> = new Set([
  "login",
  "select_account",
  "consent",
  "create",
] satisfies Prompt[]);

/** @throws BrokerError `invalid_request` for a prompt that there is not */
export function checkedPrompt(prompt: Prompt | undefined, facts: CallFacts): Prompt | undefined {
  if (prompt === undefined || prompts.has(prompt)) return prompt;
  throw callError("invalid_request", facts, {
    reason: "invalid_prompt",
    message: "The prompt is none of the known ones.",
    hint: `Use one of ${[...prompts].join(", ")}, or none.`,
  });
}

/**
 * The handle of a parent window; `undefined` where the platform is to find one.
 * @throws TypeError for anything but a bigint and `"auto"`
 */
export function checkedWindow(parentWindow: ParentWindow | undefined): bigint | undefined {
  if (parentWindow === undefined || parentWindow === "auto") return undefined;
  if (typeof parentWindow !== "bigint") throw new TypeError('parentWindow must be a bigint or "auto".');
  return parentWindow;
}

/** @throws TypeError or BrokerError `invalid_request` for what is no absolute https URL */
export function checkedSsoUrl(ssoUrl: string, facts: CallFacts): string {
  if (typeof ssoUrl !== "string") throw new TypeError("ssoUrl must be a string.");
  if (/^https:\/\/\S+$/i.test(ssoUrl) && URL.canParse(ssoUrl)) return ssoUrl;
  throw callError("invalid_request", facts, {
    reason: "invalid_sso_url",
    message: "The SSO URL is not an absolute https URL.",
    hint: "Pass the sign-in URL the browser is about to open, e.g. https://login.microsoftonline.com/.",
  });
}
