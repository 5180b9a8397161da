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
 * Carries out a public call: at its turn, and logged.
 * @throws What `about` and `work` throw, as a rejection
 */
export async function runCall<T>(
  { operation, platform, about, timeoutInMs }: CallDescription,
  options: OperationOptions,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  // Before anything is made for the call: of a thousand that are made at once, most wait here.
  const turn = fairStart();
  if (turn !== undefined) await turn;
  let call: Call | undefined;
  let answered = false;
  try {
    const { scopes, redirectUri, personalData } = about();
    const deadline = new Deadline(operation, platform, options, timeoutInMs, startedAt);
    const { correlationId } = deadline;
    const facts = { operation, platform, correlationId, scopes, redirectUri, personalData };
    call = { deadline, facts, log: new CallLog(operation, correlationId, options) };
    const result = await work(call);
    answered = true;
    call.log.succeeded(deadline.elapsedInMs);
    return result;
  } catch (error) {
    call?.log.failed(error, call.deadline.elapsedInMs);
    throw error;
  } finally {
    hasEnded(answered);
  }
}
