import { createRemoteJWKSet, jwtVerify } from "jose";

/**
 * Verifies a token as a resource does: with the key set that the tenant's discovery document points to.
 * @param {string | undefined} discoveryUrl of the OpenID discovery document
 * @param {string} token
 * @param {{ issuer: string, audience: string }} expected
 */
export async function verifyWithPublishedKeys(discoveryUrl, token, expected) {
  if (discoveryUrl === undefined) throw new Error("The emulator serves no discovery document.");
  const response = await fetch(discoveryUrl);
  if (!response.ok) throw new Error(`The discovery document answered ${response.status}.`);
  const { jwks_uri } = /** @type {{ jwks_uri: string }} */ (await response.json());
  const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(jwks_uri)), {
    ...expected,
    algorithms: ["RS256"],
  });
  return { claims: payload, header: protectedHeader };
}
