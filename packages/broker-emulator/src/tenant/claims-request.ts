import { Refusal } from "./refusal.js";

/** What a claims request asks of the access token. */
export interface ClaimsRequest {
  /** The request as parsed JSON; `{}` when there was none. */
  readonly requested: Readonly<Record<string, unknown>>;
  /** Whether the app says that it understands claims challenges (continuous access evaluation). */
  readonly continuousAccess: boolean;
  /** Authentication contexts asked for, for the token's `acrs`. */
  readonly authenticationContexts: readonly string[];
  /** Whether anything beyond the client capabilities is asked for: then a cached token will not do. */
  readonly isChallenge: boolean;
}

const none: ClaimsRequest = {
  requested: {},
  continuousAccess: false,
  authenticationContexts: [],
  isChallenge: false,
};

/** Reads a claims request (OpenID Connect Core, section 5.5). Empty text is no request. */
export function readClaimsRequest(text: string): ClaimsRequest {
  if (text === "") return none;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (!isRecord(parsed)) throw new Refusal("invalid_request", "The claims request is not a JSON object.");
  const accessToken = isRecord(parsed["access_token"]) ? parsed["access_token"] : {};
  const capabilities = valuesOf(accessToken["xms_cc"]);
  const beyond = Object.keys(accessToken).some((name) => name !== "xms_cc");
  return {
    requested: parsed,
    continuousAccess: capabilities.some((value) => value.toLowerCase() === "cp1"),
    authenticationContexts: valuesOf(accessToken["acrs"]),
    isChallenge: beyond || Object.keys(parsed).some((name) => name !== "access_token"),
  };
}

/** Whether `request` asks for everything that `challenge` (JSON text) demands. */
export function satisfiesChallenge(request: ClaimsRequest, challenge: string): boolean {
  return contains(request.requested, JSON.parse(challenge));
}

function contains(have: unknown, want: unknown): boolean {
  if (Array.isArray(want)) {
    return Array.isArray(have) && want.every((item) => have.some((candidate) => contains(candidate, item)));
  }
  if (isRecord(want)) {
    return isRecord(have) && Object.entries(want).every(([key, value]) => contains(have[key], value));
  }
  return have === want;
}

function valuesOf(claim: unknown): string[] {
  if (!isRecord(claim)) return [];
  const values = Array.isArray(claim["values"]) ? claim["values"] : [claim["value"]];
  return values.filter((value): value is string => typeof value === "string");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
