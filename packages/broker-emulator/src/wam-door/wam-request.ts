import { brokerPluginRedirectUri } from "../tenant/emulated-tenant.js";
import type { PopRequest } from "../tenant/proof-of-possession.js";
import { Refusal } from "../tenant/refusal.js";
import type { EmulatedTokenRequest } from "../tenant/token-service.js";
import type { WamTokenCall } from "./wam-calls.js";

/** The two kinds of accounts that Windows has account providers for. */
export type ProviderKind = "organizations" | "consumers";

/** A request of Microsoft's clients for a code that lets a personal account act in a work tenant. */
const transferScope = /^service::.*::?PURPOSE_AAD_WAM_TRANSFER$/i;

export function providerKind(authority: string): ProviderKind {
  return authority === "consumers" ? "consumers" : "organizations";
}

export function isInteractive({ call }: WamTokenCall): boolean {
  return !call.startsWith("GetTokenSilently");
}

/** Whether the request wants a code for "MSA passthrough" along with its token. */
export function wantsTransferCode({ scope }: WamTokenCall): boolean {
  return words(scope).some((word) => transferScope.test(word));
}

/**
 * What the account provider makes of a request.
 * @param homeAccountId of the account it is for, if there is one
 * @throws Refusal
 */
export function readTokenCall(call: WamTokenCall, homeAccountId: string | undefined): EmulatedTokenRequest {
  const { clientId, properties, promptType } = call;
  const interactive = isInteractive(call);
  const pop = readPop(call);
  const isForced = interactive && promptType === 1;
  return {
    method: interactive ? "acquireTokenInteractively" : "acquireTokenSilently",
    correlationId: call.correlationId || properties["correlationId"] || "",
    clientId,
    // No client can name another: the provider knows only this one.
    redirectUri: brokerPluginRedirectUri(clientId),
    authority: authorityOf(call),
    scopes: words(call.scope).filter((word) => !transferScope.test(word)),
    claims: properties["claims"] ?? "",
    username: homeAccountId === undefined ? (properties["LoginHint"] ?? properties["login_hint"] ?? "") : "",
    accessTokenToRenew: "",
    msaPassthrough: properties["SamlAssertionType"] === "SAMLV1",
    ...(homeAccountId === undefined ? {} : { homeAccountId }),
    ...(isForced ? { prompt: properties["prompt"] ?? "login" } : {}),
    ...(pop === undefined ? {} : { pop }),
  };
}

/**
 * Which authority a request is for: where it does not say, the one that its provider was looked up with. (How the
 * real provider weighs the two is not published; Microsoft's client relies on the latter.)
 */
function authorityOf({ provider, properties }: WamTokenCall): string {
  const named =
    provider.authority === "consumers"
      ? "consumers"
      : properties["authority"] || provider.tag || provider.authority;
  return named.includes("://") ? named : `https://login.microsoftonline.com/${named}`;
}

function readPop({ properties, appProperties }: WamTokenCall): PopRequest | undefined {
  switch (properties["token_type"]?.toLowerCase()) {
    case undefined:
    case "bearer":
      return undefined;
    case "shr":
      return {
        kind: "signed_request",
        httpMethod: required(appProperties, "shr_method"),
        uriHost: required(appProperties, "shr_u"),
        uriPath: appProperties["shr_p"] ?? "",
        nonce: appProperties["shr_nonce"] ?? "",
        clientClaims: "",
      };
    case "pop":
      return { kind: "key_id", keyId: readKeyId(required(properties, "req_cnf")) };
    default:
      throw new Refusal(
        "not_supported",
        `The emulator gives no tokens of type '${properties["token_type"]}'.`,
      );
  }
}

/** The key that the token shall be bound to: `req_cnf` is base64url of `{"kid": …}`. */
function readKeyId(confirmation: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(confirmation, "base64url").toString("utf8"));
  } catch {
    parsed = undefined;
  }
  const keyId = typeof parsed === "object" && parsed !== null ? (parsed as { kid?: unknown }).kid : undefined;
  if (typeof keyId === "string" && keyId !== "") return keyId;
  throw new Refusal(
    "invalid_request",
    "AADSTS900144: The 'req_cnf' parameter does not contain a key id (kid).",
    {
      oauthError: "invalid_request",
      aadsts: "AADSTS900144",
    },
  );
}

function required(from: Readonly<Record<string, string>>, name: string): string {
  const value = from[name] ?? "";
  if (value === "") throw new Refusal("invalid_request", `The request has no '${name}'.`);
  return value;
}

function words(scope: string): string[] {
  return scope.split(" ").filter((word) => word !== "");
}
