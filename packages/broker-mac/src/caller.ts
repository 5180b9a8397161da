import type { NativeCaller } from "./native.js";
import { bundleRedirectUri, unsignedRedirectUri } from "./protocol.js";

/**
 * The redirect URI the extension expects of a program. It looks at the program, not at the request: an app bundle
 * that a team signed has one of its own, everything else that for unsigned programs. In Electron a helper process is a
 * bundle of its own.
 */
export function redirectUriOf({ bundleIdentifier, teamIdentifier }: NativeCaller): string {
  return bundleIdentifier !== undefined && teamIdentifier !== undefined
    ? bundleRedirectUri(bundleIdentifier)
    : unsignedRedirectUri;
}

/** What the extension takes this process for, in words. */
export function describeCaller({
  bundleIdentifier,
  signingIdentifier,
  teamIdentifier,
}: NativeCaller): string {
  const signed =
    teamIdentifier !== undefined
      ? `signed by team ${teamIdentifier}`
      : signingIdentifier !== undefined
        ? "signed by no team"
        : "not signed";
  const named = bundleIdentifier ?? signingIdentifier;
  const kind = bundleIdentifier === undefined ? "a program that is no app bundle" : "an app bundle";
  return `${kind}${named === undefined ? "" : ` (${named})`}, ${signed}`;
}
