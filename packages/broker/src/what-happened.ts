import type { BrokerError } from "@x/broker-contract";

/** The first part of a broker error's message, without the advice and facts that follow it. */
export function whatHappened(error: BrokerError): string {
  const end = error.message.indexOf(` ${error.hint}`);
  return end > 0 ? error.message.slice(0, end) : error.message;
}
