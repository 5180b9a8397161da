import type { PopRequest } from "../tenant/proof-of-possession.js";
import type { EmulatedTokenRequest } from "../tenant/token-service.js";
import type { GenerationTraits } from "./generations.js";

type JsonObject = Readonly<Record<string, unknown>>;

/** The request's text is not what any client sends. */
export class MalformedRequest extends Error {
  override readonly name = "MalformedRequest";
  /** Set where the real broker's tag is on record. */
  readonly tag: number | undefined;

  constructor(message: string, tag?: number) {
    super(message);
    this.tag = tag;
  }
}

/** Tag of a real broker's refusal of requests without nested `authParameters`. */
const invalidRequestJsonTag = 508371229;

/** `authorizationType` by method, as captured from Microsoft's client. */
const authorizationTypes = {
  acquireTokenSilently: 1,
  acquireTokenInteractively: 6,
  acquirePrtSsoCookie: 8,
  signOutSilently: 12,
} as const;

export interface CookieRequest {
  readonly clientId: string;
  readonly homeAccountId: string | undefined;
  readonly ssoUrl: string;
}

/** The third D-Bus argument as an object. */
export function parseRequest(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isObject(value)) throw invalidRequestJson();
  return value;
}

export function readTokenRequest(
  method: "acquireTokenSilently" | "acquireTokenInteractively",
  correlationId: string,
  body: JsonObject,
  traits: GenerationTraits,
): EmulatedTokenRequest {
  const parameters = nestedParameters(body);
  checkAuthorizationType(method, parameters, traits);
  const account = readAccount(body, parameters, traits);
  const extra = optionalObject(parameters, "additionalQueryParametersForAuthorization") ?? {};
  const scopes = parameters["requestedScopes"];
  if (!isStringArray(scopes) || scopes.length === 0) {
    throw new MalformedRequest("'requestedScopes' must be a non-empty array of strings.");
  }
  const prompt = extra["prompt"];
  const pop = readPop(parameters["popParams"], traits);
  const username = optionalString(parameters, "username") || optionalString(account ?? {}, "username");
  return {
    method,
    correlationId,
    clientId: requiredString(parameters, "clientId"),
    redirectUri: requiredString(parameters, "redirectUri"),
    authority: requiredString(parameters, "authority"),
    scopes,
    claims: optionalString(parameters, "decodedClaims"),
    username,
    accessTokenToRenew: optionalString(parameters, "accessTokenToRenew"),
    ...(account === undefined ? {} : { homeAccountId: requiredString(account, "homeAccountId") }),
    ...(typeof prompt === "string" && prompt !== "" ? { prompt } : {}),
    ...(pop === undefined ? {} : { pop }),
  };
}

export function readCookieRequest(body: JsonObject, traits: GenerationTraits): CookieRequest {
  const parameters = nestedParameters(body);
  checkAuthorizationType("acquirePrtSsoCookie", parameters, traits);
  const account = readAccount(body, parameters, traits);
  const ssoUrl = optionalString(body, "ssoUrl");
  if (ssoUrl === "") throw new MalformedRequest("Empty SSO Url");
  if (traits.strictParameters && optionalString(parameters, "ssoUrl") === "") {
    throw new MalformedRequest("'ssoUrl' is missing in 'authParameters'.");
  }
  return {
    // Up to 2.0.1 a request without client id is known to work.
    clientId: traits.strictParameters
      ? requiredString(parameters, "clientId")
      : optionalString(parameters, "clientId"),
    homeAccountId: account === undefined ? undefined : requiredString(account, "homeAccountId"),
    ssoUrl,
  };
}

export function readSigningRequest(body: JsonObject): {
  readonly clientId: string;
  readonly homeAccountId: string;
  readonly pop: Extract<PopRequest, { kind: "signed_request" }>;
} {
  const parameters = optionalObject(body, "popParams");
  if (parameters === undefined) throw new MalformedRequest("'popParams' is missing.");
  return {
    clientId: requiredString(body, "clientId"),
    homeAccountId: requiredString(parameters, "homeAccountId"),
    pop: signedRequest(parameters),
  };
}

export function readRemoval(body: JsonObject): { readonly clientId: string; readonly homeAccountId: string } {
  const account = optionalObject(body, "account");
  if (account === undefined) throw new MalformedRequest("'account' is missing.");
  return {
    clientId: requiredString(body, "clientId"),
    homeAccountId: requiredString(account, "homeAccountId"),
  };
}

/** Microsoft's client names the account inside `authParameters`, without scopes and without a redirect URI. */
export function readSignOut(body: JsonObject): { readonly clientId: string; readonly homeAccountId: string } {
  const parameters = nestedParameters(body);
  const type = parameters["authorizationType"];
  if (type !== authorizationTypes.signOutSilently) {
    throw new MalformedRequest(
      `'authorizationType' must be ${authorizationTypes.signOutSilently} in signOutSilently, not ${JSON.stringify(type)}.`,
    );
  }
  return readRemoval(parameters);
}

export function requiredString(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value !== "string" || value === "") {
    throw new MalformedRequest(`'${key}' must be a non-empty string.`);
  }
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function invalidRequestJson(): MalformedRequest {
  return new MalformedRequest("Invalid requestJson", invalidRequestJsonTag);
}

function nestedParameters(body: JsonObject): JsonObject {
  const parameters = body["authParameters"];
  if (!isObject(parameters)) throw invalidRequestJson();
  return parameters;
}

function checkAuthorizationType(
  method: Exclude<keyof typeof authorizationTypes, "signOutSilently">,
  parameters: JsonObject,
  { strictParameters, interactiveTypes }: GenerationTraits,
): void {
  if (!strictParameters) return;
  const type = parameters["authorizationType"];
  if (method === "acquireTokenInteractively") {
    // Absent works too: an independent client never sends it in interactive requests.
    if (type === undefined || interactiveTypes.includes(Number(type))) return;
    throw new MalformedRequest(
      `Called AcquireTokenInteractively with non-interactive authorization type: ${JSON.stringify(type)}`,
    );
  }
  if (type !== authorizationTypes[method]) {
    throw new MalformedRequest(
      `'authorizationType' must be ${authorizationTypes[method]} in ${method}, not ${JSON.stringify(type)}.`,
    );
  }
}

function readAccount(
  body: JsonObject,
  parameters: JsonObject,
  traits: GenerationTraits,
): JsonObject | undefined {
  const nested = optionalObject(parameters, "account");
  if (nested !== undefined || traits.strictParameters) return nested;
  return optionalObject(body, "account");
}

function readPop(value: unknown, traits: GenerationTraits): PopRequest | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new MalformedRequest("'popParams' must be an object.");
  const keyId = optionalString(value, "kid");
  if (traits.errorStyle === "himmelblau") {
    // It knows keys of the app only, and silently answers with a bearer token otherwise.
    const isPop = optionalString(value, "authenticationScheme").toLowerCase() === "pop";
    return isPop && keyId !== "" ? { kind: "key_id", keyId } : undefined;
  }
  return keyId === "" ? signedRequest(value) : { kind: "key_id", keyId };
}

function signedRequest(parameters: JsonObject): Extract<PopRequest, { kind: "signed_request" }> {
  return {
    kind: "signed_request",
    httpMethod: requiredString(parameters, "httpMethod"),
    uriHost: requiredString(parameters, "uriHost"),
    uriPath: optionalString(parameters, "uriPath"),
    nonce: optionalString(parameters, "nonce"),
    clientClaims: optionalString(parameters, "clientClaims"),
  };
}

/** The string, or empty when absent or null: the real broker takes either for "nothing". */
function optionalString(object: JsonObject, key: string): string {
  const value = object[key];
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new MalformedRequest(`'${key}' must be a string.`);
  return value;
}

function optionalObject(object: JsonObject, key: string): JsonObject | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new MalformedRequest(`'${key}' must be an object.`);
  return value;
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
