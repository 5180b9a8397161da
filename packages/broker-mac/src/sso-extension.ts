import type { BrokerError } from "@x/broker-contract";
import { type Call, type Deadline, inTurn } from "@x/broker-protocol";
import { redirectUriOf } from "./caller.js";
import type { CompanyPortal } from "./company-portal.js";
import type { MacFacts } from "./mac-facts.js";
import { MainRunLoop } from "./main-run-loop.js";
import type { NativeBinding, NativeCaller, NativeResponse } from "./native.js";
import { addon, type LoadBinding } from "./native-addon.js";
import { connectionClosed, nativeError, notMainThread } from "./native-errors.js";
import { identityProviderUrl } from "./protocol.js";
import type { ExtensionRequest } from "./request-options.js";
import { noExtension } from "./unavailable.js";

/**
 * How long the main run loop is served after a request that could show a window, in milliseconds: the window is this
 * process', and somebody has to take it away.
 */
const closingTimeInMs = 1_000;

export interface SsoExtensionOptions {
  readonly loadBinding: LoadBinding;
  readonly companyPortal: () => Promise<CompanyPortal>;
}

/** How to send a request. */
export interface Delivery {
  /** Whether the extension may show a window. */
  readonly interactive: boolean;
  /** Address of the view whose window that window belongs to. */
  readonly anchorView?: bigint | undefined;
  /** Waits this long before the main run loop is served, in milliseconds. Default 0. To find out who needs it. */
  readonly serveAfterInMs?: number;
}

/** A request under way, or waiting for its turn. */
class Flight {
  /** Rejects when the flight is ended from outside. */
  readonly ended: Promise<never>;
  #error: BrokerError | undefined;
  #reject: (error: BrokerError) => void = () => {};

  constructor() {
    this.ended = new Promise((_resolve, reject) => {
      this.#reject = reject;
    });
    // It may end when nobody waits for it any more.
    this.ended.catch(() => {});
  }

  end(error: BrokerError): void {
    this.#error = error;
    this.#reject(error);
  }

  throwIfEnded(): void {
    if (this.#error !== undefined) throw this.#error;
  }
}

/** Microsoft's SSO extension, as this process reaches it through AuthenticationServices. */
export class SsoExtension {
  readonly #options: SsoExtensionOptions;
  readonly #runLoop = new MainRunLoop();
  readonly #flights = new Map<Flight, MacFacts>();
  #caller: NativeCaller | undefined;
  /** The question under way whether there is an extension: it holds a thread, so who asks meanwhile joins in. */
  #question: Promise<boolean> | undefined;

  constructor(options: SsoExtensionOptions) {
    this.#options = options;
  }

  /**
   * What errors of a call may say, now that it is known which program asks.
   * @throws BrokerError where the addon does not load
   */
  facts(call: Call, request: { readonly redirectUri?: string } = {}, interactive = false): MacFacts {
    // A program does not change its signature while it runs.
    this.#caller ??= this.binding().caller();
    const caller = this.#caller;
    const expectedRedirectUri = redirectUriOf(caller);
    const redirectUri = request.redirectUri ?? expectedRedirectUri;
    return { ...call.facts, interactive, caller, expectedRedirectUri, redirectUri };
  }

  /** @throws BrokerError where the addon does not load */
  binding(): NativeBinding {
    return addon.require(this.#options.loadBinding);
  }

  /**
   * Makes sure that there is an extension to ask. It may come and go with a profile, so this is asked anew each time.
   * @throws BrokerError `broker_unavailable`, with the reason
   */
  async require(binding: NativeBinding, facts: MacFacts, deadline: Deadline): Promise<void> {
    if (!binding.isMainThread()) throw notMainThread(facts);
    if (await this.#canPerform(binding, facts, deadline)) return;
    const portal = await deadline.race(this.#options.companyPortal(), () => {});
    throw noExtension(portal, facts);
  }

  /**
   * Sends a request and gives the answer as it came. Requests that may show a window take turns.
   * @throws BrokerError
   */
  async ask(
    request: ExtensionRequest,
    delivery: Delivery,
    deadline: Deadline,
    facts: MacFacts,
  ): Promise<NativeResponse> {
    deadline.throwIfOver();
    const flight = new Flight();
    this.#flights.set(flight, facts);
    const send = () => this.#send(request, delivery, deadline, facts, flight);
    const answer = delivery.interactive ? inTurn("macos", deadline, send) : send();
    try {
      return await Promise.race([answer, flight.ended]);
    } finally {
      this.#flights.delete(flight);
    }
  }

  /** Ends what is under way or waits for its turn: those calls reject. */
  close(): void {
    for (const [flight, facts] of this.#flights) flight.end(connectionClosed(facts));
  }

  async #send(
    { operation, options }: ExtensionRequest,
    { interactive, anchorView, serveAfterInMs = 0 }: Delivery,
    deadline: Deadline,
    facts: MacFacts,
    flight: Flight,
  ): Promise<NativeResponse> {
    flight.throwIfEnded();
    const binding = this.binding();
    await this.require(binding, facts, deadline);
    flight.throwIfEnded();
    deadline.throwIfOver();
    const pending = binding.perform({
      identityProviderUrl,
      operation,
      options,
      userInterfaceEnabled: interactive,
      keepAlive: deadline.keepProcessAlive,
      ...(anchorView !== undefined && { anchorView }),
    });
    const stopServing = this.#serve(binding, serveAfterInMs);
    try {
      const answer = Promise.race([withBrokerErrors(pending.result, facts), flight.ended]);
      return await deadline.race(answer, () => {});
    } finally {
      // Whatever ended the waiting; a request that has ended by itself does not mind.
      pending.cancel();
      if (interactive) setTimeout(stopServing, closingTimeInMs).unref();
      else stopServing();
    }
  }

  async #canPerform(binding: NativeBinding, facts: MacFacts, deadline: Deadline): Promise<boolean> {
    this.#question ??= binding.canPerform(identityProviderUrl).finally(() => {
      this.#question = undefined;
    });
    return await deadline.race(withBrokerErrors(this.#question, facts), () => {});
  }

  #serve(binding: NativeBinding, afterInMs: number): () => void {
    if (afterInMs === 0) return this.#runLoop.serve(binding);
    let stop = () => {};
    const timer = setTimeout(() => {
      stop = this.#runLoop.serve(binding);
    }, afterInMs).unref();
    return () => {
      clearTimeout(timer);
      stop();
    };
  }
}

async function withBrokerErrors<T>(result: Promise<T>, facts: MacFacts): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw nativeError(error, facts);
  }
}
