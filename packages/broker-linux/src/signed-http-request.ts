import type { HttpRequestSigningRequest, SignedHttpRequest } from "@x/broker-contract";
import {
  type CallFacts,
  canonicalJson,
  checkedClientId,
  type JsonObject,
  nonsense,
  textField,
} from "@x/broker-protocol";
import { signingParams } from "./proof-of-possession.js";
import { findWireError, wireError } from "./wire-errors.js";

/** Request of `generateSignedHttpRequest`. */
export function signedHttpRequestRequest(request: HttpRequestSigningRequest, facts: CallFacts): string {
  for (const key of ["keyId", "clientClaims"] as const) {
    if (request[key] !== undefined && typeof request[key] !== "string") {
      throw new TypeError(`${key} must be a string.`);
    }
  }
  return canonicalJson({
    clientId: checkedClientId(request.clientId, facts),
    popParams: signingParams(request, facts),
  });
}

/** @throws BrokerError */
export function readSignedHttpRequest(answer: JsonObject, facts: CallFacts): SignedHttpRequest {
  const error = findWireError(answer);
  if (error !== undefined) throw wireError(error, facts);
  const signedHttpRequest = textField(answer, "signedHttpRequest");
  if (signedHttpRequest === undefined) throw nonsense("no signed request", facts);
  return { signedHttpRequest };
}
