import { describe, expect, it } from "vitest";
import { foreignText } from "./call-facts.js";

describe("a foreign text", () => {
  it("names nobody, in any letter case, and cuts no address in two", () => {
    const facts = { personalData: ["test", "Test User"] };
    expect(
      foreignText("TEST USER (Test@Contoso.Example) was\n refused: eyJhbGciOiJSUzI1NiJ9.e30.x", facts),
    ).toBe("[user] ([user]) was refused: [token]");
  });

  it("takes a name for what it is, not for a pattern", () => {
    expect(foreignText("a.b (x) said no to aXb", { personalData: ["a.b (x)"] })).toBe(
      "[user] said no to aXb",
    );
  });

  it("leaves what already stands for a name", () => {
    expect(foreignText("ada@contoso.example, User", { personalData: ["User", "se"] })).toBe("[user], [user]");
  });

  it("is short", () => {
    expect(foreignText("ab ".repeat(400), {})).toHaveLength(501);
  });
});
