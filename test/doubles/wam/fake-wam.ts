import { createRequire } from "node:module";

/**
 * How JavaScript scripts the fake Web Account Manager in its own process.
 *
 * `fake_wam.node` is two things in one module that Windows loads once: a WinRT component (`DllGetActivationFactory`)
 * that stands in for `Windows.Security.Authentication.Web.Core` and `Windows.UI.ApplicationSettings`, and an addon.
 * The component enforces what the ABI demands (arguments, interfaces, threads, asynchronous states); what accounts
 * there are and what tokens are given is asked from a handler in JavaScript, call by call.
 *
 * A calling thread waits until the handler has returned (not: until its promise has settled), so that a handler can
 * also make the call itself fail, or complete before it returns.
 */

/** Fields that every entry of the log has; the rest depends on `call`. The names are those of the captured logs. */
export interface WamLogEntry {
  readonly n: number;
  /** Milliseconds since the component was loaded. */
  readonly ms: number;
  readonly tid: number;
  /** Apartment of the calling thread: `"MTA"`, `"MTA(implicit)"`, `"STA"`, `"MAINSTA"`, `"none"`. */
  readonly apt: string;
  readonly call: string;
  readonly [field: string]: unknown;
}

interface Asked extends WamLogEntry {
  /** Aborted when the client cancels the operation (`IAsyncInfo::Cancel`); an answer is then thrown away. */
  readonly signal: AbortSignal;
}

export interface FindProviderCall extends Asked {
  readonly call:
    | "FindAccountProviderAsync"
    | "FindAccountProviderWithAuthorityAsync"
    | "FindSystemAccountProviderAsync"
    | "FindSystemAccountProviderWithAuthorityAsync";
  readonly id: string;
  readonly authority?: string;
}

export interface FindAllAccountsCall extends Asked {
  readonly call: "FindAllAccountsAsync" | "FindAllAccountsWithClientIdAsync";
  /** The provider's authority, as in the captured logs. */
  readonly provider: string;
  readonly clientId?: string;
}

export interface FindAccountCall extends Asked {
  readonly call: "FindAccountAsync";
  readonly provider: string;
  /** WAM's id of the account. */
  readonly id: string;
}

export interface TokenCall extends Asked {
  readonly call:
    | "GetTokenSilentlyAsync"
    | "GetTokenSilentlyWithWebAccountAsync"
    | "RequestTokenAsync"
    | "RequestTokenWithWebAccountAsync"
    | "RequestTokenForWindowAsync"
    | "RequestTokenWithWebAccountForWindowAsync";
  /** `tag` as the handler gave it with this provider (see `WamProvider`); absent where it gave none. */
  readonly provider: { readonly id: string; readonly authority: string; readonly tag?: string };
  readonly clientId: string;
  readonly scope: string;
  readonly promptType: number;
  /** Empty where the client set none. */
  readonly correlationId: string;
  /** WAM's id of the account given, else empty. */
  readonly webAccount: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly appProperties: Readonly<Record<string, string>>;
  /** These are there for the calls that are given a window. */
  readonly hwnd?: number;
  readonly isWindow?: boolean;
  readonly windowClass?: string;
  readonly riid?: string;
}

export interface SignOutCall extends Asked {
  readonly call: "account.SignOutAsync" | "account.SignOutWithClientIdAsync";
  readonly id: string;
  readonly clientId?: string;
}

/** Asked when a client invalidates the cached token of an answer. */
export interface InvalidateCacheCall extends Asked {
  readonly call: "result.InvalidateCacheAsync";
  /** `n` of the call whose answer it is. */
  readonly of: number;
  /** The tokens of the answer. */
  readonly tokens: readonly string[];
}

/** Asked when the pane is open and the client has given it its commands. */
export interface PaneCall extends Asked {
  readonly call: "pane.commands";
  /** Authorities of the providers offered, in order. */
  readonly providers: readonly string[];
  readonly headerText: string;
  readonly hwnd: number;
}

export type WamCall =
  | FindProviderCall
  | FindAllAccountsCall
  | FindAccountCall
  | TokenCall
  | SignOutCall
  | InvalidateCacheCall
  | PaneCall;

export interface WamProvider {
  readonly id: string;
  readonly displayName: string;
  readonly authority: string;
  /**
   * Clients cannot see it: it comes back in `TokenCall.provider` of requests made with this provider object. A real
   * plug-in, too, remembers which authority its provider was looked up with.
   */
  readonly tag?: string;
}

export interface WamAccount {
  readonly id: string;
  readonly userName: string;
  /** `WebAccountState`. Default 1, connected. */
  readonly state?: number;
  readonly provider: WamProvider;
  readonly properties?: Readonly<Record<string, string>>;
}

export interface WamProviderError {
  /** Unsigned 32-bit number. */
  readonly code: number;
  readonly message: string;
  readonly properties?: Readonly<Record<string, string>>;
}

/** To `FindProviderCall`; null for none. */
export type ProviderAnswer = { readonly provider: WamProvider | null };
/** To `FindAllAccountsCall`. */
export interface AccountsAnswer {
  /** `FindAllWebAccountsStatus`. */
  readonly status: number;
  readonly accounts?: readonly WamAccount[];
  readonly error?: WamProviderError;
}
/** To `FindAccountCall`; null for none. */
export type AccountAnswer = { readonly account: WamAccount | null };
/** To `TokenCall`. */
export interface TokenAnswer {
  /** `WebTokenRequestStatus`. */
  readonly status: number;
  readonly responses?: readonly {
    readonly token: string;
    readonly account?: WamAccount;
    readonly error?: WamProviderError;
    readonly properties?: Readonly<Record<string, string>>;
  }[];
  readonly error?: WamProviderError;
}
/** To `PaneCall`. */
export interface PaneAnswer {
  /** Index of the command the user chooses; null when the pane is closed without a choice. */
  readonly choice: number | null;
  /** How the operation ends. Default `"completed"`. */
  readonly ends?: "completed" | "canceled";
}
/** To `SignOutCall` and `InvalidateCacheCall`. */
export type DoneAnswer = { readonly done: true };

/** The operation, or with `from: "call"` (only returned, not promised) the call itself, fails. */
export interface FailureAnswer {
  readonly hresult: number;
  /** Default `"operation"`. */
  readonly from?: "operation" | "call";
}

/**
 * An answer; one that is returned and not promised completes the operation before the call returns where
 * `completes` is `"immediately"`. Default `"later"`: on a thread of the component's own.
 */
export type WamAnswer = (
  | ProviderAnswer
  | AccountsAnswer
  | AccountAnswer
  | TokenAnswer
  | PaneAnswer
  | DoneAnswer
  | FailureAnswer
) & { readonly completes?: "immediately" | "later" };

/**
 * Decides what a call gets. A promise that never settles leaves the operation pending until it is cancelled. What
 * it throws, or rejects with, makes the operation fail with `E_UNEXPECTED` and is kept in `FakeWam.handlerErrors`.
 */
export type WamHandler = (call: WamCall) => WamAnswer | Promise<WamAnswer>;

/** Refusals that need no handler, for they happen before an operation exists. */
export interface WamSettings {
  /** Classes that activation does not know (`REGDB_E_CLASSNOTREG`). */
  readonly missingClasses?: readonly string[];
  /** Interfaces (by name, e.g. `"IWebTokenRequest3"`) that an older Windows does not have: `E_NOINTERFACE`. */
  readonly missingInterfaces?: readonly string[];
  /** Also write the log to this file. */
  readonly logFile?: string;
}

/** An answer for each call of a kind. */
export interface RepeatedAnswer {
  readonly call: WamCall["call"];
  /** What must stand in the call's fields, as JSON text, e.g. `"authority":"consumers"`. Empty for any call. */
  readonly containing: string;
  readonly answer: WamAnswer;
}

export interface FakeWam {
  /**
   * Answers every call of this process from now on, whichever worker made it, in the environment that called
   * `start`. Without a handler an operation fails with `E_UNEXPECTED`.
   */
  start(handler: WamHandler, settings?: WamSettings): void;
  /**
   * From now on, and until `stop` or the next `start`, gives these answers itself: neither the handler nor the log
   * hears of such calls, and nothing else is logged. For measurements. An empty list ends it.
   */
  repeat(answers: readonly RepeatedAnswer[]): void;
  /** Forgets handler, settings and log. Operations still pending stay pending. */
  stop(): void;
  /** Everything called since `start`, in order. */
  log(): readonly WamLogEntry[];
  /** What handlers threw since `start`. */
  readonly handlerErrors: readonly unknown[];
  /** Objects of the component that clients hold at the moment. */
  liveObjects(): number;
  /** Opens a window such as a program has, with a thread of its own that handles its messages. */
  openWindow(): bigint;
  closeWindow(window: bigint): void;
  /**
   * Makes the calling JavaScript thread a single-threaded apartment, as Electron's main thread is.
   * @returns whether it is one now
   */
  enterSta(): boolean;
}

/** What the addon itself offers: text in and out, and nothing that waits. */
interface FakeWamAddon {
  start(
    onCall: (json: string) => WamAnswer | undefined,
    onCanceled: (n: number) => void,
    missing: readonly string[],
    logFile: string,
  ): void;
  repeat(answers: readonly RepeatedAnswer[]): void;
  stop(): void;
  answer(n: number, answer: WamAnswer): void;
  log(): string;
  liveObjects(): number;
  openWindow(): bigint;
  closeWindow(window: bigint): void;
  enterSta(): boolean;
}

const unexpected: FailureAnswer = { hresult: 0x8000ffff };

/**
 * Loads the component into this process as an addon, so that it can be scripted.
 * @param path of fake-wam.node, as the WinRT classes are registered with. Default: what `BROKER_FAKE_WAM` names.
 */
export function loadFakeWam(path: string = process.env["BROKER_FAKE_WAM"] ?? ""): FakeWam {
  return new ScriptedWam(createRequire(path)(path) as FakeWamAddon);
}

class ScriptedWam implements FakeWam {
  readonly #addon: FakeWamAddon;
  readonly #pending = new Map<number, AbortController>();
  #handlerErrors: unknown[] = [];

  constructor(addon: FakeWamAddon) {
    this.#addon = addon;
  }

  get handlerErrors(): readonly unknown[] {
    return this.#handlerErrors;
  }

  start(handler: WamHandler, settings: WamSettings = {}): void {
    this.#forget();
    this.#addon.start(
      (json) => this.#ask(handler, JSON.parse(json)),
      (n) => this.#pending.get(n)?.abort(),
      [...(settings.missingClasses ?? []), ...(settings.missingInterfaces ?? [])],
      settings.logFile ?? "",
    );
  }

  repeat(answers: readonly RepeatedAnswer[]): void {
    this.#addon.repeat(answers);
  }

  stop(): void {
    this.#addon.stop();
    this.#forget();
  }

  log(): readonly WamLogEntry[] {
    const lines = this.#addon.log().split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as WamLogEntry);
  }

  liveObjects(): number {
    return this.#addon.liveObjects();
  }

  openWindow(): bigint {
    return this.#addon.openWindow();
  }

  closeWindow(window: bigint): void {
    this.#addon.closeWindow(window);
  }

  enterSta(): boolean {
    return this.#addon.enterSta();
  }

  #forget(): void {
    this.#pending.clear();
    this.#handlerErrors = [];
  }

  /** An answer that is there at once; else it is given later. */
  #ask(handler: WamHandler, fields: WamLogEntry & { providerTag?: string }): WamAnswer | undefined {
    const canceled = new AbortController();
    this.#pending.set(fields.n, canceled);
    let answer: WamAnswer | Promise<WamAnswer>;
    try {
      answer = handler(Object.assign(withTag(fields), { signal: canceled.signal }) as WamCall);
    } catch (error) {
      answer = this.#failed(error);
    }
    if (!(answer instanceof Promise)) {
      this.#pending.delete(fields.n);
      return answer;
    }
    answer
      .catch((error: unknown) => this.#failed(error))
      .then((given) => {
        this.#pending.delete(fields.n);
        this.#addon.answer(fields.n, given);
      });
    return undefined;
  }

  #failed(error: unknown): FailureAnswer {
    this.#handlerErrors.push(error);
    return unexpected;
  }
}

function withTag({ providerTag, ...fields }: WamLogEntry & { providerTag?: string }): WamLogEntry {
  if (providerTag === undefined) return fields;
  return { ...fields, provider: { ...(fields["provider"] as object), tag: providerTag } };
}
