import { release } from "node:os";
import type {
  BrokerAccount,
  InteractiveTokenRequest,
  SilentTokenRequest,
  TokenRequest,
} from "@x/broker-contract";
import {
  type Authority,
  belongsToProtocol,
  type CallFacts,
  checkedClientId,
  checkedExtraParameters,
  checkedPrompt,
  type HttpRequestParts,
  httpRequestParts,
  mergedClaims,
  protocolParameters,
  requestedScopes,
  resolveAuthority,
} from "@x/broker-protocol";
import { packageVersion } from "./version.js";
import { isPersonal } from "./wam-account.js";
import { type AccountKind, personalTenantId, type Realm, realmOf } from "./wam-constants.js";

/** A token request that has been checked, before it is known which plug-in it goes to. */
export interface PreparedRequest {
  readonly clientId: string;
  readonly authority: Authority;
  readonly realm: Realm;
  /** Scopes the answer has to grant. */
  readonly scopes: readonly string[];
  /** JSON text, or empty. */
  readonly claims: string;
  readonly extraProperties: Readonly<Record<string, string>>;
  /** Text at the head of the account picker. */
  readonly headerText: string;
  readonly msaPassthrough: boolean;
  /** Whose token the answer has to hold; `undefined` for anybody's. */
  readonly account: BrokerAccount | undefined;
  readonly loginHint: string | undefined;
  readonly pop: HttpRequestParts | undefined;
}

export interface PreparedSilentRequest extends PreparedRequest {
  readonly forceRefresh: boolean;
  /** The token to replace; empty if the caller does not have it. */
  readonly accessTokenToRenew: string;
}

/** @throws TypeError or BrokerError for a request that cannot work */
export function prepareSilent(request: SilentTokenRequest, facts: CallFacts): PreparedSilentRequest {
  const { forceRefresh = false, accessTokenToRenew = "" } = request;
  if (typeof forceRefresh !== "boolean") throw new TypeError("forceRefresh must be a boolean.");
  if (typeof accessTokenToRenew !== "string") throw new TypeError("accessTokenToRenew must be a string.");
  return { ...prepare(request, facts), forceRefresh, accessTokenToRenew };
}

/** @throws TypeError or BrokerError for a request that cannot work */
export function prepareInteractive(request: InteractiveTokenRequest, facts: CallFacts): PreparedRequest {
  checkedPrompt(request.prompt, facts);
  return prepare(request, facts);
}

function prepare(request: TokenRequest, facts: CallFacts): PreparedRequest {
  const { account, loginHint, proofOfPossession } = request;
  const { properties, headerText, isPassthrough } = extraProperties(request.extraParameters, facts);
  const wantsPassthrough = request.msaPassthrough === true || isPassthrough;
  // Where a personal account passes for a work account, its own tenant is not the one that gives the token.
  const isTransfer = wantsPassthrough && account !== undefined && isPersonal(account);
  const authority = personalIn(
    resolveAuthority(request.authority, isTransfer ? undefined : account, facts, { personalAccounts: true }),
  );
  const msaPassthrough = wantsPassthrough && realmOf(authority) !== "consumers";
  return {
    clientId: checkedClientId(request.clientId, facts),
    authority,
    realm: realmOf(authority),
    scopes: requestedScopes(request.scopes, facts),
    claims: mergedClaims(request.claims, request.clientCapabilities, facts),
    extraProperties: properties,
    headerText,
    msaPassthrough,
    account,
    loginHint: account === undefined ? loginHint || undefined : undefined,
    pop: proofOfPossession === undefined ? undefined : httpRequestParts(proofOfPossession, facts),
  };
}

/** `consumers` is one tenant, whose tokens can be told by its id. */
function personalIn(authority: Authority): Authority {
  return realmOf(authority) === "consumers" ? { ...authority, tenantId: personalTenantId } : authority;
}

/** Properties that this package writes. */
const ownProperties = [
  "api-version",
  "authority",
  "claims",
  "client_uiflow",
  "correlationid",
  "discover",
  "hsu",
  "loginhint",
  "oauth2_batch",
  "return_account_on_failure",
  "samlassertion",
  "samlassertiontype",
  "telemetry",
  "token_type",
  "wam_compat",
  "x-client-info",
  "x-client-os",
  "x-client-sku",
  "x-client-ver",
];

const refusedNames: ReadonlyMap<string, string> = new Map([
  // All that Microsoft's client refuses on Windows (captured) is among these, but for one.
  ...protocolParameters,
  ...["client_info", ...ownProperties].map((name) => [name, belongsToProtocol] as const),
  ["req_cnf", "tokens bound to a key of the app are not supported; use proofOfPossession"],
]);

/** Names that Microsoft's client takes for itself and does not pass on. Captured. */
const swallowedNames: ReadonlySet<string> = new Set([
  "msal_client_sku",
  "msal_client_ver",
  "msal_gui_thread",
  "msal_identity_provider",
]);

interface ExtraProperties {
  readonly properties: Readonly<Record<string, string>>;
  readonly headerText: string;
  readonly isPassthrough: boolean;
}

/** The caller's extra parameters: most are properties of the request, some steer it. Captured. */
function extraProperties(
  extraParameters: TokenRequest["extraParameters"],
  facts: CallFacts,
): ExtraProperties {
  const properties: [name: string, value: string][] = [];
  let headerText = "";
  let isPassthrough = false;
  for (const [name, value] of checkedExtraParameters(extraParameters, refusedNames, facts)) {
    if (name === "msal_accounts_control_title") headerText = value;
    else if (name === "msal_request_type") isPassthrough = value === "consumer_passthrough";
    // The plug-ins' own word for it.
    else if (name === "instance_aware" && value === "true") properties.push(["discover", "home"]);
    else if (!swallowedNames.has(name)) properties.push([name, value]);
  }
  return { properties: Object.fromEntries(properties), headerText, isPassthrough };
}

/** What each plug-in has to be told to answer the way it is read here. Captured from Microsoft's client. */
export const dialectProperties: Readonly<Record<AccountKind, Readonly<Record<string, string>>>> = {
  // The id token, client info and granted scopes as properties of the answer.
  organizations: { wam_compat: "2.0", return_account_on_failure: "true" },
  // Tokens of the v2 endpoint, all of the answer in the token's text, client info among it.
  consumers: { "api-version": "2.0", oauth2_batch: "1", "x-client-info": "1" },
};

/** Who asks, in the tenant's telemetry, in the five places of Microsoft's client. */
export const skuProperty = { "x-client-xtra-sku": `@x/broker-win|${packageVersion},|,|,|,|` } as const;

const clientProperties: Readonly<Record<string, string>> = {
  "x-client-SKU": "x-broker-win",
  "x-client-Ver": packageVersion,
  "x-client-OS": release(),
  ...skuProperty,
};

/** `WebTokenRequest.Properties` of a token request, but for what only one flow says. */
export function commonProperties(kind: AccountKind, request: PreparedRequest): Record<string, string> {
  return {
    ...dialectProperties[kind],
    ...(request.claims !== "" && { claims: request.claims }),
    ...clientProperties,
    ...request.extraProperties,
  };
}

/** `WebTokenRequest.Scope`: those of the resource, then those of the sign-in itself. Captured. */
export function scopeText(kind: AccountKind, scopes: readonly string[]): string {
  const ofSignIn = kind === "organizations" ? ["offline_access", "openid", "profile"] : ["openid", "profile"];
  return [...scopes, ...ofSignIn].join(" ");
}
