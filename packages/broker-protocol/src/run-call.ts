import type { BrokerPlatform, OperationOptions } from "@x/broker-contract";
import type { CallFacts } from "./call-facts.js";
import { CallLog } from "./call-log.js";
import { Deadline } from "./deadline.js";
import { fairStart } from "./fair-start.js";

/** One public call: whose patience it is, what its errors say, where it logs. */
export interface Call {
  readonly deadline: Deadline;
  readonly facts: CallFacts;
  readonly log: CallLog;
}

/** What a public call is. */
export interface CallDescription {
  /** Name of the public call, for messages. */
  readonly operation: string;
  readonly platform: BrokerPlatform;
  /** What its errors say beside that. */
  readonly about?: Partial<CallFacts>;
  /** Used when the caller names none, in milliseconds; 0 means no limit. */
  readonly timeoutInMs: number;
}

/** Carries out a public call: at its turn, and logged. */
export async function runCall<T>(
  { operation, platform, about, timeoutInMs }: CallDescription,
  options: OperationOptions,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(operation, platform, options, timeoutInMs);
  const log = new CallLog(operation, deadline.correlationId, options);
  const facts = { operation, platform, correlationId: deadline.correlationId, ...about };
  try {
    const turn = fairStart();
    if (turn !== undefined) await turn;
    const result = await work({ deadline, facts, log });
    log.succeeded(deadline.elapsedInMs);
    return result;
  } catch (error) {
    log.failed(error, deadline.elapsedInMs);
    throw error;
  }
}
