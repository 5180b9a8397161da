import { describe, expect, it } from "vitest";
import type { NetworkCall } from "./msal-network.js";
import { AuthorizeRefusal, type WebFailureFacts, webError } from "./web-errors.js";

function facts(call: Partial<NetworkCall> = {}): WebFailureFacts {
  return {
    way: "browser",
    correlationId: "5f3a",
    clientId: "app",
    scopes: ["s"],
    call: { signal: new AbortController().signal, keepProcessAlive: true, ...call },
  };
}

/** As msal-node throws it. */
const thrown = (errorCode: string, errorMessage = "") =>
  Object.assign(new Error(`${errorCode}: ${errorMessage}`), { errorCode, errorMessage });

describe("what the tenant or msal-node failed with", () => {
  it.each<[string, Record<string, string>, Record<string, unknown>]>([
    [
      "invalid_grant",
      { error_description: "AADSTS50078: MFA has expired." },
      { code: "interaction_required", aadsts: "AADSTS50078" },
    ],
    ["interaction_required", { claims: '{"a":1}' }, { code: "interaction_required", claims: '{"a":1}' }],
    ["authorization_declined", {}, { code: "user_canceled" }],
    ["access_denied", {}, { code: "user_canceled" }],
    ["expired_token", {}, { code: "timed_out", reason: "device_code_expired", retryable: true }],
    ["temporarily_unavailable", {}, { code: "temporarily_unavailable", retryable: true }],
    [
      "invalid_client",
      { error_description: "AADSTS7000218: The request body must contain client_secret." },
      { code: "invalid_request", hint: expect.stringContaining("Allow public client flows") },
    ],
    [
      "invalid_request",
      { error_description: "AADSTS50011: The redirect URI does not match." },
      { code: "redirect_uri_mismatch", redirectUri: "http://localhost" },
    ],
    [
      "invalid_resource",
      {
        error_description:
          "AADSTS500011: The resource was not found. Trace ID: 1 Correlation ID: 2 Timestamp: 3",
      },
      { code: "invalid_request", message: expect.stringMatching(/The resource was not found\. See to/) },
    ],
  ])("%s %j", (error, more, expected) => {
    const refusal = { error, ...more };
    expect(webError(thrown("post_request_failed", "x"), facts({ refusal }))).toMatchObject({
      name: "BrokerError",
      correlationId: "5f3a",
      scopes: ["s"],
      native: { error },
      ...expected,
    });
  });

  it.each([
    ["untrusted_authority", "untrusted_authority"],
    ["endpoints_resolution_error", "no_network"],
    ["device_code_expired", "timed_out"],
    ["invented_by_a_later_version", "broker_failed"],
  ])("msal-node's own %s", (errorCode, code) => {
    expect(webError(thrown(errorCode), facts())).toMatchObject({ code });
  });

  it("a refusal through the browser", () => {
    const fields = new Map([
      ["error", "access_denied"],
      ["error_description", "AADSTS65004: User declined to consent."],
      ["suberror", "cancel"],
    ]);
    expect(webError(new AuthorizeRefusal(fields), facts())).toMatchObject({
      code: "user_canceled",
      aadsts: "AADSTS65004",
      native: { error: "access_denied", suberror: "cancel" },
    });
  });

  it("a network that is not there, and a certificate nobody trusts", () => {
    const failure = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
    expect(webError(thrown("network_error"), facts({ failure }))).toMatchObject({
      code: "no_network",
      retryable: true,
      native: { error: "ECONNREFUSED" },
    });
    const untrusted = Object.assign(new Error("x"), { code: "SELF_SIGNED_CERT_IN_CHAIN" });
    expect(webError(thrown("network_error"), facts({ failure: untrusted }))).toMatchObject({
      retryable: false,
      hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    });
  });

  it("holds no user name, code or token", () => {
    const refusal = {
      error: "invalid_grant",
      error_description:
        "AADSTS50020: User account ada@contoso.example with 0.AXoAxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx eyJhbGciOiJub25lIn0.eyJ4IjoxfQ.x does not exist.",
    };
    const { message } = webError(thrown("x"), facts({ refusal }));
    expect(message).not.toMatch(/ada@|0\.AXo|eyJ/);
    expect(message).toContain("[user]");
  });

  it("leaves aborts, and errors that are ready, as they are", () => {
    const abort = Object.assign(new Error("x"), { name: "AbortError" });
    expect(webError(abort, facts())).toBe(abort);
    const ready = webError(thrown("access_denied"), facts());
    expect(webError(ready, facts())).toBe(ready);
  });
});
