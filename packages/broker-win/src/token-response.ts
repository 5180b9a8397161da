import type { BrokerAccount } from "@x/broker-contract";
import {
  type CallFacts,
  homeAccountIdOf,
  homeIds,
  jwtClaims,
  nonsense,
  numberField,
  stringField,
  type TokenAnswer,
  textField,
} from "@x/broker-protocol";
import type { NativeTokenResponse, NativeTokenResult } from "./native.js";
import { hostOf, nativeFacts, userName } from "./wam-account.js";
import { type AccountKind, requestStatus } from "./wam-constants.js";

/** A plug-in's answer: read, but not yet believed. */
export interface PluginAnswer extends Omit<TokenAnswer, "tokenType"> {
  /** Who the answer is about, by its client info. */
  readonly account: BrokerAccount;
  /** WAM's own id of the account. */
  readonly wamAccountId: string | undefined;
  /** What the plug-in says the token is, where it says so. */
  readonly tokenType: string | undefined;
}

/** The answer in a result that holds a token, `undefined` in any other. */
export function successOf(
  result: NativeTokenResult,
  kind: AccountKind,
  silent: boolean,
): NativeTokenResponse | undefined {
  // The user may have switched to another account in a window; where there was none, nobody did. Microsoft's client
  // knows no such answer of the plug-in for personal accounts.
  const mayHaveSwitched = !silent && kind === "organizations";
  const isSuccess =
    result.status === requestStatus.success ||
    (mayHaveSwitched && result.status === requestStatus.accountSwitch);
  return isSuccess ? result.responses[0] : undefined;
}

/**
 * Reads an answer.
 * @param host The authority host that was asked.
 * @throws BrokerError `protocol_error` for one that lacks what Microsoft's client requires of it
 */
export function readAnswer(
  response: NativeTokenResponse,
  kind: AccountKind,
  clientId: string,
  host: string,
  facts: CallFacts,
): PluginAnswer {
  const fields = kind === "organizations" ? workFields(response) : personalFields(response.token);
  const { accessToken, idToken, clientInfo } = fields;
  if (accessToken === undefined || accessToken === "") throw nonsense("no token", facts);
  // Microsoft's client requires both, captured.
  if (idToken === undefined) throw nonsense("no id token", facts);
  if (clientInfo === undefined) throw nonsense("no client info", facts);
  const homeAccountId = homeAccountIdOf(clientInfo);
  if (homeAccountId === undefined) throw nonsense("client info that is none", facts);

  const claims = jwtClaims(idToken);
  const name = claims && textField(claims, "name");
  const named = response.account;
  const { uid, utid } = homeIds(homeAccountId);
  const wamAccountId = named?.id || undefined;
  return {
    accessToken,
    idToken,
    clientInfo,
    grantedScopes: fields.grantedScopes,
    expiresOn: fields.expiresOn,
    tokenType: fields.tokenType,
    telemetry: {},
    wamAccountId,
    account: {
      homeAccountId,
      // In the home tenant, where the ids of the client info are the account's.
      localAccountId: uid,
      tenantId: utid,
      environment: fields.host ?? host,
      username:
        (claims && textField(claims, "preferred_username")) ??
        (claims && textField(claims, "upn")) ??
        (named === undefined ? "" : userName(named)),
      ...(name !== undefined && { name }),
      native: nativeFacts(kind, clientId, wamAccountId),
    },
  };
}

interface Fields {
  readonly accessToken: string | undefined;
  readonly idToken: string | undefined;
  readonly clientInfo: string | undefined;
  readonly grantedScopes: string | undefined;
  /** In milliseconds since the epoch. */
  readonly expiresOn: number | undefined;
  readonly tokenType?: string | undefined;
  readonly host?: string | undefined;
}

/** Seconds from 1601, where Windows' time begins, to 1970. */
const secondsFrom1601To1970 = 11_644_473_600;

/** The plug-in for work accounts: the rest of the answer stands in properties. Names captured. */
function workFields({ token, properties }: NativeTokenResponse): Fields {
  const since1601 = numberField(properties, "TokenExpiresOn");
  return {
    accessToken: token,
    idToken: textField(properties, "wamcompat_id_token"),
    clientInfo: textField(properties, "wamcompat_client_info"),
    grantedScopes: stringField(properties, "wamcompat_scopes"),
    expiresOn: since1601 === undefined ? undefined : (since1601 - secondsFrom1601To1970) * 1000,
    host: hostOf(textField(properties, "Authority")),
  };
}

/** The plug-in for personal accounts: all of the answer stands in the token's text, as a form. Captured. */
function personalFields(text: string): Fields {
  const form = new URLSearchParams(text);
  const value = (name: string) => form.get(name) || undefined;
  const seconds = Number(value("expires_in") ?? Number.NaN);
  return {
    accessToken: value("access_token"),
    idToken: value("id_token"),
    clientInfo: value("client_info"),
    grantedScopes: value("scope"),
    expiresOn: Number.isFinite(seconds) ? Date.now() + seconds * 1000 : undefined,
    tokenType: value("token_type"),
  };
}

/** What a personal account's answer gives to be exchanged at the plug-in for work accounts. */
export function transferCode(response: NativeTokenResponse): string | undefined {
  return new URLSearchParams(response.token).get("code") || undefined;
}
