import { BrokerError } from "@x/broker-contract";
import { type Call, type CallFacts, callError } from "@x/broker-protocol";
import type {
  NativeAccount,
  NativeAccounts,
  NativeBinding,
  NativeOperation,
  NativeProvider,
  NativeTokenRequest,
  NativeTokenResult,
  NativeTurn,
} from "./native.js";
import { addon, type LoadBinding } from "./native-addon.js";
import { asNativeError } from "./native-error.js";
import { ProcessMemory } from "./process-memory.js";
import {
  type AccountKind,
  defaultAccountProviderId,
  findAccountsStatus,
  hex,
  microsoftProviderId,
} from "./wam-constants.js";
import { connectionClosed, listingError, nativeFailure, providerMissing } from "./wam-errors.js";

/** Whoever waits keeps the process alive, if they want to: see `Deadline.race`. */
const inBackground = { keepAlive: false };

/** The accounts of one kind that WAM lists for an app. */
export interface ListedAccounts {
  readonly accounts: readonly NativeAccount[];
  /** Whether these are all: the plug-in for personal accounts usually lists none to anybody. */
  readonly complete: boolean;
}

/** A request to WAM, as far as the caller decides it. */
export type TokenQuestion = NativeTokenRequest extends infer Request
  ? Request extends unknown
    ? Omit<Request, "keepAlive">
    : never
  : never;

/** WAM's operations, each within the patience of the call it is for, its errors told as `BrokerError`s. */
export class Wam {
  readonly #loadBinding: LoadBinding;
  /** Operations under way, each with what ends it when the broker is closed. */
  readonly #open = new Set<() => void>();

  constructor(loadBinding: LoadBinding) {
    this.#loadBinding = loadBinding;
  }

  /** @throws BrokerError when the addon cannot be loaded */
  get binding(): NativeBinding {
    return addon.require(this.#loadBinding);
  }

  /** What this process knows about accounts and apps. */
  get memory(): ProcessMemory {
    return ProcessMemory.of(this.binding);
  }

  /** The kind of the account that the user logged on with; `undefined` where there is none. */
  async defaultKind(call: Call): Promise<AccountKind | undefined> {
    const provider = await this.#wait(
      (binding) => binding.findProvider({ id: defaultAccountProviderId, ...inBackground }),
      call,
    );
    if (provider === null) return undefined;
    // Microsoft's client reads it the same way: whatever is not personal is a work account.
    return provider.authority === "consumers" ? "consumers" : "organizations";
  }

  /**
   * A plug-in. `authority` is `"organizations"`, a tenant's id, or a whole authority URL for work accounts, and
   * `"consumers"` for personal ones.
   * @throws BrokerError `broker_unavailable`, reason `provider_missing`
   */
  async provider(kind: AccountKind, authority: string, call: Call): Promise<NativeProvider> {
    const provider = await this.findProvider(authority, call);
    if (provider === null) throw providerMissing(kind, call.facts);
    return provider;
  }

  async findProvider(authority: string, call: Call): Promise<NativeProvider | null> {
    return await this.#wait(
      (binding) => binding.findProvider({ id: microsoftProviderId, authority, ...inBackground }),
      call,
    );
  }

  /** @throws BrokerError `not_supported` where Windows is too old to list accounts */
  async rawAccounts(provider: NativeProvider, clientId: string, call: Call): Promise<NativeAccounts> {
    return await this.#wait(
      (binding) => binding.findAccounts({ provider, clientId, ...inBackground }),
      call,
      cannotList,
    );
  }

  /** @throws BrokerError `not_supported` where Windows is too old to list accounts */
  async accounts(
    kind: AccountKind,
    provider: NativeProvider,
    clientId: string,
    call: Call,
  ): Promise<ListedAccounts> {
    const { status, accounts, providerError } = await this.rawAccounts(provider, clientId, call);
    if (status === findAccountsStatus.providerError) throw listingError(providerError, kind, call.facts);
    return { accounts, complete: status === findAccountsStatus.success };
  }

  /** `null` where WAM has no account with that id. */
  async findAccount(provider: NativeProvider, accountId: string, call: Call): Promise<NativeAccount | null> {
    const request = { provider, accountId, ...inBackground };
    try {
      return await this.#wait((binding) => binding.findAccount(request), call);
    } catch (error) {
      // An id of another kind may be no id at all to a plug-in.
      if (error instanceof BrokerError && noSuchId.has(String(error.native["hresult"]))) return null;
      throw error;
    }
  }

  async ask(question: TokenQuestion, call: Call): Promise<NativeTokenResult> {
    return await this.#wait((binding) => binding.requestToken({ ...question, ...inBackground }), call);
  }

  /** Makes WAM forget the token of a result. */
  async invalidate(result: NativeTokenResult, call: Call): Promise<void> {
    await this.#wait((binding) => binding.invalidateCache({ result, ...inBackground }), call);
  }

  async signOut(account: NativeAccount, clientId: string, call: Call): Promise<void> {
    await this.#wait((binding) => binding.signOut({ account, clientId, ...inBackground }), call);
  }

  /** Waits until this process may show a window, and shows nothing else meanwhile. */
  async withTurn<T>(call: Call, work: (turn: NativeTurn) => Promise<T>): Promise<T> {
    const turn = await this.#wait((binding) => {
      const operation = binding.beginInteractive(inBackground);
      let granted: NativeTurn | undefined;
      let abandoned = false;
      operation.result.then(
        (turn) => {
          granted = turn;
          if (abandoned) turn.end();
        },
        () => {},
      );
      // The turn may come before the waiting is given up, and even then nobody has it.
      const cancel = () => {
        abandoned = true;
        granted?.end();
        operation.cancel();
      };
      return { result: operation.result, cancel };
    }, call);
    try {
      return await work(turn);
    } finally {
      // The addon passes it on when what was shown has really ended, cancelled or not.
      turn.end();
    }
  }

  /** Lets the user choose a plug-in. */
  async pick(
    providers: readonly NativeProvider[],
    shown: { readonly turn: NativeTurn; readonly window: bigint; readonly headerText: string },
    call: Call,
  ): Promise<NativeProvider> {
    const picked = await this.#wait(
      (binding) => binding.pickProvider({ providers, ...shown, ...inBackground }),
      call,
    );
    if (picked !== null) return picked;
    throw callError("user_canceled", call.facts, {
      reason: "picker_closed",
      message: "The user closed the account picker.",
      hint: "Ask again only if the user wants it.",
    });
  }

  /** Waits a while, unless the caller's patience ends first or the broker is closed. */
  async pause(durationInMs: number, call: Call): Promise<void> {
    await this.#wait(() => {
      let timer: NodeJS.Timeout | undefined;
      const result = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, durationInMs);
        timer.unref();
      });
      return { result, cancel: () => clearTimeout(timer) };
    }, call);
  }

  /** Ends all operations under way. */
  close(): void {
    for (const end of [...this.#open]) end();
  }

  async #wait<T>(
    start: (binding: NativeBinding) => NativeOperation<T>,
    { deadline, facts }: Call,
    explain: typeof nativeFailure = nativeFailure,
  ): Promise<T> {
    deadline.throwIfOver();
    const operation = start(this.binding);
    let end: () => void = () => {};
    const work = new Promise<T>((resolve, reject) => {
      end = () => {
        // First: cancelling makes the operation reject, and that is not what the caller should hear.
        reject(connectionClosed(facts));
        operation.cancel();
      };
      operation.result.then(resolve, reject);
    });
    this.#open.add(end);
    try {
      return await deadline.race(work, () => operation.cancel());
    } catch (error) {
      const native = asNativeError(error);
      throw native === undefined ? error : explain(native, facts);
    } finally {
      this.#open.delete(end);
    }
  }
}

/** `ERROR_NOT_FOUND` and `E_INVALIDARG`. */
const noSuchId: ReadonlySet<string> = new Set([hex(0x80070490), hex(0x80070057)]);

/** `E_NOINTERFACE`: the class is there, but too old. */
const noSuchInterface = 0x80004002;

/** Before Windows 10 1803 no app is told the accounts. */
function cannotList(...[error, facts]: Parameters<typeof nativeFailure>): BrokerError {
  if (error.code !== "unavailable" || error.hresult !== noSuchInterface) return nativeFailure(error, facts);
  return tooOldToList(facts);
}

function tooOldToList(facts: CallFacts): BrokerError {
  return callError("not_supported", facts, {
    reason: "windows_too_old",
    message: "This Windows does not tell apps which accounts it has.",
    hint: "Update to Windows 10 1809 or newer; until then sign in without naming an account.",
  });
}
