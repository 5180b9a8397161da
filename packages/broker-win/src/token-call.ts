import type { BrokerToken } from "@x/broker-contract";
import { type Call, type CallFacts, checkedToken, nonsense, sameId } from "@x/broker-protocol";
import type {
  NativeAccount,
  NativeProvider,
  NativeTokenResponse,
  NativeTokenResult,
  NativeTurn,
} from "./native.js";
import {
  madeByWam,
  ownKeyBinding,
  type PopBinding,
  popBinding,
  popProperties,
  signedByWam,
  signedWithOwnKey,
} from "./proof-of-possession.js";
import { commonProperties, type PreparedRequest, scopeText } from "./token-request.js";
import { type PluginAnswer, readAnswer, successOf, transferCode } from "./token-response.js";
import type { TokenQuestion, Wam } from "./wam.js";
import { namesOf, nativeFacts, userName, wamAccountIdIn } from "./wam-account.js";
import { type AccountKind, promptType } from "./wam-constants.js";
import { failureOf, resultError } from "./wam-errors.js";

/** A place to show a window. */
export interface Stage {
  readonly turn: NativeTurn;
  readonly window: bigint;
}

/** How a request is put to a plug-in: what differs between the flows. */
export interface Ask {
  readonly kind: AccountKind;
  readonly provider: NativeProvider;
  readonly account?: NativeAccount | undefined;
  /** Where to show a window; absent: the request is silent. */
  readonly stage?: Stage | undefined;
  /** Whether the user has to sign in anew. */
  readonly forceAuthentication?: boolean;
  /** Properties beside those of every request. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Get a new token although WAM holds this one; empty: whichever it holds. */
  readonly renew?: string | undefined;
}

/**
 * Asks for a token, and checks what comes.
 * @throws BrokerError for WAM's own error, and for a token that is not what was asked for
 */
export async function requestToken(
  ask: Ask,
  request: PreparedRequest,
  wam: Wam,
  call: Call,
): Promise<BrokerToken> {
  call.log.note(`Asking for ${request.scopes.join(" ")} from ${request.authority.url} (${ask.kind}).`);
  call.log.notePersonal(() => `Account: ${request.account?.username ?? request.loginHint ?? "any"}.`);
  const binding = request.pop && (await popBinding(request.pop, ask.kind, wam, call));
  const named = { ...call, facts: withNames(call.facts, ask.account) };
  const response = await answerTo(ask, request, binding, wam, named);
  if (binding?.keeper !== "wam" || madeByWam(response) !== undefined)
    return await believed(response, ask, request, binding, wam, named);

  // Microsoft's client signs with a key of its own then, which the token is not bound to: it proves nothing.
  call.log.note("WAM did not sign the request: asking for a token bound to a key of this process.");
  const own = await ownKeyBinding(binding.request, wam, call);
  if (ask.stage === undefined)
    return await believed(await answerTo(ask, request, own, wam, named), ask, request, own, wam, named);

  // What was shown need not be shown again, but the token has to be of whoever signed in.
  const { kind, provider } = ask;
  const { clientId, authority } = request;
  const { account } = readAnswer(response, kind, clientId, authority.host, named.facts);
  const again = { kind, provider, account: response.account ?? ask.account };
  const theirs = { ...request, account: request.account ?? account };
  return await believed(await answerTo(again, request, own, wam, named), ask, theirs, own, wam, named);
}

/**
 * Gets the code that stands for a personal account at the plug-in for work accounts (first-party apps only).
 * @throws BrokerError
 */
export async function requestTransferCode(
  ask: Ask,
  request: PreparedRequest,
  wam: Wam,
  call: Call,
): Promise<string> {
  const question = { ...questionOf(ask, request, undefined, call), scope: transferScope };
  const code = transferCode(responseOf(await askWam(question, ask, wam, call), ask, call));
  if (code === undefined) throw nonsense("no transfer code", call.facts);
  return code;
}

/** Captured from Microsoft's client. */
const transferScope = "openid service::login.microsoftonline.com::PURPOSE_AAD_WAM_TRANSFER email profile";

/** How the plug-in for work accounts is given a transfer code. Captured from Microsoft's client. */
export function transferProperties(code: string): Readonly<Record<string, string>> {
  return { SamlAssertion: code, SamlAssertionType: "SAMLV1" };
}

/** The first answer that holds a token, a new one if that is asked for. */
async function answerTo(
  ask: Ask,
  request: PreparedRequest,
  binding: PopBinding | undefined,
  wam: Wam,
  call: Call,
): Promise<NativeTokenResponse> {
  const question = questionOf(ask, request, binding, call);
  const result = await askWam(question, ask, wam, call);
  const response = responseOf(result, ask, call);
  if (ask.renew === undefined || !isOld(response, ask, request, binding, call)) return response;
  // As Microsoft's client does it: WAM gives what it holds until it is told to forget that.
  await wam.invalidate(result, call);
  return responseOf(await askWam(question, ask, wam, call), ask, call);
}

function isOld(
  response: NativeTokenResponse,
  { kind, renew }: Ask,
  request: PreparedRequest,
  binding: PopBinding | undefined,
  { facts }: Call,
): boolean {
  // A signed request is new each time, whatever token is in it.
  if (binding !== undefined || renew === "") return true;
  const { accessToken } = readAnswer(response, kind, request.clientId, request.authority.host, facts);
  return accessToken === renew;
}

/** Pauses before a silent request is repeated that failed for a moment, in milliseconds. Captured. */
const retryPausesInMs = [1_000, 2_000, 4_000, 8_000, 16_000];

/** Asks; a silent request that failed for a moment is repeated, if there is time. */
async function askWam(question: TokenQuestion, ask: Ask, wam: Wam, call: Call): Promise<NativeTokenResult> {
  const silent = ask.stage === undefined;
  for (const pauseInMs of silent ? retryPausesInMs : []) {
    const result = await wam.ask(question, call);
    if (successOf(result, ask.kind, silent) !== undefined) return result;
    if (failureOf(result, { kind: ask.kind, silent }) !== "TransientError") return result;
    const left = call.deadline.remainingInMs;
    // What went wrong tells the caller more than that time ran out.
    if (left !== 0 && left <= pauseInMs) return result;
    call.log.note(`WAM failed for a moment: once more in ${pauseInMs / 1000} s.`);
    await wam.pause(pauseInMs, call);
  }
  return await wam.ask(question, call);
}

function responseOf(result: NativeTokenResult, { kind, stage }: Ask, { facts }: Call): NativeTokenResponse {
  const silent = stage === undefined;
  const response = successOf(result, kind, silent);
  if (response !== undefined) return response;
  if (result.status === 0) throw nonsense("neither a token nor an error", facts);
  throw resultError(result, { kind, silent }, facts);
}

function questionOf(
  { kind, provider, account, stage, forceAuthentication = false, properties = {} }: Ask,
  request: PreparedRequest,
  binding: PopBinding | undefined,
  call: Call,
): TokenQuestion {
  const pop = popProperties(binding);
  return {
    ...(stage === undefined ? { mode: "silent" } : { mode: "window", ...stage }),
    provider,
    ...(account !== undefined && { account }),
    scope: scopeText(kind, request.scopes),
    clientId: request.clientId,
    promptType: forceAuthentication ? promptType.forceAuthentication : promptType.default,
    properties: { ...commonProperties(kind, request), ...properties, ...pop.properties },
    appProperties: pop.appProperties,
    correlationId: call.deadline.correlationId,
  };
}

/** The token in an answer, held against what was asked for. */
async function believed(
  response: NativeTokenResponse,
  { kind, stage }: Ask,
  request: PreparedRequest,
  binding: PopBinding | undefined,
  wam: Wam,
  call: Call,
): Promise<BrokerToken> {
  const { clientId, account: asked, authority } = request;
  const facts = withNames(call.facts, response.account);
  const answer = readAnswer(response, kind, clientId, authority.host, facts);
  const { tokenType: _toldType, wamAccountId, account: told, ...rest } = answer;
  const silent = stage === undefined;
  const hinted =
    response.account !== undefined && sameId(userName(response.account), request.loginHint ?? "");
  const token = checkedToken(
    {
      ...rest,
      accessToken: await presented(response, answer, binding, { ...call, facts }),
      tokenType: binding === undefined ? "Bearer" : "pop",
      account: told,
    },
    { ...request, account: asked, loginHint: hinted ? undefined : request.loginHint, silent },
    facts,
  );
  const { homeAccountId } = token.account;
  if (wamAccountId !== undefined) wam.memory.remember(clientId, { homeAccountId, wamAccountId, kind });
  if (!silent) wam.memory.markSignedIn(clientId, homeAccountId);
  if (asked === undefined || wamAccountId === undefined || wamAccountIdIn(asked, clientId) === wamAccountId)
    return token;
  return {
    ...token,
    account: { ...token.account, native: nativeFacts(kind, clientId, wamAccountId, asked.native) },
  };
}

/** The token as it is presented to the resource. */
async function presented(
  response: NativeTokenResponse,
  { accessToken, tokenType }: PluginAnswer,
  binding: PopBinding | undefined,
  call: Call,
): Promise<string> {
  if (binding === undefined) {
    if (tokenType === undefined || tokenType.toLowerCase() === "bearer") return accessToken;
    throw nonsense("a token of another type than was asked for", call.facts);
  }
  if (binding.keeper === "process") return await signedWithOwnKey(accessToken, tokenType, binding, call);
  return signedByWam(madeByWam(response) ?? accessToken, binding.request, call);
}

/** Facts of a call that keep an account's names out of what is written, too. */
function withNames(facts: CallFacts, account: NativeAccount | undefined): CallFacts {
  if (account === undefined) return facts;
  return { ...facts, personalData: [...(facts.personalData ?? []), ...namesOf(account)] };
}
