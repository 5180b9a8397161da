import type { FakeAccount, FakeResponse, WamAnswer, WamCall, WamHandler } from "./fake-wam.js";
import { jane, pat, personalResponse, workResponse } from "./people.js";

/** What a fake Windows has and how it answers. */
export interface World {
  /** Kind of the account that the user logged on with; `null`: a local account. Default `"organizations"`. */
  readonly defaultKind?: "organizations" | "consumers" | null;
  /** Work accounts that are listed. Default: the one of the captures. */
  readonly accounts?: readonly FakeAccount[];
  /** Personal accounts that are listed. Default: the plug-in lists none to anybody. */
  readonly personalAccounts?: readonly FakeAccount[];
  /** Accounts that are found by their id. Default: those listed, and the personal one of the captures. */
  readonly found?: readonly FakeAccount[];
  /** Which plug-in the user picks. Default: the one for work accounts. */
  readonly picks?: "organizations" | "consumers" | null;
  /** Whether WAM binds tokens to a key of its own. Default `true`. */
  readonly tokenBinding?: boolean;
  /** Answer to token requests. Default: a token. A silent request and one with a window may differ. */
  readonly silent?: WamAnswer | Error;
  readonly window?: WamAnswer | Error;
  /** Parts of a work account's answer. */
  readonly response?: (call: WamCall) => FakeResponse;
  /** Answers that come before all of these. */
  readonly first?: WamHandler;
}

/** Answers as that Windows would. */
export function answering(world: World = {}): WamHandler {
  const { accounts = [jane()], personalAccounts, picks = "organizations", tokenBinding = true } = world;
  const found = world.found ?? [...accounts, ...(personalAccounts ?? []), pat()];
  return async (call) => {
    const before = await world.first?.(call);
    if (before !== undefined) return before;
    switch (call.call) {
      case "FindAccountProviderAsync":
        return { provider: world.defaultKind === null ? null : plugIn(world.defaultKind ?? "organizations") };
      case "FindAccountProviderWithAuthorityAsync":
        return { provider: plugIn(call.authority === "consumers" ? "consumers" : "organizations") };
      case "FindAllAccountsWithClientIdAsync":
        if (call.provider !== "consumers") return { status: 0, accounts };
        return personalAccounts === undefined ? { status: 1 } : { status: 0, accounts: personalAccounts };
      case "FindAccountAsync":
        return { account: found.find(({ id }) => id === call.id) ?? null };
      case "pane.commands": {
        const index = picks === null ? -1 : (call.providers ?? []).indexOf(picks);
        return { choice: index < 0 ? null : index };
      }
      case "result.InvalidateCacheAsync":
      case "account.SignOutWithClientIdAsync":
        return { done: true };
      default:
        return tokenAnswer(call, world, tokenBinding);
    }
  };
}

function tokenAnswer(call: WamCall, world: World, tokenBinding: boolean): WamAnswer | Error {
  if (call.scope?.startsWith("IsFeatureSupported:"))
    return tokenBinding
      ? { status: 0, responses: [{ token: "" }] }
      : { status: 5, error: { code: 0xcaa20009 } };
  const scripted = call.call.startsWith("GetTokenSilently") ? world.silent : world.window;
  if (scripted !== undefined) return scripted;
  if ((call.provider as { authority?: string }).authority !== "consumers")
    return { status: 0, responses: [(world.response ?? (() => workResponse()))(call)] };
  const isTransfer = call.scope?.includes("PURPOSE_AAD_WAM_TRANSFER") === true;
  return {
    status: 0,
    responses: [personalResponse(isTransfer ? { code: "fake-transfer-code" } : {})],
  };
}

function plugIn(authority: "organizations" | "consumers") {
  const displayName = authority === "organizations" ? "Work or school account" : "Microsoft account";
  return { id: "https://login.microsoft.com", displayName, authority };
}
