import type { PopRequest } from "../tenant/proof-of-possession.js";
import type { EmulatedTokenRequest } from "../tenant/token-service.js";
import type { ExtensionCall } from "./extension-calls.js";

/** The request is not one that the extension's parser takes. */
export class UnreadableRequest extends Error {
  override readonly name = "UnreadableRequest";
}

/** The options of a request, each once. */
export type Options = ReadonlyMap<string, string>;

/** `msg_protocol_ver` of requests through AuthenticationServices. */
const protocolVersion = "4";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** From the public parser: it picks the authority's class by this. The tenant has the first kind only. */
const providerTypes = ["provider_aad_v2", "provider_aad_v1", "provider_b2c"];
const prompts = ["", "login", "consent", "create", "select_account", "refresh_session", "none"];
const flags = [
  "instance_aware",
  "skip_validate_result_account",
  "force_refresh",
  "signed_in_accounts_only",
  "signout_from_browser",
  "clear_sso_extension_cookies",
  "wipe_account",
  "wipe_cache_all_accounts",
];

/** The options, if they have what every request has. */
export function readOptions(call: ExtensionCall): Options {
  const options = new Map<string, string>();
  for (const [name, value] of call.options) {
    if (typeof name !== "string" || typeof value !== "string") {
      throw new UnreadableRequest(`The value of '${name}' is no text.`);
    }
    if (options.has(name)) throw new UnreadableRequest(`'${name}' is there twice.`);
    options.set(name, value);
  }
  const version = required(options, "msg_protocol_ver");
  if (version !== protocolVersion) {
    throw new UnreadableRequest(`The protocol version '${version}' is not supported.`);
  }
  const correlationId = options.get("correlation_id");
  if (correlationId !== undefined && !uuid.test(correlationId)) {
    throw new UnreadableRequest("'correlation_id' is no UUID.");
  }
  for (const name of flags) {
    const value = options.get(name);
    if (value !== undefined && value !== "0" && value !== "1") {
      throw new UnreadableRequest(`'${name}' must be 0 or 1.`);
    }
  }
  return options;
}

export function required(options: Options, name: string): string {
  const value = options.get(name);
  if (value === undefined || value === "") throw new UnreadableRequest(`'${name}' is missing.`);
  return value;
}

/** What token requests and sign-outs name in the same way. */
export interface Configuration {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly authority: string;
}

export function readConfiguration(options: Options): Configuration {
  const authority = required(options, "authority");
  const provider = required(options, "provider_type");
  if (!providerTypes.includes(provider)) throw new UnreadableRequest(`There is no provider '${provider}'.`);
  if (provider !== providerTypes[0]) throw new UnreadableRequest(`'${provider}' has no such authority.`);
  if (!URL.canParse(authority)) throw new UnreadableRequest("'authority' is no URL.");
  return {
    authority,
    clientId: required(options, "client_id"),
    redirectUri: required(options, "redirect_uri"),
  };
}

/** Whom a request is for: a home account id, a user name, or both. */
export interface Identity {
  readonly homeAccountId: string | undefined;
  readonly username: string;
}

export function readIdentity(options: Options): Identity {
  return {
    homeAccountId: options.get("home_account_id") || undefined,
    username: options.get("username") ?? "",
  };
}

export function requiredIdentity(options: Options): Identity {
  const identity = readIdentity(options);
  if (identity.homeAccountId !== undefined || identity.username !== "") return identity;
  throw new UnreadableRequest("Neither 'home_account_id' nor 'username' is there.");
}

export function readTokenRequest(
  method: EmulatedTokenRequest["method"],
  options: Options,
): EmulatedTokenRequest & { readonly redirectUri: string } {
  const isSilent = method === "acquireTokenSilently";
  const { homeAccountId, username } = isSilent ? requiredIdentity(options) : readIdentity(options);
  const prompt = options.get("prompt") ?? "";
  if (!prompts.includes(prompt)) throw new UnreadableRequest(`There is no prompt '${prompt}'.`);
  const scope = options.get("scope") ?? "";
  const pop = readPop(options);
  readExtraParameters(options);
  return {
    method,
    correlationId: options.get("correlation_id") ?? "",
    ...readConfiguration(options),
    scopes: scope === "" ? (options.get("extra_oidc_scopes") ?? "").split(" ") : scope.split(" "),
    claims: readClaims(options),
    username,
    accessTokenToRenew: "",
    forceRefresh: options.get("force_refresh") === "1",
    ...(homeAccountId === undefined ? {} : { homeAccountId }),
    ...(prompt === "" || isSilent ? {} : { prompt }),
    ...(pop === undefined ? {} : { pop }),
  };
}

/** Claims and capabilities come apart, and go to the tenant as one. */
function readClaims(options: Options): string {
  const capabilities = (options.get("client_capabilities") ?? "").split(",").filter((one) => one !== "");
  const claims = options.get("claims");
  const asked = claims === undefined ? {} : parseObject("claims", claims);
  if (capabilities.length === 0) return claims ?? "";
  const accessToken = asked["access_token"];
  return JSON.stringify({
    ...asked,
    access_token: { ...(isObject(accessToken) ? accessToken : {}), xms_cc: { values: capabilities } },
  });
}

/** A token bound to a key of the client, who signs for itself. */
function readPop(options: Options): PopRequest | undefined {
  const tokenType = options.get("token_type");
  const confirmation = options.get("req_cnf");
  if (tokenType === undefined && confirmation === undefined) return undefined;
  if (tokenType !== "Pop" || confirmation === undefined) {
    throw new UnreadableRequest("'token_type' and 'req_cnf' belong together.");
  }
  const { kid } = parseObject("req_cnf", Buffer.from(confirmation, "base64url").toString("utf8"));
  if (typeof kid !== "string" || kid === "") throw new UnreadableRequest("'req_cnf' names no key.");
  return { kind: "key_id", keyId: kid };
}

function readExtraParameters(options: Options): void {
  const text = options.get("extra_query_param");
  if (text !== undefined && !/^[^=&\s]+=[^&\s]*(?:&[^=&\s]+=[^&\s]*)*$/.test(text)) {
    throw new UnreadableRequest("'extra_query_param' is not form-encoded.");
  }
}

function parseObject(name: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isObject(value)) throw new UnreadableRequest(`'${name}' is not the JSON of an object.`);
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
