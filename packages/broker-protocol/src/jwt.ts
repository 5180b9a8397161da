import { base64UrlText } from "./base64url.js";
import { type JsonObject, parseObject, textField } from "./json.js";

/** Claims of a JWT, unchecked; `undefined` if `token` is no JWT. Access tokens may be opaque. */
export function jwtClaims(token: string): JsonObject | undefined {
  const start = token.indexOf(".") + 1;
  const end = token.indexOf(".", start);
  if (start === 0 || end < 0 || token.includes(".", end + 1)) return undefined;
  const payload = token.slice(start, end);
  return /^[\w-]+$/.test(payload) ? parseObject(base64UrlText(payload)) : undefined;
}

/** Claims of the access token, looked up inside a signed HTTP request (claim `at`) where it is one. */
export function accessTokenClaims(token: string): JsonObject | undefined {
  const claims = jwtClaims(token);
  const inner = claims && textField(claims, "at");
  return inner === undefined ? claims : jwtClaims(inner);
}
