import type { BrokerPlatform, DiagnosticCheck } from "@x/broker-contract";
import type { ProcessFacts } from "./broker-process.js";
import type { CallFacts } from "./call-facts.js";
import type { Deadline } from "./deadline.js";
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

/** The way requests reach a broker. The protocol above it is the same for every way. */
export interface BrokerTransport {
  readonly platform: BrokerPlatform;

  /**
   * Sends a request and gives back the answer's text.
   * @throws BrokerError, or AbortError when the deadline's signal fired
   */
  request(call: BrokerCall, deadline: Deadline, facts: CallFacts): Promise<string>;

  /** Makes sure that a broker can be asked, starting it if need be, and says who it is. */
  reach(deadline: Deadline, facts: CallFacts): Promise<BrokerOwner>;

  /** Facts for people. No personal data. */
  describe(): Readonly<Record<string, string>>;

  /** Looks at what lies between this process and the broker, from the ground up, until something fails. */
  diagnose(deadline: Deadline, facts: CallFacts): AsyncIterable<DiagnosticCheck>;

  /** The process that answers, as far as it can be seen from here. */
  brokerProcess(): ProcessFacts | undefined;

  /** Looks at the keyring, without ever starting one. */
  keyringState(deadline: Deadline, facts: CallFacts): Promise<KeyringState>;

  /** Lets go of everything; calls in flight reject. A later request starts afresh. */
  close(): void;
}
