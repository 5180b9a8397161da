import { type BrokerAccount, BrokerError } from "@x/broker-contract";
import { type Call, sameId } from "@x/broker-protocol";
import type { NativeAccount, NativeProvider } from "./native.js";
import { dialectProperties, scopeText, skuProperty } from "./token-request.js";
import { readAnswer, successOf } from "./token-response.js";
import type { Wam } from "./wam.js";
import {
  brokerAccount,
  environmentOf,
  userName,
  type WamIdentity,
  wamAccountIdIn,
  wamIdentity,
} from "./wam-account.js";
import { type AccountKind, promptType } from "./wam-constants.js";
import { providerMissing } from "./wam-errors.js";

/** An account to ask for, as WAM has it. */
export interface FoundAccount {
  readonly account: NativeAccount | undefined;
  /**
   * Whether WAM had the account and has it no longer. One that was merely not found may still be the default account:
   * how much WAM lists to an app that it has not met yet is not known.
   */
  readonly isGone: boolean;
}

/**
 * WAM's account for a `BrokerAccount`: by the id it carries or this process remembers, else among those WAM lists.
 * An account out of an authentication record carries none.
 */
export async function findAccount(
  account: BrokerAccount,
  kind: AccountKind,
  provider: NativeProvider,
  clientId: string,
  wam: Wam,
  call: Call,
): Promise<FoundAccount> {
  const id =
    wamAccountIdIn(account, clientId) ?? wam.memory.byHomeId(clientId, account.homeAccountId)?.wamAccountId;
  if (id !== undefined) {
    const found = await wam.findAccount(provider, id, call);
    if (found !== null) return { account: found, isGone: false };
    call.log.note("WAM no longer knows the account by its id: looking through its list.");
  }
  const { accounts, complete } = await listIfTold(kind, provider, clientId, wam, call);
  const listed = sameAccount(accounts, account, kind, clientId, wam);
  return { account: listed, isGone: listed === undefined && id !== undefined && complete };
}

function sameAccount(
  listed: readonly NativeAccount[],
  { homeAccountId, username }: BrokerAccount,
  kind: AccountKind,
  clientId: string,
  wam: Wam,
): NativeAccount | undefined {
  const home = (one: NativeAccount) =>
    (one.id === undefined ? undefined : wam.memory.byWamId(clientId, one.id)?.homeAccountId) ??
    wamIdentity(one, kind)?.homeAccountId ??
    "";
  const byId = listed.find((one) => sameId(home(one), homeAccountId));
  // A guest's ids are those of the tenant visited; whose token comes is checked later in any case.
  return byId ?? listed.find((one) => sameId(userName(one), username));
}

/**
 * WAM's account with a user name, in any letter case. `undefined` where WAM lists none such, or several: whose token
 * it is must not be a matter of their order.
 */
export async function findByUserName(
  loginHint: string,
  kind: AccountKind,
  provider: NativeProvider,
  clientId: string,
  wam: Wam,
  call: Call,
): Promise<NativeAccount | undefined> {
  const { accounts } = await listIfTold(kind, provider, clientId, wam, call);
  const [account, another] = accounts.filter((one) => sameId(userName(one), loginHint));
  return another === undefined ? account : undefined;
}

/** WAM's list, empty where it tells none. */
async function listIfTold(
  kind: AccountKind,
  provider: NativeProvider,
  clientId: string,
  wam: Wam,
  call: Call,
) {
  try {
    return await wam.accounts(kind, provider, clientId, call);
  } catch (error) {
    if (!(error instanceof BrokerError) || !withoutList.has(error.code)) throw error;
    call.log.warn(`WAM does not list its accounts (${error.code}).`);
    return { accounts: [], complete: false };
  }
}

const withoutList: ReadonlySet<string> = new Set(["not_supported", "broker_failed"]);

/**
 * All accounts that WAM tells an app, work accounts first, without those signed out of the app. Never shows UI.
 * Each one's home account id comes from a token request, once per process: WAM's own ids are those of the tenant
 * visited for a guest.
 */
export async function listAccounts(clientId: string, wam: Wam, call: Call): Promise<BrokerAccount[]> {
  const work = await listKind("organizations", clientId, wam, call);
  const personal = await personalAccounts(clientId, wam, call);
  if (work === undefined && personal === undefined) throw providerMissing("organizations", call.facts);
  return [...(work ?? []), ...(personal ?? [])].filter(
    ({ homeAccountId }) => !wam.memory.isSignedOut(clientId, homeAccountId),
  );
}

/** The plug-in that hardly ever lists an account shall not hide those of the other one when it fails. */
async function personalAccounts(
  clientId: string,
  wam: Wam,
  call: Call,
): Promise<BrokerAccount[] | undefined> {
  try {
    return await listKind("consumers", clientId, wam, call);
  } catch (error) {
    if (!(error instanceof BrokerError) || error.code !== "broker_failed") throw error;
    call.log.warn("WAM does not list its personal accounts (broker_failed).");
    return [];
  }
}

/** `undefined` where Windows has no such plug-in. */
async function listKind(
  kind: AccountKind,
  clientId: string,
  wam: Wam,
  call: Call,
): Promise<BrokerAccount[] | undefined> {
  const provider = await wam.findProvider(kind, call);
  if (provider === null) return undefined;
  const { accounts, complete } = await wam.accounts(kind, provider, clientId, call);
  const remembered = complete ? [] : await rememberedAccounts(kind, provider, clientId, wam, call);
  const described = await Promise.all(
    [...accounts, ...remembered].map((account) => describeAccount(account, kind, clientId, wam, call)),
  );
  return described.filter((account) => account !== undefined);
}

/** Accounts this process has had tokens for, where WAM does not list them but finds them by their id. */
async function rememberedAccounts(
  kind: AccountKind,
  provider: NativeProvider,
  clientId: string,
  wam: Wam,
  call: Call,
): Promise<NativeAccount[]> {
  const found: NativeAccount[] = [];
  for (const known of wam.memory.knownTo(clientId).filter((one) => one.kind === kind)) {
    const account = await wam.findAccount(provider, known.wamAccountId, call);
    if (account === null) wam.memory.forget(clientId, known);
    else found.push(account);
  }
  return found;
}

async function describeAccount(
  account: NativeAccount,
  kind: AccountKind,
  clientId: string,
  wam: Wam,
  call: Call,
): Promise<BrokerAccount | undefined> {
  const identity = wamIdentity(account, kind);
  if (identity === undefined) {
    call.log.note("WAM lists an account without ids: left out.");
    return undefined;
  }
  const homeAccountId = await homeIdOf(account, identity, kind, clientId, wam, call);
  return brokerAccount(account, { ...identity, homeAccountId }, kind, clientId);
}

/** How long asking for one account's home may take: without an answer, WAM's own ids have to do. */
const homeTimeoutInMs = 5_000;

async function homeIdOf(
  account: NativeAccount,
  identity: WamIdentity,
  kind: AccountKind,
  clientId: string,
  wam: Wam,
  call: Call,
): Promise<string> {
  const known = account.id === undefined ? undefined : wam.memory.byWamId(clientId, account.id);
  if (known !== undefined) return known.homeAccountId;
  // Personal accounts are at home in one tenant.
  if (kind === "consumers") return identity.homeAccountId;
  try {
    const patient = { ...call, deadline: call.deadline.within(homeTimeoutInMs) };
    const homeAccountId = await askHomeId(account, identity, clientId, wam, patient);
    if (homeAccountId === undefined) return identity.homeAccountId;
    if (account.id !== undefined)
      wam.memory.remember(clientId, { homeAccountId, wamAccountId: account.id, kind });
    return homeAccountId;
  } catch (error) {
    if (!(error instanceof BrokerError) || error.reason === "connection_closed") throw error;
    call.log.note(`WAM does not tell where an account is at home (${error.code}).`);
    return identity.homeAccountId;
  }
}

/** The request Microsoft's client makes to learn where an account is at home, captured. */
async function askHomeId(
  account: NativeAccount,
  { tenantId }: WamIdentity,
  clientId: string,
  wam: Wam,
  call: Call,
): Promise<string | undefined> {
  const environment = environmentOf(account);
  const provider = await wam.provider("organizations", `https://${environment}/${tenantId}`, call);
  const result = await wam.ask(
    {
      mode: "silent",
      provider,
      account,
      scope: scopeText("organizations", []),
      clientId,
      promptType: promptType.default,
      properties: { ...dialectProperties.organizations, ...skuProperty },
      appProperties: {},
      correlationId: call.deadline.correlationId,
    },
    call,
  );
  const response = successOf(result, "organizations", true);
  // An answer about somebody else says nothing about this account.
  if (response === undefined || (response.account?.id ?? account.id) !== account.id) return undefined;
  return readAnswer(response, "organizations", clientId, environment, call.facts).account.homeAccountId;
}
