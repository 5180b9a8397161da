import { BrokerError, type BrokerErrorCode, isBrokerError, redactSensitive } from "@x/broker-contract";
import type { SignInWay } from "./fallback-kind.js";
import type { NetworkCall } from "./msal-network.js";
import { whereOf } from "./where-of.js";

/** What a failed sign-in was about. */
export interface WebFailureFacts {
  readonly way: Exclude<SignInWay, "broker">;
  readonly correlationId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly call: NetworkCall;
}

interface Meaning {
  readonly code: BrokerErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly reason?: string;
  readonly retryable?: boolean;
  readonly redirectUri?: string;
}

/** What msal-node or the tenant said, in one form. */
interface Told {
  /** OAuth 2.0's error, or msal-node's own code. */
  readonly error: string;
  readonly description: string;
  readonly suberror: string | undefined;
  readonly claims: string | undefined;
  readonly aadsts: string | undefined;
}

const loopbackRedirectUri = "http://localhost";

/** Turns what msal-node threw into the error a broker would have failed with. Aborts stay what they are. */
export function webError(error: unknown, facts: WebFailureFacts): Error {
  if (isBrokerError(error) || (error instanceof Error && error.name === "AbortError")) return error;
  const { call, correlationId, scopes } = facts;
  if (call.failure !== undefined) return unreachable(call.failure, facts);
  const told = readTold(error, call.refusal);
  const meaning = meaningOf(told, facts);
  const { suberror, claims, aadsts } = told;
  return new BrokerError(meaning.code, {
    message: meaning.message,
    hint: meaning.hint,
    correlationId,
    scopes,
    retryable: meaning.retryable ?? false,
    native: { error: told.error, ...(suberror === undefined ? {} : { suberror }) },
    ...(meaning.reason === undefined ? {} : { reason: meaning.reason }),
    ...(meaning.redirectUri === undefined ? {} : { redirectUri: meaning.redirectUri }),
    ...(claims === undefined ? {} : { claims }),
    ...(aadsts === undefined ? {} : { aadsts }),
  });
}

/** An OAuth 2.0 error that came back through the browser, for {@link webError}. */
export class AuthorizeRefusal extends Error {
  override readonly name = "AuthorizeRefusal";
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly subError: string;
  readonly claims: string;

  constructor(fields: ReadonlyMap<string, string>) {
    super("The tenant refused the sign-in.");
    this.errorCode = fields.get("error") ?? "no_code";
    this.errorMessage = fields.get("error_description") ?? "";
    this.subError = fields.get("suberror") ?? fields.get("error_subcode") ?? "";
    this.claims = fields.get("claims") ?? "";
  }
}

function readTold(error: unknown, refusal: Readonly<Record<string, unknown>> | undefined): Told {
  const thrown = (typeof error === "object" && error !== null ? error : {}) as Readonly<
    Record<string, unknown>
  >;
  const text = (...candidates: unknown[]): string | undefined =>
    candidates.find((value): value is string => typeof value === "string" && value !== "");
  const description =
    text(refusal?.["error_description"], thrown["errorMessage"], thrown["message"]) ?? String(error);
  return {
    error: text(refusal?.["error"], thrown["errorCode"]) ?? "unknown",
    description,
    suberror: text(refusal?.["suberror"], thrown["subError"]),
    claims: text(refusal?.["claims"], thrown["claims"]),
    aadsts: /AADSTS\d+/.exec(description)?.[0],
  };
}

/** What the tenant's and msal-node's error codes mean: RFC 6749, RFC 8628, OpenID Connect, and those of Entra. */
function meaningOf(told: Told, facts: WebFailureFacts): Meaning {
  const { error, aadsts } = told;
  const { way, clientId } = facts;
  const said = redactSensitive(firstSentences(told.description));
  if (aadsts === "AADSTS50011")
    return {
      code: "redirect_uri_mismatch",
      message: `The redirect URI ${loopbackRedirectUri} is not registered for the app ${clientId}.`,
      hint: `Add ${loopbackRedirectUri} to the app registration under "Mobile and desktop applications": a browser comes back there.`,
      redirectUri: loopbackRedirectUri,
    };
  if (aadsts === "AADSTS7000218")
    return {
      code: "invalid_request",
      message: `The app ${clientId} is not registered as a public client.`,
      hint: 'Set "Allow public client flows" in the app registration, under Authentication.',
    };
  if (aadsts === "AADSTS65004" || error === "authorization_declined" || error === "access_denied")
    return {
      code: "user_canceled",
      message: `The user did not finish signing in ${whereOf(way)}.`,
      hint: "Ask again only if the user wants to.",
    };
  if (error === "expired_token" || error === "device_code_expired" || error === "code_expired")
    return {
      code: "timed_out",
      reason: "device_code_expired",
      message: "The code to sign in elsewhere was not entered in time.",
      hint: "Try again, and enter the new code.",
      retryable: true,
    };
  if (["interaction_required", "consent_required", "login_required", "invalid_grant"].includes(error))
    return {
      code: "interaction_required",
      message: `The tenant wants the user: ${said}`,
      hint: "Sign in interactively.",
    };
  if (["temporarily_unavailable", "server_error", "server_unavailable", "request_throttled"].includes(error))
    return {
      code: "temporarily_unavailable",
      message: `The tenant is busy: ${said}`,
      hint: "Try again a little later.",
      retryable: true,
    };
  if (error === "untrusted_authority" || error === "invalid_instance")
    return {
      code: "untrusted_authority",
      message: "The authority host is none that Microsoft knows.",
      hint: "Correct the option authorityHost; for a private cloud set disableInstanceDiscovery as well.",
    };
  if (/endpoints_resolution_error|openid_config_error|network_error|no_network_connectivity/.test(error))
    return {
      code: "no_network",
      message: `The tenant's addresses could not be found out: ${said}`,
      hint: "See whether authority host and tenant are right, and the network, proxy or VPN.",
      retryable: true,
    };
  if (aadsts !== undefined || /^invalid_|^unauthorized_client$/.test(error))
    return {
      code: "invalid_request",
      message: `The tenant refuses the request: ${said}`,
      hint: "See to the app registration, the tenant and the scopes that the text names.",
    };
  return {
    code: "broker_failed",
    reason: "fallback_failed",
    message: `Signing in ${whereOf(way)} failed: ${said} (${error})`,
    hint: "See the log (AZURE_LOG_LEVEL=verbose) for more.",
  };
}

function unreachable(failure: Error, { correlationId, scopes }: WebFailureFacts): BrokerError {
  const code = "code" in failure ? String(failure.code) : undefined;
  const isCertificate = code !== undefined && /CERT|SIGNATURE|ISSUER/.test(code);
  return new BrokerError("no_network", {
    message: `The tenant could not be reached: ${code ?? redactSensitive(failure.message)}.`,
    hint: isCertificate
      ? "Its certificate is not trusted here. If a proxy of your network puts its own in its place, name that one's in NODE_EXTRA_CA_CERTS."
      : "See to the network, proxy or VPN. Behind a proxy, set HTTPS_PROXY and NODE_USE_ENV_PROXY=1 (Node.js 22.21 or newer).",
    correlationId,
    scopes,
    retryable: !isCertificate,
    ...(code === undefined ? {} : { native: { error: code } }),
  });
}

/** Without the ids and the time that Entra puts behind its text; the correlation id is told apart from it. */
function firstSentences(description: string): string {
  return description.replace(/\s*(?:Trace ID:[\s\S]*|\(?https?:\/\/aka\.ms\S*\)?)$/, "").trim();
}
