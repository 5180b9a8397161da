import { describe, expect, it } from "vitest";
import { base64UrlText } from "./base64url.js";
import { accessTokenClaims, jwtClaims } from "./jwt.js";
import { jwt } from "./testing/people.js";

describe("the claims of a token", () => {
  it("are those of its middle part", () => {
    expect(jwtClaims(jwt({ oid: "1", name: "Zoë 🦊" }))).toEqual({ oid: "1", name: "Zoë 🦊" });
  });

  it("are as long as they are", () => {
    const groups = Array.from({ length: 2_000 }, (_, index) => `group-${index}`);
    expect(jwtClaims(jwt({ groups }))).toEqual({ groups });
    expect(jwtClaims(jwt({ oid: "2" }))).toEqual({ oid: "2" });
  });

  it.each([
    ["no token", "opaque"],
    ["two parts", "e30.e30"],
    ["four parts", "e30.e30.e30.e30"],
    ["an empty part", "e30..e30"],
    ["no base64url", "e30.{}.e30"],
    ["not only base64url", "e30.e3!0=.e30"],
    ["no JSON", `e30.${Buffer.from("text").toString("base64url")}.e30`],
    ["no object", `e30.${Buffer.from("[]").toString("base64url")}.e30`],
  ])("are not there: %s", (_, token) => {
    expect(jwtClaims(token)).toBeUndefined();
  });

  it("are those of the token inside a signed HTTP request", () => {
    expect(accessTokenClaims(jwt({ at: jwt({ oid: "3" }) }))).toEqual({ oid: "3" });
    expect(accessTokenClaims(jwt({ oid: "4" }))).toEqual({ oid: "4" });
  });
});

it("decodes texts of any length", () => {
  for (const length of [0, 1, 16_383, 16_384, 16_385, 100_000]) {
    const text = "é".repeat(length);
    expect(base64UrlText(Buffer.from(text).toString("base64url"))).toBe(text);
  }
});
