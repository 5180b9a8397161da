import {
  type BrokerAccount,
  type BrokerError,
  type BrokerToken,
  type InteractiveTokenRequest,
  isBrokerError,
  type OperationOptions,
} from "@x/broker-contract";
import { findHintedAccount, findRecordedAccount, sameUsername } from "./account-choice.js";
import { accountNotFound } from "./account-not-found.js";
import { needsUser, UserNeeded } from "./errors.js";
import { untilAborted } from "./flight.js";
import type { GuardedBroker } from "./guarded-broker.js";
import { sameId } from "./ids.js";
import type { CredentialLogger } from "./logging.js";
import type { Settings } from "./read-options.js";
import { checkAnswer, tokenRequest, type WantedToken } from "./wanted-token.js";

/** One flight's view of the broker. */
export interface Session {
  readonly broker: GuardedBroker;
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

/** Decides whom to ask for and whether to show UI, and remembers who signed in. */
export class SignInFlow {
  readonly #settings: Settings;
  readonly #log: CredentialLogger;
  /** Whom this credential signed in, once it did. */
  #account: BrokerAccount | undefined;
  /** The sign-in window that is open or waits its turn. */
  #signIn: Promise<SignInOutcome> | undefined;
  /** The last session that began before a sign-out: what it and earlier ones find is not kept. */
  #signedOutAt = 0;

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
    if (!this.#isCurrent(sequence)) return false;
    if (this.#account === undefined || sameId(this.#account.homeAccountId, account.homeAccountId))
      this.#account = account;
    return true;
  }

  /** Forgets an account; `lastSequence` is that of the latest session so far. */
  forget(homeAccountId: string, lastSequence: number): void {
    this.#signedOutAt = lastSequence;
    if (this.#account !== undefined && sameId(this.#account.homeAccountId, homeAccountId))
      this.#account = undefined;
  }

  /** Gets a token: without UI where an account is known, and with UI where only the user gets any further. */
  async acquire(session: Session, wanted: WantedToken): Promise<BrokerToken> {
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

  /** Signs in with UI, except that the default account is tried without where that was asked for. */
  async authenticate(session: Session, wanted: WantedToken): Promise<BrokerToken> {
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

  /** Replaces a token that is still good, without UI. */
  renew(session: Session, wanted: WantedToken, token: BrokerToken): Promise<BrokerToken> {
    const renewal = { forceRefresh: true, accessTokenToRenew: token.accessToken };
    return this.#askSilently(session, wanted, { account: token.account }, renewal);
  }

  /** Whom to ask for without UI when the credential has signed nobody in yet, if anybody. */
  async #unknownCandidate(
    { broker, operation }: Session,
    wanted: WantedToken,
  ): Promise<Candidate | undefined> {
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
    wanted: WantedToken,
    candidate: Candidate,
    renewal: { readonly forceRefresh?: boolean; readonly accessTokenToRenew?: string } = {},
  ): Promise<BrokerToken> {
    this.#log.step(`asks the broker without UI (correlation id: ${operation.correlationId}).`);
    const token = await broker.acquireTokenSilently(
      { ...tokenRequest(this.#settings, wanted), ...candidate, ...renewal },
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
    wanted: WantedToken,
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

  #askUser(session: Session, wanted: WantedToken, account: BrokerAccount | undefined): Promise<BrokerToken> {
    const window = this.#openWindow(session, wanted, account);
    // A broker that is slow to notice an abort must not keep the next caller from asking.
    const answer = untilAborted(window, session.operation.abortSignal).then((token) => {
      // Known before anybody who waits for this window goes on.
      if (this.#isCurrent(session.sequence)) this.#account = token.account;
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
    wanted: WantedToken,
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
    const request = { ...tokenRequest(this.#settings, wanted), ...who, parentWindow };
    // The user has as long as the callers of this flight wait: they bound it, not the platform's default.
    const token = await broker.acquireTokenInteractively(request, { ...operation, timeoutInMs: 0 });
    checkAnswer(token, wanted, account, operation.correlationId);
    return token;
  }

  #isCurrent(sequence: number): boolean {
    return sequence > this.#signedOutAt;
  }
}
