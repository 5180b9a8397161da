import type { GetTokenOptions } from "@azure/core-auth";
import {
  type Broker,
  type BrokerAccount,
  BrokerError,
  type BrokerToken,
  type OperationOptions,
} from "@x/broker-contract";
import type { SignInRoute } from "../fallback/fallback-kind.js";
import { type AuthenticationRecord, recordOf } from "./authentication-record.js";
import { toCredentialError } from "./failures.js";
import { Flight, Flights, type FlightWork, throwIfAborted, untilAborted } from "./flight.js";
import { guardedBroker, lateBroker } from "./guarded-broker.js";
import { sameId } from "./ids.js";
import type { RoutedAccessToken } from "./interactive-browser-broker-credential.js";
import { CredentialLogger, loadLogger } from "./logging.js";
import {
  type CredentialOperationOptions,
  type OperationCallOptions,
  readCallOptions,
  readOperationOptions,
} from "./read-call.js";
import type { Settings } from "./read-options.js";
import { ScopeReader } from "./scopes.js";
import { type Session, SignInFlow } from "./sign-in-flow.js";
import { type RoutedToken, SignInRoutes } from "./sign-in-routes.js";
import { resolveTenant } from "./tenant.js";
import { type CacheEntry, cacheEntry, claimRefresh, ownerOf, TokenCache, tokenKey } from "./token-cache.js";
import { loadTracing } from "./tracing.js";
import type { WantedToken } from "./wanted-token.js";

const credentialName = "InteractiveBrowserBrokerCredential";
const noOptions: GetTokenOptions = Object.freeze({});

/**
 * Carries out the calls of one `InteractiveBrowserBrokerCredential`, whose methods these are: what they do is described
 * there.
 */
export class CredentialCalls {
  readonly #settings: Settings;
  readonly #platformBroker: () => Promise<Broker>;
  readonly #log: CredentialLogger;
  readonly #flow: SignInFlow;
  readonly #routes: SignInRoutes;
  #lastSignIn: SignInRoute | undefined;
  readonly #scopes = new ScopeReader();
  readonly #cache = new TokenCache();
  readonly #flights = new Flights<CacheEntry>();
  /** Refreshes in the background. Nobody joins them: a caller who needs a token now asks for it. */
  readonly #refreshes = new Flights<CacheEntry>();
  /** Counts requests, to tell older answers from newer ones. */
  #sequence = 0;

  /** @param platformBroker - Finds the broker of this operating system, to ask where `settings` name none. */
  constructor(settings: Settings, platformBroker: () => Promise<Broker>) {
    this.#settings = settings;
    this.#platformBroker = platformBroker;
    this.#log = new CredentialLogger(credentialName, this.#settings.enableSupportLogging);
    this.#flow = new SignInFlow(this.#settings, this.#log);
    this.#routes = new SignInRoutes(this.#settings, this.#log, this.#flow);
  }

  get lastSignIn(): SignInRoute | undefined {
    return this.#lastSignIn;
  }

  /** The quick way: a plain request that memory can answer. Whatever is unusual or wrong is left to {@link getToken}. */
  cachedToken(
    scopes: string | string[],
    options: GetTokenOptions | undefined,
  ): RoutedAccessToken | undefined {
    const homeAccountId = this.#flow.homeAccountId;
    if (homeAccountId === undefined) return undefined;
    if (options !== undefined && !isPlainCall(options)) return undefined;
    const enableCae = options?.enableCae === true;
    const scopeSet = this.#scopes.known(scopes);
    if (scopeSet === undefined) return undefined;
    const tenantId = this.#settings.tenants.defaultTenantId;
    const entry = this.#cache.get(tokenKey(homeAccountId, tenantId, enableCae, scopeSet.key), Date.now());
    return entry === undefined ? undefined : this.#serve(entry, { scopes: scopeSet, tenantId, enableCae });
  }

  getToken(scopes: string | string[], options: GetTokenOptions = noOptions): Promise<RoutedAccessToken> {
    return this.#forToken("getToken", scopes, options, async (callOptions) => {
      const wanted = this.#read(scopes, callOptions);
      throwIfAborted(wanted.abortSignal);
      const cached = this.#lookUp(wanted);
      if (cached !== undefined) return this.#serve(cached, wanted);
      const entry = await this.#fetch(wanted);
      this.#log.success("getToken", wanted.scopes.scopes, entry.token.account.username);
      return toAccessToken(entry);
    });
  }

  async authenticate(
    scopes: string | string[],
    options: GetTokenOptions = noOptions,
  ): Promise<AuthenticationRecord> {
    return this.#forToken("authenticate", scopes, options, async (callOptions) => {
      const wanted = this.#read(scopes, callOptions);
      const { token } = await this.#run(wanted, "Signing in", async (session) =>
        this.#keep(await this.#routes.authenticate(session, wanted), wanted, session.sequence),
      );
      this.#log.success("authenticate", wanted.scopes.scopes, token.account.username);
      return recordOfAnswer(token, this.#settings.clientId);
    });
  }

  async getAccounts(options: CredentialOperationOptions = noOptions): Promise<BrokerAccount[]> {
    const { clientId, timeoutInMs } = this.#settings;
    return this.#traced("getAccounts", [], options, (callOptions) =>
      this.#run(
        readOperationOptions(callOptions, timeoutInMs),
        "Listing the accounts",
        ({ broker, operation }) => broker.getAccounts({ clientId }, operation),
      ),
    );
  }

  async signOut(
    account?: BrokerAccount | AuthenticationRecord,
    options: CredentialOperationOptions = noOptions,
  ): Promise<void> {
    const { timeoutInMs } = this.#settings;
    await this.#traced("signOut", [], options, async (callOptions) => {
      const patience = readOperationOptions(callOptions, timeoutInMs);
      const homeAccountId = account === undefined ? this.#flow.homeAccountId : readHomeAccountId(account);
      if (homeAccountId === undefined) throw nobodyToSignOut();
      throwIfAborted(patience.abortSignal);
      this.#forget(homeAccountId);
      try {
        await this.#run(patience, "Signing out", (session) => this.#routes.signOut(session, homeAccountId));
      } finally {
        // What was found while the broker was still at it is as void as what was known before.
        this.#forget(homeAccountId);
      }
    });
  }

  #read(scopes: unknown, options: GetTokenOptions): WantedToken {
    return {
      ...readCallOptions(options, this.#settings.timeoutInMs),
      scopes: this.#scopes.read(scopes),
      tenantId: resolveTenant(this.#settings.tenants, options.tenantId),
    };
  }

  /** Makes a call for a token: its failure is the error that the Azure SDK expects. */
  #forToken<T>(
    method: string,
    scopes: unknown,
    options: GetTokenOptions,
    work: (options: GetTokenOptions) => Promise<T>,
  ): Promise<T> {
    const list = (Array.isArray(scopes) ? scopes : [scopes]).filter((scope) => typeof scope === "string");
    return this.#traced(method, list, options, (callOptions) =>
      work(callOptions).catch((error: unknown) => {
        throw toCredentialError(error, {
          credential: credentialName,
          scopes: list,
          getTokenOptions: options,
          manualAuthentication: this.#settings.disableAutomaticAuthentication,
          authorityHostOfEnvironment: this.#settings.authorityHostOfEnvironment,
        });
      }),
    );
  }

  /** Traces a call, and logs its failure. */
  async #traced<Options extends CredentialOperationOptions, T>(
    method: string,
    scopes: readonly string[],
    options: Options,
    work: (options: Options) => Promise<T>,
  ): Promise<T> {
    // Before tracing, which takes an object for granted.
    readOperationOptions(options, 0);
    const traced = async (callOptions: Options): Promise<T> => {
      try {
        return await work(callOptions);
      } catch (error) {
        this.#log.failure(method, scopes, error);
        throw error;
      }
    };
    const tracing = await loadTracing();
    try {
      return (await tracing.withSpan(`${credentialName}.${method}`, options, traced)) as T;
    } finally {
      // Whoever called may end the process next, and the log should be whole by then.
      await loadLogger();
    }
  }

  /** Makes one call that nobody else shares. */
  #run<T>(patience: OperationCallOptions, doing: string, work: (session: Session) => Promise<T>): Promise<T> {
    throwIfAborted(patience.abortSignal);
    return new Flight(this.#sessionWork(work)).join({ ...patience, doing });
  }

  #sessionWork<T>(
    work: (session: Session) => Promise<T>,
    options: Pick<OperationOptions, "keepProcessAlive"> = {},
  ): FlightWork<T> {
    const sequence = ++this.#sequence;
    return async (abortSignal, correlationId) => {
      const { broker: given } = this.#settings;
      if (given !== undefined) void loadLogger();
      const asked = given ?? lateBroker(() => this.#findBroker(abortSignal));
      const broker = guardedBroker(asked);
      // No limit of the platform's own: whoever waits for the flight leaves when their time is over.
      const operation = { ...options, abortSignal, correlationId, timeoutInMs: 0, logger: this.#log.broker };
      return work({ broker, through: "broker", sequence, operation });
    };
  }

  async #findBroker(abortSignal: AbortSignal): Promise<Broker> {
    const broker = await untilAborted(this.#platformBroker(), abortSignal);
    // From here on the broker works and we wait: time for what takes longest to load, and no answer needs.
    void loadLogger();
    return broker;
  }

  #keyOf(
    { tenantId, enableCae, scopes }: Pick<WantedToken, "tenantId" | "enableCae" | "scopes">,
    homeAccountId: string,
  ) {
    return tokenKey(homeAccountId, tenantId, enableCae, scopes.key);
  }

  /** A cached token, unless the request is for a fresh one: new claims, or a signed HTTP request. */
  #lookUp(wanted: WantedToken): CacheEntry | undefined {
    const homeAccountId = this.#flow.homeAccountId;
    if (homeAccountId === undefined || wanted.claims !== undefined || wanted.proofOfPossession !== undefined)
      return undefined;
    return this.#cache.get(this.#keyOf(wanted, homeAccountId), Date.now());
  }

  /** Hands a cached token out, and sees to it that there is a new one in time. */
  #serve(
    entry: CacheEntry,
    wanted: Pick<WantedToken, "tenantId" | "enableCae" | "scopes">,
  ): RoutedAccessToken {
    if (claimRefresh(entry, Date.now())) this.#refresh(entry, wanted);
    this.#log.success("getToken", wanted.scopes.scopes, entry.token.account.username);
    return toAccessToken(entry);
  }

  #refresh(entry: CacheEntry, due: Pick<WantedToken, "tenantId" | "enableCae" | "scopes">): void {
    const wanted: WantedToken = { ...due, ...plainCall };
    const key = this.#flightKey(wanted);
    if (this.#refreshes.has(key) || this.#flights.has(key)) return;
    const doing = "Refreshing a token in the background";
    const work = this.#sessionWork(
      async (session) =>
        this.#keep(await this.#routes.renew(session, wanted, entry), wanted, session.sequence),
      { keepProcessAlive: false },
    );
    const { timeoutInMs } = this.#settings;
    this.#refreshes
      .join(key, work, { timeoutInMs, timeoutOption: "timeoutInMs", doing, background: true })
      .then(
        () => this.#log.step(`${doing} succeeded.`),
        (error: unknown) => this.#log.failure("refresh", wanted.scopes.scopes, error),
      );
  }

  /** Gets a token from the broker. Callers that want the same at the same time share one request. */
  #fetch(wanted: WantedToken): Promise<CacheEntry> {
    const work = this.#sessionWork(async (session) =>
      this.#keep(await this.#routes.acquire(session, wanted), wanted, session.sequence),
    );
    const patience = { ...wanted, doing: "Getting a token" };
    // Each signed HTTP request is for one HTTP request and cannot be shared.
    if (wanted.proofOfPossession !== undefined) return new Flight(work).join(patience);
    const key = this.#flightKey(wanted);
    // A refresh that has not come to its end in all that time will not help, and may not show UI.
    this.#refreshes.abort((one) => one === key);
    return this.#flights.join(key, work, patience);
  }

  #flightKey(wanted: WantedToken): string {
    return `${this.#keyOf(wanted, this.#flow.homeAccountId ?? "")}\n${wanted.claims ?? ""}`;
  }

  /** Remembers a token and whose it is, unless there was a sign-out meanwhile. */
  #keep({ token, route }: RoutedToken, wanted: WantedToken, sequence: number): CacheEntry {
    const entry = cacheEntry(token, sequence, Date.now(), route);
    this.#lastSignIn = route;
    if (!this.#flow.remember(token.account, sequence) || wanted.proofOfPossession !== undefined) return entry;
    const { authenticationRecord } = this.#settings;
    // The record's own spelling of the id, which is what a look-up goes by.
    const homeAccountId = authenticationRecord?.homeAccountId ?? token.account.homeAccountId;
    this.#cache.put(this.#keyOf(wanted, homeAccountId), entry);
    return entry;
  }

  #forget(homeAccountId: string): void {
    const isTheirs = (key: string): boolean => sameId(ownerOf(key), homeAccountId);
    this.#flow.forget(homeAccountId, this.#sequence);
    this.#flights.seal((key) => isTheirs(key) || ownerOf(key) === "");
    this.#refreshes.abort(isTheirs);
    this.#cache.forget(homeAccountId);
  }
}

/** Whether a call asks for nothing that memory alone could not answer. What may be wrong is not plain. */
function isPlainCall(options: GetTokenOptions): boolean {
  return (
    typeof options === "object" &&
    options !== null &&
    options.claims === undefined &&
    options.tenantId === undefined &&
    options.proofOfPossessionOptions === undefined &&
    options.requestOptions === undefined &&
    options.tracingOptions === undefined &&
    (options.enableCae === undefined || typeof options.enableCae === "boolean") &&
    (options.abortSignal === undefined || options.abortSignal?.aborted === false)
  );
}

/** A call without anything unusual, as a background refresh makes it. */
const plainCall = {
  abortSignal: undefined,
  claims: undefined,
  proofOfPossession: undefined,
  timeoutInMs: 0,
  timeoutOption: "timeoutInMs",
} as const;

function toAccessToken({ token, refreshAfter, route }: CacheEntry): RoutedAccessToken {
  const { accessToken, expiresOn, tokenType } = token;
  if (tokenType === "pop") return { token: accessToken, expiresOnTimestamp: expiresOn, tokenType, route };
  return {
    token: accessToken,
    expiresOnTimestamp: expiresOn,
    refreshAfterTimestamp: refreshAfter,
    tokenType,
    route,
  };
}

/** The record of who signed in: one that can be written and read again, or none. */
function recordOfAnswer({ account, correlationId }: BrokerToken, clientId: string): AuthenticationRecord {
  try {
    return recordOf(account, clientId);
  } catch (error) {
    throw new BrokerError("protocol_error", {
      message: `The broker does not say well enough who signed in: ${(error as Error).message}`,
      hint: "getToken() works; the account cannot be kept for later with this broker.",
      correlationId,
    });
  }
}

function nobodyToSignOut(): BrokerError {
  return new BrokerError("account_not_found", {
    message: "There is nobody to sign out: this credential has signed nobody in.",
    hint: "Give signOut() an account of getAccounts().",
  });
}

function readHomeAccountId(account: unknown): string {
  const homeAccountId = (account as { readonly homeAccountId?: unknown } | null)?.homeAccountId;
  if (typeof homeAccountId !== "string" || homeAccountId === "")
    throw new TypeError(
      'The argument "account" of signOut() must be an account of getAccounts(), with a homeAccountId.',
    );
  return homeAccountId;
}
