import { describe, expect, it } from "vitest";
import { redactSensitive } from "./index.js";

const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = `${b64({ alg: "RS256", typ: "JWT" })}.${b64({ oid: "x", upn: "ann@contoso.example" })}.${"s".repeat(300)}`;

describe("redactSensitive", () => {
  it.each([
    ["a token", `got ${jwt}.`, "got [token]"],
    ["a token that was cut off", `got ${jwt.slice(0, 40)} (truncated)`, "got [token] (truncated)"],
    ["client info", `{"clientInfo":"${b64({ uid: "a", utid: "b" })}"}`, '{"clientInfo":"[token]"}'],
    ["a refresh token", `rt=0.AXoA${"aB3-_".repeat(20)} end`, "rt=[token] end"],
    ["an authorization code", `code: M.C546_BAY.2.U.${"aB3".repeat(12)}`, "code: [token]"],
    ["a cookie", `x-ms-RefreshTokenCredential=${"Q".repeat(200)}`, "[secret]"],
    ["a user name", "user 'ann.b+c@contoso.example' is blocked", "user '[user]' is blocked"],
    ["a user name of a guest", "ann_contoso.example#EXT#@fabrikam.example", "[user]"],
    ["a user name beyond ASCII", "«jürgen@müller.example»", "[user]»"],
  ])("takes out %s", (_what, text, expected) => {
    expect(redactSensitive(text)).toBe(expected);
  });

  it.each([
    "AADSTS50011: The redirect URI 'https://login.microsoftonline.com/common/oauth2/nativeclient' does not match",
    "Correlation ID: 9e01b0ab-0000-4000-8000-000000000001 Timestamp: 2026-11-22 10:46:21Z",
    "org.freedesktop.DBus.Error.NoReply: Message recipient disconnected from message bus without replying",
    "scope https://storage.azure.com/.default status 2 tag 595719680",
  ])("leaves what support needs: %s", (text) => {
    expect(redactSensitive(text)).toBe(text);
  });
});
