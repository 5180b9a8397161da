import { describe, expect, it } from "vitest";
import { brokerIn, failure, onlyTokenCall, request } from "./testing/broker.js";
import { account, graphScope } from "./testing/people.js";

describe("bad input", () => {
  it.each([
    ["no scope", { scopes: [] }],
    ["an authority that is no URL", { authority: "contoso" }],
    ["no client id", { clientId: "" }],
    ["claims that are not JSON", { claims: "{" }],
    ["B2C", { authority: "https://contoso.b2clogin.com/contoso.onmicrosoft.com/b2c_1_in" }],
    ["AD FS", { authority: "https://adfs.contoso.example/adfs" }],
    ["an external id", { authority: "https://contoso.ciamlogin.com/contoso.onmicrosoft.com" }],
    ["a parameter Microsoft's client refuses", { extraParameters: { domain_hint: "contoso.com" } }],
    ["a property of this package", { extraParameters: { WAM_COMPAT: "1.0" } }],
    [
      "a URL to sign that is none",
      { proofOfPossession: { resourceRequestMethod: "GET", resourceRequestUrl: "x" } },
    ],
  ])("refuses %s before anything is asked", async (_what, changes) => {
    const { broker, wam } = brokerIn();
    const error = await failure(broker.acquireTokenSilently(request(changes)));
    expect(["invalid_request", "untrusted_authority"]).toContain(error.code);
    expect(wam.calls).toEqual([]);
  });

  it.each([
    ["an account without ids", { account: { ...account(), homeAccountId: "" } }],
    ["a forceRefresh that is no boolean", { forceRefresh: "yes" as unknown as boolean }],
    ["a token to renew that is no text", { accessTokenToRenew: 1 as unknown as string }],
    ["scopes that are no list", { scopes: graphScope as unknown as string[] }],
    ["a login hint that is no text", { loginHint: 1 as unknown as string }],
  ])("throws a TypeError for %s", async (_what, changes) => {
    const { broker, wam } = brokerIn();
    expect(await failure(broker.acquireTokenSilently(request(changes)))).toBeInstanceOf(TypeError);
    expect(wam.calls).toEqual([]);
  });

  it("reads a personal authority that says passthrough as what it is", async () => {
    const { broker, wam } = brokerIn();
    const changes = { authority: "https://login.microsoftonline.com/consumers", msaPassthrough: true };
    await broker.acquireTokenSilently(request(changes));
    expect(onlyTokenCall(wam).provider).toMatchObject({ authority: "consumers" });
  });

  it("names the caller's own library in telemetry: msal-node says its name in each request", async () => {
    const { broker, wam } = brokerIn();
    const extraParameters = { "x-client-xtra-sku": "msal.node|7.2.1,|,|,|,|" };
    await broker.acquireTokenSilently(request({ extraParameters }));
    expect(onlyTokenCall(wam).properties).toMatchObject(extraParameters);
  });

  it("passes every other parameter on", async () => {
    const { broker, wam } = brokerIn();
    const extraParameters = Object.fromEntries([
      ["slice", "x"],
      ["instance_aware", "false"],
      ["msal_gui_thread", "true"],
      ["__proto__", "y"],
    ]);
    await broker.acquireTokenSilently(request({ extraParameters }));
    expect(onlyTokenCall(wam).properties).toMatchObject({ slice: "x", instance_aware: "false" });
    expect(Object.keys(onlyTokenCall(wam).properties ?? {})).toContain("__proto__");
    expect(onlyTokenCall(wam).properties).not.toHaveProperty("msal_gui_thread");
  });
});
