import type { BrokerError, ProofOfPossession } from "@x/broker-contract";
import { type CallFacts, callError } from "./call-facts.js";

/** The HTTP request a proof-of-possession token is for. */
export interface HttpRequestParts {
  readonly httpMethod: string;
  readonly uriHost: string;
  /** Path without the query: that is what Microsoft's plugin sends, and what the signature covers. */
  readonly uriPath: string;
  readonly nonce: string;
}

/**
 * The parts of an HTTP request that a signature covers.
 * @throws TypeError or BrokerError `invalid_request` for what is no HTTP request
 */
export function httpRequestParts(
  pop: ProofOfPossession,
  facts: CallFacts,
): HttpRequestParts & Readonly<Record<string, string>> {
  if (typeof pop !== "object" || pop === null) throw notARequest(facts);
  const { resourceRequestMethod: method, resourceRequestUrl, nonce = "" } = pop;
  if (typeof method !== "string" || typeof resourceRequestUrl !== "string" || typeof nonce !== "string") {
    throw new TypeError(
      "proofOfPossession needs resourceRequestMethod and resourceRequestUrl as strings, and nonce as one if given.",
    );
  }
  let url: URL | undefined;
  try {
    url = new URL(resourceRequestUrl);
  } catch {
    url = undefined;
  }
  if (!/^[A-Za-z]+$/.test(method) || url === undefined || url.host === "") {
    throw notARequest(facts);
  }
  return { httpMethod: method, nonce, uriHost: url.host, uriPath: url.pathname };
}

function notARequest(facts: CallFacts): BrokerError {
  return callError("invalid_request", facts, {
    reason: "invalid_proof_of_possession",
    message: "proofOfPossession does not name the HTTP request to sign: a method and an absolute URL.",
    hint: 'Pass e.g. resourceRequestMethod: "GET" and resourceRequestUrl: "https://graph.microsoft.com/v1.0/me".',
  });
}
