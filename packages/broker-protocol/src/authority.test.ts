import { describe, expect, it } from "vitest";
import { resolveAuthority } from "./authority.js";
import type { CallFacts } from "./call-facts.js";
import { account, tenantId } from "./testing/people.js";

const facts: CallFacts = {
  operation: "acquireTokenSilently",
  platform: "linux",
  correlationId: "00000000-0000-4000-8000-000000000001",
};

describe("authorities are written as Microsoft's client writes them", () => {
  it.each([
    ["https://login.microsoftonline.com/common", "https://login.microsoftonline.com/common"],
    ["https://login.microsoftonline.com/organizations/", "https://login.microsoftonline.com/organizations"],
    ["http://login.microsoftonline.com/common", "https://login.microsoftonline.com/common"],
    ["https://LOGIN.windows.net/common", "https://login.microsoftonline.com/common"],
    ["https://sts.windows.net/common", "https://login.microsoftonline.com/common"],
    ["https://login.microsoftonline.us/common", "https://login.microsoftonline.us/common"],
    ["https://login.partner.microsoftonline.cn/common", "https://login.partner.microsoftonline.cn/common"],
    [
      "https://login.microsoftonline.com/contoso.example",
      "https://login.microsoftonline.com/contoso.example",
    ],
    ["https://constructor/common", "https://constructor/common"],
    ["https://127.0.0.1:8443/common", "https://127.0.0.1:8443/common"],
    [`https://login.microsoftonline.com/${tenantId}?x=1#y`, `https://login.microsoftonline.com/${tenantId}`],
  ])("%s becomes %s", (given, sent) => {
    expect(resolveAuthority(given, undefined, facts).url).toBe(sent);
  });

  it.each(["common", "organizations", "Common"])("an account's own tenant stands for %s", (tenant) => {
    const authority = resolveAuthority(`https://login.microsoftonline.com/${tenant}`, account, facts);
    expect(authority).toMatchObject({ url: `https://login.microsoftonline.com/${tenantId}`, tenantId });
  });

  it.each(["contoso.example", "11111111-2222-3333-4444-555555555555"])(
    "but not for %s, which the caller chose",
    (tenant) => {
      const url = `https://login.microsoftonline.com/${tenant}`;
      expect(resolveAuthority(url, account, facts).url).toBe(url);
    },
  );
});
