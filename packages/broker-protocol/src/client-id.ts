import { type CallFacts, callError } from "./call-facts.js";

/**
 * The client id, which only has to be there: the broker knows better which are real.
 * @throws TypeError or BrokerError `invalid_request`
 */
export function checkedClientId(clientId: string, facts: CallFacts): string {
  if (typeof clientId !== "string") throw new TypeError("clientId must be a string.");
  if (clientId.trim() !== "") return clientId;
  throw callError("invalid_request", facts, {
    reason: "no_client_id",
    message: "The client id is empty.",
    hint: "Pass the application (client) id of the app registration.",
  });
}
