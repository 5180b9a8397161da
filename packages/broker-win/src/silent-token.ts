import { BrokerError, type BrokerToken } from "@x/broker-contract";
import type { Call } from "@x/broker-protocol";
import { findAccount, findByUserName } from "./account-lookup.js";
import type { NativeAccount } from "./native.js";
import { type Ask, requestToken, requestTransferCode } from "./token-call.js";
import type { PreparedSilentRequest } from "./token-request.js";
import type { Wam } from "./wam.js";
import { kindOf } from "./wam-account.js";
import type { AccountKind } from "./wam-constants.js";
import { accountNotFound, signedOut } from "./wam-errors.js";

/** A plug-in, and the account of it to ask for; without one, its default account. */
interface Target extends Pick<Ask, "kind" | "provider"> {
  readonly account: NativeAccount | undefined;
}

/** Gets a token without showing anything. */
export async function silentToken(
  request: PreparedSilentRequest,
  wam: Wam,
  call: Call,
): Promise<BrokerToken> {
  const { account, clientId } = request;
  if (account !== undefined && wam.memory.isSignedOut(clientId, account.homeAccountId))
    throw signedOut(call.facts);
  const target = await silentTarget(request, wam, call);
  let token: BrokerToken;
  try {
    token = await askFor(target, request, wam, call);
  } catch (error) {
    throw isOtherDefault(error, target, request) ? accountNotFound(call.facts, error) : error;
  }
  // Who was signed out of this app does not come back by being the default.
  if (wam.memory.isSignedOut(clientId, token.account.homeAccountId)) throw signedOut(call.facts);
  return token;
}

/**
 * Whether somebody was looked for and not found, and the default account is another one: that is no answer gone
 * wrong.
 */
function isOtherDefault(
  error: unknown,
  target: Target,
  { account, loginHint }: PreparedSilentRequest,
): error is BrokerError {
  const wanted = account !== undefined || loginHint !== undefined;
  return (
    wanted && target.account === undefined && error instanceof BrokerError && error.reason === "wrong_account"
  );
}

async function askFor(
  target: Target,
  request: PreparedSilentRequest,
  wam: Wam,
  call: Call,
): Promise<BrokerToken> {
  const renew = request.forceRefresh ? request.accessTokenToRenew : undefined;
  if (!request.msaPassthrough || target.kind === "organizations")
    return await requestToken({ ...target, renew }, request, wam, call);
  // A personal account of an app that only knows work accounts: the one plug-in vouches for it to the other.
  const transferCode = await requestTransferCode(target, request, wam, call);
  const provider = await workProvider(request, wam, call);
  return await requestToken({ kind: "organizations", provider, transferCode, renew }, request, wam, call);
}

async function silentTarget(request: PreparedSilentRequest, wam: Wam, call: Call): Promise<Target> {
  const { account, loginHint, clientId } = request;
  const kind = await targetKind(request, wam, call);
  const provider =
    kind === "consumers"
      ? await wam.provider(kind, "consumers", call)
      : await workProvider(request, wam, call);
  if (account !== undefined) {
    const found = await findAccount(account, kind, provider, clientId, wam, call);
    if (found.isGone) throw accountNotFound(call.facts);
    return { kind, provider, account: found.account };
  }
  if (loginHint === undefined) return { kind, provider, account: undefined };
  const hinted = await findByUserName(loginHint, kind, provider, clientId, wam, call);
  if (hinted === undefined && kind === "consumers" && request.realm === "common") {
    // The default account is a personal one, but the hint may mean a work account.
    const work = await workProvider(request, wam, call);
    const atWork = await findByUserName(loginHint, "organizations", work, clientId, wam, call);
    if (atWork !== undefined) return { kind: "organizations", provider: work, account: atWork };
  }
  return { kind, provider, account: hinted };
}

/** Which plug-in: by the account, by the authority, and where that leaves it open by the user's own account. */
async function targetKind(request: PreparedSilentRequest, wam: Wam, call: Call): Promise<AccountKind> {
  const { realm, account, msaPassthrough } = request;
  if (account !== undefined) return msaPassthrough || realm === "common" ? kindOf(account) : realm;
  if (realm !== "common" && !msaPassthrough) return realm;
  return (await wam.defaultKind(call)) ?? "organizations";
}

function workProvider({ authority }: PreparedSilentRequest, wam: Wam, call: Call) {
  return wam.provider("organizations", authority.url, call);
}
