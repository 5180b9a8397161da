import { BrokerError } from "@x/broker-contract";
import {
  type Call,
  callError,
  type HttpRequestParts,
  jwtClaims,
  nonsense,
  type ProofKey,
  textField,
} from "@x/broker-protocol";
import type { NativeTokenResponse, NativeTokenResult } from "./native.js";
import type { Wam } from "./wam.js";
import { type AccountKind, requestStatus } from "./wam-constants.js";
import { failureOf } from "./wam-errors.js";
import type { WamFailure } from "./wam-failure.js";

/** How a token is bound to a key: WAM's own, which signs the request as well, or one of this process. */
export type PopBinding =
  | { readonly keeper: "wam"; readonly request: HttpRequestParts }
  | { readonly keeper: "process"; readonly request: HttpRequestParts; readonly key: ProofKey };

/** Scope of the request that asks WAM's plug-in whether it binds tokens. Captured from Microsoft's client. */
const tokenBindingProbe = "IsFeatureSupported:TokenBinding";

/** Who keeps the key for a request. The plug-in for personal accounts cannot. */
export async function popBinding(
  request: HttpRequestParts,
  kind: AccountKind,
  wam: Wam,
  call: Call,
): Promise<PopBinding> {
  if (kind === "organizations" && (await bindsTokens(wam, call))) return { keeper: "wam", request };
  return await ownKeyBinding(request, wam, call);
}

/** With a key of this process. */
export async function ownKeyBinding(request: HttpRequestParts, wam: Wam, call: Call): Promise<PopBinding> {
  // Made for all who need it, whoever gives up.
  const key = await call.deadline.race(wam.memory.proofKey(), () => {});
  return { keeper: "process", request, key };
}

/** Asks the plug-in for work accounts whether it binds tokens to a key of its own. Gets no token. */
export async function probeTokenBinding(wam: Wam, call: Call): Promise<NativeTokenResult> {
  const provider = await wam.provider("organizations", "organizations", call);
  const probe = { mode: "silent", provider, scope: tokenBindingProbe, clientId: "" } as const;
  return await wam.ask({ ...probe, properties: {}, appProperties: {} }, call);
}

/** Whether WAM binds tokens to a key of its own: asked once, and remembered for the process. */
async function bindsTokens(wam: Wam, call: Call): Promise<boolean> {
  const { memory } = wam;
  memory.bindsTokens ??= await askAboutBinding(wam, call);
  return memory.bindsTokens ?? false;
}

/** `undefined` where the answer is none that lasts: no network says nothing about the plug-in. */
async function askAboutBinding(wam: Wam, call: Call): Promise<boolean | undefined> {
  try {
    const answer = await probeTokenBinding(wam, call);
    const binds = answer.status === requestStatus.success;
    call.log.note(`WAM ${binds ? "binds" : "does not bind"} tokens to a key of its own.`);
    const passing = !binds && passingFailures.has(failureOf(answer, { kind: "organizations", silent: true }));
    return passing ? undefined : binds;
  } catch (error) {
    if (!(error instanceof BrokerError) || error.code !== "broker_failed") throw error;
    call.log.note("WAM does not say whether it binds tokens to a key of its own.");
    return undefined;
  }
}

const passingFailures: ReadonlySet<WamFailure> = new Set<WamFailure>([
  "NoNetwork",
  "ServerTemporarilyUnavailable",
  "TransientError",
]);

/** What a token request says of the key, by the two maps it has. Names captured from Microsoft's client. */
export function popProperties(binding: PopBinding | undefined): {
  readonly properties: Readonly<Record<string, string>>;
  readonly appProperties: Readonly<Record<string, string>>;
} {
  if (binding === undefined) return { properties: {}, appProperties: {} };
  if (binding.keeper === "process") {
    return { properties: { token_type: "pop", req_cnf: keyReference(binding.key) }, appProperties: {} };
  }
  const { httpMethod, uriHost, uriPath, nonce } = binding.request;
  return {
    properties: { token_type: "shr" },
    appProperties: {
      shr_method: httpMethod,
      shr_u: uriHost,
      shr_p: uriPath,
      ...(nonce !== "" && { shr_nonce: nonce }),
      shr_add_timestamp: "1",
    },
  };
}

/** What a token request says of a key in software. Captured from Microsoft's client. */
function keyReference({ id }: ProofKey): string {
  return Buffer.from(JSON.stringify({ kid: id, xms_ksl: "sw" })).toString("base64url");
}

/** The signed request that WAM made, if it did. */
export function madeByWam(response: NativeTokenResponse): string | undefined {
  return response.properties["shr"] || undefined;
}

/**
 * A signed request that WAM made, for this request and no earlier one.
 * @throws BrokerError `protocol_error` for one with another nonce
 */
export function signedByWam(signed: string, { nonce }: HttpRequestParts, { facts }: Call): string {
  const claims = jwtClaims(signed);
  const told = claims && textField(claims, "nonce");
  if (told === undefined || told === nonce) return signed;
  throw nonsense("a signed request with another nonce than the one asked for", facts);
}

/**
 * Signs the request with the key of this process.
 * @param tokenType What the answer says the token is, where it says so.
 * @throws BrokerError `not_supported` for a token that is not bound to that key: it would prove nothing
 */
export async function signedWithOwnKey(
  accessToken: string,
  tokenType: string | undefined,
  { request, key }: Extract<PopBinding, { keeper: "process" }>,
  { facts }: Call,
): Promise<string> {
  // A token that cannot be read has to be believed what the answer says.
  const isBound = key.binds(accessToken) ?? (tokenType === undefined || tokenType.toLowerCase() === "pop");
  if (!isBound) {
    throw callError("not_supported", facts, {
      reason: "pop_not_available",
      message: "Windows answered a request for proof of possession with a token that proves nothing.",
      hint: "Neither Windows nor the tenant bound the token to a key: ask for a bearer token if the resource takes one.",
    });
  }
  return await key.signRequest(accessToken, request);
}
