import { BrokerError, type Prompt, type ProofOfPossession, type TokenRequest } from "@x/broker-contract";
import type { NativeRequest } from "./msal-types.js";

/** The untyped account that msal-node passes along with its request. */
export interface RequestAccount {
  readonly homeAccountId?: string;
  readonly localAccountId?: string;
  readonly tenantId?: string;
  readonly environment?: string;
  readonly username?: string;
}

/** Prompts that always lead to a window; the rest ask silently first. */
const prompts: ReadonlySet<string> = new Set([
  "login",
  "select_account",
  "create",
  "consent",
] satisfies Prompt[]);

/** A prompt of msal-node as the broker takes it; `none` and whatever is unknown are left out. */
export function promptOf({ prompt }: NativeRequest): Prompt | undefined {
  return prompt !== undefined && prompts.has(prompt) ? (prompt as Prompt) : undefined;
}

/**
 * msal-node's request in the words of the contract, without the account. The request itself stays as it is.
 * @throws Error for a proof-of-possession request without method or URI
 */
export function tokenRequestOf(request: NativeRequest, clientCapabilities: readonly string[]): TokenRequest {
  const redirectUri = redirectUriOf(request);
  const proofOfPossession = proofOfPossessionOf(request);
  const { claims, resource } = request;
  const extraParameters = { ...request.extraParameters, ...(resource ? { resource } : {}) };
  return {
    authority: request.authority.replace(/\/+$/, ""),
    clientId: request.clientId,
    scopes: request.scopes,
    ...(redirectUri === undefined ? {} : { redirectUri }),
    ...(claims ? { claims } : {}),
    ...(clientCapabilities.length === 0 ? {} : { clientCapabilities }),
    ...(proofOfPossession === undefined ? {} : { proofOfPossession }),
    ...extrasOf(extraParameters),
  };
}

/**
 * Extra parameters in the words of the contract: passthrough of Microsoft accounts, which MSAL has no option for, is
 * one of them there and none here.
 */
export function extrasOf(
  given: Readonly<Record<string, string>>,
): Pick<TokenRequest, "extraParameters" | "msaPassthrough"> {
  const { msal_request_type: requestType, ...others } = given;
  const msaPassthrough = requestType === "consumer_passthrough";
  const extraParameters = msaPassthrough ? others : given;
  return {
    ...(Object.keys(extraParameters).length === 0 ? {} : { extraParameters }),
    ...(msaPassthrough ? { msaPassthrough } : {}),
  };
}

/** The account that msal-node's callers gave, which its type does not tell. */
export function accountOf(request: NativeRequest): RequestAccount | undefined {
  const { account } = request as { readonly account?: unknown };
  return typeof account === "object" && account !== null ? account : undefined;
}

/** msal-node before 3.7 always says `http://localhost`, which no broker could redirect to. */
function redirectUriOf({ redirectUri }: NativeRequest): string | undefined {
  return redirectUri === undefined || /^(?:http:\/\/localhost(?::\d+)?\/?)?$/i.test(redirectUri)
    ? undefined
    : redirectUri;
}

function proofOfPossessionOf(request: NativeRequest): ProofOfPossession | undefined {
  const { authenticationScheme, resourceRequestMethod, resourceRequestUri, shrNonce } = request;
  const scheme = authenticationScheme?.toLowerCase() ?? "bearer";
  if (scheme === "bearer") return undefined;
  if (scheme !== "pop")
    throw new BrokerError("not_supported", {
      reason: "unknown_authentication_scheme",
      message: `The broker makes no tokens of the authentication scheme "${scheme}".`,
      hint: 'Use "Bearer" or "pop".',
    });
  if (!resourceRequestMethod || !resourceRequestUri)
    throw new Error(
      "Authentication Scheme set to POP but one or more of the following parameters are missing: resourceRequestMethod, resourceRequestUri",
    );
  return {
    resourceRequestMethod,
    resourceRequestUrl: resourceRequestUri,
    ...(shrNonce ? { nonce: shrNonce } : {}),
  };
}
