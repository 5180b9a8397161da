import { ChainedTokenCredential, type TokenCredential } from "@azure/identity";
import { type BrokerErrorCode, brokerErrorCodes } from "@x/broker-contract";
import type { EmulatedTenant } from "@x/broker-emulator";
import { describe, expect, it, vi } from "vitest";
import { callsForFallback } from "../fallback/fallback-kind.js";
import { failure, scope } from "../testing/fake-broker.js";
import { startWebFixture, webApp } from "../testing/web-fixture.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";

const storageScopes = "https://storage.azure.com/user_impersonation";

describe("falls back after what no second try would change, and after nothing else", () => {
  const stands = new Set<BrokerErrorCode>([
    "broker_unavailable",
    "not_supported",
    "keyring_locked",
    "untrusted_authority",
  ]);

  it.each(Object.keys(brokerErrorCodes) as BrokerErrorCode[])("%s", (code) => {
    expect(callsForFallback(failure(code))).toBe(stands.has(code));
  });

  it.each([
    ["not_installed", true],
    ["not_enrolled", true],
    ["no_session_bus", true],
    ["native_addon_missing", true],
    ["unsupported_platform", true],
    ["turned_off", true],
    ["broker_died", false],
    ["bus_lost", false],
    ["not_ready", false],
    ["connection_closed", false],
    ["owner_untrusted", false],
  ])("broker_unavailable, %s: %s", (reason, expected) => {
    expect(callsForFallback(failure("broker_unavailable", reason))).toBe(expected);
  });

  it("not after an abort, or an error of somebody else's", () => {
    expect(callsForFallback(Object.assign(new Error("x"), { name: "AbortError" }))).toBe(false);
    expect(callsForFallback({ code: "broker_unavailable" })).toBe(false);
  });
});

describe("where UI is not allowed", () => {
  it("nothing stands in for the broker in getToken()", async () => {
    const { tenant, options } = await startWebFixture();
    const silent = new InteractiveBrowserBrokerCredential({
      ...options,
      useDefaultBrokerAccount: true,
      disableInteractiveFallback: true,
    });
    await expect(silent.getToken(scope)).rejects.toMatchObject({
      name: "CredentialUnavailableError",
      code: "broker_unavailable",
    });
    const manual = new InteractiveBrowserBrokerCredential({
      ...options,
      useDefaultBrokerAccount: true,
      disableAutomaticAuthentication: true,
    });
    await expect(manual.getToken(scope)).rejects.toMatchObject({
      name: "AuthenticationRequiredError",
      code: "broker_unavailable",
      scopes: [scope],
    });
    expect(tenant.user.dialogs).toEqual([]);
    await manual.authenticate(scope);
    expect((await manual.getToken(scope)).route.through).toBe("browser");
    expect((await manual.getToken(storageScopes)).route.through).toBe("browser");
    expect(tenant.user.dialogs).toHaveLength(1);
  });

  it('the option "none" leaves it at the broker\'s error', async () => {
    const { tenant, options } = await startWebFixture();
    const credential = new InteractiveBrowserBrokerCredential({ ...options, fallback: "none" });
    await expect(credential.getToken(scope)).rejects.toMatchObject({ name: "CredentialUnavailableError" });
    await expect(credential.authenticate(scope)).rejects.toMatchObject({
      name: "CredentialUnavailableError",
    });
    expect(tenant.user.dialogs).toEqual([]);
  });
});

describe("in a ChainedTokenCredential of @azure/identity", () => {
  const next: TokenCredential = { getToken: async () => ({ token: "next", expiresOnTimestamp: 0 }) };

  it("gives the token, by whichever way", async () => {
    const { options, tenant } = await startWebFixture();
    const chain = new ChainedTokenCredential(new InteractiveBrowserBrokerCredential(options), next);
    expect(tenant.verify((await chain.getToken(scope)).token)).toMatchObject({ appid: webApp });
  });

  it("lets it go on where neither broker nor fallback can be used, with both reasons", async () => {
    const { options } = await startWebFixture();
    vi.stubEnv("BROWSER", "");
    vi.stubEnv("SSH_CONNECTION", "x");
    const credential = new InteractiveBrowserBrokerCredential(options);
    expect((await new ChainedTokenCredential(credential, next).getToken(scope)).token).toBe("next");
    const error: unknown = await new ChainedTokenCredential(credential)
      .getToken(scope)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({
      name: "AggregateAuthenticationError",
      errors: [{ name: "CredentialUnavailableError", cause: { code: "broker_unavailable" } }],
    });
    expect((error as Error).message).toMatch(/The fake broker says broker_unavailable\. .*SSH session/);
  });

  it.each<[string, Parameters<EmulatedTenant["addPolicy"]>[1] | undefined, string]>([
    ["the user's no", undefined, "user_canceled"],
    ["a lost network", { kind: "no_network" }, "no_network"],
  ])("stops it after %s", async (_what, effect, code) => {
    const { options, tenant } = await startWebFixture();
    if (effect === undefined) tenant.user.script = [{ kind: "cancels" }];
    else tenant.addPolicy({}, effect);
    const chain = new ChainedTokenCredential(new InteractiveBrowserBrokerCredential(options), next);
    await expect(chain.getToken(scope)).rejects.toMatchObject({ name: "BrokerError", code });
  });

  it("lets it go on where the app signs the user in by itself, later", async () => {
    const { options, tenant } = await startWebFixture();
    const manual = { ...options, useDefaultBrokerAccount: true, disableAutomaticAuthentication: true };
    const chain = new ChainedTokenCredential(new InteractiveBrowserBrokerCredential(manual), next);
    expect((await chain.getToken(scope)).token).toBe("next");
    expect(tenant.user.dialogs).toEqual([]);
  });
});
