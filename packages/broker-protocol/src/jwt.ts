import { asObject, type JsonObject, parseObject, textField } from "./json.js";

/** Claims of a JWT, unchecked; `undefined` if `token` is no JWT. Access tokens may be opaque. */
export function jwtClaims(token: string): JsonObject | undefined {
  const parts = token.split(".");
  const payload = parts[1];
  if (parts.length !== 3 || payload === undefined || !/^[\w-]+$/.test(payload)) return undefined;
  return asObject(parseObject(Buffer.from(payload, "base64url").toString("utf8")));
}

/** Claims of the access token, looked up inside a signed HTTP request (claim `at`) where it is one. */
export function accessTokenClaims(token: string): JsonObject | undefined {
  const claims = jwtClaims(token);
  const inner = claims && textField(claims, "at");
  return inner === undefined ? claims : jwtClaims(inner);
}
