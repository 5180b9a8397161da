/** Which proof of possession a request asks for. */
export type PopRequest =
  /** The broker holds the key and signs one HTTP request. */
  | {
      readonly kind: "signed_request";
      readonly httpMethod: string;
      /** Host with port, or (as an independent client does it) the whole URL. */
      readonly uriHost: string;
      readonly uriPath: string;
      readonly nonce: string;
      /** JSON text, or empty. */
      readonly clientClaims: string;
    }
  /** The app holds the key; the token is only bound to it. */
  | { readonly kind: "key_id"; readonly keyId: string };

/** The claims that bind a signed HTTP request to the request (draft-ietf-oauth-signed-http-request). */
export function popClaims(
  pop: Extract<PopRequest, { kind: "signed_request" }>,
  timestampInSeconds: number,
): Record<string, unknown> {
  const { host, path } = splitUri(pop.uriHost, pop.uriPath);
  return {
    ts: timestampInSeconds,
    m: pop.httpMethod.toUpperCase(),
    u: host,
    p: path,
    ...(pop.nonce === "" ? {} : { nonce: pop.nonce }),
    ...(pop.clientClaims === "" ? {} : { client_claims: pop.clientClaims }),
  };
}

function splitUri(uriHost: string, uriPath: string): { host: string; path: string } {
  if (!/^https?:\/\//i.test(uriHost)) return { host: uriHost, path: uriPath };
  const url = new URL(uriHost);
  return { host: url.host, path: uriPath === "" ? url.pathname : uriPath };
}
