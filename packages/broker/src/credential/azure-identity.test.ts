import {
  ChainedTokenCredential,
  deserializeAuthenticationRecord as deserializeOfIdentity,
  serializeAuthenticationRecord as serializeOfIdentity,
  type TokenCredential,
} from "@azure/identity";
import { BrokerError, type BrokerErrorCode, brokerErrorCodes } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { ada, FakeBroker, failure, scope, tenantA, tenantB } from "../testing/fake-broker.js";
import { deserializeAuthenticationRecord, serializeAuthenticationRecord } from "./authentication-record.js";
import { AuthenticationRequiredError, CredentialUnavailableError } from "./errors.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "./options.js";

const next: TokenCredential = {
  getToken: async () => ({ token: "next", expiresOnTimestamp: Date.now() + 60_000 }),
};

async function chain(broker: FakeBroker, options: InteractiveBrowserBrokerCredentialOptions = {}, call = {}) {
  const first = new InteractiveBrowserBrokerCredential({
    fallback: "none",
    useDefaultBrokerAccount: true,
    ...options,
    broker,
  });
  return (await new ChainedTokenCredential(first, next).getToken(scope, call)).token;
}

const goesOn: ReadonlySet<string> = new Set(["broker_unavailable", "not_supported", "keyring_locked"]);
/** These lead to UI, and on when UI is not allowed. */
const needsUser: ReadonlySet<string> = new Set(["interaction_required", "account_not_found"]);
const codes = Object.keys(brokerErrorCodes) as BrokerErrorCode[];

describe("what a chain goes on after", () => {
  const native = { status: 2, tag: 5 };
  const told = new BrokerError("interaction_required", {
    message: "It wants the user.",
    hint: "Sign in.",
    reason: "account_unusable",
    native,
    correlationId: "6a0b3ec6-46a1-4dbd-a0e1-0d2a4e1c9f10",
    retryable: true,
  });

  it("carries the facts of the broker's error", () => {
    const { code, reason, correlationId, hint, retryable } = told;
    const facts = { code, reason, native, correlationId, hint, retryable, cause: told };
    expect(new CredentialUnavailableError("x", { cause: told })).toMatchObject(facts);
    expect(new AuthenticationRequiredError({ message: "x", scopes: [], cause: told })).toMatchObject(facts);
  });

  it("has none of them without a broker's error", () => {
    const none = {
      code: undefined,
      reason: undefined,
      native: undefined,
      correlationId: undefined,
      hint: undefined,
      retryable: undefined,
    };
    for (const cause of [undefined, new Error("another one")]) {
      expect(new CredentialUnavailableError("x", { cause })).toMatchObject(none);
      expect(new AuthenticationRequiredError({ message: "x", scopes: [], cause })).toMatchObject(none);
    }
  });
});

describe("in a ChainedTokenCredential of @azure/identity", () => {
  it.each(codes.filter((code) => goesOn.has(code)))("%s goes on with the next credential", async (code) => {
    const broker = new FakeBroker();
    broker.onSilent = () => {
      throw failure(code);
    };
    expect(await chain(broker)).toBe("next");
  });

  it.each(codes.filter((code) => !goesOn.has(code) && !needsUser.has(code)))(
    "%s stops the chain",
    async (code) => {
      const broker = new FakeBroker();
      broker.onSilent = () => {
        throw failure(code);
      };
      await expect(chain(broker)).rejects.toMatchObject({ name: "BrokerError", code });
    },
  );

  it.each([
    ["interaction_required", { disableInteractiveFallback: true }],
    ["interaction_required", { disableAutomaticAuthentication: true }],
    ["account_not_found", { disableInteractiveFallback: true }],
    ["account_not_found", { disableAutomaticAuthentication: true }],
  ] as const)("%s goes on with %j", async (code, options) => {
    const broker = new FakeBroker();
    broker.onSilent = () => {
      throw failure(code);
    };
    expect(await chain(broker, options)).toBe("next");
    expect(broker.interactive).toEqual([]);
  });

  it("says that nobody is signed in, rather than that authenticate() would help, to who is silent", async () => {
    const broker = new FakeBroker();
    broker.onSilent = () => {
      throw failure("interaction_required", "not_signed_in");
    };
    const options = { broker, useDefaultBrokerAccount: true, disableInteractiveFallback: true };
    await expect(new InteractiveBrowserBrokerCredential(options).getToken(scope)).rejects.toMatchObject({
      name: "CredentialUnavailableError",
      cause: { reason: "not_signed_in" },
    });
    const manual = new InteractiveBrowserBrokerCredential({
      ...options,
      disableAutomaticAuthentication: true,
    });
    await expect(manual.getToken(scope)).rejects.toMatchObject({ name: "AuthenticationRequiredError" });
  });

  it("goes on when no account is known and UI is not allowed", async () => {
    expect(
      await chain(new FakeBroker(), { useDefaultBrokerAccount: false, disableInteractiveFallback: true }),
    ).toBe("next");
  });

  it("goes on for a tenant the credential is not configured for", async () => {
    expect(await chain(new FakeBroker(), { tenantId: tenantA }, { tenantId: tenantB })).toBe("next");
  });

  it("stops when the call was aborted", async () => {
    await expect(chain(new FakeBroker(), {}, { abortSignal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  it("D8: keeps the reason in the error of the whole chain", async () => {
    const broker = new FakeBroker();
    broker.onSilent = () => {
      throw failure("keyring_locked");
    };
    const only = new InteractiveBrowserBrokerCredential({
      fallback: "none",
      broker,
      useDefaultBrokerAccount: true,
    });
    const error = await new ChainedTokenCredential(only).getToken(scope).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: "AggregateAuthenticationError",
      errors: [{ name: "CredentialUnavailableError", cause: { code: "keyring_locked" } }],
    });
    expect((error as Error).message).toContain("The fake broker says keyring_locked. Do what the test says.");
  });
});

describe("authentication records of @azure/identity", () => {
  const record = {
    authority: "login.microsoftonline.com",
    homeAccountId: ada.homeAccountId,
    clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    tenantId: tenantA,
    username: ada.username,
  };

  it("are read here, and ours are read there", async () => {
    expect(deserializeAuthenticationRecord(serializeOfIdentity(record))).toEqual({
      ...record,
      version: "1.0",
    });
    expect(deserializeOfIdentity(serializeAuthenticationRecord(record))).toMatchObject(record);
  });

  it("pin the credential to their account", async () => {
    const broker = new FakeBroker();
    const authenticationRecord = deserializeOfIdentity(serializeOfIdentity(record));
    await new InteractiveBrowserBrokerCredential({ broker, authenticationRecord }).getToken(scope);
    expect(broker.silent).toMatchObject([
      { account: ada, authority: `https://login.microsoftonline.com/${tenantA}` },
    ]);
  });
});
