import { randomUUID } from "node:crypto";
import { type RecordedRequest, RequestLog } from "../broker/request-log.js";
import { checkArgument, checkObject, rule, rules } from "../checks.js";
import { type EmulatedAccount, isPersonal } from "../tenant/accounts.js";
import { type EmulatedTenant, isTenant } from "../tenant/emulated-tenant.js";
import { untilAborted, wait } from "../tenant/emulated-user.js";
import type { BrokerMethod, PolicyEffect } from "../tenant/policy.js";
import { Refusal } from "../tenant/refusal.js";
import { refuseFor, TokenService } from "../tenant/token-service.js";
import {
  accessTokenIn,
  grantAnswer,
  listStatus,
  providerError,
  providerOf,
  refusalAnswer,
  tokenStatus,
  wamAccount,
  wamAccountId,
} from "./wam-answers.js";
import type {
  WamAnswer,
  WamCall,
  WamFindAllAccountsCall,
  WamFindProviderCall,
  WamPaneCall,
  WamSignOutCall,
  WamTokenAnswer,
  WamTokenCall,
} from "./wam-calls.js";
import {
  isInteractive,
  type ProviderKind,
  providerKind,
  readTokenCall,
  wantsTransferCode,
} from "./wam-request.js";

export interface WamDoorOptions {
  /** Whether the provider for work accounts can sign HTTP requests itself (`token_type=shr`). Default `true`. */
  readonly tokenBinding?: boolean;
  /** How many calls `requests` keeps at least. Default 4000. */
  readonly keepRequests?: number;
}

/** The Web Account Manager of an emulated Windows, one call at a time. */
export interface WamDoor {
  /** Decides what a call gets. Rejects when the call's signal fires: then nobody waits for the answer any more. */
  answer(call: WamCall): Promise<WamAnswer>;
  /** The latest calls, oldest first; `method` is the call's name in the Windows metadata. */
  readonly requests: readonly RecordedRequest[];
  countRequests(method?: string): number;
  clearRequests(): void;
}

/**
 * A door to the tenant in the words of Windows' Web Account Manager, for test doubles of it: they hand on what a client
 * calls, and answer what they are told. The door itself is plain TypeScript and runs anywhere.
 * @throws TypeError or RangeError for arguments of another kind.
 */
export function createWamDoor(tenant: EmulatedTenant, options: WamDoorOptions = {}): WamDoor {
  checkArgument("createWamDoor", "tenant", tenant, rule("an EmulatedTenant", isTenant));
  checkObject("createWamDoor", "options", options, {
    tokenBinding: rules.flag,
    keepRequests: rules.wholeCount,
  });
  return new TenantWamDoor(tenant, options);
}

/** Ids by which clients ask for the provider of the default account, and for either provider. */
const defaultProviderId = "https://login.windows.local";
const providerId = "https://login.microsoft.com";

const featureProbe = "IsFeatureSupported:";

const hresults = {
  fail: 0x8000_4005,
  serverUnavailable: 0x8007_06ba,
  invalidWindowHandle: 0x8007_0578,
} as const;

/** `NTE_BAD_KEYSET`. */
const keysetError: WamTokenAnswer = {
  status: tokenStatus.providerError,
  error: { code: 0x8009_0016, message: "Keyset does not exist" },
};

class TenantWamDoor implements WamDoor {
  readonly #tenant: EmulatedTenant;
  readonly #tokens: TokenService;
  readonly #tokenBinding: boolean;
  readonly #log: RequestLog;
  /** Apps that accounts are signed out of. An account itself stays with Windows. */
  readonly #signedOut = new Set<string>();
  /** Accounts by the codes that let them act in a work tenant. */
  readonly #transferCodes = new Map<string, string>();

  constructor(tenant: EmulatedTenant, { tokenBinding = true, keepRequests = 4000 }: WamDoorOptions) {
    this.#tenant = tenant;
    this.#tokens = new TokenService(tenant);
    this.#tokenBinding = tokenBinding;
    this.#log = new RequestLog(keepRequests);
  }

  get requests(): readonly RecordedRequest[] {
    return this.#log.all;
  }

  countRequests(method?: string): number {
    return this.#log.count(method);
  }

  clearRequests(): void {
    this.#log.clear();
  }

  async answer(call: WamCall): Promise<WamAnswer> {
    const { signal, ...data } = call;
    const correlationId = "correlationId" in call ? call.correlationId : "";
    this.#log.add({
      method: call.call,
      correlationId,
      protocolVersion: "",
      rawRequest: JSON.stringify(data),
      sender: "WAM",
    });
    signal.throwIfAborted();
    switch (call.call) {
      case "FindAccountProviderAsync":
      case "FindAccountProviderWithAuthorityAsync":
      case "FindSystemAccountProviderAsync":
      case "FindSystemAccountProviderWithAuthorityAsync":
        return { provider: this.#findProvider(call) };
      case "FindAllAccountsAsync":
      case "FindAllAccountsWithClientIdAsync":
        return this.#findAllAccounts(call);
      case "FindAccountAsync": {
        const account = this.#accountsOf(providerKind(call.provider)).find(
          (one) => wamAccountId(one) === call.id,
        );
        return { account: account === undefined ? null : wamAccount(account) };
      }
      case "account.SignOutAsync":
      case "account.SignOutWithClientIdAsync":
        return this.#signOut(call);
      case "result.InvalidateCacheAsync":
        this.#tokens.forget(call.tokens.map(accessTokenIn));
        return { done: true };
      case "pane.commands":
        return { choice: await this.#choose(call) };
      default:
        return this.#requestToken(call);
    }
  }

  #findProvider({ id, authority }: WamFindProviderCall) {
    if (id === defaultProviderId) {
      const [account] = this.#tenant.accounts;
      return account === undefined ? null : providerOf(kindOf(account));
    }
    if (id !== providerId) return null;
    const isForConsumers = authority?.toLowerCase() === "consumers";
    return isForConsumers ? providerOf("consumers") : providerOf("organizations", authority);
  }

  async #findAllAccounts({ provider, clientId, signal }: WamFindAllAccountsCall): Promise<WamAnswer> {
    const kind = providerKind(provider);
    // The provider for personal accounts tells them to no app.
    if (kind === "consumers") return { status: listStatus.notAllowedByProvider };
    const effects = this.#take("getAccounts", clientId);
    const early = await meet(effects, signal);
    if (early !== undefined) return early;
    const isEmpty = effects.some(({ kind: what }) => what === "not_enrolled" || what === "keyring_locked");
    try {
      // A device that is not enrolled has no accounts: that is no error.
      for (const effect of effects) if (!isEmpty) refuseFor(effect);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: listStatus.providerError, error: providerError(error, kind) };
    }
    const listed = isEmpty ? [] : this.#accountsOf(kind);
    const known = listed.filter((account) => !this.#isSignedOut(account, clientId));
    return { status: listStatus.success, accounts: known.map(wamAccount) };
  }

  async #signOut({ id, clientId, signal }: WamSignOutCall): Promise<WamAnswer> {
    const early = await meet(this.#take("signOutSilently", clientId), signal);
    if (early !== undefined) return early;
    const account = this.#tenant.accounts.find((one) => wamAccountId(one) === id);
    if (account === undefined) return { hresult: hresults.fail };
    if (clientId === undefined) this.#tenant.setSignedIn(account.homeAccountId, false);
    else this.#signedOut.add(signOutKey(account, clientId));
    return { done: true };
  }

  /** Which of the offered providers the person takes: that of the account that they are about to sign in with. */
  async #choose({ providers, signal }: WamPaneCall): Promise<number | null> {
    const { user } = this.#tenant;
    const next = user.script[0] ?? user.otherwise;
    if (next.kind !== "signs_in") {
      await user.face(
        { clientId: "", correlationId: "", username: undefined, prompt: "choose_provider" },
        signal,
      );
      return null;
    }
    const { accounts, directory } = this.#tenant;
    const account =
      next.as === undefined ? (accounts[0] ?? directory[0]) : this.#tenant.findAccountByUsername(next.as);
    const index = providers.indexOf(account === undefined ? "organizations" : kindOf(account));
    return Math.max(index, 0);
  }

  async #requestToken(call: WamTokenCall): Promise<WamAnswer> {
    if (call.scope.startsWith(featureProbe)) return this.#answerProbe(call.scope.slice(featureProbe.length));
    // Without a window there is no place for a dialog: these two are for apps of the Store.
    if (call.call === "RequestTokenAsync" || call.call === "RequestTokenWithWebAccountAsync") {
      return { hresult: hresults.invalidWindowHandle };
    }
    try {
      if (!isInteractive(call)) return await this.#grant(call);
      return await this.#tenant.user.during(() => this.#grant(call));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return refusalAnswer(error, providerKind(call.provider.authority), isInteractive(call));
    }
  }

  #answerProbe(feature: string): WamTokenAnswer {
    if (feature === "TokenBinding" && this.#tokenBinding) {
      return { status: tokenStatus.success, responses: [{ token: "" }] };
    }
    const error = { code: 0xcaa2_0009, message: `The feature '${feature}' is not supported.` };
    return { status: tokenStatus.providerError, error };
  }

  async #grant(call: WamTokenCall): Promise<WamAnswer> {
    const account = this.#accountFor(call);
    const request = readTokenCall(call, account?.homeAccountId);
    if (request.pop?.kind === "signed_request" && !this.#tokenBinding) {
      throw new Refusal("not_supported", "The provider cannot sign HTTP requests.");
    }
    const isSilent = request.method === "acquireTokenSilently";
    if (isSilent && account === undefined) {
      // The app is checked first, as by the tenant: it does not matter then whether anybody is signed in.
      this.#tokens.requireApp(call.clientId);
      throw new Refusal("interaction_required", "No account of this kind is signed in to Windows.");
    }
    const prepared = this.#tokens.prepare(request);
    if (isSilent && account !== undefined && this.#isSignedOut(account, call.clientId)) {
      throw new Refusal("account_unusable", "The account is signed out of this app.");
    }
    const effects = this.#tokens.effectsFor(prepared);
    const early = await meet(effects, call.signal);
    if (early !== undefined) return early;
    // Windows keeps keys in the TPM instead.
    if (effects.some(({ kind }) => kind === "keyring_locked")) return keysetError;
    const grant = await this.#tokens.grant(prepared, effects, call.signal);
    if (!isSilent) this.#signedOut.delete(signOutKey(grant.account, call.clientId));
    const transferCode = wantsTransferCode(call) ? this.#issueTransferCode(grant.account) : undefined;
    return patched(grantAnswer(call, grant, this.#tenant, transferCode), effects);
  }

  /** Whom a request is for: the account given, the one a transfer code stands for, else the default of its kind. */
  #accountFor(call: WamTokenCall): EmulatedAccount | undefined {
    const code = call.properties["SamlAssertion"];
    if (code !== undefined) {
      const homeAccountId = this.#transferCodes.get(code);
      if (homeAccountId !== undefined) return this.#tenant.findAccount(homeAccountId);
      throw new Refusal("interaction_required", "AADSTS50008: The SAML token is invalid.", {
        oauthError: "invalid_grant",
        aadsts: "AADSTS50008",
      });
    }
    if (call.webAccount !== "") {
      const account = this.#tenant.directory.find((one) => wamAccountId(one) === call.webAccount);
      if (account !== undefined) return account;
      throw new Refusal("account_not_found", "The account is gone from Windows.");
    }
    return isInteractive(call) ? undefined : this.#accountsOf(providerKind(call.provider.authority))[0];
  }

  #issueTransferCode(account: EmulatedAccount): string {
    const code = `M.emulated.${randomUUID()}`;
    this.#transferCodes.set(code, account.homeAccountId);
    return code;
  }

  #accountsOf(kind: ProviderKind): EmulatedAccount[] {
    return this.#tenant.accounts.filter((account) => kindOf(account) === kind);
  }

  #isSignedOut(account: EmulatedAccount, clientId = ""): boolean {
    return this.#signedOut.has(signOutKey(account, clientId));
  }

  #take(method: BrokerMethod, clientId: string | undefined): PolicyEffect[] {
    return this.#tenant.policies.take({ method, ...(clientId === undefined ? {} : { clientId }) });
  }
}

/** Effects that are about the answer's way, not about its content. `undefined` when there are none. */
async function meet(effects: readonly PolicyEffect[], signal: AbortSignal): Promise<WamAnswer | undefined> {
  for (const effect of effects) {
    if (effect.kind === "slow") await wait(effect.delayInMs, signal);
  }
  for (const effect of effects) {
    switch (effect.kind) {
      case "never_answers":
        return untilAborted(signal);
      case "dies":
        return { hresult: hresults.serverUnavailable };
      case "dbus_error":
      case "dbus_reply":
        return { hresult: hresults.fail };
      case "garbage":
        return { status: tokenStatus.success, responses: [{ token: effect.text }] };
      case "raw_reply":
        return effect.json as WamAnswer;
      case "wam_error": {
        const { code, message = "An error made by a policy of the emulator", status = 5, failsCall } = effect;
        return failsCall === true ? { hresult: code } : { status, error: { code, message } };
      }
      case "wire_error": {
        const { context, errorCode } = effect;
        const code = typeof errorCode === "number" ? errorCode >>> 0 : 0xcaa2_0064;
        return { status: tokenStatus.providerError, error: { code, message: String(context ?? "") } };
      }
      default:
    }
  }
  return undefined;
}

function patched(answer: WamTokenAnswer, effects: readonly PolicyEffect[]): WamAnswer {
  let result: WamAnswer = answer;
  for (const effect of effects) {
    if (effect.kind === "patch_response") result = effect.patch({ ...result }) as WamAnswer;
  }
  return result;
}

function kindOf(account: EmulatedAccount): ProviderKind {
  return isPersonal(account) ? "consumers" : "organizations";
}

function signOutKey({ homeAccountId }: EmulatedAccount, clientId: string): string {
  return JSON.stringify([homeAccountId, clientId.toLowerCase()]);
}
