import { describe, expect, it } from "vitest";
import { mergeClaims } from "./claims.js";

const acrs = (value: string) => JSON.stringify({ access_token: { acrs: { essential: true, value } } });

describe("mergeClaims()", () => {
  it.each([
    [undefined, undefined, undefined],
    [acrs("c1"), undefined, acrs("c1")],
    [undefined, acrs("c1"), acrs("c1")],
    [acrs("c1"), acrs("c2"), acrs("c2")],
    [
      '{"access_token":{"nbf":null},"id_token":{"auth_time":null}}',
      '{"access_token":{"acrs":{"value":"c1"}},"userinfo":{}}',
      '{"access_token":{"nbf":null,"acrs":{"value":"c1"}},"id_token":{"auth_time":null},"userinfo":{}}',
    ],
    // A claim's own request is replaced as a whole.
    ['{"access_token":{"acrs":{"values":["c1"]}}}', acrs("c2"), acrs("c2")],
    [acrs("c1"), "no JSON", acrs("c1")],
    [acrs("c1"), "[]", acrs("c1")],
    ["no JSON", acrs("c1"), acrs("c1")],
  ])("of %j and %j are %j", (earlier, later, expected) => {
    expect(mergeClaims(earlier, later)).toEqual(expected);
  });
});
