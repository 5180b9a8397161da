import type {
  WamAccount,
  WamAnswer,
  WamCall,
  WamDoor,
  WamProvider,
  WamTokenAnswer,
} from "@x/broker-emulator";
import type {
  NativeAccount,
  NativeBinding,
  NativeOperation,
  NativeProvider,
  NativeTokenResult,
  NativeTurn,
} from "@x/broker-win";

type Unsigned<T> = T extends WamCall ? Omit<T, "signal"> : never;

/** How WAM's calls are named, by whether they show a window and are given an account. */
const tokenCalls = {
  silent: ["GetTokenSilentlyAsync", "GetTokenSilentlyWithWebAccountAsync"],
  window: ["RequestTokenForWindowAsync", "RequestTokenWithWebAccountForWindowAsync"],
} as const;

/**
 * The addon's surface straight over a WAM door, without Windows, WinRT and threads: so that the protocol and the door
 * meet on every system. What only Windows can show is shown in Windows (`*.windows-test.ts`).
 */
export class DoorBinding implements NativeBinding {
  readonly #door: WamDoor;
  readonly #providers = new WeakMap<NativeProvider, WamProvider>();
  readonly #accounts = new WeakMap<NativeAccount, WamAccount>();
  #turns: Promise<void> = Promise.resolve();

  constructor(door: WamDoor) {
    this.#door = door;
  }

  findProvider(request: { readonly id: string; readonly authority?: string }) {
    const { id, authority } = request;
    return this.#operation(
      authority === undefined
        ? { call: "FindAccountProviderAsync", id }
        : { call: "FindAccountProviderWithAuthorityAsync", id, authority },
      (answer) => {
        const { provider } = answer as { provider: WamProvider | null };
        return provider === null ? null : this.#provider(provider);
      },
    );
  }

  findAccounts({ provider, clientId }: { readonly provider: NativeProvider; readonly clientId: string }) {
    const { authority = "" } = provider;
    return this.#operation(
      { call: "FindAllAccountsWithClientIdAsync", provider: authority, clientId },
      (answer) => {
        const { status, accounts = [], error } = answer as Extract<WamAnswer, { accounts?: unknown }>;
        const listed = accounts.map((account) => this.#account(account));
        return { status, accounts: listed, ...(error && { providerError: { properties: {}, ...error } }) };
      },
    );
  }

  findAccount({ provider, accountId }: { readonly provider: NativeProvider; readonly accountId: string }) {
    const { authority = "" } = provider;
    return this.#operation({ call: "FindAccountAsync", provider: authority, id: accountId }, (answer) => {
      const { account } = answer as { account: WamAccount | null };
      return account === null ? null : this.#account(account);
    });
  }

  requestToken(request: Parameters<NativeBinding["requestToken"]>[0]): NativeOperation<NativeTokenResult> {
    const { provider, account, promptType = 0, correlationId = "", mode } = request;
    const { scope, clientId, properties, appProperties } = request;
    const [withoutAccount, withAccount] = tokenCalls[mode];
    const asked = this.#providers.get(provider);
    if (asked === undefined) throw new TypeError("The provider is not from this binding.");
    const { id, authority, tag } = asked;
    return this.#operation(
      {
        call: account === undefined ? withoutAccount : withAccount,
        provider: { id, authority, ...(tag === undefined ? {} : { tag }) },
        webAccount: account === undefined ? "" : (this.#accounts.get(account)?.id ?? "gone"),
        ...{ scope, clientId, promptType, correlationId, properties, appProperties },
      },
      (answer) => {
        const { status, responses = [], error } = answer as WamTokenAnswer;
        return {
          status,
          responses: responses.map(({ token, account: owner, properties: told = {} }) => ({
            token,
            properties: told,
            ...(owner && { account: this.#account(owner) }),
          })),
          ...(error && { error: { properties: {}, ...error } }),
        };
      },
    );
  }

  invalidateCache({ result }: { readonly result: NativeTokenResult }) {
    const tokens = result.responses.map(({ token }) => token);
    return this.#operation({ call: "result.InvalidateCacheAsync", tokens }, () => undefined);
  }

  signOut({ account, clientId }: { readonly account: NativeAccount; readonly clientId: string }) {
    const { id = "" } = account;
    return this.#operation({ call: "account.SignOutWithClientIdAsync", id, clientId }, () => undefined);
  }

  pickProvider({ providers }: { readonly providers: readonly NativeProvider[] }) {
    const authorities = providers.map(({ authority = "" }) => authority);
    return this.#operation({ call: "pane.commands", providers: authorities }, (answer) => {
      const { choice } = answer as { choice: number | null };
      return choice === null ? null : (providers[choice] ?? null);
    });
  }

  beginInteractive(): NativeOperation<NativeTurn> {
    const { promise, resolve: end } = deferred();
    const before = this.#turns;
    this.#turns = before.then(() => promise);
    const canceled = new AbortController();
    const result = new Promise<NativeTurn>((resolve, reject) => {
      canceled.signal.addEventListener("abort", () => {
        end();
        reject(nativeError("canceled"));
      });
      before.then(() => resolve({ end }));
    });
    return { result, cancel: () => canceled.abort() };
  }

  windowFacts(window: bigint) {
    return { exists: window === 1n, visible: true, sameDesktop: true };
  }

  consoleWindow(): bigint {
    return 0n;
  }

  desktopWindow(): bigint {
    return 1n;
  }

  session() {
    return { sessionId: 1, integrityLevel: 0x2000, elevated: false, visibleStation: true };
  }

  stats() {
    return { operations: 0, turns: 0, objects: 0 };
  }

  #provider(provider: WamProvider): NativeProvider {
    const { id, displayName, authority } = provider;
    const native = { id, displayName, authority };
    this.#providers.set(native, provider);
    return native;
  }

  #account(account: WamAccount): NativeAccount {
    const { id, userName, properties } = account;
    const native = { id, userName, state: 1, properties };
    this.#accounts.set(native, account);
    return native;
  }

  #operation<T>(call: Unsigned<WamCall>, read: (answer: WamAnswer) => T): NativeOperation<T> {
    const controller = new AbortController();
    const { signal } = controller;
    const result = new Promise<T>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(nativeError("canceled")));
      this.#door.answer({ ...call, signal } as WamCall).then((answer) => {
        if ("hresult" in answer) reject(nativeError("failed", answer.hresult, call.call));
        else resolve(read(answer));
      }, reject);
    });
    return { result, cancel: () => controller.abort() };
  }
}

function nativeError(code: string, hresult?: number, stage?: string): Error {
  return Object.assign(new Error(`The native call ended: ${code}.`), { code, hresult, stage });
}

function deferred() {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
