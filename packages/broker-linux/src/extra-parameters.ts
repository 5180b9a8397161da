import type { Prompt } from "@x/broker-contract";
import { type CallFacts, checkedExtraParameters, protocolParameters } from "@x/broker-protocol";
import { packageVersion } from "./version.js";

const refusedNames: ReadonlyMap<string, string> = new Map([
  ...protocolParameters,
  // Microsoft's client takes this one out and asks for a token bound to the app's own key, which it then presents as a
  // bearer token.
  ["req_cnf", "tokens bound to a key of the app are not supported; use proofOfPossession"],
]);

/**
 * Who asks, in the tenant's telemetry: `library|version,extension|version,…`, five places as in Microsoft's
 * client.
 */
const sku = `@x/broker-linux|${packageVersion},|,|,|,|`;

export interface ExtraParameterSources {
  readonly extraParameters?: Readonly<Record<string, string>>;
  readonly msaPassthrough?: boolean;
  readonly prompt?: Prompt;
  /** Whether the request is an interactive one for an account. */
  readonly interactiveWithAccount: boolean;
}

/**
 * `additionalQueryParametersForAuthorization` of a request.
 * @throws TypeError for values that are no strings, BrokerError `invalid_request` for a name the protocol owns
 */
export function queryParameters(sources: ExtraParameterSources, facts: CallFacts): Record<string, string> {
  const entries: [string, string][] = [
    ["x-client-xtra-sku", sku],
    ...checkedExtraParameters(sources.extraParameters, refusedNames, facts),
  ];
  if (sources.msaPassthrough === true) entries.push(["msal_request_type", "consumer_passthrough"]);
  if (sources.interactiveWithAccount) entries.push(["hsu", "1"]);
  // The way to a sign-in window on a real broker 3.0.2; Microsoft's client has none.
  if (sources.prompt !== undefined) entries.push(["prompt", sources.prompt]);
  return Object.fromEntries(entries);
}
