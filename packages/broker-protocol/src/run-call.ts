import type { BrokerPlatform, OperationOptions } from "@x/broker-contract";
import type { CallFacts } from "./call-facts.js";
import { CallLog } from "./call-log.js";
import { Deadline } from "./deadline.js";
import { fairStart, hasEnded } from "./fair-start.js";

/** One public call: whose patience it is, what its errors say, where it logs. */
export interface Call {
  readonly deadline: Deadline;
  readonly facts: CallFacts;
  readonly log: CallLog;
}

/** What errors say of a request. */
export type AboutRequest = Pick<CallFacts, "scopes" | "redirectUri" | "personalData">;

/** What a public call is. */
export interface CallDescription {
  /** Name of the public call, for messages. */
  readonly operation: string;
  readonly platform: BrokerPlatform;
  /** Looks at the request, whose mistakes it may throw, and tells what else errors say of it. */
  readonly about: () => AboutRequest;
  /** Used when the caller names none, in milliseconds; 0 means no limit. */
  readonly timeoutInMs: number;
}

/**
 * Carries out a public call: at its turn, and logged. Mistakes in the request and the options are refused before that.
 * @throws What `about` and `work` throw, as a rejection
 */
export async function runCall<T>(
  { operation, platform, about, timeoutInMs }: CallDescription,
  options: OperationOptions,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  const { scopes, redirectUri, personalData } = about();
  const deadline = new Deadline(operation, platform, options, timeoutInMs);
  const { correlationId } = deadline;
  const log = new CallLog(operation, correlationId, options);
  const facts = { operation, platform, correlationId, scopes, redirectUri, personalData };
  const turn = fairStart();
  if (turn !== undefined) await turn;
  let answered = false;
  try {
    // Whoever gave up meanwhile is not asked for any more.
    if (turn !== undefined) deadline.throwIfOver();
    const result = await work({ deadline, facts, log });
    answered = true;
    log.succeeded(deadline.elapsedInMs);
    return result;
  } catch (error) {
    log.failed(error, deadline.elapsedInMs);
    throw error;
  } finally {
    hasEnded(answered);
  }
}
