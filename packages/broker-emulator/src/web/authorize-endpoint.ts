import { randomUUID } from "node:crypto";
import { requireRedirectUri } from "../tenant/redirect-uris.js";
import { Refusal } from "../tenant/refusal.js";
import type { Grant } from "./grant-book.js";
import { errorPage, formPost } from "./pages.js";
import type { SignInOutcome, SignIns } from "./sign-ins.js";
import type { TenantRules } from "./tenant-rules.js";
import {
  errorFields,
  missingField,
  type OAuthError,
  oauthErrorOf,
  redirect,
  type WebAnswer,
  type WebRequest,
} from "./web-answer.js";

/** As RFC 7636 has it: base64url of a SHA-256. */
const challengeForm = /^[\w-]{43}$/;
const codeLifetimeInMs = 10 * 60_000;

/** Where to send the answer once it is known that the app may be trusted with it. */
interface ReturnAddress {
  readonly redirectUri: string;
  readonly mode: "query" | "form_post";
  readonly state: string | null;
}

/** `/oauth2/v2.0/authorize`: begins a sign-in in a browser. */
export async function authorize(
  rules: TenantRules,
  signIns: SignIns,
  { query, tenant, gone }: WebRequest,
): Promise<WebAnswer> {
  const correlationId = query.get("client-request-id") ?? randomUUID();
  let back: ReturnAddress;
  try {
    back = readReturnAddress(rules, query);
  } catch (error) {
    if (error instanceof Refusal) return errorPage(rules.tenantName, error.message);
    throw error;
  }
  const fail = (error: OAuthError): WebAnswer => {
    const fields = errorFields(error, correlationId, rules.tenant.now());
    return send(rules, back, {
      error: error.error,
      error_description: String(fields["error_description"]),
      ...(error.suberror === undefined ? {} : { suberror: error.suberror }),
      ...(error.claims === undefined ? {} : { claims: error.claims }),
    });
  };

  const codeChallenge = query.get("code_challenge") ?? undefined;
  const malformed = whatIsMalformed(query, codeChallenge);
  if (malformed !== undefined) return fail(malformed);
  const grant: Grant = {
    clientId: query.get("client_id") ?? "",
    tenant,
    scopes: (query.get("scope") ?? "").split(" ").filter((scope) => scope !== ""),
    claims: query.get("claims") ?? "",
    nonce: query.get("nonce") ?? undefined,
  };
  const use = { method: "acquireTokenInteractively", correlationId } as const;
  try {
    rules.prepare(grant, use);
  } catch (error) {
    if (error instanceof Refusal) return fail(oauthErrorOf(error));
    throw error;
  }

  const finish = (outcome: SignInOutcome): WebAnswer => {
    if (outcome.kind === "refused") return fail(oauthErrorOf(outcome.refusal));
    if (outcome.kind !== "signed_in") return fail(refusedByUser(outcome.kind));
    const { homeAccountId, clientInfo } = outcome.account;
    const { redirectUri } = back;
    const expiresAt = rules.tenant.now() + codeLifetimeInMs;
    const code = { ...grant, homeAccountId, redirectUri, codeChallenge, expiresAt, redeemed: false };
    return send(rules, back, {
      code: rules.book.addCode(code),
      ...(query.get("client_info") === "1" ? { client_info: clientInfo } : {}),
    });
  };
  const loginHint = query.get("login_hint") ?? undefined;
  const prompt = query.get("prompt") ?? undefined;
  return signIns.begin({ grant, correlationId, loginHint, prompt, isForDevice: false, finish }, gone);
}

/** @throws Refusal for what must not be told to whoever the redirect URI belongs to. */
function readReturnAddress({ service }: TenantRules, query: URLSearchParams): ReturnAddress {
  for (const name of ["client_id", "redirect_uri"])
    if (query.get(name) === null) throw new Refusal("invalid_request", missingField(name).description);
  const redirectUri = query.get("redirect_uri") ?? "";
  requireRedirectUri(service.requireApp(query.get("client_id") ?? ""), redirectUri);
  const mode = query.get("response_mode") === "form_post" ? "form_post" : "query";
  return { redirectUri, mode, state: query.get("state") };
}

function whatIsMalformed(query: URLSearchParams, codeChallenge: string | undefined): OAuthError | undefined {
  const mode = query.get("response_mode") ?? "query";
  if (query.get("response_type") !== "code")
    return {
      error: "unsupported_response_type",
      description: "AADSTS70005: The emulator has no response_type but 'code'.",
    };
  if (mode !== "query" && mode !== "form_post")
    return { error: "invalid_request", description: `The emulator has no response_mode '${mode}'.` };
  if (query.get("prompt") === "none")
    return {
      error: "login_required",
      description: "AADSTS50058: A silent sign-in request was sent but no user is signed in.",
    };
  if (codeChallenge === undefined) return undefined;
  if (query.get("code_challenge_method") !== "S256")
    return {
      error: "invalid_request",
      description: "The emulator takes no code_challenge_method but 'S256'.",
    };
  if (challengeForm.test(codeChallenge)) return undefined;
  return {
    error: "invalid_request",
    description: "AADSTS501491: Invalid size of Code_Challenge parameter.",
  };
}

function refusedByUser(kind: "canceled" | "declined"): OAuthError {
  return kind === "declined"
    ? {
        error: "access_denied",
        description: "AADSTS65004: User declined to consent to access the app.",
      }
    : { error: "access_denied", description: "The user has cancelled the sign-in.", suberror: "cancel" };
}

function send(
  { tenantName }: TenantRules,
  { redirectUri, mode, state }: ReturnAddress,
  answer: Readonly<Record<string, string>>,
): WebAnswer {
  const fields = { ...answer, ...(state === null ? {} : { state }) };
  if (mode === "form_post") return formPost(tenantName, redirectUri, fields);
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  return redirect(url.href);
}
