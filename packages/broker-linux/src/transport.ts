import type { BrokerError, DiagnosticCheck } from "@x/broker-contract";
import type { CallFacts, Deadline, TitledCheck } from "@x/broker-protocol";
import type { ProcessFacts } from "./broker-process.js";
import type { BrokerDialect } from "./dialect.js";
import type { BrokerMethod } from "./protocol.js";

/** One request to the broker. */
export interface BrokerCall {
  readonly method: BrokerMethod;
  /** The request as JSON text. */
  readonly requestJson: string;
  /**
   * Whether the call may show UI: then it waits for its turn (one at a time per process) and is bounded by
   * the deadline alone, for a person takes as long as a person takes.
   */
  readonly interactive: boolean;
}

/** State of the keyring that holds the broker's secrets. */
export type KeyringState = "locked" | "unlocked" | "none" | "unknown";

/** What is known about the process that answers. */
export interface BrokerOwner {
  /** Its unique bus name. */
  readonly uniqueName: string;
  readonly uid: number;
  readonly pid?: number;
}

/** What a broker said when it was only asked whether it is there. */
export interface BrokerGreeting {
  /** Its answer's text, where it gave one. */
  readonly text?: string;
}

/** The way requests reach a broker. The protocol above it is the same for every way. */
export interface BrokerTransport {
  readonly dialect: BrokerDialect;

  /** The checks that {@link diagnose} makes, in order. */
  readonly groundwork: readonly TitledCheck[];

  /**
   * Sends a request and gives back the answer's text.
   * @throws BrokerError, or AbortError when the deadline's signal fired
   */
  request(call: BrokerCall, deadline: Deadline, facts: CallFacts): Promise<string>;

  /** Makes sure that a broker can be asked, starting it if need be. */
  reach(deadline: Deadline, facts: CallFacts): Promise<BrokerGreeting>;

  /** Facts for people. No personal data. */
  describe(): Readonly<Record<string, string>>;

  /** Looks at what lies between this process and the broker, from the ground up, until something fails. */
  diagnose(deadline: Deadline, facts: CallFacts): AsyncIterable<DiagnosticCheck>;

  /** The process that answers, as far as it can be seen from here. */
  brokerProcess(): ProcessFacts | undefined;

  /** Looks at the keyring, without ever starting one. */
  keyringState(deadline: Deadline, facts: CallFacts): Promise<KeyringState>;

  /** Forgets where the broker was found, so that it is looked for again. Calls in flight go on. */
  forget(): void;

  /** Lets go of everything; calls in flight reject. A later request starts afresh. */
  close(): void;
}

/** Which way requests go. */
export interface BrokerRoute {
  /** The way taken last, or the one that will be tried first. */
  readonly current: BrokerTransport;
  /** Why the current way was not the first choice, if it was not. */
  readonly passedOver?: BrokerError | undefined;

  /**
   * Makes sure that a way is chosen, or chooses `afresh` whatever was known.
   * @throws BrokerError when there is none
   */
  choose(deadline: Deadline, facts: CallFacts, afresh?: "afresh"): Promise<BrokerTransport>;

  /** Closes every way. */
  close(): void;
}
