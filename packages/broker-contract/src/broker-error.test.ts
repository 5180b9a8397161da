import { describe, expect, it, vi } from "vitest";
import { BrokerError, brokerErrorCodes, isBrokerError } from "./index.js";

const full = new BrokerError("redirect_uri_mismatch", {
  message: "The redirect URI is not registered for the app.",
  hint: "Add https://example.org/x to the app registration.",
  reason: "not_registered",
  platform: "linux",
  correlationId: "00000000-0000-4000-8000-000000000001",
  native: { status: 9, tag: 1234 },
  aadsts: "AADSTS50011",
  scopes: ["User.Read"],
  redirectUri: "https://example.org/x",
  claims: '{"access_token":{}}',
  cause: new Error("below"),
});

describe("BrokerError", () => {
  it("says what happened, what to do, and the facts for support, in that order", () => {
    expect(full.message).toBe(
      "The redirect URI is not registered for the app. Add https://example.org/x to the app registration. " +
        "(code: redirect_uri_mismatch, status: 9, tag: 1234, correlation id: 00000000-0000-4000-8000-000000000001)",
    );
  });

  it("is recognised across copies of the class", async () => {
    vi.resetModules();
    const copy = await import("./broker-error.js");
    expect(copy.BrokerError).not.toBe(BrokerError);
    const error = new copy.BrokerError("no_network", { message: "No network.", hint: "Try again." });
    expect(error instanceof BrokerError).toBe(true);
    expect(new Error("no_network") instanceof BrokerError).toBe(false);
  });

  it("names only its code where there are no other facts", () => {
    const error = new BrokerError("user_canceled", { message: "The window was closed.", hint: "Try again." });
    expect(error.message).toBe("The window was closed. Try again. (code: user_canceled)");
    expect(error).toMatchObject({ retryable: false, native: {}, reason: undefined });
    expect("cause" in error).toBe(false);
  });

  it("keeps the cause, and tells the same facts as plain data without the claims or the cause", () => {
    expect((full.cause as Error).message).toBe("below");
    const json = JSON.parse(JSON.stringify(full));
    expect(json).toEqual({
      name: "BrokerError",
      code: "redirect_uri_mismatch",
      reason: "not_registered",
      message: full.message,
      hint: full.hint,
      platform: "linux",
      correlationId: "00000000-0000-4000-8000-000000000001",
      native: { status: 9, tag: 1234 },
      aadsts: "AADSTS50011",
      scopes: ["User.Read"],
      redirectUri: "https://example.org/x",
      retryable: false,
    });
  });

  it("is told by name, so that another copy of the package is recognised", () => {
    const foreign = Object.assign(new Error("x"), { name: "BrokerError", code: "timed_out", hint: "Wait." });
    expect(isBrokerError(full)).toBe(true);
    expect(isBrokerError(foreign)).toBe(true);
    expect(isBrokerError(new Error("x"))).toBe(false);
    expect(isBrokerError({ name: "BrokerError", code: "timed_out", hint: "" })).toBe(false);
  });

  it("explains every code in a sentence", () => {
    for (const [code, meaning] of Object.entries(brokerErrorCodes)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(meaning).toMatch(/^[A-Z].*\.$/);
    }
  });
});
