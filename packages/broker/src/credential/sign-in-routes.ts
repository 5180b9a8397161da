import { type BrokerError, type BrokerToken, isBrokerError } from "@x/broker-contract";
import { chooseWay, type OpenWay } from "../fallback/choose-way.js";
import { callsForFallback, type SignInRoute, throughBroker } from "../fallback/fallback-kind.js";
import { loadMsal } from "../fallback/load-msal.js";
import { readSurroundings } from "../fallback/surroundings.js";
import type { WebSignIn } from "../fallback/web-sign-in.js";
import { whereOf } from "../fallback/where-of.js";
import { whatHappened } from "../what-happened.js";
import { accountNotFound } from "./account-not-found.js";
import { needsUser, retold, UserNeeded } from "./failures.js";
import type { GuardedBroker } from "./guarded-broker.js";
import { sameId } from "./ids.js";
import type { CredentialLogger } from "./logging.js";
import type { Settings } from "./read-options.js";
import type { Session, SignInFlow } from "./sign-in-flow.js";
import type { CacheEntry } from "./token-cache.js";
import type { WantedToken } from "./wanted-token.js";

/** A token, and the way it came. */
export interface RoutedToken {
  readonly token: BrokerToken;
  readonly route: SignInRoute;
}

/** A way that stands in for the broker, ready to be used. */
interface Opened {
  readonly route: SignInRoute;
  readonly broker: GuardedBroker;
}

/**
 * Decides which way to go: the broker first whenever the user is needed, the fallback where the broker cannot be used.
 * A sign-in that came through the fallback lasts for as long as its tokens can be renewed without the user.
 */
export class SignInRoutes {
  readonly #settings: Settings;
  readonly #log: CredentialLogger;
  readonly #flow: SignInFlow;
  /** The fallback, once it was needed: one, however many calls need it at once. */
  #web: WebSignIn | undefined;
  #loading: Promise<WebSignIn> | undefined;
  /** How it last signed somebody in. */
  #opened: Opened | undefined;

  constructor(settings: Settings, log: CredentialLogger, flow: SignInFlow) {
    this.#settings = settings;
    this.#log = log;
    this.#flow = flow;
  }

  /** Gets a token: without UI where that works, and with UI where only the user gets any further. */
  async acquire(session: Session, wanted: WantedToken): Promise<RoutedToken> {
    const renewed = await this.#renewHeld(session, wanted);
    if (renewed !== undefined && "token" in renewed) return renewed;
    try {
      return await this.#throughBroker(this.#flow.acquire(session, wanted));
    } catch (error) {
      const { disableInteractiveFallback, disableAutomaticAuthentication } = this.#settings;
      if (disableInteractiveFallback) throw error;
      const { route, broker } = await this.#openFallback(error, wanted);
      if (disableAutomaticAuthentication) throw new UserNeeded(route.fallbackReason, false);
      // What it has just said no to it need not be asked again.
      const asked =
        renewed === undefined ? broker : { ...broker, acquireTokenSilently: rejects(renewed.reason) };
      const token = await this.#flow.acquire({ ...session, broker: asked, through: route.through }, wanted);
      return { token, route };
    }
  }

  /** Signs in with UI, whatever the options say about UI. */
  async authenticate(session: Session, wanted: WantedToken): Promise<RoutedToken> {
    try {
      return await this.#throughBroker(this.#flow.authenticate(session, wanted));
    } catch (error) {
      const { route, broker } = await this.#openFallback(error, wanted);
      const token = await this.#flow.authenticate({ ...session, broker, through: route.through }, wanted);
      return { token, route };
    }
  }

  /** Replaces a token that is still good, without UI, by the way it came. */
  async renew(session: Session, wanted: WantedToken, { token, route }: CacheEntry): Promise<RoutedToken> {
    const broker = route.through === "broker" ? session.broker : this.#opened?.broker;
    if (broker === undefined) throw accountNotFound(session.operation.correlationId);
    const renewed = await this.#flow.renew({ ...session, broker, through: route.through }, wanted, token);
    return { token: renewed, route };
  }

  /** Signs an account out, wherever it signed in. */
  async signOut({ broker, operation }: Session, homeAccountId: string): Promise<void> {
    const { clientId } = this.#settings;
    const wasHeld = await this.#forget(homeAccountId);
    try {
      const accounts = await broker.getAccounts({ clientId }, operation);
      const found = accounts.find((candidate) => sameId(candidate.homeAccountId, homeAccountId));
      if (found === undefined) throw accountNotFound(operation.correlationId);
      await broker.signOut({ clientId, account: found }, operation);
    } catch (error) {
      const isNotThere =
        callsForFallback(error) || (isBrokerError(error) && error.code === "account_not_found");
      if (!wasHeld || !isNotThere) throw error;
    } finally {
      await this.#forget(homeAccountId);
    }
  }

  async #throughBroker(asked: Promise<BrokerToken>): Promise<RoutedToken> {
    const token = await asked;
    // One way at a time: from here on the broker renews what the fallback did.
    await this.#forget(token.account.homeAccountId);
    return { token, route: throughBroker };
  }

  async #forget(homeAccountId: string): Promise<boolean> {
    return (await this.#web?.forget(homeAccountId)) ?? false;
  }

  /** Gets a token for who signed in through the fallback; or why only the user gets any further. */
  async #renewHeld(
    session: Session,
    wanted: WantedToken,
  ): Promise<RoutedToken | { readonly reason: BrokerError } | undefined> {
    const { homeAccountId } = this.#flow;
    if (this.#web === undefined || this.#opened === undefined || homeAccountId === undefined)
      return undefined;
    if (wanted.proofOfPossession !== undefined || !(await this.#web.holds(homeAccountId))) return undefined;
    const { route, broker } = this.#opened;
    try {
      const asked = { ...session, broker, through: route.through };
      return { token: await this.#flow.acquireKnown(asked, wanted), route };
    } catch (reason) {
      if (!needsUser(reason)) throw reason;
      return { reason };
    }
  }

  /**
   * Makes the fallback ready.
   * @throws What the broker failed with, where there is no fallback for that, or none that works here.
   */
  async #openFallback(error: unknown, { proofOfPossession }: WantedToken): Promise<Opened> {
    const { fallback, hasPrompt } = this.#settings;
    if (fallback === "none" || proofOfPossession !== undefined || !callsForFallback(error)) throw error;
    const chosen = chooseWay(fallback, hasPrompt, readSurroundings());
    if (chosen.way === undefined) throw withoutFallback(error, nobodyToAsk(chosen.why));
    this.#loading ??= this.#load(error);
    const web = await this.#loading;
    this.#web = web;
    const route: SignInRoute = { through: chosen.way, fallbackReason: error };
    this.#log.notice(`The user has to sign in ${reasonsOf(chosen, error)}`);
    this.#opened = { route, broker: this.#announced(web.asBroker(chosen), route) };
    return this.#opened;
  }

  async #load(error: BrokerError): Promise<WebSignIn> {
    const [loaded, { WebSignIn: LoadedSignIn }] = await Promise.all([
      loadMsal(),
      import("../fallback/web-sign-in.js"),
    ]);
    if ("msal" in loaded) return new LoadedSignIn(loaded.msal, this.#settings, this.#log);
    // What is missing may be there the next time.
    this.#loading = undefined;
    throw withoutFallback(error, loaded);
  }

  /** The same, which tells the app when the user is about to be asked. */
  #announced(broker: GuardedBroker, route: SignInRoute): GuardedBroker {
    const { onFallback } = this.#settings;
    if (onFallback === undefined) return broker;
    return {
      ...broker,
      acquireTokenInteractively: async (request, options) => {
        onFallback(route);
        return broker.acquireTokenInteractively(request, options);
      },
    };
  }
}

function rejects(reason: BrokerError): () => Promise<never> {
  return () => Promise.reject(reason);
}

/** Why the user signs in this way, for the log. */
function reasonsOf(chosen: OpenWay, error: BrokerError): string {
  const instead =
    chosen.way === "device-code" && chosen.insteadOfBrowser !== undefined
      ? ` No browser is opened, because ${chosen.insteadOfBrowser}.`
      : "";
  return `${whereOf(chosen.way)}, because the broker cannot be used: ${whatHappened(error)}${instead}`;
}

function nobodyToAsk(why: string): { readonly message: string; readonly hint: string } {
  return {
    message: `A browser cannot stand in for it, because ${why}; nor a code to enter on another device, because there is no terminal to show it on.`,
    hint: 'To sign in elsewhere, show the code with the option userPromptCallback, or have it written to standard error with the option fallback set to "device-code".',
  };
}

/** What the broker failed with, and why nothing stands in for it. */
function withoutFallback(
  error: BrokerError,
  { message, hint }: { message: string; hint: string },
): BrokerError {
  return retold(error, `${whatHappened(error)} ${message}`, `${error.hint} ${hint}`);
}
