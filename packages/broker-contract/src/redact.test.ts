import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { redactSecrets, redactSensitive } from "./index.js";

const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = `${b64({ alg: "RS256", typ: "JWT" })}.${b64({ oid: "x", upn: "ann@contoso.example" })}.${"s".repeat(300)}`;
/** Bytes that look random and are the same in every run. */
const bytes = (seed: string) => createHash("sha512").update(seed).digest();

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
    ["a user name with an apostrophe", "user 'sean.o'hara@contoso.example' left", "user '[user]' left"],
    ["a user name beyond ASCII", "«jürgen@müller.example»", "[user]»"],
    [
      "a user name in a URL",
      "https://login.example/x?login_hint=ada%40contoso.example&x=1",
      "https://login.example/x?login_hint=[user]&x=1",
    ],
    ["a user name on a host without a domain", "ada@localhost is blocked", "[user] is blocked"],
    ["a user name on an address", "ada@10.0.0.1", "[user]"],
    ["a user name of Windows", "CONTOSO\\ada is blocked, and CONTOSO\\nina", "[user] is blocked, and [user]"],
  ])("takes out %s", (_what, text, expected) => {
    expect(redactSensitive(text)).toBe(expected);
  });

  it("takes out keys in base64, slashes or not", () => {
    const keys = Array.from({ length: 200 }, (_, seed) => bytes(`key ${seed}`).toString("base64"));
    expect(keys.filter((key) => key.includes("/")).length).toBeGreaterThan(100);
    for (const key of keys) expect(redactSensitive(`the key ${key} is`)).toBe("the key [secret] is");
  });

  it.each([
    "AADSTS50011: The redirect URI 'https://login.microsoftonline.com/common/oauth2/nativeclient' does not match",
    "Correlation ID: 9e01b0ab-0000-4000-8000-000000000001 Timestamp: 2026-11-22 10:46:21Z",
    "org.freedesktop.DBus.Error.NoReply: Message recipient disconnected from message bus without replying",
    "scope https://storage.azure.com/.default status 2 tag 595719680",
    "https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/some-group/providers",
    "/home/dev/projects/SomeCompany2/TeamRepository/packages/service/build/distribution/index",
    "/home/dev/projects/some-company/team-repository/packages/service/node_modules/x",
    "/app/node_modules/.pnpm/@x+broker-linux@0.1.0/node_modules/@x/broker-linux/index.js",
    "C:\\WINDOWS\\system32 and HKLM\\SOFTWARE\\x",
    "AADSTS50011\\r\\nTrace ID: 1\\nCorrelation ID: 2",
  ])("leaves what support needs: %s", (text) => {
    expect(redactSensitive(text)).toBe(text);
  });

  it.each([".", "a", "a.", "%40", "@", "A\\", "eyJ", "0.A", "a/"])(
    "gets through a very long run of %j before the test's time is over",
    (part) => {
      expect(redactSensitive(part.repeat(400_000)).length).toBeGreaterThan(0);
    },
  );
});

describe("redactSecrets", () => {
  it("takes out secrets alone", () => {
    expect(redactSecrets(`ada@contoso.example got ${jwt}, CONTOSO\\ada ${"Q".repeat(64)}`)).toBe(
      "ada@contoso.example got [token], CONTOSO\\ada [secret]",
    );
  });
});
