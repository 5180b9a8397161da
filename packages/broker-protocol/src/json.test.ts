import { describe, expect, it } from "vitest";
import { canonicalJson, field, numberField, parseObject, stringField, textField } from "./json.js";

describe("reading what nobody has vouched for", () => {
  it.each(["", "null", "[]", "5", '"x"', "{", "<html>", "{}x"])("%j is no object", (text) => {
    expect(parseObject(text)).toBeUndefined();
  });

  it("takes own fields only", () => {
    const object = parseObject('{"__proto__":{"a":1},"b":2}') ?? {};
    expect(field(object, "a")).toBeUndefined();
    expect(field(object, "toString")).toBeUndefined();
    expect(field(object, "__proto__")).toEqual({ a: 1 });
    expect(field(object, "b")).toBe(2);
  });

  it("tells an empty text from a text", () => {
    expect([stringField({ a: "" }, "a"), textField({ a: "" }, "a"), textField({ a: 5 }, "a")]).toEqual([
      "",
      undefined,
      undefined,
    ]);
  });

  it.each([
    [5, 5],
    ["5", 5],
    ["-7", -7],
    ["4abcd", undefined],
    ["", undefined],
    [" ", undefined],
    ["NaN", undefined],
    ["Infinity", undefined],
    [null, undefined],
    [true, undefined],
    [[5], undefined],
  ])("%j is the number %s", (value, number) => {
    expect(numberField({ a: value }, "a")).toBe(number);
  });
});

it("writes sorted, compact JSON", () => {
  const value = { b: [{ z: 1, a: "ü\n" }], a: { y: null, x: true }, c: undefined };
  expect(canonicalJson(value)).toBe('{"a":{"x":true,"y":null},"b":[{"a":"ü\\n","z":1}]}');
});

it("keeps a key that names a prototype", () => {
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1},"b":1}');
});
