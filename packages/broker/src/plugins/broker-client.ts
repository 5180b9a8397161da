import {
  type AbortSignalLike,
  type Broker,
  type BrokerAccount,
  BrokerError,
  type BrokerLogger,
  type BrokerToken,
  type InteractiveTokenRequest,
  isBrokerError,
  type OperationOptions,
  redactSensitive,
  type TokenRequest,
} from "@x/broker-contract";
import {
  findHintedAccount,
  isHomeProfile,
  listAccounts,
  profileOf,
  sameUsername,
} from "../credential/account-choice.js";
import { accountNotFound } from "../credential/account-not-found.js";
import { mergeClaims } from "../credential/claims.js";
import { developerSignOnClientId } from "../credential/client-id.js";
import { needsUser } from "../credential/failures.js";
import { Flight, throwIfAborted } from "../credential/flight.js";
import { type GuardedBroker, guardedBroker } from "../credential/guarded-broker.js";
import { sameId } from "../credential/ids.js";
import { checkAnswer } from "../credential/wanted-token.js";
import { turnedOff } from "../loader/broker-switch.js";
import {
  type BrokerForecast,
  type ImmediateLoadResult,
  loadPlatformBrokerNow,
} from "../loader/load-platform-broker-now.js";
import { accountOfNativeId } from "./native-account-id.js";

/** One call's view of the broker. */
export interface Session {
  readonly broker: GuardedBroker;
  readonly operation: OperationOptions & { readonly correlationId: string };
}

/** What a call is, and how long it may take. */
export interface CallSettings {
  /** For an error, e.g. `"Getting a token"`. */
  readonly doing: string;
  readonly correlationId: string | undefined;
  readonly abortSignal: AbortSignalLike | undefined;
  /** In milliseconds; `0` for no limit. */
  readonly timeoutInMs: number;
  readonly logger: (correlationId: string) => BrokerLogger;
}

/** Whom a request is for: an account, a user name, or (neither) the OS's default account. */
export interface Candidate {
  readonly account?: BrokerAccount;
  readonly loginHint?: string;
}

/** How a window is to be opened. */
export type WindowOptions = Pick<InteractiveTokenRequest, "prompt" | "parentWindow">;

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

let shared: ImmediateLoadResult | undefined;

/** The broker of this operating system, the same for all drop-ins. What is missing is looked for again. */
function sharedBroker(): ImmediateLoadResult {
  const isUsable = shared?.loaded === true && turnedOff(process.env) === undefined;
  if (shared === undefined || !isUsable) shared = loadPlatformBrokerNow();
  return shared;
}

/** What the drop-ins for Microsoft's interfaces do with the broker: calls that end, and accounts found by their ids. */
export class BrokerClient {
  readonly #own: Broker | undefined;
  /** Accounts that were signed in or listed, by client id: their ids need not be looked up again. */
  readonly #known = new Map<string, BrokerAccount[]>();
  /** For questions that name no app. */
  #lastClientId: string = developerSignOnClientId;

  /** @param own - Asked in place of the operating system's broker. */
  constructor(own?: Broker) {
    this.#own = own;
  }

  /** Whether there may be a broker, as far as that shows at once. */
  forecast(): BrokerForecast {
    if (this.#own !== undefined) return { possible: true };
    try {
      const found = sharedBroker();
      return found.loaded ? found.forecast() : { possible: false, error: found.error };
    } catch (cause) {
      return { possible: false, error: noForecast(cause) };
    }
  }

  /** Asks whether there is a broker. Rejects only when aborted. */
  async probe(abortSignal: AbortSignalLike | undefined): Promise<BrokerForecast> {
    throwIfAborted(abortSignal);
    try {
      const status = await this.#broker().probe(abortSignal === undefined ? {} : { abortSignal });
      return status.available ? { possible: true } : { possible: false, error: status.error };
    } catch (error) {
      if (error instanceof Error && error.name === "AbortError") throw error;
      return { possible: false, error: isBrokerError(error) ? error : noForecast(error) };
    }
  }

  /** @throws BrokerError `broker_unavailable` when there is no package that loads here. */
  #broker(): Broker {
    if (this.#own !== undefined) return this.#own;
    const found = sharedBroker();
    if (!found.loaded) throw found.error;
    return found.broker;
  }

  /** Makes one call, which ends in time, or when it is aborted. */
  async run<T>(call: CallSettings, work: (session: Session) => Promise<T>): Promise<T> {
    const { abortSignal, timeoutInMs, doing, correlationId } = call;
    throwIfAborted(abortSignal);
    const broker = guardedBroker(this.#broker());
    const flight = new Flight(
      (signal, id) => {
        // No limit of the platform's own: the flight has one.
        const operation = { abortSignal: signal, correlationId: id, timeoutInMs: 0, logger: call.logger(id) };
        return work({ broker, operation });
      },
      () => {},
      correlationId !== undefined && uuid.test(correlationId) ? correlationId : undefined,
    );
    return flight.join({ abortSignal, timeoutInMs, timeoutOption: "timeoutInMs", doing });
  }

  async listAccounts(session: Session, clientId: string): Promise<BrokerAccount[]> {
    this.#lastClientId = clientId;
    const accounts = await session.broker.getAccounts({ clientId }, session.operation);
    this.#known.set(clientId, accounts);
    return accounts;
  }

  /**
   * The account that a native account id means.
   * @param clientId - Default: that of the last call.
   */
  async findByNativeId(
    session: Session,
    id: string,
    clientId: string = this.#lastClientId,
  ): Promise<BrokerAccount | undefined> {
    return this.#find(session, clientId, (accounts) => accountOfNativeId(accounts, id));
  }

  /** The account with a home account id, in the given tenant where the broker lists it there. */
  async findByHomeId(
    session: Session,
    clientId: string,
    homeAccountId: string,
    tenantId: string | undefined,
  ): Promise<BrokerAccount | undefined> {
    return this.#find(session, clientId, (accounts) => {
      const same = accounts.filter((account) => sameId(account.homeAccountId, homeAccountId));
      return (
        same.find((account) => tenantId !== undefined && sameId(account.tenantId, tenantId)) ??
        profileOf(same)
      );
    });
  }

  /** Who is meant by a user name: an account if the broker knows one of that name, else the name. */
  async candidateNamed(session: Session, request: TokenRequest, loginHint: string): Promise<Candidate> {
    const { broker, operation } = session;
    const account = await findHintedAccount(
      broker,
      request.clientId,
      loginHint,
      tenantOf(request),
      operation,
    );
    return account === undefined ? { loginHint } : { account };
  }

  async askSilently(
    session: Session,
    request: TokenRequest,
    candidate: Candidate,
    options: { readonly forceRefresh?: boolean; readonly accessTokenToRenew?: string } = {},
  ): Promise<BrokerToken> {
    const { broker, operation } = session;
    const token = await broker.acquireTokenSilently({ ...request, ...candidate, ...options }, operation);
    const { loginHint } = candidate;
    if (loginHint !== undefined && !sameUsername(token.account.username, loginHint))
      throw accountNotFound(operation.correlationId);
    return this.#checked(token, session, request, candidate.account);
  }

  async askInWindow(
    session: Session,
    request: TokenRequest,
    candidate: Candidate,
    options: WindowOptions,
  ): Promise<BrokerToken> {
    const { broker, operation } = session;
    const token = await broker.acquireTokenInteractively({ ...request, ...candidate, ...options }, operation);
    return this.#checked(token, session, request, candidate.account);
  }

  /** Signs in without a window where that works, and with one where only the user gets any further. */
  async signIn(
    session: Session,
    request: TokenRequest,
    candidate: Candidate,
    options: WindowOptions,
  ): Promise<BrokerToken> {
    let reason: BrokerError;
    try {
      return await this.askSilently(session, request, candidate);
    } catch (error) {
      if (!needsUser(error)) throw error;
      reason = error;
    }
    const claims = mergeClaims(request.claims, reason.claims);
    return this.askInWindow(
      session,
      { ...request, ...(claims === undefined ? {} : { claims }) },
      candidate,
      options,
    );
  }

  async signOut(session: Session, clientId: string, account: BrokerAccount): Promise<void> {
    this.#lastClientId = clientId;
    try {
      await session.broker.signOut({ clientId, account }, session.operation);
    } finally {
      const known = this.#known.get(clientId) ?? [];
      this.#known.set(
        clientId,
        known.filter(({ homeAccountId }) => !sameId(homeAccountId, account.homeAccountId)),
      );
    }
  }

  async #find(
    session: Session,
    clientId: string,
    choose: (accounts: readonly BrokerAccount[]) => BrokerAccount | undefined,
  ): Promise<BrokerAccount | undefined> {
    this.#lastClientId = clientId;
    const found = choose(this.#known.get(clientId) ?? []);
    if (found !== undefined) return found;
    const accounts = await listAccounts(session.broker, clientId, session.operation);
    this.#known.set(clientId, accounts);
    return choose(accounts);
  }

  /** Lets nobody have somebody else's token, and remembers whose it is. */
  #checked(
    token: BrokerToken,
    { operation }: Session,
    request: TokenRequest,
    account: BrokerAccount | undefined,
  ): BrokerToken {
    const { clientId, proofOfPossession, msaPassthrough = false } = request;
    checkAnswer(token, {
      wanted: { tenantId: tenantOf(request), proofOfPossession },
      account,
      settings: { enableMsaPassthrough: msaPassthrough },
      correlationId: operation.correlationId,
    });
    this.#lastClientId = clientId;
    this.#remember(clientId, token.account);
    return token;
  }

  #remember(clientId: string, account: BrokerAccount): void {
    const known = this.#known.get(clientId) ?? [];
    const others = known.filter(
      ({ homeAccountId, tenantId }) =>
        !sameId(homeAccountId, account.homeAccountId) || !sameId(tenantId, account.tenantId),
    );
    // As a guest an account has other ids, which must not be all that is known of it.
    const isWorthIt = isHomeProfile(account) || others.length < known.length;
    if (isWorthIt) this.#known.set(clientId, [...others, account]);
  }
}

/** Deno throws at whatever it does not allow, even a look at the environment. */
function noForecast(cause: unknown): BrokerError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new BrokerError("broker_unavailable", {
    reason: "forecast_failed",
    message: `Whether there is a broker could not be found out: ${redactSensitive(text)}.`,
    hint: "Deno needs --allow-env, --allow-read, --allow-sys and --allow-ffi for the broker.",
    cause,
  });
}

/** The tenant that a request names. */
function tenantOf({ authority }: TokenRequest): string {
  return URL.canParse(authority) ? (new URL(authority).pathname.split("/")[1] ?? "") : "";
}
