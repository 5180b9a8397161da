import { createEmulatedBroker, EmulatedTenant } from "@x/broker-emulator";
import { describe, expect, it } from "vitest";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "./options.js";

const scope = "https://storage.azure.com/.default";
const graph = "https://graph.microsoft.com/.default";

function setUp(options: InteractiveBrowserBrokerCredentialOptions = {}) {
  const tenant = new EmulatedTenant();
  tenant.addAccount({ username: "ada@contoso.example" });
  tenant.addAccount({ username: "bob@contoso.example" });
  const broker = createEmulatedBroker(tenant);
  return {
    tenant,
    credential: new InteractiveBrowserBrokerCredential({
      fallback: "none",
      useDefaultBrokerAccount: true,
      ...options,
      broker,
    }),
  };
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<
    string,
    unknown
  >;
}

describe("over the emulator", () => {
  it("gets tokens of the default account without UI", async () => {
    const { tenant, credential } = setUp();
    const { token } = await credential.getToken(scope);
    expect(claimsOf(token)).toMatchObject({ tid: tenant.tenantId, oid: tenant.accounts[0]?.localAccountId });
    expect(tenant.user.dialogs).toEqual([]);
  });

  it("opens one window where the tenant wants the user, then none", async () => {
    const { tenant, credential } = setUp();
    tenant.addPolicy({ resource: "https://storage.azure.com" }, { kind: "interaction_required" });
    await Promise.all([credential.getToken(scope), credential.getToken([scope])]);
    expect(tenant.user.dialogs).toHaveLength(1);
    await credential.getToken(graph);
    expect(tenant.user.dialogs).toHaveLength(1);
  });

  it("declares CAE, and answers a claims challenge", async () => {
    const { credential } = setUp();
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    const plain = await credential.getToken(graph);
    const cae = await credential.getToken(graph, { enableCae: true });
    expect(claimsOf(plain.token)).not.toHaveProperty("xms_cc");
    expect(claimsOf(cae.token)).toMatchObject({
      xms_cc: expect.arrayContaining([expect.stringMatching(/^cp1$/i)]),
    });
    const challenged = await credential.getToken(graph, { enableCae: true, claims });
    expect(challenged.token).not.toBe(cae.token);
  });

  it("gets a proof-of-possession token", async () => {
    const { credential } = setUp();
    const token = await credential.getToken(graph, {
      proofOfPossessionOptions: {
        nonce: "n-0",
        resourceRequestMethod: "GET",
        resourceRequestUrl: "https://graph.microsoft.com/v1.0/me",
      },
    });
    expect(token.tokenType).toBe("pop");
    expect(claimsOf(token.token)).toMatchObject({ m: "GET", nonce: "n-0" });
  });

  it("keeps to the account of a record", async () => {
    const first = setUp({ loginHint: "bob@contoso.example" });
    const authenticationRecord = await first.credential.authenticate(scope);
    expect(authenticationRecord.username).toBe("bob@contoso.example");
    const again = new InteractiveBrowserBrokerCredential({
      authenticationRecord,
      broker: createEmulatedBroker(first.tenant),
    });
    const { token } = await again.getToken(graph);
    expect(claimsOf(token)).toMatchObject({ oid: first.tenant.accounts[1]?.localAccountId });
  });

  it("refuses another account's token", async () => {
    const { tenant, credential } = setUp({ loginHint: "bob@contoso.example" });
    tenant.addPolicy({}, { kind: "wrong_account", username: "ada@contoso.example" });
    await expect(credential.getToken(scope)).rejects.toMatchObject({ code: "account_mismatch" });
  });

  it("is unavailable where nobody is signed in and no UI is allowed", async () => {
    const broker = createEmulatedBroker(new EmulatedTenant());
    const options = { useDefaultBrokerAccount: true, disableInteractiveFallback: true, broker };
    await expect(new InteractiveBrowserBrokerCredential(options).getToken(scope)).rejects.toMatchObject({
      name: "CredentialUnavailableError",
      reason: "not_signed_in",
    });
  });

  it("lets the user close the window", async () => {
    const { tenant, credential } = setUp({ useDefaultBrokerAccount: false });
    tenant.user.otherwise = { kind: "cancels" };
    await expect(credential.getToken(scope)).rejects.toMatchObject({ code: "user_canceled" });
  });

  it("takes the window away when the app gives up", async () => {
    const { tenant, credential } = setUp({ useDefaultBrokerAccount: false });
    tenant.user.otherwise = { kind: "never_acts" };
    const controller = new AbortController();
    const call = credential.getToken(scope, { abortSignal: controller.signal });
    await expect.poll(() => tenant.user.openDialogs).toBe(1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(() => tenant.user.openDialogs).toBe(0);
  });

  it("lists accounts and signs out", async () => {
    const { tenant, credential } = setUp();
    await credential.getToken(scope);
    expect((await credential.getAccounts()).map(({ username }) => username)).toEqual([
      "ada@contoso.example",
      "bob@contoso.example",
    ]);
    await credential.signOut();
    expect(tenant.accounts.map(({ username }) => username)).toEqual(["bob@contoso.example"]);
  });
});
