import type {
  NativeAccount,
  NativeAccounts,
  NativeBinding,
  NativeError,
  NativeHold,
  NativeOperation,
  NativeProvider,
  NativeProviderError,
  NativeSession,
  NativeTokenRequest,
  NativeTokenResult,
  NativeTurn,
  NativeWindowFacts,
} from "../native.js";

/** One call to WAM, in the fields of the captured logs. */
export interface WamCall {
  readonly call: string;
  readonly id?: string;
  readonly authority?: string;
  readonly clientId?: string;
  readonly scope?: string;
  readonly promptType?: number;
  readonly correlationId?: string;
  /** WAM's id of the account given, else empty. */
  readonly webAccount?: string;
  readonly hwnd?: number;
  readonly properties?: Readonly<Record<string, string>>;
  readonly appProperties?: Readonly<Record<string, string>>;
  readonly headerText?: string;
  readonly providers?: readonly string[];
  readonly tokens?: readonly string[];
  /** Class of the window to show above. */
  readonly windowClass?: string;
  /** What was cancelled. */
  readonly op?: string;
  /** Whether an operation keeps the process alive. */
  readonly keepAlive?: boolean | undefined;
  readonly provider?: unknown;
  /** Aborted when the client cancels. */
  readonly signal: AbortSignal;
}

export interface FakeAccount {
  readonly id?: string;
  readonly userName: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface FakeResponse {
  readonly token: string;
  readonly account?: FakeAccount;
  readonly properties?: Readonly<Record<string, string>>;
  readonly providerError?: Partial<NativeProviderError>;
}

/** What a call gets, in the form the emulator's WAM door answers in; an error rejects it. */
export interface WamAnswer {
  readonly provider?: {
    readonly id: string;
    readonly displayName: string;
    readonly authority?: string;
    readonly tag?: string;
  } | null;
  readonly account?: FakeAccount | null;
  readonly status?: number;
  readonly accounts?: readonly FakeAccount[];
  readonly responses?: readonly FakeResponse[];
  readonly error?: Partial<NativeProviderError>;
  readonly choice?: number | null;
  readonly done?: true;
  readonly hresult?: number;
}

export type WamHandler = (
  call: WamCall,
) => WamAnswer | Error | undefined | Promise<WamAnswer | Error | undefined>;

type ErrorFacts = Partial<Pick<NativeError, "hresult" | "stage">> & { readonly message?: string };

/** An error as the addon throws it. */
export function nativeError(code: NativeError["code"], facts: ErrorFacts = {}): NativeError {
  const { message = `native ${code}`, ...rest } = facts;
  return Object.assign(new Error(message), { code, ...rest });
}

/** WAM in memory, in place of the addon. It keeps the promises of `native.ts`. */
export class FakeWam implements NativeBinding {
  /** Every call, in order. */
  readonly calls: WamCall[] = [];
  /** Windows by handle. */
  readonly windows = new Map<bigint, NativeWindowFacts>([
    [desktop, { exists: true, className: "#32769", visible: true, sameDesktop: true }],
  ]);
  console = 0n;
  sessionFacts: NativeSession = {
    sessionId: 1,
    integrityLevel: 0x2000,
    elevated: false,
    visibleStation: true,
    stationName: "WinSta0",
  };
  /** The most flows that had their turn at once. */
  mostTurns = 0;
  readonly #answer: WamHandler;
  readonly #waiting: (() => void)[] = [];
  #turns = 0;
  #operations = 0;

  constructor(answer: WamHandler) {
    this.#answer = answer;
  }

  /** Names of the calls, in order. */
  get names(): string[] {
    return this.calls.map(({ call }) => call);
  }

  findProvider(request: Parameters<NativeBinding["findProvider"]>[0]) {
    const { id, authority } = request;
    return authority === undefined
      ? this.#ask(request, { call: "FindAccountProviderAsync", id }, asProvider)
      : this.#ask(request, { call: "FindAccountProviderWithAuthorityAsync", id, authority }, asProvider);
  }

  findAccounts(request: Parameters<NativeBinding["findAccounts"]>[0]): NativeOperation<NativeAccounts> {
    const { provider, clientId } = request;
    const call = { call: "FindAllAccountsWithClientIdAsync", provider: provider.authority, clientId };
    return this.#ask(request, call, ({ status = 0, accounts = [], error }) => ({
      status,
      accounts: accounts.map(asAccount),
      ...(error !== undefined && { providerError: asError(error) }),
    }));
  }

  findAccount(request: Parameters<NativeBinding["findAccount"]>[0]) {
    const call = { call: "FindAccountAsync", provider: request.provider.authority, id: request.accountId };
    return this.#ask(request, call, ({ account }) => (account ? asAccount(account) : null));
  }

  requestToken(request: NativeTokenRequest): NativeOperation<NativeTokenResult> {
    const { provider, account, scope, clientId, promptType = 0, properties, appProperties } = request;
    const withAccount = account === undefined ? "" : "WithWebAccount";
    const call = {
      call:
        request.mode === "silent"
          ? `GetTokenSilently${withAccount}Async`
          : `RequestToken${withAccount}ForWindowAsync`,
      provider: asLogged(provider),
      scope,
      clientId,
      promptType,
      correlationId: request.correlationId ?? "",
      webAccount: account?.id ?? "",
      ...(request.mode === "window" && {
        hwnd: Number(request.window),
        windowClass: this.windowFacts(request.window).className ?? "",
      }),
      properties: { ...properties },
      appProperties: { ...appProperties },
    };
    return this.#ask(request, call, ({ status = 0, responses = [], error }) => ({
      status,
      responses: responses.map(({ token, account: whose, properties: more = {}, providerError }) => ({
        token,
        properties: more,
        ...(whose !== undefined && { account: asAccount(whose) }),
        ...(providerError !== undefined && { providerError: asError(providerError) }),
      })),
      ...(error !== undefined && { error: asError(error) }),
    }));
  }

  invalidateCache(request: Parameters<NativeBinding["invalidateCache"]>[0]) {
    const tokens = request.result.responses.map(({ token }) => token);
    return this.#ask(request, { call: "result.InvalidateCacheAsync", tokens }, () => undefined);
  }

  signOut(request: Parameters<NativeBinding["signOut"]>[0]) {
    const { account, clientId } = request;
    const call = { call: "account.SignOutWithClientIdAsync", id: account.id ?? "", clientId };
    return this.#ask(request, call, () => undefined);
  }

  pickProvider(request: Parameters<NativeBinding["pickProvider"]>[0]) {
    const { providers, headerText, window } = request;
    const authorities = providers.map(({ authority = "" }) => authority);
    const call = { call: "pane.commands", providers: authorities, headerText, hwnd: Number(window) };
    return this.#ask(request, call, ({ choice = null }) =>
      choice === null ? null : (providers[choice] ?? null),
    );
  }

  beginInteractive(_options?: NativeHold): NativeOperation<NativeTurn> {
    let cancel = () => {};
    const result = new Promise<NativeTurn>((resolve, reject) => {
      const begin = () => {
        this.#turns++;
        this.mostTurns = Math.max(this.mostTurns, this.#turns);
        let ended = false;
        const end = () => {
          if (ended) return;
          ended = true;
          this.#turns--;
          this.#waiting.shift()?.();
        };
        resolve({ end });
      };
      cancel = () => {
        const index = this.#waiting.indexOf(begin);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(nativeError("canceled"));
      };
      if (this.#turns === 0) begin();
      else this.#waiting.push(begin);
    });
    return { result, cancel };
  }

  windowFacts(window: bigint): NativeWindowFacts {
    return this.windows.get(window) ?? { exists: false };
  }

  consoleWindow(): bigint {
    return this.console;
  }

  desktopWindow(): bigint {
    return desktop;
  }

  session(): NativeSession {
    return this.sessionFacts;
  }

  stats() {
    return { operations: this.#operations, turns: this.#turns + this.#waiting.length, objects: 0 };
  }

  #ask<T>(
    hold: NativeHold,
    call: Omit<WamCall, "signal" | "keepAlive">,
    read: (answer: WamAnswer) => T,
  ): NativeOperation<T> {
    const controller = new AbortController();
    const made = { ...call, keepAlive: hold.keepAlive, signal: controller.signal };
    this.calls.push(made);
    this.#operations++;
    let open = true;
    let stop: (error: Error) => void = () => {};
    const result = new Promise<T>((resolve, reject) => {
      const settle = (settled: () => void) => {
        if (!open) return;
        open = false;
        this.#operations--;
        settled();
      };
      stop = (error) => settle(() => reject(error));
      // In a later turn: nothing in the addon answers at once.
      setImmediate(async () => {
        try {
          const answer = (await this.#answer(made)) ?? {};
          if (answer instanceof Error) throw answer;
          if (answer.hresult !== undefined)
            throw nativeError("failed", { hresult: answer.hresult, stage: call.call });
          settle(() => resolve(read(answer)));
        } catch (error) {
          settle(() => reject(error));
        }
      });
    });
    const cancel = () => {
      if (!open) return;
      this.calls.push({ call: "async.Cancel", op: call.call, signal: controller.signal });
      stop(nativeError("canceled"));
      controller.abort();
    };
    return { result, cancel };
  }
}

/** Handle of the desktop's window. */
export const desktop = 0x10010n;

interface TaggedProvider extends NativeProvider {
  readonly tag?: string;
}

function asProvider({ provider = null }: WamAnswer): NativeProvider | null {
  return provider;
}

/** A provider as the captured logs have it, with what the emulator's door gave it. */
function asLogged({ id, authority = "", tag }: TaggedProvider) {
  return { id, authority, ...(tag !== undefined && { tag }) };
}

function asAccount({ id, userName, properties }: FakeAccount): NativeAccount {
  return { ...(id !== undefined && { id }), userName, state: 1, properties };
}

function asError({ code = 0, message = "", properties = {} }: Partial<NativeProviderError>) {
  return { code, message, properties };
}
