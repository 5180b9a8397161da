import type {
  BrokerAccount,
  InteractiveTokenRequest,
  Prompt,
  SilentTokenRequest,
  TokenRequest,
} from "@x/broker-contract";
import {
  type Authority,
  type CallFacts,
  canonicalJson,
  checkedClientId,
  checkedPrompt,
  mergedClaims,
  requestedScopes,
  resolveAuthority,
} from "@x/broker-protocol";
import { accountForRequest } from "./account.js";
import type { Environment } from "./bus-address.js";
import type { BrokerDialect } from "./dialect.js";
import { queryParameters } from "./extra-parameters.js";
import { windowHandle } from "./parent-window.js";
import { popParams } from "./proof-of-possession.js";
import { authorizationType } from "./protocol.js";

/** A token request as it is sent, with what its answer has to fit. */
export interface PreparedTokenRequest {
  readonly json: string;
  readonly authority: Authority;
  /** Scopes the answer has to grant. */
  readonly scopes: readonly string[];
  /** Whose token the answer has to hold; `undefined` for anybody's. */
  readonly account: BrokerAccount | undefined;
  readonly silent: boolean;
  readonly loginHint: string | undefined;
  readonly proofOfPossession: boolean;
  /** Whether the tenant is known to be the one the token must come from. */
  readonly tenantIsFixed: boolean;
}

/**
 * Builds a silent request. `account` is the one to ask for, `null` on the wire if there is none.
 * @throws TypeError or BrokerError for a request that cannot work
 */
export function silentTokenRequest(
  request: SilentTokenRequest,
  account: BrokerAccount | undefined,
  dialect: BrokerDialect,
  facts: CallFacts,
): PreparedTokenRequest {
  const renew = request.forceRefresh === true ? (request.accessTokenToRenew ?? "") : "";
  if (typeof renew !== "string") throw new TypeError("accessTokenToRenew must be a string.");
  const accessTokenToRenew = dialect.carriesAccessTokens ? renew : "";
  return tokenRequest(request, account, dialect, facts, { silent: true, accessTokenToRenew });
}

/**
 * Builds an interactive request.
 * @throws TypeError or BrokerError for a request that cannot work
 */
export function interactiveTokenRequest(
  request: InteractiveTokenRequest,
  account: BrokerAccount | undefined,
  dialect: BrokerDialect,
  env: Environment,
  facts: CallFacts,
): PreparedTokenRequest {
  const prompt = checkedPrompt(request.prompt, facts);
  return tokenRequest(request, account, dialect, facts, {
    silent: false,
    accessTokenToRenew: "",
    // The terminal's own window is one of this session: Windows knows nothing of it.
    windowHandle: windowHandle(request.parentWindow, dialect.isLocal ? env : {}, facts),
    ...(prompt !== undefined && { prompt }),
  });
}

interface Kind {
  readonly silent: boolean;
  readonly accessTokenToRenew: string;
  readonly windowHandle?: number;
  readonly prompt?: Prompt;
}

function tokenRequest(
  request: TokenRequest,
  account: BrokerAccount | undefined,
  dialect: BrokerDialect,
  facts: CallFacts,
  kind: Kind,
): PreparedTokenRequest {
  const { loginHint, proofOfPossession, extraParameters, msaPassthrough } = request;
  // An account the caller did not name leaves the authority as it is: so Microsoft's client does.
  const authority = resolveAuthority(request.authority, request.account, facts);
  const scopes = requestedScopes(request.scopes, facts);
  const window = kind.windowHandle === undefined ? {} : { handle: kind.windowHandle };
  const authParameters = {
    accessTokenToRenew: kind.accessTokenToRenew,
    account: account === undefined ? null : accountForRequest(account),
    additionalQueryParametersForAuthorization: queryParameters(
      {
        interactiveWithAccount: !kind.silent && account !== undefined,
        ...(extraParameters !== undefined && { extraParameters }),
        ...(msaPassthrough !== undefined && { msaPassthrough }),
        ...(kind.prompt !== undefined && { prompt: kind.prompt }),
      },
      facts,
    ),
    authority: authority.url,
    authorizationType: kind.silent ? authorizationType.cachedRefreshToken : authorizationType.interactive,
    clientId: checkedClientId(request.clientId, facts),
    decodedClaims: mergedClaims(request.claims, request.clientCapabilities, facts),
    enrollmentId: "",
    isSignIn: account === undefined ? true : undefined,
    isTestMode: false,
    parentWindow: kind.silent ? undefined : window,
    password: "",
    popParams: proofOfPossession === undefined ? null : popParams(proofOfPossession, facts),
    redirectUri: request.redirectUri ?? dialect.redirectUri(request.clientId),
    requestedScopes: scopes,
    username: account?.username ?? loginHint ?? "",
    uxContextHandle: -1,
  };
  return {
    json: canonicalJson({ authParameters, parentWindowHandle: kind.windowHandle }),
    authority,
    scopes,
    account,
    silent: kind.silent,
    loginHint: account === undefined ? loginHint : undefined,
    proofOfPossession: proofOfPossession !== undefined,
    // Passthrough turns a personal account's own tenant into another one.
    tenantIsFixed: msaPassthrough !== true,
  };
}
