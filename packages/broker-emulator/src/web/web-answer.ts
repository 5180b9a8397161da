import { randomUUID } from "node:crypto";
import type { Refusal } from "../tenant/refusal.js";

/** A request to the tenant's web half. */
export interface WebRequest {
  readonly method: string;
  /** Without the tenant's segment and without query, e.g. `/oauth2/v2.0/token`. */
  readonly path: string;
  /** The first segment of the path: a tenant id, a domain, `common`, `organizations`; empty for none. */
  readonly tenant: string;
  readonly query: URLSearchParams;
  /** The fields of a form that was posted. */
  readonly form: URLSearchParams;
  /** Fires when the client has gone away, and when the server stops. */
  readonly gone: AbortSignal;
}

/** What is sent back; `undefined` cuts the connection, as a network that fails does. */
export type WebAnswer =
  | {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | undefined;

const notCached = { "cache-control": "no-store", pragma: "no-cache" } as const;

export function json(status: number, value: unknown): WebAnswer {
  return {
    status,
    headers: { ...notCached, "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(value),
  };
}

/** @param nonce What the page's own style and script carry. Nothing else may run or be loaded. */
export function html(status: number, body: string, nonce: string): WebAnswer {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`;
  return {
    status,
    headers: {
      ...notCached,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
      "referrer-policy": "no-referrer",
    },
    body,
  };
}

export function redirect(location: string): WebAnswer {
  return { status: 302, headers: { ...notCached, location }, body: "" };
}

/** An OAuth 2.0 error in the words of Entra. */
export interface OAuthError {
  readonly error: string;
  /** Starts with its AADSTS code, where it has one. */
  readonly description: string;
  readonly suberror?: string | undefined;
  /** Claims the tenant wants in the next request, as JSON text. */
  readonly claims?: string | undefined;
  /** HTTP status. Default 400. */
  readonly status?: number;
}

/** An error's fields, as token endpoint and redirect carry them. */
export function errorFields(
  { error, description, suberror, claims }: OAuthError,
  correlationId: string,
  now: number,
): Record<string, unknown> {
  const timestamp = new Date(now).toISOString().replace("T", " ").replace(/\.\d+/, "");
  const traceId = randomUUID();
  const code = Number(/^AADSTS(\d+)/.exec(description)?.[1]);
  return {
    error,
    error_description: `${description} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: Number.isNaN(code) ? [] : [code],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
    ...(suberror === undefined ? {} : { suberror }),
    ...(claims === undefined ? {} : { claims }),
  };
}

/** What the tenant's own endpoints say where a broker would have said it in its words. */
export function oauthErrorOf({ kind, message, details }: Refusal): OAuthError {
  const { oauthError, suberror, claims } = details;
  const fallback = kind === "interaction_required" ? "invalid_grant" : "invalid_request";
  return {
    error: oauthError ?? fallback,
    description: message,
    suberror,
    claims,
    ...(kind === "temporarily_unavailable" ? { status: 503 } : {}),
  };
}

/** A required field that is not there. */
export function missingField(name: string): OAuthError {
  return {
    error: "invalid_request",
    description: `AADSTS900144: The request body must contain the following parameter: '${name}'.`,
  };
}
