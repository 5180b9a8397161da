import { describe, expect, it } from "vitest";
import { ada, bob, FakeBroker, failure, scope, tenantA, tenantB } from "../testing/fake-broker.js";
import { deserializeAuthenticationRecord, serializeAuthenticationRecord } from "./authentication-record.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";

const record = {
  authority: "login.microsoftonline.com",
  homeAccountId: ada.homeAccountId,
  clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
  tenantId: tenantA,
  username: ada.username,
  version: "1.0",
};

describe("an authentication record", () => {
  it("is written with the version that the other Azure Identity libraries expect", () => {
    expect(JSON.parse(serializeAuthenticationRecord(record))).toEqual(record);
    expect(deserializeAuthenticationRecord(serializeAuthenticationRecord(record))).toEqual(record);
  });

  it("is taken by the credential only if its parts could be options, whatever else is set", () => {
    const options = { tenantId: tenantA, clientId: "my-app", authorityHost: "https://login.example" };
    for (const wrong of [{ tenantId: "a/b" }, { clientId: "a b" }, { authority: "http://login.example" }])
      expect(
        () =>
          new InteractiveBrowserBrokerCredential({
            ...options,
            authenticationRecord: { ...record, ...wrong },
          }),
      ).toThrow(TypeError);
  });

  it("names its host, whether it was written as a URL or not", async () => {
    for (const authority of ["login.microsoftonline.us", "https://login.microsoftonline.us"]) {
      const broker = new FakeBroker();
      broker.accounts = [];
      broker.onSilent = () => {
        throw failure("no_network");
      };
      const authenticationRecord = { ...record, authority };
      const credential = new InteractiveBrowserBrokerCredential({ broker, authenticationRecord });
      await credential.getToken(scope).catch(() => {});
      expect(broker.silent).toMatchObject([
        {
          authority: `https://login.microsoftonline.us/${tenantA}`,
          account: { environment: "login.microsoftonline.us", localAccountId: ada.localAccountId },
        },
      ]);
    }
  });

  it("is read as Python writes it", () => {
    const python = `{"authority": "login.microsoftonline.com", "clientId": "${record.clientId}", "homeAccountId": "${ada.homeAccountId}", "tenantId": "${tenantA}", "username": "${ada.username}", "version": "1.0"}`;
    expect(deserializeAuthenticationRecord(python)).toEqual(record);
  });

  it.each<[string, unknown, string, RegExp]>([
    ["no text", 5, "TypeError", /must be a string, got number/],
    ["no JSON", `{"username":"${ada.username}"`, "TypeError", /is not JSON text/],
    ["no object", "[]", "TypeError", /must be an object with the fields authority, homeAccountId/],
    ["null", "null", "TypeError", /must be an object/],
    [
      "a field missing",
      JSON.stringify({ ...record, tenantId: undefined }),
      "TypeError",
      /no usable "tenantId"/,
    ],
    ["an empty field", JSON.stringify({ ...record, username: "" }), "TypeError", /no usable "username"/],
    [
      "no home tenant",
      JSON.stringify({ ...record, homeAccountId: "x" }),
      "TypeError",
      /expected "<object id>.<tenant id>"/,
    ],
    [
      "another version",
      JSON.stringify({ ...record, version: "2.0" }),
      "RangeError",
      /unsupported version: expected "1.0"/,
    ],
    [
      "a tenant that is a path",
      JSON.stringify({ ...record, tenantId: "common/../evil?x=1#" }),
      "TypeError",
      /"tenantId" of the serialized authentication record is not a tenant id/,
    ],
    [
      "a client id that is none",
      JSON.stringify({ ...record, clientId: "a b/../?" }),
      "TypeError",
      /"clientId" of the serialized authentication record is not an application/,
    ],
    [
      "an authority that is more than a host",
      JSON.stringify({ ...record, authority: "login.example/common" }),
      "TypeError",
      /"authority" of the serialized authentication record must hold a host and nothing else/,
    ],
  ])("is refused with %s", (_, text, name, message) => {
    const error = (() => {
      try {
        deserializeAuthenticationRecord(text as string);
      } catch (thrown) {
        return thrown as Error;
      }
      return undefined;
    })();
    expect(error?.name).toBe(name);
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain(ada.username);
  });
});

describe("authenticate()", () => {
  it("gives a record of who signed in, and getToken() goes on from memory", async () => {
    const broker = new FakeBroker();
    const credential = new InteractiveBrowserBrokerCredential({
      broker,
      disableAutomaticAuthentication: true,
    });
    await expect(credential.getToken(scope)).rejects.toMatchObject({ name: "AuthenticationRequiredError" });
    expect(await credential.authenticate(scope)).toEqual(record);
    await credential.getToken(scope);
    expect(broker.calls.map(({ method }) => method)).toEqual(["interactive"]);
  });

  it("answers an AuthenticationRequiredError with its own scopes and options", async () => {
    const broker = new FakeBroker();
    const options = { useDefaultBrokerAccount: true, disableInteractiveFallback: true, broker };
    const credential = new InteractiveBrowserBrokerCredential(options);
    broker.onSilent = () => {
      throw failure("interaction_required");
    };
    const call = { tenantId: tenantB, enableCae: true };
    const error = await credential.getToken([scope], call).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: "AuthenticationRequiredError",
      scopes: [scope],
      getTokenOptions: call,
    });
    const { scopes, getTokenOptions } = error as { scopes: string[]; getTokenOptions: object };
    expect(await credential.authenticate(scopes, getTokenOptions)).toMatchObject({ username: ada.username });
    expect(broker.interactive).toMatchObject([
      { authority: `https://login.microsoftonline.com/${tenantB}`, clientCapabilities: ["CP1"] },
    ]);
  });

  it("starts with the default account where that was asked for", async () => {
    const broker = new FakeBroker();
    await new InteractiveBrowserBrokerCredential({ broker, useDefaultBrokerAccount: true }).authenticate(
      scope,
    );
    expect(broker.calls.map(({ method }) => method)).toEqual(["silent"]);
  });

  it("keeps the account of a record, and refuses another", async () => {
    const broker = new FakeBroker();
    const credential = new InteractiveBrowserBrokerCredential({ broker, authenticationRecord: record });
    await credential.authenticate(scope);
    expect(broker.interactive).toMatchObject([{ account: ada }]);
    broker.alter = (token) => ({ ...token, account: bob });
    await expect(credential.authenticate(scope)).rejects.toMatchObject({ code: "account_mismatch" });
  });

  it("gives no record that could not be read again", async () => {
    const broker = new FakeBroker();
    const credential = new InteractiveBrowserBrokerCredential({ broker });
    broker.alter = (token) => ({ ...token, account: { ...token.account, username: "" } });
    await expect(credential.authenticate(scope)).rejects.toMatchObject({
      name: "BrokerError",
      code: "protocol_error",
      message: expect.stringContaining('no usable "username"'),
    });
  });

  it("hands the login hint over", async () => {
    const broker = new FakeBroker();
    const credential = new InteractiveBrowserBrokerCredential({ broker, loginHint: bob.username });
    expect(await credential.authenticate(scope)).toMatchObject({ username: bob.username });
    expect(broker.interactive[0]).not.toHaveProperty("prompt");
  });
});

describe("signOut()", () => {
  it("signs out who signed in, forgets the tokens, and asks anew", async () => {
    const broker = new FakeBroker();
    const credential = new InteractiveBrowserBrokerCredential({ broker });
    await credential.getToken(scope);
    await credential.signOut();
    expect(broker.accounts).toEqual([bob]);
    await credential.getToken(scope);
    expect(broker.interactive).toHaveLength(2);
  });

  it("forgets every token of the account, also when it comes back", async () => {
    const broker = new FakeBroker();
    const credential = new InteractiveBrowserBrokerCredential({ broker });
    await credential.getToken(scope);
    const before = await credential.getToken("other");
    await credential.signOut();
    await credential.getToken(scope);
    expect((await credential.getToken("other")).token).not.toBe(before.token);
  });

  it("takes an account or a record", async () => {
    const broker = new FakeBroker();
    const credential = new InteractiveBrowserBrokerCredential({ broker });
    const [, second] = await credential.getAccounts();
    await credential.signOut(second);
    await credential.signOut(record);
    expect(broker.accounts).toEqual([]);
    await expect(credential.signOut(bob)).rejects.toMatchObject({
      name: "BrokerError",
      code: "account_not_found",
    });
  });

  it("forgets the tokens even if the broker refuses", async () => {
    const broker = new FakeBroker();
    const credential = new InteractiveBrowserBrokerCredential({ broker });
    await credential.getToken(scope);
    broker.onSignOut = () => {
      throw failure("not_supported");
    };
    await expect(credential.signOut()).rejects.toMatchObject({ name: "BrokerError", code: "not_supported" });
    await credential.getToken(scope);
    expect(broker.interactive).toHaveLength(2);
  });
});
