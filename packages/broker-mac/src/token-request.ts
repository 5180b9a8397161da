import type {
  BrokerAccount,
  InteractiveTokenRequest,
  Prompt,
  SilentTokenRequest,
  TokenRequest,
} from "@x/broker-contract";
import {
  type CallFacts,
  callError,
  checkedCapabilities,
  checkedClientId,
  checkedExtraParameters,
  checkedPrompt,
  checkedWindow,
  type ExpectedToken,
  type HttpRequestParts,
  httpRequestParts,
  mergedClaims,
  protocolParameters,
  requestedScopes,
  resolveAuthority,
} from "@x/broker-protocol";
import { type Operation, openIdScopes, operations, providerType } from "./protocol.js";
import {
  clientSku,
  type ExtensionRequest,
  flag,
  identityOptions,
  requestOptions,
} from "./request-options.js";

/** A token request as it is sent, with what its answer has to fit. */
export interface PreparedTokenRequest extends ExtensionRequest<Operation>, ExpectedToken {
  /** The HTTP request to sign the token for. */
  readonly proofOfPossession: HttpRequestParts | undefined;
  /** Whether the caller wants what only Windows' broker has. */
  readonly msaPassthrough: boolean;
  /** Address of the view whose window the sign-in window belongs to. */
  readonly anchorView: bigint | undefined;
}

/** What a request needs that its caller did not say. */
export interface TokenRequestParts {
  /** Whom to ask for. */
  readonly account: BrokerAccount | undefined;
  readonly redirectUri: string;
  /** The key to bind the token to; read where the request asks for proof of possession. */
  readonly proofKeyId: string;
}

/**
 * Builds a silent request. It has to be for an account, or for a user name (the request's login hint).
 * @throws TypeError or BrokerError for a request that cannot work
 */
export function silentTokenRequest(
  request: SilentTokenRequest,
  parts: TokenRequestParts,
  facts: CallFacts,
): PreparedTokenRequest {
  return tokenRequest(request, parts, facts, { silent: true, forceRefresh: request.forceRefresh === true });
}

/**
 * Builds an interactive request.
 * @throws TypeError or BrokerError for a request that cannot work
 */
export function interactiveTokenRequest(
  request: InteractiveTokenRequest,
  parts: TokenRequestParts,
  facts: CallFacts,
): PreparedTokenRequest {
  return tokenRequest(request, parts, facts, {
    silent: false,
    forceRefresh: false,
    prompt: checkedPrompt(request.prompt, facts),
    anchorView: anchorView(checkedWindow(request.parentWindow), facts),
  });
}

interface Kind {
  readonly silent: boolean;
  readonly forceRefresh: boolean;
  readonly prompt?: Prompt | undefined;
  readonly anchorView?: bigint | undefined;
}

function tokenRequest(
  request: TokenRequest,
  { account, redirectUri, proofKeyId }: TokenRequestParts,
  facts: CallFacts,
  { silent, forceRefresh, prompt, anchorView }: Kind,
): PreparedTokenRequest {
  const authority = resolveAuthority(request.authority, account, facts);
  const scopes = requestedScopes(request.scopes, facts);
  const loginHint = account === undefined ? request.loginHint || undefined : undefined;
  const proofOfPossession =
    request.proofOfPossession === undefined ? undefined : httpRequestParts(request.proofOfPossession, facts);
  const extra = extraParameters(request, facts);
  const options = requestOptions(facts, {
    authority: authority.url,
    provider_type: providerType,
    client_id: checkedClientId(request.clientId, facts),
    redirect_uri: redirectUri,
    scope: scopes.join(" "),
    extra_oidc_scopes: openIdScopes,
    extra_query_param: extra.query,
    instance_aware: flag(/^(?:1|true)$/i.test(extra.own["instance_aware"] ?? "")),
    brk_client_id: extra.own["brk_client_id"],
    brk_redirect_uri: extra.own["brk_redirect_uri"],
    claims: mergedClaims(request.claims, undefined, facts) || undefined,
    client_capabilities: capabilities(request, facts),
    client_sku: clientSku,
    request_sent_timestamp: (Date.now() / 1000).toFixed(10),
    skip_validate_result_account: flag(false),
    force_refresh: flag(forceRefresh),
    ...identityOptions(account, loginHint),
    // Empty is how Microsoft's client says: only if it is needed.
    prompt: silent ? undefined : (prompt ?? ""),
    ...(proofOfPossession !== undefined && {
      token_type: "Pop",
      req_cnf: Buffer.from(JSON.stringify({ kid: proofKeyId })).toString("base64url"),
    }),
  });
  return {
    operation: silent ? operations.silentToken : operations.interactiveToken,
    options,
    authority,
    scopes,
    account,
    loginHint,
    silent,
    tenantIsFixed: true,
    proofOfPossession,
    msaPassthrough: request.msaPassthrough === true,
    anchorView,
  };
}

interface ExtraParameters {
  /** Those that are options of their own here. */
  readonly own: Readonly<Record<string, string>>;
  /** The others, form-encoded. */
  readonly query: string | undefined;
}

function extraParameters(request: TokenRequest, facts: CallFacts): ExtraParameters {
  const entries = checkedExtraParameters(request.extraParameters, refusedNames, facts);
  const query = new URLSearchParams(entries.filter(([name]) => !ownNames.has(name))).toString();
  return {
    own: Object.fromEntries(entries.filter(([name]) => ownNames.has(name))),
    query: query === "" ? undefined : query,
  };
}

const ownNames: ReadonlySet<string> = new Set(["instance_aware", "brk_client_id", "brk_redirect_uri"]);

const refusedNames: ReadonlyMap<string, string> = new Map([
  ...protocolParameters,
  ...["req_cnf", "token_type"].map(
    (name) => [name, "tokens are bound to a key of this package alone; use proofOfPossession"] as const,
  ),
]);

/** They travel by themselves here, not among the claims: so Microsoft's client does. */
function capabilities({ clientCapabilities }: TokenRequest, facts: CallFacts): string | undefined {
  const all = checkedCapabilities(clientCapabilities);
  if (all.every((one) => one !== "" && !one.includes(","))) return all.join(",") || undefined;
  throw callError("invalid_request", facts, {
    reason: "invalid_capabilities",
    message: "A client capability is empty or has a comma in it.",
    hint: 'Pass each capability as a word of its own, e.g. clientCapabilities: ["CP1"].',
  });
}

/** In the first page there is nothing. Microsoft's libraries take 1 for "no window": it has to mean that here, too. */
const firstAddress = 4096n;

/** An address of this process: no real one has more than 64 bits. */
function anchorView(address: bigint | undefined, facts: CallFacts): bigint | undefined {
  if (address === undefined || (address >= 0n && address < firstAddress)) return undefined;
  if (address > 0n && address < 2n ** 64n) return address;
  throw callError("invalid_request", facts, {
    reason: "invalid_parent_window",
    message: "The parent window's handle is no address of a view.",
    hint: 'Pass what Electron\'s getNativeWindowHandle() gives, or "auto".',
  });
}
