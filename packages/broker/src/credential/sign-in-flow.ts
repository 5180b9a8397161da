import {
  type BrokerAccount,
  type BrokerError,
  type BrokerErrorCode,
  type BrokerToken,
  type InteractiveTokenRequest,
  isBrokerError,
  type OperationOptions,
} from "@x/broker-contract";
import type { SignInWay } from "../fallback/fallback-kind.js";
import {
  findHintedAccount,
  findRecordedAccount,
  findWhyNoDefault,
  isHomeProfile,
  sameUsername,
} from "./account-choice.js";
import { accountNotFound } from "./account-not-found.js";
import { accountOf } from "./authentication-record.js";
import { mergeClaims } from "./claims.js";
import { needsUser, UserNeeded } from "./failures.js";
import { untilAborted } from "./flight.js";
import type { GuardedBroker } from "./guarded-broker.js";
import { sameId } from "./ids.js";
import type { CredentialLogger } from "./logging.js";
import type { Settings } from "./read-options.js";
import { checkAnswer, tokenRequest, type WantedToken } from "./wanted-token.js";

/** One flight's view of the broker. */
export interface Session {
  /** The broker, or what stands in for it. */
  readonly broker: GuardedBroker;
  readonly through: SignInWay;
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

/** Whoever the operating system's own account is. */
const defaultAccount: Candidate = Object.freeze({});

/** How a sign-in window of this credential ended, for those who waited for it. */
type SignInOutcome = { readonly signedIn: true } | { readonly signedIn: false; readonly error: unknown };

/** Decides whom to ask for and whether to show UI, and remembers who signed in. */
export class SignInFlow {
  readonly #settings: Settings;
  readonly #log: CredentialLogger;
  /** Whom this credential signed in, once it did. One credential is for one account until a sign-out. */
  #account: BrokerAccount | undefined;
  /** The sign-in window that is open or about to open. */
  #signIn: Promise<SignInOutcome> | undefined;
  /**
   * By home account id in lower case: the last session that began before the account's sign-out had ended. What
   * it and earlier ones find out about the account is not kept.
   */
  readonly #signedOutAt = new Map<string, number>();

  constructor(settings: Settings, log: CredentialLogger) {
    this.#settings = settings;
    this.#log = log;
  }

  /** The account tokens are for, if that is known: the record's, or that of who signed in. */
  get homeAccountId(): string | undefined {
    return this.#settings.authenticationRecord?.homeAccountId ?? this.#account?.homeAccountId;
  }

  /** Remembers whose token a session got. `false` when there was a sign-out meanwhile: forget the token. */
  remember(account: BrokerAccount, sequence: number): boolean {
    if (sequence <= (this.#signedOutAt.get(account.homeAccountId.toLowerCase()) ?? 0)) return false;
    const known = this.#account;
    // As a guest an account has other ids, which must not take the place of those of its home tenant.
    const isBetter =
      known === undefined ||
      (sameId(known.homeAccountId, account.homeAccountId) &&
        (sameId(known.tenantId, account.tenantId) || isHomeProfile(account)));
    if (isBetter) this.#account = account;
    return true;
  }

  /** Forgets an account; `lastSequence` is that of the latest session so far. */
  forget(homeAccountId: string, lastSequence: number): void {
    this.#signedOutAt.set(homeAccountId.toLowerCase(), lastSequence);
    if (this.#account !== undefined && sameId(this.#account.homeAccountId, homeAccountId))
      this.#account = undefined;
  }

  /** Gets a token: without UI where an account is known, and with UI where only the user gets any further. */
  async acquire(session: Session, wanted: WantedToken): Promise<BrokerToken> {
    const { clientId, disableAutomaticAuthentication, disableInteractiveFallback } = this.#settings;
    let known: BrokerAccount | undefined;
    let candidate: Candidate | undefined;
    let reason: BrokerError | undefined;
    try {
      known = await this.#knownAccount(session);
      candidate = known === undefined ? await this.#unknownCandidate(session, wanted) : { account: known };
      if (candidate !== undefined) return await this.#askSilently(session, wanted, candidate);
    } catch (error) {
      if (!needsUser(error)) throw error;
      reason = error;
    }
    if (disableAutomaticAuthentication || disableInteractiveFallback) {
      const askedForDefault = candidate === defaultAccount;
      if (askedForDefault) reason = await findWhyNoDefault(session, clientId, reason);
      throw new UserNeeded(reason, askedForDefault);
    }
    return this.#signInOnce(session, wanted, known, reason);
  }

  /** Gets a token for who signed in already, without UI. */
  async acquireKnown(session: Session, wanted: WantedToken): Promise<BrokerToken> {
    if (this.#account === undefined) throw accountNotFound(session.operation.correlationId);
    return this.#askSilently(session, wanted, { account: this.#account });
  }

  /** Signs in with UI, except that the default account is tried without where that was asked for. */
  async authenticate(session: Session, wanted: WantedToken): Promise<BrokerToken> {
    const { loginHint, useDefaultBrokerAccount } = this.#settings;
    let known: BrokerAccount | undefined;
    let reason: BrokerError | undefined;
    try {
      known = await this.#knownAccount(session);
      if (known === undefined && useDefaultBrokerAccount && loginHint === undefined)
        return await this.#askSilently(session, wanted, defaultAccount);
    } catch (error) {
      if (!needsUser(error)) throw error;
      reason = error;
    }
    // One window at a time; whoever signs in in the one that is open is then the account to ask for.
    while (this.#signIn !== undefined) await untilAborted(this.#signIn, session.operation.abortSignal);
    return this.#askUser(session, withClaims(wanted, reason), known);
  }

  /** Replaces a token that is still good, without UI. */
  renew(session: Session, wanted: WantedToken, token: BrokerToken): Promise<BrokerToken> {
    const renewal = { forceRefresh: true, accessTokenToRenew: token.accessToken };
    return this.#askSilently(session, wanted, { account: this.#account ?? token.account }, renewal);
  }

  /** Whom to ask for without UI when the credential has signed nobody in yet, if anybody. */
  async #unknownCandidate(
    { broker, operation }: Session,
    wanted: WantedToken,
  ): Promise<Candidate | undefined> {
    const { clientId, loginHint, useDefaultBrokerAccount } = this.#settings;
    if (loginHint === undefined) return useDefaultBrokerAccount ? defaultAccount : undefined;
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
    session: Session,
    wanted: WantedToken,
    candidate: Candidate,
    renewal: { readonly forceRefresh?: boolean; readonly accessTokenToRenew?: string } = {},
  ): Promise<BrokerToken> {
    const { broker, operation, sequence, through } = session;
    this.#log.step(`asks without UI, by way of the ${through} (correlation id: ${operation.correlationId}).`);
    const token = await broker.acquireTokenSilently(
      { ...tokenRequest(this.#settings, wanted), ...candidate, ...renewal },
      operation,
    );
    this.#check(token, session, wanted, candidate.account);
    if (candidate.loginHint !== undefined && !sameUsername(token.account.username, candidate.loginHint))
      throw accountNotFound(operation.correlationId);
    const known = this.#account;
    // Somebody else signed in while the broker chose whom to answer for.
    if (known !== undefined && !sameId(known.homeAccountId, token.account.homeAccountId))
      return this.#askSilently(session, wanted, { account: known });
    // At once, so that whoever comes next asks for the same account.
    this.remember(token.account, sequence);
    return token;
  }

  /**
   * Opens a sign-in window, or waits for the one this credential has open already and tries again without: two
   * clients that start at once should not ask the user twice.
   */
  async #signInOnce(
    session: Session,
    wanted: WantedToken,
    lookedUp: BrokerAccount | undefined,
    firstReason: BrokerError | undefined,
  ): Promise<BrokerToken> {
    let reason = firstReason;
    for (;;) {
      if (this.#signIn === undefined) return this.#askUser(session, withClaims(wanted, reason), lookedUp);
      const outcome = await untilAborted(this.#signIn, session.operation.abortSignal);
      if (!outcome.signedIn) {
        if (holdsForOthers(outcome.error)) throw outcome.error;
        continue;
      }
      const account = this.#account ?? lookedUp;
      if (account === undefined) continue;
      try {
        return await this.#askSilently(session, wanted, { account });
      } catch (error) {
        if (!needsUser(error)) throw error;
        reason = error;
      }
    }
  }

  /** Opens a window, for the account that is known by now if one is. */
  #askUser(session: Session, wanted: WantedToken, lookedUp: BrokerAccount | undefined): Promise<BrokerToken> {
    const { authenticationRecord } = this.#settings;
    const account = this.#account ?? lookedUp ?? (authenticationRecord && accountOf(authenticationRecord));
    const window = this.#openWindow(session, wanted, account);
    // A broker that is slow to notice an abort must not keep the next caller from asking.
    const answer = untilAborted(window, session.operation.abortSignal).then((token) => {
      // Somebody may have signed in without a window meanwhile.
      this.#check(token, session, wanted, account ?? this.#account);
      // Known before anybody who waits for this window goes on.
      this.remember(token.account, session.sequence);
      return token;
    });
    const turn: Promise<SignInOutcome> = answer
      .then(
        (): SignInOutcome => ({ signedIn: true }),
        (error: unknown): SignInOutcome => ({ signedIn: false, error }),
      )
      .then((outcome) => {
        this.#signIn = undefined;
        return outcome;
      });
    this.#signIn = turn;
    return answer;
  }

  async #openWindow(
    { broker, operation, through }: Session,
    wanted: WantedToken,
    account: BrokerAccount | undefined,
  ): Promise<BrokerToken> {
    const { loginHint, readParentWindow } = this.#settings;
    const parentWindow = await untilAborted(readParentWindow(), operation.abortSignal);
    this.#log.step(
      `asks the user to sign in, by way of the ${through} (correlation id: ${operation.correlationId}).`,
    );
    const who: Partial<InteractiveTokenRequest> =
      account !== undefined
        ? { account }
        : loginHint !== undefined
          ? { loginHint }
          : { prompt: "select_account" };
    const request = { ...tokenRequest(this.#settings, wanted), ...who, parentWindow };
    return broker.acquireTokenInteractively(request, operation);
  }

  #check(
    token: BrokerToken,
    { operation: { correlationId }, through }: Session,
    wanted: WantedToken,
    account: BrokerAccount | undefined,
  ): void {
    checkAnswer(token, { wanted, account, settings: this.#settings, correlationId, through });
  }
}

/** What was asked for, and what the tenant said is needed on top when it refused to give it without the user. */
function withClaims(wanted: WantedToken, reason: BrokerError | undefined): WantedToken {
  return { ...wanted, claims: mergeClaims(wanted.claims, reason?.claims) };
}

/** Reasons that may lie in what one caller asked for, so that another's window may well succeed. */
const reasonsOfOneRequest: ReadonlySet<BrokerErrorCode> = new Set([
  "interaction_required",
  "invalid_request",
]);

/**
 * Whether a window's failure is the answer for every caller who waited for it: who closed it did not want to sign
 * in, and what does not work at all need not be shown to the user once for each of them.
 */
function holdsForOthers(error: unknown): boolean {
  if (!isBrokerError(error)) return !(error instanceof Error && error.name === "AbortError");
  return error.code !== "timed_out" && !error.retryable && !reasonsOfOneRequest.has(error.code);
}
