import type { BrokerError } from "@x/broker-contract";
import { type CallFacts, callError } from "./call-facts.js";

/** The error for an answer that does not make sense. The answer itself is not shown: it may hold a token. */
export function nonsense(what: string, facts: CallFacts): BrokerError {
  return callError("protocol_error", facts, {
    message: `The broker answered ${facts.operation} with ${what}.`,
    hint: "Try again; if it stays, report it together with the broker's version (`npx @x/broker doctor`).",
  });
}
