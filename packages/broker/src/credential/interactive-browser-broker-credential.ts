import type { AccessToken, GetTokenOptions, TokenCredential } from "@azure/core-auth";
import {
  type Broker,
  type BrokerAccount,
  BrokerError,
  type BrokerToken,
  type InteractiveTokenRequest,
  isBrokerError,
  type OperationOptions,
  type TokenRequest,
} from "@x/broker-contract";
import { sharedPlatformBroker } from "../loader/shared-broker.js";
import { findHintedAccount, findRecordedAccount, sameUsername } from "./account-choice.js";
import { type AuthenticationRecord, recordOf } from "./authentication-record.js";
import { needsUser, toCredentialError, UserNeeded } from "./errors.js";
import { Flight, Flights, type FlightWork, type Patience, throwIfAborted, untilAborted } from "./flight.js";
import { sameId } from "./ids.js";
import { CredentialLogger } from "./logging.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "./options.js";
import {
  type CallOptions,
  type CredentialOperationOptions,
  readCallOptions,
  readOperationOptions,
} from "./read-call.js";
import { readOptions, type Settings } from "./read-options.js";
import { ScopeReader, type ScopeSet } from "./scopes.js";
import { isTenantGuid, resolveTenant } from "./tenant.js";
import { type CacheEntry, cacheEntry, claimRefresh, TokenCache, tokenKey } from "./token-cache.js";
import { tracing } from "./tracing.js";

const credentialName = "InteractiveBrowserBrokerCredential";
const noOptions: GetTokenOptions = Object.freeze({});

/** One token to get: what the caller asked for, checked. */
interface Wanted extends CallOptions {
  readonly scopes: ScopeSet;
  readonly tenantId: string;
}

/** One flight's view of the broker. */
interface Session {
  readonly broker: Broker;
  readonly operation: OperationOptions & {
    readonly abortSignal: AbortSignal;
    readonly correlationId: string;
  };
  /** When it began, in the order of all requests of the credential. */
  readonly sequence: number;
}

/** Whom a silent request is for: an account, a user name, or (neither) the OS's default account. */
interface Candidate {
  readonly account?: BrokerAccount;
  readonly loginHint?: string;
}

/** How a sign-in window of this credential ended, for those who waited for it. */
type SignInOutcome = { readonly signedIn: true } | { readonly signedIn: false; readonly error: unknown };

/**
 * Signs in through the authentication broker of the operating system, and gives tokens to any Azure SDK
 * client. Asks without UI first where it knows an account, and opens a sign-in window only when the user alone
 * can get any further. Tokens are cached in memory, for as long as the credential lives.
 *
 * Failures are told by `name` and `code`: `CredentialUnavailableError` (no broker here, a locked keyring,
 * nobody signed in) and `AuthenticationRequiredError` (UI is needed and not allowed) let a
 * `ChainedTokenCredential` go on; a `BrokerError` (cancelled by the user, no network, …) and an `AbortError`
 * stop it.
 *
 * ```ts
 * const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });
 * const client = new BlobServiceClient("https://<account>.blob.core.windows.net", credential);
 * ```
 */
export class InteractiveBrowserBrokerCredential implements TokenCredential {
  readonly #settings: Settings;
  readonly #log: CredentialLogger;
  readonly #scopes = new ScopeReader();
  readonly #cache = new TokenCache();
  readonly #flights = new Flights<CacheEntry>();
  /** Whom this credential signed in, once it did. */
  #account: BrokerAccount | undefined;
  /** The sign-in window that is open or waits its turn. */
  #signIn: Promise<SignInOutcome> | undefined;
  /** Counts requests, to tell older answers from newer ones. */
  #sequence = 0;
  /** Answers to requests from before a sign-out are not kept. */
  #signedOutAt = 0;

  /**
   * Checks the options; needs no broker.
   * @throws TypeError or RangeError that names the option and what is expected of it.
   */
  constructor(options?: InteractiveBrowserBrokerCredentialOptions) {
    this.#settings = readOptions(options);
    this.#log = new CredentialLogger(credentialName, this.#settings.enableSupportLogging);
  }

  /**
   * Gets a token: from memory, from the broker without UI, or by asking the user.
   * @param scopes - Scopes of one resource, e.g. `"https://storage.azure.com/.default"`.
   * @param options - `claims` (of a claims challenge; bypasses the cache), `enableCae`, `tenantId`,
   * `proofOfPossessionOptions`, `abortSignal`, `requestOptions.timeout` in milliseconds, `tracingOptions`.
   * @throws CredentialUnavailableError when there is no broker to use here.
   * @throws AuthenticationRequiredError when the user is needed and UI is not allowed.
   * @throws BrokerError for every other failure; decide by its `code`.
   * @throws AbortError when `abortSignal` fired.
   */
  async getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken> {
    return this.#getCachedToken(scopes, options) ?? (await this.#getToken(scopes, options));
  }

  /**
   * Signs the user in, with UI if need be, whatever `disableAutomaticAuthentication` and
   * `disableInteractiveFallback` say, and remembers the account for `getToken()`. An account this credential
   * knows already (a record's, or one that signed in before) is kept: call {@link signOut} first to change it.
   * @param scopes - Scopes the app is about to ask for.
   * @returns What names the account later, as option `authenticationRecord`.
   * @throws The same errors as {@link getToken}.
   */
  async authenticate(
    scopes: string | string[],
    options: GetTokenOptions = noOptions,
  ): Promise<AuthenticationRecord> {
    return this.#forToken("authenticate", scopes, options, async (callOptions) => {
      const wanted = this.#read(scopes, callOptions);
      const { token } = await this.#run(wanted, "Signing in", async (session) =>
        this.#keep(await this.#authenticate(session, wanted), wanted, session.sequence),
      );
      this.#log.success("authenticate", wanted.scopes.scopes, token.account.username);
      return recordOf(token.account, this.#settings.clientId);
    });
  }

  /**
   * The accounts the operating system's broker knows, in its own order; never shows UI.
   * @throws BrokerError `broker_unavailable`, `keyring_locked`, …
   * @throws AbortError when `abortSignal` fired.
   */
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

  /**
   * Signs an account out of this app and forgets its tokens, which happens even if the broker refuses.
   * @param account - An account of {@link getAccounts}, or the record of one. Default: the account this
   * credential signed in.
   * @throws BrokerError `account_not_found` when there is no such account, `not_supported` when this broker
   * lets no app sign out.
   * @throws AbortError when `abortSignal` fired.
   */
  async signOut(
    account?: BrokerAccount | AuthenticationRecord,
    options: CredentialOperationOptions = noOptions,
  ): Promise<void> {
    const { clientId, authenticationRecord, timeoutInMs } = this.#settings;
    await this.#traced("signOut", [], options, async (callOptions) => {
      const patience = readOperationOptions(callOptions, timeoutInMs);
      const homeAccountId = readHomeAccountId(account ?? this.#account ?? authenticationRecord);
      throwIfAborted(patience.abortSignal);
      this.#forget(homeAccountId);
      await this.#run(patience, "Signing out", async ({ broker, operation }) => {
        const accounts = await broker.getAccounts({ clientId }, operation);
        const found = accounts.find((candidate) => sameId(candidate.homeAccountId, homeAccountId));
        if (found === undefined) throw accountNotFound(operation.correlationId);
        await broker.signOut({ clientId, account: found }, operation);
      });
    });
  }

  /** The quick way: a plain request that memory can answer. Whatever is unusual or wrong is left to `#getToken`. */
  #getCachedToken(scopes: string | string[], options: GetTokenOptions | undefined): AccessToken | undefined {
    const homeAccountId = this.#pinnedAccountId();
    if (homeAccountId === undefined) return undefined;
    if (options !== undefined && !isPlainCall(options)) return undefined;
    const enableCae = options?.enableCae === true;
    const scopeSet = this.#scopes.known(scopes);
    if (scopeSet === undefined) return undefined;
    const tenantId = this.#settings.tenants.defaultTenantId;
    const entry = this.#cache.get(tokenKey(homeAccountId, tenantId, enableCae, scopeSet.key), Date.now());
    return entry === undefined ? undefined : this.#serve(entry, { scopes: scopeSet, tenantId, enableCae });
  }

  #getToken(scopes: string | string[], options: GetTokenOptions = noOptions): Promise<AccessToken> {
    return this.#forToken("getToken", scopes, options, async (callOptions) => {
      const wanted = this.#read(scopes, callOptions);
      throwIfAborted(wanted.abortSignal);
      const cached = this.#lookUp(wanted);
      if (cached !== undefined) return this.#serve(cached, wanted);
      const { token, refreshAfter } = await this.#fetch(wanted);
      this.#log.success("getToken", wanted.scopes.scopes, token.account.username);
      return toAccessToken(token, refreshAfter);
    });
  }

  #read(scopes: unknown, options: GetTokenOptions): Wanted {
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
    return tracing.withSpan(`${credentialName}.${method}`, options, traced) as Promise<T>;
  }

  /** Makes one call that nobody else shares. */
  #run<T>(
    patience: Pick<Patience, "abortSignal" | "timeoutInMs">,
    doing: string,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    throwIfAborted(patience.abortSignal);
    return new Flight(this.#sessionWork(work)).join({ ...patience, doing });
  }

  #sessionWork<T>(work: (session: Session) => Promise<T>): FlightWork<T> {
    const sequence = ++this.#sequence;
    return async (abortSignal, correlationId) => {
      const broker = this.#settings.broker ?? (await untilAborted(sharedPlatformBroker(), abortSignal));
      return work({ broker, sequence, operation: { abortSignal, correlationId, logger: this.#log.broker } });
    };
  }

  #pinnedAccountId(): string | undefined {
    return this.#settings.authenticationRecord?.homeAccountId ?? this.#account?.homeAccountId;
  }

  #keyOf(
    { tenantId, enableCae, scopes }: Pick<Wanted, "tenantId" | "enableCae" | "scopes">,
    homeAccountId: string,
  ) {
    return tokenKey(homeAccountId, tenantId, enableCae, scopes.key);
  }

  /** A cached token, unless the request is for a fresh one: new claims, or a signed HTTP request. */
  #lookUp(wanted: Wanted): CacheEntry | undefined {
    const homeAccountId = this.#pinnedAccountId();
    if (homeAccountId === undefined || wanted.claims !== undefined || wanted.proofOfPossession !== undefined)
      return undefined;
    return this.#cache.get(this.#keyOf(wanted, homeAccountId), Date.now());
  }

  /** Hands a cached token out, and sees to it that there is a new one in time. */
  #serve(entry: CacheEntry, wanted: Pick<Wanted, "tenantId" | "enableCae" | "scopes">): AccessToken {
    if (claimRefresh(entry, Date.now())) this.#refresh(entry, wanted);
    this.#log.success("getToken", wanted.scopes.scopes, entry.token.account.username);
    return toAccessToken(entry.token, entry.refreshAfter);
  }

  #refresh(
    { token: { account, accessToken } }: CacheEntry,
    due: Pick<Wanted, "tenantId" | "enableCae" | "scopes">,
  ) {
    const wanted: Wanted = { ...due, ...plainCall };
    const doing = "Refreshing a token in the background";
    const work = this.#sessionWork(async (session) => {
      const token = await this.#askSilently(
        session,
        wanted,
        { account },
        { forceRefresh: true, accessTokenToRenew: accessToken },
      );
      return this.#keep(token, wanted, session.sequence);
    });
    new Flight(work).join({ timeoutInMs: this.#settings.timeoutInMs, doing, background: true }).then(
      () => this.#log.step(`${doing} succeeded.`),
      (error: unknown) => this.#log.failure("refresh", wanted.scopes.scopes, error),
    );
  }

  /** Gets a token from the broker. Callers that want the same at the same time share one request. */
  #fetch(wanted: Wanted): Promise<CacheEntry> {
    const work = this.#sessionWork(async (session) =>
      this.#keep(await this.#acquire(session, wanted), wanted, session.sequence),
    );
    const patience = { ...wanted, doing: "Getting a token" };
    // Each signed HTTP request is for one HTTP request and cannot be shared.
    if (wanted.proofOfPossession !== undefined) return new Flight(work).join(patience);
    const key = `${this.#keyOf(wanted, this.#pinnedAccountId() ?? "")}\n${wanted.claims ?? ""}`;
    return this.#flights.join(key, work, patience);
  }

  /** Remembers whose token it is, and the token itself, unless that account was signed out meanwhile. */
  #keep(token: BrokerToken, wanted: Wanted, sequence: number): CacheEntry {
    const entry = cacheEntry(token, sequence, Date.now());
    if (sequence <= this.#signedOutAt) return entry;
    if (this.#account === undefined || sameId(this.#account.homeAccountId, token.account.homeAccountId))
      this.#account = token.account;
    if (wanted.proofOfPossession === undefined)
      this.#cache.put(
        this.#keyOf(
          wanted,
          this.#settings.authenticationRecord?.homeAccountId ?? token.account.homeAccountId,
        ),
        entry,
      );
    return entry;
  }

  #forget(homeAccountId: string): void {
    this.#signedOutAt = this.#sequence;
    this.#flights.seal();
    this.#cache.forget(homeAccountId);
    if (this.#account !== undefined && sameId(this.#account.homeAccountId, homeAccountId))
      this.#account = undefined;
  }

  async #acquire(session: Session, wanted: Wanted): Promise<BrokerToken> {
    const { disableAutomaticAuthentication, disableInteractiveFallback } = this.#settings;
    const known = await this.#knownAccount(session);
    const candidate =
      known === undefined ? await this.#unknownCandidate(session, wanted) : { account: known };
    let reason: BrokerError | undefined;
    if (candidate !== undefined) {
      try {
        return await this.#askSilently(session, wanted, candidate);
      } catch (error) {
        if (!needsUser(error)) throw error;
        reason = error;
      }
    }
    if (disableAutomaticAuthentication || disableInteractiveFallback) throw new UserNeeded(reason);
    return this.#signInOnce(session, wanted, known);
  }

  async #authenticate(session: Session, wanted: Wanted): Promise<BrokerToken> {
    const account = await this.#knownAccount(session);
    if (
      account === undefined &&
      this.#settings.useDefaultBrokerAccount &&
      this.#settings.loginHint === undefined
    ) {
      try {
        return await this.#askSilently(session, wanted, {});
      } catch (error) {
        if (!needsUser(error)) throw error;
      }
    }
    return this.#askUser(session, wanted, account);
  }

  /** Whom to ask for without UI when the credential has signed nobody in yet, if anybody. */
  async #unknownCandidate({ broker, operation }: Session, wanted: Wanted): Promise<Candidate | undefined> {
    const { clientId, loginHint, useDefaultBrokerAccount } = this.#settings;
    if (loginHint === undefined) return useDefaultBrokerAccount ? {} : undefined;
    const account = await findHintedAccount(broker, clientId, loginHint, wanted.tenantId, operation);
    return account === undefined ? { loginHint } : { account };
  }

  async #knownAccount({ broker, operation }: Session): Promise<BrokerAccount | undefined> {
    if (this.#account !== undefined) return this.#account;
    const { authenticationRecord, clientId } = this.#settings;
    if (authenticationRecord === undefined) return undefined;
    return findRecordedAccount(broker, clientId, authenticationRecord, operation);
  }

  async #askSilently(
    { broker, operation }: Session,
    wanted: Wanted,
    candidate: Candidate,
    renewal: { readonly forceRefresh?: boolean; readonly accessTokenToRenew?: string } = {},
  ): Promise<BrokerToken> {
    this.#log.step(`asks the broker without UI (correlation id: ${operation.correlationId}).`);
    const token = await broker.acquireTokenSilently(
      { ...this.#request(wanted), ...candidate, ...renewal },
      operation,
    );
    checkAnswer(token, wanted, candidate.account, operation.correlationId);
    if (candidate.loginHint !== undefined && !sameUsername(token.account.username, candidate.loginHint))
      throw accountNotFound(operation.correlationId);
    return token;
  }

  /**
   * Opens a sign-in window, or waits for the one this credential has open already and tries again without: two
   * clients that start at once should not ask the user twice.
   */
  async #signInOnce(
    session: Session,
    wanted: Wanted,
    account: BrokerAccount | undefined,
  ): Promise<BrokerToken> {
    for (;;) {
      if (this.#signIn === undefined) return this.#askUser(session, wanted, account ?? this.#account);
      const outcome = await untilAborted(this.#signIn, session.operation.abortSignal);
      if (!outcome.signedIn) {
        // Who closed the window did not want to sign in; asking once more for each waiting client would annoy.
        if (isBrokerError(outcome.error) && outcome.error.code === "user_canceled") throw outcome.error;
        continue;
      }
      const known = account ?? this.#account;
      if (known === undefined) continue;
      try {
        return await this.#askSilently(session, wanted, { account: known });
      } catch (error) {
        if (!needsUser(error)) throw error;
      }
    }
  }

  #askUser(session: Session, wanted: Wanted, account: BrokerAccount | undefined): Promise<BrokerToken> {
    const window = this.#openWindow(session, wanted, account);
    // A broker that is slow to notice an abort must not keep the next caller from asking.
    const answer = untilAborted(window, session.operation.abortSignal).then((token) => {
      // Known before anybody who waits for this window goes on.
      if (session.sequence > this.#signedOutAt) this.#account = token.account;
      return token;
    });
    const turn: Promise<SignInOutcome> = answer
      .then(
        (): SignInOutcome => ({ signedIn: true }),
        (error: unknown): SignInOutcome => ({ signedIn: false, error }),
      )
      .then((outcome) => {
        if (this.#signIn === turn) this.#signIn = undefined;
        return outcome;
      });
    this.#signIn = turn;
    return answer;
  }

  async #openWindow(
    { broker, operation }: Session,
    wanted: Wanted,
    account: BrokerAccount | undefined,
  ): Promise<BrokerToken> {
    const { loginHint, readParentWindow } = this.#settings;
    const parentWindow = await untilAborted(readParentWindow(), operation.abortSignal);
    this.#log.step(`asks the user to sign in (correlation id: ${operation.correlationId}).`);
    const who: Partial<InteractiveTokenRequest> =
      account !== undefined
        ? { account }
        : loginHint !== undefined
          ? { loginHint }
          : { prompt: "select_account" };
    const request = { ...this.#request(wanted), ...who, parentWindow };
    // The user has as long as the callers of this flight wait: they bound it, not the platform's default.
    const token = await broker.acquireTokenInteractively(request, { ...operation, timeoutInMs: 0 });
    checkAnswer(token, wanted, account, operation.correlationId);
    return token;
  }

  #request({ scopes, tenantId, claims, enableCae, proofOfPossession }: Wanted): TokenRequest {
    const { authorityHost, clientId, redirectUri, disableInstanceDiscovery, enableMsaPassthrough } =
      this.#settings;
    return {
      authority: `${authorityHost}/${tenantId}`,
      clientId,
      scopes: scopes.scopes,
      ...(redirectUri === undefined ? {} : { redirectUri }),
      ...(claims === undefined ? {} : { claims }),
      ...(enableCae ? { clientCapabilities: ["CP1"] } : {}),
      ...(proofOfPossession === undefined ? {} : { proofOfPossession }),
      ...(disableInstanceDiscovery ? { extraParameters: { validateAuthority: "no" } } : {}),
      ...(enableMsaPassthrough ? { msaPassthrough: true } : {}),
    };
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
} as const;

function toAccessToken(token: BrokerToken, refreshAfter: number): AccessToken {
  const { accessToken, expiresOn, tokenType } = token;
  if (tokenType === "pop") return { token: accessToken, expiresOnTimestamp: expiresOn, tokenType };
  return {
    token: accessToken,
    expiresOnTimestamp: expiresOn,
    refreshAfterTimestamp: refreshAfter,
    tokenType,
  };
}

/** What no caller may ever get, whichever broker answered: somebody else's token, or one of the wrong kind. */
function checkAnswer(
  token: BrokerToken,
  wanted: Wanted,
  account: BrokerAccount | undefined,
  correlationId: string,
): void {
  if (account !== undefined && !sameId(token.account.homeAccountId, account.homeAccountId))
    throw new BrokerError("account_mismatch", {
      message:
        "The broker answered with a token for another account than the one asked for; it was thrown away.",
      hint: "Sign the right account in to the operating system, or leave out what pins the credential to an account.",
      correlationId,
    });
  if (
    isTenantGuid(wanted.tenantId) &&
    isTenantGuid(token.tenantId) &&
    !sameId(wanted.tenantId, token.tenantId)
  )
    throw new BrokerError("account_mismatch", {
      message: `The broker answered with a token of tenant ${token.tenantId} instead of ${wanted.tenantId}; it was thrown away.`,
      hint: "See that the account is a member or guest of the tenant.",
      correlationId,
    });
  if ((wanted.proofOfPossession !== undefined) !== (token.tokenType === "pop"))
    throw new BrokerError("protocol_error", {
      message: `The broker answered with a ${token.tokenType} token, which is not what was asked for; it was thrown away.`,
      hint: "Proof of possession may not be supported by this broker: see `npx broker doctor`.",
      correlationId,
    });
}

function accountNotFound(correlationId: string): BrokerError {
  return new BrokerError("account_not_found", {
    message: "The broker does not know the account.",
    hint: "List the accounts it knows with getAccounts() or `npx broker accounts`.",
    correlationId,
  });
}

function readHomeAccountId(account: unknown): string {
  if (account === undefined)
    throw new BrokerError("account_not_found", {
      message: "There is nobody to sign out: this credential has signed nobody in.",
      hint: "Give signOut() an account of getAccounts().",
    });
  const homeAccountId = (account as { readonly homeAccountId?: unknown } | null)?.homeAccountId;
  if (typeof homeAccountId !== "string" || homeAccountId === "")
    throw new TypeError(
      'The argument "account" of signOut() must be an account of getAccounts(), with a homeAccountId.',
    );
  return homeAccountId;
}
