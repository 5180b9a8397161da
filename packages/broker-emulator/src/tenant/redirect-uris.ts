import type { EmulatedApp } from "./emulated-tenant.js";
import { Refusal } from "./refusal.js";

/** @throws Refusal when the app has no such redirect URI registered. `undefined` is for requests that have none. */
export function requireRedirectUri(app: EmulatedApp, redirectUri: string | undefined): void {
  if (redirectUri === undefined || app.redirectUris.some((known) => isSame(known, redirectUri))) return;
  throw new Refusal(
    "redirect_uri_mismatch",
    `AADSTS50011: The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${app.clientId}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.`,
    { oauthError: "invalid_request", aadsts: "AADSTS50011" },
  );
}

/** Letter by letter, except that on loopback any port will do (RFC 8252, section 7.3, and as Entra documents it). */
function isSame(registered: string, requested: string): boolean {
  if (registered === requested) return true;
  const known = loopbackUrl(registered);
  const asked = loopbackUrl(requested);
  return (
    known !== undefined &&
    asked !== undefined &&
    known.hostname === asked.hostname &&
    known.pathname === asked.pathname &&
    known.search === asked.search &&
    asked.hash === ""
  );
}

function loopbackUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isLoopback = url.hostname === "localhost" || url.hostname === "127.0.0.1";
  return isLoopback && url.protocol === "http:" && url.username === "" ? url : undefined;
}
