import type { BrokerAccount, Prompt, TokenRequest } from "@x/broker-contract";
import { personalDataOf } from "./account-ids.js";
import { type CallFacts, callError } from "./call-facts.js";

/** @throws TypeError for what is no object */
export function requireRequest(request: object): void {
  if (typeof request !== "object" || request === null) throw new TypeError("The request must be an object.");
}

/**
 * What errors say about a token request.
 * @throws TypeError for fields of the wrong type that would end up in errors
 */
export function aboutToken(request: TokenRequest): Partial<CallFacts> {
  for (const key of ["redirectUri", "loginHint"] as const) {
    const value = request[key];
    if (value !== undefined && typeof value !== "string") throw new TypeError(`${key} must be a string.`);
  }
  return {
    scopes: Array.isArray(request.scopes) ? request.scopes.map(String) : [],
    personalData: personalDataOf(request.account, request.loginHint),
  };
}

/** @throws TypeError for an account that is given but lacks what every account has */
export function checkAccountOption(account: BrokerAccount | undefined): void {
  if (account !== undefined) requiredAccount(account);
}

/** @throws TypeError for an account that lacks what every account has */
export function requiredAccount(account: BrokerAccount): BrokerAccount {
  const { homeAccountId, localAccountId, tenantId, environment, username } = account ?? {};
  const texts = [homeAccountId, localAccountId, tenantId, environment, username];
  if (texts.every((text) => typeof text === "string" && text !== "")) return account;
  throw new TypeError(
    "account must have homeAccountId, localAccountId, tenantId, environment and username, as getAccounts gives it.",
  );
}

const prompts: ReadonlySet<string> = new Set([
  "login",
  "select_account",
  "consent",
  "create",
] satisfies Prompt[]);

/** @throws BrokerError `invalid_request` for what is none of the known prompts */
export function checkedPrompt(prompt: Prompt | undefined, facts: CallFacts): Prompt | undefined {
  if (prompt === undefined || prompts.has(prompt)) return prompt;
  throw callError("invalid_request", facts, {
    reason: "invalid_prompt",
    message: "The prompt is none of the known ones.",
    hint: `Use one of ${[...prompts].join(", ")}, or none.`,
  });
}
