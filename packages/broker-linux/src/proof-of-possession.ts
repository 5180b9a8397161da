import type { HttpRequestSigningRequest, ProofOfPossession } from "@x/broker-contract";
import { type CallFacts, httpRequestParts, type JsonValue } from "@x/broker-protocol";

/** `popParams` of a token request, with every key Microsoft's client sends. */
export function popParams(pop: ProofOfPossession, facts: CallFacts): { readonly [key: string]: JsonValue } {
  return { clientClaims: "", homeAccountId: "", ...httpRequestParts(pop, facts) };
}

/**
 * `popParams` of `generateSignedHttpRequest`. No capture shows this call; the keys are those of an independent
 * client, host and path split as in a token request.
 */
export function signingParams(
  request: HttpRequestSigningRequest,
  facts: CallFacts,
): { readonly [key: string]: JsonValue | undefined } {
  return {
    authenticationScheme: "pop",
    clientClaims: request.clientClaims ?? "",
    homeAccountId: request.account.homeAccountId,
    kid: request.keyId,
    ...httpRequestParts(request.proofOfPossession, facts),
  };
}
