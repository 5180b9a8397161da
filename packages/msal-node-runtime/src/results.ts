import { canonicalHost, idTokenClaimsOf, isFromCache, nativeAccountId } from "@x/broker/internal";
import type { BrokerAccount, BrokerToken } from "@x/broker-contract";
import { requireArgument } from "./checks.js";
import type {
  Account,
  AuthResult,
  DiscoverAccountsResult,
  MsalRuntimeError,
  ReadAccountResult,
  SignOutResult,
} from "./types.js";

/** The broker's accounts behind those that were handed out. */
const brokerAccounts = new WeakMap<object, BrokerAccount>();

/** An account as the runtime describes it. */
export function runtimeAccount(account: BrokerAccount): Account {
  const { homeAccountId, localAccountId, tenantId, environment, username, name = "", native } = account;
  const text = (key: string): string => {
    const value = native?.[key];
    return typeof value === "string" ? value : "";
  };
  const described = {
    accountId: nativeAccountId(account),
    homeAccountId,
    environment: canonicalHost(environment),
    realm: tenantId,
    localAccountId,
    username,
    givenName: text("givenName"),
    familyName: text("familyName"),
    middleName: text("middleName"),
    displayName: name,
    additionalFieldsJson: "{}",
    homeEnvironment: text("homeEnvironment"),
    clientInfo: text("clientInfo"),
  };
  brokerAccounts.set(described, account);
  return described;
}

/**
 * The broker's account behind one that {@link runtimeAccount} made.
 * @throws Error for any other
 */
export function brokerAccountOf(account: unknown): BrokerAccount {
  const found = typeof account === "object" && account !== null ? brokerAccounts.get(account) : undefined;
  requireArgument(found !== undefined);
  return found as BrokerAccount;
}

const succeeded = (): void => {};

function fails(error: MsalRuntimeError): () => never {
  return () => {
    throw error;
  };
}

function telemetry(apiName: string, facts: object = {}): string {
  return JSON.stringify({ ...facts, api_name: apiName });
}

export function authResult(apiName: string, token: BrokerToken): AuthResult {
  const { accessToken, tokenType, scopes, expiresOn, account, idToken = "" } = token;
  const isPopAuthorization = tokenType === "pop";
  return {
    CheckError: succeeded,
    idToken: JSON.stringify(idTokenClaimsOf(token)),
    rawIdToken: idToken,
    accessToken,
    authorizationHeader: isPopAuthorization ? `pop ${accessToken}` : "",
    grantedScopes: scopes.join(" "),
    expiresOn: Math.floor(expiresOn / 1000),
    isPopAuthorization,
    telemetryData: telemetry(apiName, { ...token.telemetry, is_cache: isFromCache(token) }),
    account: runtimeAccount(account),
  };
}

/** What a failed result has besides its error is as empty as in Microsoft's runtime. */
export function failedAuthResult(apiName: string, error: MsalRuntimeError): AuthResult {
  return {
    CheckError: fails(error),
    idToken: "",
    rawIdToken: "",
    accessToken: "",
    authorizationHeader: "",
    grantedScopes: "",
    expiresOn: 0,
    isPopAuthorization: false,
    telemetryData: telemetry(apiName),
    // Its type promises an account; Microsoft's runtime has none here either.
    account: null as unknown as Account,
  };
}

export function accountResult(apiName: string, account: BrokerAccount): ReadAccountResult {
  return { CheckError: succeeded, account: runtimeAccount(account), telemetryData: telemetry(apiName) };
}

export function failedAccountResult(apiName: string, error: MsalRuntimeError): ReadAccountResult {
  const CheckError = fails(error);
  return {
    CheckError,
    get account(): Account {
      return CheckError();
    },
    telemetryData: telemetry(apiName),
  };
}

export function accountsResult(apiName: string, accounts: readonly BrokerAccount[]): DiscoverAccountsResult {
  return {
    CheckError: succeeded,
    accounts: accounts.map(runtimeAccount),
    telemetryData: telemetry(apiName),
  };
}

export function failedAccountsResult(apiName: string, error: MsalRuntimeError): DiscoverAccountsResult {
  return { CheckError: fails(error), accounts: [], telemetryData: telemetry(apiName) };
}

export function signOutResult(apiName: string): SignOutResult {
  return { CheckError: succeeded, telemetryData: telemetry(apiName) };
}

export function failedSignOutResult(apiName: string, error: MsalRuntimeError): SignOutResult {
  return { CheckError: fails(error), telemetryData: telemetry(apiName) };
}
