import type { BrokerToken, Prompt } from "@x/broker-contract";
import type { Call } from "@x/broker-protocol";
import { findAccount, findByUserName } from "./account-lookup.js";
import type { NativeAccount, NativeProvider, NativeSession, NativeTurn } from "./native.js";
import { findWindow } from "./parent-window.js";
import { isElevated, pickerNeedsUser } from "./session.js";
import { type Ask, requestToken, requestTransferCode, type Stage } from "./token-call.js";
import type { PreparedRequest } from "./token-request.js";
import type { Wam } from "./wam.js";
import { kindOf } from "./wam-account.js";
import type { AccountKind } from "./wam-constants.js";
import { providerMissing } from "./wam-errors.js";

export interface InteractiveOptions {
  readonly prompt: Prompt | undefined;
  /** Handle of the window to show above; absent: one is found. */
  readonly parentWindow: bigint | undefined;
  readonly session: NativeSession;
}

/** One interactive flow: what it may show where, and what for. */
interface Flow extends InteractiveOptions {
  readonly request: PreparedRequest;
  readonly stage: Stage;
  readonly wam: Wam;
  readonly call: Call;
}

/** What is known of whom to sign in with: the plug-in, and as far as it goes the account. */
interface Target extends Pick<Ask, "kind" | "provider"> {
  readonly account?: NativeAccount | undefined;
  /** A user name to start with. */
  readonly hint?: string | undefined;
  /** Whether the user chose the plug-in. */
  readonly picked?: boolean;
}

/** Gets a token, and shows windows to do so. */
export async function interactiveToken(
  request: PreparedRequest,
  options: InteractiveOptions,
  wam: Wam,
  call: Call,
): Promise<BrokerToken> {
  if (needsPicker(request) && request.loginHint === undefined && isElevated(options.session))
    throw pickerNeedsUser(call.facts);
  return await wam.withTurn(call, async (turn) => {
    const stage = stageFor(turn, options, wam, call);
    const flow = { ...options, request, stage, wam, call };
    const target = request.account === undefined ? await strangerTarget(flow) : await accountTarget(flow);
    return await signIn(target, flow);
  });
}

function stageFor(turn: NativeTurn, { parentWindow }: InteractiveOptions, wam: Wam, call: Call): Stage {
  return { turn, window: findWindow(parentWindow, wam.binding, call) };
}

/** Whether it is for the user to say whether to use a work or a personal account. */
function needsPicker({ account, realm, msaPassthrough }: PreparedRequest): boolean {
  return account === undefined && (realm === "common" || (msaPassthrough && realm === "organizations"));
}

/** The account that was asked for, as WAM has it. */
async function accountTarget({ request, wam, call }: Flow): Promise<Target> {
  const { account, clientId, authority, realm, msaPassthrough } = request;
  if (account === undefined) throw new TypeError("There is no account.");
  const kind = msaPassthrough || realm === "common" ? kindOf(account) : realm;
  const provider = await pluginProvider(kind, authority.url, wam, call);
  const found = await findAccount(account, kind, provider, clientId, wam, call);
  return found.account === undefined
    ? { kind, provider, hint: account.username }
    : { kind, provider, account: found.account };
}

/** Nobody was asked for: by the login hint, by the authority, and by what the user says. */
async function strangerTarget(flow: Flow): Promise<Target> {
  const { request, wam, call } = flow;
  const { loginHint, clientId, authority } = request;
  const kind: AccountKind = request.realm === "consumers" ? "consumers" : "organizations";
  const picks = needsPicker(request);
  if (loginHint === undefined && (picks || (kind === "consumers" && !isElevated(flow.session))))
    return await pickedTarget(flow, picks ? ["consumers", "organizations"] : ["consumers"]);

  const provider = await pluginProvider(kind, authority.url, wam, call);
  if (loginHint === undefined) return { kind, provider };
  const account = await findByUserName(loginHint, kind, provider, clientId, wam, call);
  if (account !== undefined) return { kind, provider, account };
  if (!picks) return { kind, provider, hint: loginHint };
  if (isElevated(flow.session)) throw pickerNeedsUser(call.facts);
  return { ...(await pickedTarget(flow, ["consumers", "organizations"])), hint: loginHint };
}

/** Lets the user say which kind of account to use, where Windows has both. */
async function pickedTarget(flow: Flow, kinds: readonly AccountKind[]): Promise<Target> {
  const { request, stage, wam, call } = flow;
  const providers: NativeProvider[] = [];
  for (const kind of kinds) {
    const authority = kind === "consumers" ? kind : organizationsOf(request);
    const provider = await wam.findProvider(authority, call);
    if (provider !== null) providers.push(provider);
  }
  const [first] = providers;
  if (first === undefined) throw providerMissing(kinds.at(-1) ?? "organizations", call.facts);
  // A machine where personal accounts are switched off leaves nothing to choose.
  if (providers.length < kinds.length) return { ...targetOf(first), picked: true };
  const chosen = await wam.pick(providers, { ...stage, headerText: request.headerText }, call);
  return { ...targetOf(chosen), picked: true };
}

function targetOf(provider: NativeProvider): Pick<Target, "kind" | "provider"> {
  return { kind: provider.authority === "consumers" ? "consumers" : "organizations", provider };
}

/** The plug-in for work accounts stands for all of them in the picker. Captured. */
function organizationsOf({ authority }: PreparedRequest): string {
  return `https://${authority.host}/organizations`;
}

function pluginProvider(kind: AccountKind, workAuthority: string, wam: Wam, call: Call) {
  return wam.provider(kind, kind === "consumers" ? "consumers" : workAuthority, call);
}

async function signIn(target: Target, flow: Flow): Promise<BrokerToken> {
  const { request, stage, wam, call } = flow;
  const ask = { ...askFor(target, flow), stage };
  if (!request.msaPassthrough || target.kind === "organizations")
    return await requestToken(ask, request, wam, call);
  // A personal account of an app that only knows work accounts: the one plug-in vouches for it to the other.
  const transferCode = await requestTransferCode(ask, request, wam, call);
  const provider = await pluginProvider("organizations", request.authority.url, wam, call);
  const properties = pickedAuthority(target, request);
  const work = { kind: "organizations", provider, stage, properties, transferCode } as const;
  return await requestToken(work, request, wam, call);
}

/** How a target is asked for in a window. Captured but for a prompt, which Microsoft's client does not pass on. */
function askFor(target: Target, { request, prompt }: Flow): Ask {
  const { kind, provider, hint, picked = false } = target;
  const work = kind === "organizations";
  const isGiven = request.account !== undefined;
  const choosesAnother = prompt === "create" || (prompt === "select_account" && !isGiven);
  const account = choosesAnother ? undefined : target.account;
  // Else the plug-in shows what it needs to: for the account that is given, and after the picker.
  const isEnough = picked ? hint === undefined : isGiven && account !== undefined;
  const forceAuthentication = prompt !== undefined || !isEnough;
  const isNew = account === undefined && forceAuthentication;
  const shown = prompt ?? (isNew && hint === undefined ? "select_account" : undefined);
  return {
    kind,
    provider,
    account,
    forceAuthentication,
    properties: {
      ...(work && pickedAuthority(target, request)),
      ...(hint !== undefined && { LoginHint: hint }),
      // No way to another account where one is asked for.
      ...(isGiven && account !== undefined && prompt !== "select_account" && { hsu: "1" }),
      ...(isNew && !work && { Client_uiflow: "new_account" }),
      // The plug-in for personal accounts knows none.
      ...(work && shown !== undefined && { prompt: shown }),
    },
  };
}

/** The plug-in that was picked stands for all tenants: which one was asked for has to be said. Captured. */
function pickedAuthority(
  { picked = false }: Target,
  { authority }: PreparedRequest,
): Readonly<Record<string, string>> {
  return picked ? { authority: authority.url } : {};
}
