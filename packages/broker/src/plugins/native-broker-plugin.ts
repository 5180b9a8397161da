import type { AbortSignalLike, Broker, BrokerError, BrokerToken } from "@x/broker-contract";
import { accountNotFound } from "../credential/account-not-found.js";
import { readAbortSignal } from "../credential/read-call.js";
import { readBroker, readTimeout, typeName } from "../credential/read-options.js";
import { readParentWindowHandle } from "../credential/window-handle.js";
import { eitherSignal } from "./abort-signals.js";
import { BrokerClient, type Candidate, type Session } from "./broker-client.js";
import { toMsalError } from "./msal-errors.js";
import { MsalLogger } from "./msal-logger.js";
import { accountOf, promptOf, tokenRequestOf } from "./msal-requests.js";
import { accountInfo, authenticationResult } from "./msal-results.js";
import type {
  AccountInfo,
  AuthenticationResult,
  LoggerOptions,
  NativeRequest,
  NativeSignOutRequest,
} from "./msal-types.js";
import { SilentFailures } from "./silent-failures.js";

/** Options of {@link NativeBrokerPlugin}. All are optional. */
export interface NativeBrokerPluginOptions {
  /** The longest a call may take, in milliseconds, the user's part included; `0` for no limit. Default 300,000. */
  timeoutInMs?: number;
  /** Aborts every call of this plugin: they reject with an `AbortError`. One call has {@link BrokerCallOptions}. */
  abortSignal?: AbortSignalLike;
  /**
   * Capabilities the app declares, e.g. `["CP1"]` for continuous access evaluation. msal-node does not tell a plugin
   * its own `clientCapabilities`, so they have to be said here. Default: none.
   */
  clientCapabilities?: readonly string[];
  /**
   * Whose requests these are. `@azure/identity` asks for `prompt: "login"` whenever there is a login hint, and opens
   * a window after any silent failure; with `"identity"` a hinted account is first tried without a window, and what
   * the user cannot help with (a lost network) opens none. Default `"msal-node"`: requests mean what they say.
   */
  caller?: "msal-node" | "identity";
  /** The broker to ask, for tests. Default: that of this operating system. */
  broker?: Broker;
}

/**
 * What one request of msal-node may say beyond msal-node's own types: it is handed to the plugin. Equal silent requests
 * at the same time are one for msal-node 7, and end together.
 */
export interface BrokerCallOptions {
  /** Aborts the call: it rejects with an `AbortError`, and the request to the operating system is cancelled. */
  abortSignal?: AbortSignalLike;
}

const defaultTimeoutInMs = 300_000;

/**
 * Brokered sign-in for `@azure/msal-node`: `new PublicClientApplication({ broker: { nativeBrokerPlugin } })`. In place
 * of the class of that name in `@azure/msal-node-extensions`, with its errors.
 *
 * Errors are those of the app's own msal-node, with `platformBrokerError` and the `BrokerError` as `cause`; an
 * `AbortError` when a signal fired, a `NativeAuthError` with `errorCode` `"timed_out"` when the time ran out.
 */
export class NativeBrokerPlugin {
  /**
   * Whether there may be a broker, as far as that shows at once: the platform's package loads, and what a broker
   * needs is in place. msal-node reads it in its constructor and signs in with a browser if it is `false`. Nobody has
   * been asked yet: {@link NativeBrokerPlugin.create} and {@link probe} do, and set it to what they found.
   */
  isBrokerAvailable: boolean;
  /** Why `isBrokerAvailable` is `false`, with what to do about it. */
  unavailableReason: BrokerError | undefined;
  readonly #client: BrokerClient;
  readonly #timeoutInMs: number;
  readonly #abortSignal: AbortSignalLike | undefined;
  readonly #clientCapabilities: readonly string[];
  readonly #isForIdentity: boolean;
  readonly #silentFailures = new SilentFailures();
  #logger = new MsalLogger(undefined);

  /**
   * Needs no broker, and does not throw because there is none.
   * @throws TypeError or RangeError for an option that makes no sense.
   */
  constructor(options: NativeBrokerPluginOptions = {}) {
    if (typeof options !== "object" || options === null)
      throw new TypeError(`The options must be an object, got ${typeName(options)}.`);
    const { caller = "msal-node", clientCapabilities = [] } = options;
    if (caller !== "msal-node" && caller !== "identity")
      throw new TypeError('The option "caller" must be "msal-node" or "identity".');
    if (!Array.isArray(clientCapabilities) || clientCapabilities.some((one) => typeof one !== "string"))
      throw new TypeError('The option "clientCapabilities" must be an array of strings, such as ["CP1"].');
    this.#timeoutInMs = readTimeout(options.timeoutInMs, 'The option "timeoutInMs"') ?? defaultTimeoutInMs;
    this.#abortSignal = readAbortSignal(options.abortSignal);
    this.#clientCapabilities = clientCapabilities;
    this.#isForIdentity = caller === "identity";
    this.#client = new BrokerClient(readBroker(options.broker));
    const forecast = this.#client.forecast();
    this.isBrokerAvailable = forecast.possible;
    this.unavailableReason = forecast.possible ? undefined : forecast.error;
  }

  /** A plugin whose `isBrokerAvailable` is the broker's own answer. */
  static async create(options?: NativeBrokerPluginOptions): Promise<NativeBrokerPlugin> {
    const plugin = new NativeBrokerPlugin(options);
    await plugin.probe();
    return plugin;
  }

  /**
   * Asks whether there is a broker, and sets `isBrokerAvailable`. Shows no window.
   * @throws AbortError when a signal fired.
   */
  async probe(options: BrokerCallOptions = {}): Promise<boolean> {
    const signals = eitherSignal(this.#abortSignal, readAbortSignal(options.abortSignal));
    try {
      const found = await this.#client.probe(signals.signal);
      this.isBrokerAvailable = found.possible;
      this.unavailableReason = found.possible ? undefined : found.error;
      return found.possible;
    } finally {
      signals.leave();
    }
  }

  /** Where to log. msal-node calls it for each of its apps; the last one counts. */
  setLogger(loggerOptions: LoggerOptions): void {
    this.#logger = new MsalLogger(loggerOptions);
  }

  /**
   * The account with a `nativeAccountId`.
   * @throws ClientAuthError `no_account_found`
   */
  async getAccountById(accountId: string, correlationId: string): Promise<AccountInfo> {
    return this.#run("getAccountById", { correlationId }, async (session) => {
      const account = await this.#client.findByNativeId(session, accountId);
      if (account === undefined) throw accountNotFound(session.operation.correlationId);
      return accountInfo(account);
    });
  }

  /** The accounts the broker knows; never shows a window. */
  async getAllAccounts(clientId: string, correlationId: string): Promise<AccountInfo[]> {
    return this.#run("getAllAccounts", { correlationId }, async (session) => {
      const accounts = await this.#client.listAccounts(session, clientId);
      return accounts.map((account) => accountInfo(account));
    });
  }

  /** Gets a token without a window. */
  async acquireTokenSilent(request: NativeRequest): Promise<AuthenticationResult> {
    return this.#token("acquireTokenSilent", request, (session) => this.#askSilently(session, request));
  }

  /**
   * Gets a token, and shows a window if need be; with prompt `"none"` never.
   * @param windowHandle - Electron's `getNativeWindowHandle()`; no bytes or zero: the broker finds one.
   */
  async acquireTokenInteractive(
    request: NativeRequest,
    windowHandle?: Uint8Array,
  ): Promise<AuthenticationResult> {
    return this.#token("acquireTokenInteractive", request, async (session) => {
      if (request.prompt === "none") return this.#askSilently(session, request);
      const failure = this.#silentFailures.take(request);
      if (failure !== undefined) throw failure;
      return this.#askUser(session, request, windowHandle);
    });
  }

  /**
   * Signs an account out of this app.
   * @throws ClientAuthError `no_account_found`
   */
  async signOut(request: NativeSignOutRequest): Promise<void> {
    const { clientId, accountId } = request;
    await this.#run("signOut", request, async (session) => {
      const account = accountId ? await this.#client.findByNativeId(session, accountId, clientId) : undefined;
      if (account === undefined) throw accountNotFound(session.operation.correlationId);
      await this.#client.signOut(session, clientId, account);
    });
  }

  async #askSilently(session: Session, request: NativeRequest): Promise<BrokerToken> {
    const wanted = tokenRequestOf(request, this.#clientCapabilities);
    const options = request.forceRefresh === true ? { forceRefresh: true } : {};
    try {
      const candidate = await this.#candidate(session, request);
      return await this.#client.askSilently(session, wanted, candidate, options);
    } catch (error) {
      if (this.#isForIdentity) this.#silentFailures.keep(request, error);
      throw error;
    }
  }

  /** Follows what a request says about prompt and account, as Microsoft's plugin does. */
  async #askUser(
    session: Session,
    request: NativeRequest,
    windowHandle: Uint8Array | undefined,
  ): Promise<BrokerToken> {
    const wanted = tokenRequestOf(request, this.#clientCapabilities);
    const parentWindow = await readParentWindowHandle(windowHandle)();
    const prompt = promptOf(request);
    const { loginHint } = request;
    const isHinted = this.#isForIdentity && prompt === "login" && Boolean(loginHint);
    if (isHinted || prompt === undefined || prompt === "consent") {
      const candidate = await this.#candidate(session, request);
      const options = { parentWindow, ...(prompt === "consent" ? { prompt } : {}) };
      const straight = !isHinted && (candidate.account !== undefined || prompt === "consent");
      const ask = straight ? this.#client.askInWindow : this.#client.signIn;
      return ask.call(this.#client, session, wanted, candidate, options);
    }
    // Microsoft's plugin forgets an account here; who has to sign in again may at least see their name.
    const name = loginHint || (prompt === "login" ? accountOf(request)?.username : undefined);
    return this.#client.askInWindow(session, wanted, name ? { loginHint: name } : {}, {
      parentWindow,
      prompt,
    });
  }

  /**
   * Whom a request is for. An account that is named is never replaced by another: one that the broker does not list
   * is asked for all the same, where the request says enough about it.
   */
  async #candidate(session: Session, request: NativeRequest): Promise<Candidate> {
    const { accountId, clientId, loginHint } = request;
    const { homeAccountId, localAccountId, tenantId, environment, username } = accountOf(request) ?? {};
    const byId = accountId ? await this.#client.findByNativeId(session, accountId, clientId) : undefined;
    if (byId !== undefined) return { account: byId };
    if (homeAccountId) {
      const listed = await this.#client.findByHomeId(session, clientId, homeAccountId, tenantId);
      if (listed !== undefined) return { account: listed };
      if (tenantId && environment && username) {
        // A record holds no local id: `@azure/identity` puts the home account id there.
        const local = localAccountId === homeAccountId ? undefined : localAccountId;
        const [objectId = homeAccountId] = homeAccountId.split(".");
        const account = { homeAccountId, localAccountId: local ?? objectId, tenantId, environment, username };
        return { account };
      }
    }
    if (accountId || homeAccountId) throw accountNotFound(session.operation.correlationId);
    const name = username || loginHint;
    if (!name) return {};
    return this.#client.candidateNamed(session, tokenRequestOf(request, []), name);
  }

  #token(
    method: string,
    request: NativeRequest,
    work: (session: Session) => Promise<BrokerToken>,
  ): Promise<AuthenticationResult> {
    checkRequest(request);
    return this.#run(method, request, async (session) => authenticationResult(await work(session), request));
  }

  async #run<T>(
    method: string,
    request: { readonly correlationId: string },
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const { correlationId } = request;
    const logger = this.#logger;
    const { abortSignal } = request as BrokerCallOptions;
    const signals = eitherSignal(this.#abortSignal, readAbortSignal(abortSignal));
    logger.log("Verbose", `NativeBrokerPlugin - ${method} called`, correlationId);
    try {
      return await this.#client.run(
        {
          doing: `${method}()`,
          correlationId,
          abortSignal: signals.signal,
          timeoutInMs: this.#timeoutInMs,
          logger: (id) => logger.forCall(id),
        },
        work,
      );
    } catch (error) {
      const told = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      logger.log("Warning", `NativeBrokerPlugin - ${method} failed: ${told}`, correlationId);
      throw await toMsalError(error, correlationId);
    } finally {
      signals.leave();
    }
  }
}

function checkRequest(request: unknown): void {
  if (typeof request !== "object" || request === null)
    throw new TypeError(`The request must be an object, got ${typeName(request)}.`);
  const { clientId, authority, scopes } = request as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries({ clientId, authority }))
    if (typeof value !== "string")
      throw new TypeError(`The request's ${name} must be a string, got ${typeName(value)}.`);
  if (!Array.isArray(scopes))
    throw new TypeError(`The request's scopes must be an array of strings, got ${typeName(scopes)}.`);
}
