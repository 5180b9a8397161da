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

/** Which public call it is. */
export interface CallTitle {
  readonly operation: string;
  readonly platform: BrokerPlatform;
  /** How long it may take when the caller does not say, in milliseconds; 0 means no limit. */
  readonly timeoutInMs: number;
  /** What its errors say beyond that. */
  readonly about?: Partial<CallFacts>;
}

/**
 * Carries out one public call: in its turn, within the caller's patience, and told to the caller's log.
 * @throws TypeError or RangeError for options that are none, and whatever `work` throws
 */
export async function runCall<T>(
  { operation, platform, timeoutInMs, about }: CallTitle,
  options: OperationOptions,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(operation, platform, options, timeoutInMs);
  const { correlationId } = deadline;
  const log = new CallLog(operation, correlationId, options);
  try {
    const turn = fairStart();
    if (turn !== undefined) await turn;
    const result = await work({ deadline, facts: { operation, platform, correlationId, ...about }, log });
    log.succeeded(deadline.elapsedInMs);
    return result;
  } catch (error) {
    log.failed(error, deadline.elapsedInMs);
    throw error;
  }
}
