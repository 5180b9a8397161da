import { afterEach, describe, expect, it, vi } from "vitest";
import { ada, FakeBroker, failure, scope, tenantA, tenantB } from "../testing/fake-broker.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "./options.js";

const record = {
  authority: "login.microsoftonline.us",
  homeAccountId: ada.homeAccountId,
  clientId: "record-app",
  tenantId: tenantB,
  username: ada.username,
};

function create(options: unknown): InteractiveBrowserBrokerCredential {
  return new InteractiveBrowserBrokerCredential(options as InteractiveBrowserBrokerCredentialOptions);
}

/** What the broker is asked for with these options. */
async function requestWith(options: InteractiveBrowserBrokerCredentialOptions, call = {}) {
  const broker = new FakeBroker();
  await new InteractiveBrowserBrokerCredential({
    useDefaultBrokerAccount: true,
    ...options,
    broker,
  }).getToken(scope, call);
  return broker.silent[0];
}

afterEach(() => vi.unstubAllEnvs());

it.each([
  [["https://graph.microsoft.com/User.Read", "https://Graph.microsoft.com/Mail.Read", "offline_access"]],
  [["https://management.core.windows.net//user_impersonation"]],
  [["api://my-api/read", "api://my-api/sub/write"]],
  [["User.Read", "https://graph.microsoft.com/.default"]],
  [["00000003-0000-0000-c000-000000000000/.default"]],
])("scopes of one resource are taken: %j", async (scopes) => {
  const broker = new FakeBroker();
  await new InteractiveBrowserBrokerCredential({ broker, useDefaultBrokerAccount: true }).getToken(scopes);
  expect(broker.silent).toMatchObject([{ scopes }]);
});

describe("bad options", () => {
  const secret = "P@ssw0rd-of-somebody";

  it.each<[string, unknown, string, RegExp]>([
    ["options", "yes", "TypeError", /options must be an object, got string/],
    ["options", [], "TypeError", /options must be an object, got an array/],
    ["clientId", { clientId: 4 }, "TypeError", /"clientId" must be a string, got number/],
    [
      "clientId",
      { clientId: "" },
      "TypeError",
      /"clientId" is not an application \(client\) id: expected a GUID/,
    ],
    ["tenantId", { tenantId: null }, "TypeError", /"tenantId" must be .* a string, got object/],
    [
      "tenantId",
      { tenantId: "a/b" },
      "TypeError",
      /"tenantId" is not a tenant id: expected a GUID, a domain/,
    ],
    ["tenantId", { tenantId: ".." }, "TypeError", /"tenantId" is not a tenant id/],
    [
      "authorityHost",
      { authorityHost: 1 },
      "TypeError",
      /"authorityHost" must be a string: expected an https URL/,
    ],
    [
      "authorityHost",
      { authorityHost: "http://login.contoso.example" },
      "TypeError",
      /"authorityHost" must use https, not http/,
    ],
    [
      "authorityHost",
      { authorityHost: "https://a.example/common" },
      "TypeError",
      /a host and nothing else.*"tenantId"/,
    ],
    ["authorityHost", { authorityHost: "https://u:p@a.example" }, "TypeError", /a host and nothing else/],
    ["authorityHost", { authorityHost: "" }, "TypeError", /"authorityHost" is not a URL/],
    [
      "parentWindowHandle",
      { parentWindowHandle: "1234" },
      "TypeError",
      /"parentWindowHandle" has the wrong type: expected a Uint8Array/,
    ],
    ["parentWindowHandle", { parentWindowHandle: null }, "TypeError", /got null/],
    [
      "parentWindowHandle",
      { parentWindowHandle: new Uint8Array(3) },
      "RangeError",
      /"parentWindowHandle" has 3 bytes/,
    ],
    ["parentWindowHandle", { parentWindowHandle: -1 }, "RangeError", /safe integer and not negative/],
    ["parentWindowHandle", { parentWindowHandle: 1.5 }, "RangeError", /safe integer/],
    ["parentWindowHandle", { parentWindowHandle: 2n ** 64n }, "RangeError", /between 0 and 2\^64 - 1/],
    [
      "useDefaultBrokerAccount",
      { useDefaultBrokerAccount: 1 },
      "TypeError",
      /"useDefaultBrokerAccount" must be true or false, got number/,
    ],
    [
      "disableInteractiveFallback",
      { disableInteractiveFallback: "no" },
      "TypeError",
      /"disableInteractiveFallback" must be true or false/,
    ],
    [
      "enableMsaPassthrough",
      { enableMsaPassthrough: null },
      "TypeError",
      /"enableMsaPassthrough" must be true or false, got null/,
    ],
    [
      "enableSupportLogging",
      { enableSupportLogging: "yes" },
      "TypeError",
      /"enableSupportLogging" must be true or false/,
    ],
    [
      "disableAutomaticAuthentication",
      { disableAutomaticAuthentication: {} },
      "TypeError",
      /"disableAutomaticAuthentication" must be/,
    ],
    [
      "disableInstanceDiscovery",
      { disableInstanceDiscovery: 0 },
      "TypeError",
      /"disableInstanceDiscovery" must be true or false/,
    ],
    ["loginHint", { loginHint: 5 }, "TypeError", /"loginHint" must be a user name as a string, got number/],
    ["loginHint", { loginHint: " " }, "TypeError", /"loginHint" is empty/],
    [
      "authenticationRecord",
      { authenticationRecord: "text" },
      "TypeError",
      /"authenticationRecord" must be an object with the fields/,
    ],
    [
      "authenticationRecord",
      { authenticationRecord: { ...record, homeAccountId: 1 } },
      "TypeError",
      /no usable "homeAccountId": expected a string/,
    ],
    [
      "authenticationRecord",
      { authenticationRecord: { ...record, version: "2.0" } },
      "RangeError",
      /unsupported version: expected "1.0"/,
    ],
    [
      "additionallyAllowedTenants",
      { additionallyAllowedTenants: "*" },
      "TypeError",
      /"additionallyAllowedTenants" must be an array/,
    ],
    [
      "additionallyAllowedTenants",
      { additionallyAllowedTenants: ["a b"] },
      "TypeError",
      /A tenant in the option "additionallyAllowedTenants" is not a tenant id/,
    ],
    ["redirectUri", { redirectUri: 1 }, "TypeError", /"redirectUri" must be a string, got number/],
    ["redirectUri", { redirectUri: "nativeclient" }, "TypeError", /"redirectUri" is not an absolute URI/],
    [
      "timeoutInMs",
      { timeoutInMs: "5s" },
      "TypeError",
      /"timeoutInMs" must be a number of milliseconds, got string/,
    ],
    [
      "timeoutInMs",
      { timeoutInMs: -1 },
      "RangeError",
      /"timeoutInMs" must be between 0 \(no limit\) and 2147483647 milliseconds, got -1/,
    ],
    ["timeoutInMs", { timeoutInMs: Number.NaN }, "RangeError", /"timeoutInMs" must be between/],
    ["broker", { broker: 1 }, "TypeError", /"broker" must be a Broker, got number/],
    [
      "broker",
      { broker: { probe() {} } },
      "TypeError",
      /"broker" is no Broker: it has no getAccounts\(\), acquireTokenSilently/,
    ],
  ])("are refused at once: %s %#", (_, options, name, text) => {
    const error = (() => {
      try {
        create(options);
      } catch (thrown) {
        return thrown as Error;
      }
      return undefined;
    })();
    expect(error?.name).toBe(name);
    expect(error?.message).toMatch(text);
  });

  it.each([
    { clientId: secret },
    { tenantId: secret },
    { redirectUri: secret },
    { authorityHost: `https://x/${secret}` },
  ])("are not quoted, for they may be a secret: %#", (options) => {
    expect(() => create(options)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    );
  });

  it.each<[string, unknown, unknown, string, RegExp]>([
    ["scopes", "", undefined, "TypeError", /empty or has a character no scope may have/],
    ["scopes", [], undefined, "TypeError", /"scopes" is empty/],
    ["scopes", ["a b"], undefined, "TypeError", /as an array, not as one string with spaces/],
    ["scopes", undefined, undefined, "TypeError", /must be a string or an array of strings.*got undefined/],
    [
      "scopes",
      [scope, "https://graph.microsoft.com/.default"],
      undefined,
      "TypeError",
      /two resources, https:\/\/storage.azure.com and https:\/\/graph.microsoft.com, but a token is for one/,
    ],
    [
      "scopes",
      "https://storage.azure.com",
      undefined,
      "TypeError",
      /append "\/.default", as in "https:\/\/storage.azure.com\/.default"/,
    ],
    ["scopes", ["https://storage.azure.com/"], undefined, "TypeError", /append "\/.default"/],
    ["scopes", "api://my-api", undefined, "TypeError", /as in "api:\/\/my-api\/.default"/],
    ["scopes", [null], undefined, "TypeError", /got null/],
    ["options", scope, null, "TypeError", /options of a call must be an object, got null/],
    ["options", scope, "x", "TypeError", /options of a call must be an object, got string/],
    ["claims", scope, { claims: {} }, "TypeError", /"claims" must be a string: expected the JSON text/],
    [
      "claims",
      scope,
      { claims: "eyJhIjoxfQ==" },
      "TypeError",
      /"claims" is not JSON text.*decoded from base64/,
    ],
    ["claims", scope, { claims: "[]" }, "TypeError", /"claims" is not a JSON object/],
    ["enableCae", scope, { enableCae: "true" }, "TypeError", /"enableCae" must be true or false, got string/],
    ["tenantId", scope, { tenantId: "a?b" }, "TypeError", /"tenantId" of getToken\(\) is not a tenant id/],
    ["abortSignal", scope, { abortSignal: {} }, "TypeError", /"abortSignal" must be an AbortSignal/],
    [
      "requestOptions",
      scope,
      { requestOptions: 5 },
      "TypeError",
      /"requestOptions" must be an object, got number/,
    ],
    [
      "requestOptions.timeout",
      scope,
      { requestOptions: { timeout: -5 } },
      "RangeError",
      /"requestOptions.timeout" must be between/,
    ],
    [
      "proofOfPossessionOptions",
      scope,
      { proofOfPossessionOptions: true },
      "TypeError",
      /"proofOfPossessionOptions" must be an object, got boolean/,
    ],
    [
      "resourceRequestMethod",
      scope,
      { proofOfPossessionOptions: { nonce: "n", resourceRequestUrl: "https://a/" } },
      "TypeError",
      /resourceRequestMethod" must be an HTTP method/,
    ],
    [
      "resourceRequestUrl",
      scope,
      { proofOfPossessionOptions: { nonce: "n", resourceRequestMethod: "GET", resourceRequestUrl: "/x" } },
      "TypeError",
      /resourceRequestUrl" must be the absolute URL/,
    ],
    [
      "nonce",
      scope,
      {
        proofOfPossessionOptions: {
          nonce: 1,
          resourceRequestMethod: "GET",
          resourceRequestUrl: "https://a/",
        },
      },
      "TypeError",
      /nonce" must be the nonce/,
    ],
  ])("of a call are refused before the broker is asked: %s %#", async (_, scopes, options, name, text) => {
    const broker = new FakeBroker();
    const credential = create({ broker });
    await credential.getToken(scope);
    const asked = broker.calls.length;
    // Whether or not memory could answer a good request, a bad one is refused.
    for (const method of ["getToken", "authenticate"] as const) {
      const error = await credential[method](scopes as string, options as object).catch(
        (thrown: unknown) => thrown,
      );
      expect((error as Error).name).toBe(name);
      expect((error as Error).message).toMatch(text);
    }
    expect(broker.calls).toHaveLength(asked);
  });

  it("of the other methods are refused as well", async () => {
    const credential = create({ broker: new FakeBroker() });
    await expect(credential.getAccounts({ requestOptions: { timeout: Number.NaN } })).rejects.toThrow(
      /requestOptions.timeout/,
    );
    await expect(credential.signOut(5 as never)).rejects.toThrow(
      /"account" of signOut\(\) must be an account of getAccounts\(\)/,
    );
    await expect(credential.signOut()).rejects.toMatchObject({ code: "account_not_found" });
    await expect(credential.signOut()).rejects.toThrow(/nobody to sign out/);
  });

  it("need no broker to be refused, nor good ones to be taken", () => {
    expect(() => create(undefined)).not.toThrow();
    expect(() => create({ tenantId: "contoso.onmicrosoft.com" })).not.toThrow();
  });
});

describe("defaults", () => {
  it("are the developer app's tenant, the app's own, or the record's", async () => {
    expect(await requestWith({})).toMatchObject({
      authority: "https://login.microsoftonline.com/organizations",
      clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    });
    expect(await requestWith({ clientId: "my-app" })).toMatchObject({
      authority: "https://login.microsoftonline.com/common",
      clientId: "my-app",
    });
    expect(await requestWith({ authenticationRecord: record })).toMatchObject({
      authority: `https://login.microsoftonline.us/${tenantB}`,
      clientId: "record-app",
    });
    expect(
      await requestWith({
        authenticationRecord: record,
        clientId: "my-app",
        tenantId: tenantA,
        authorityHost: "https://login.chinacloudapi.cn/",
      }),
    ).toMatchObject({
      authority: `https://login.chinacloudapi.cn/${tenantA}`,
      clientId: "my-app",
    });
  });

  it("send nothing that was not asked for", async () => {
    const request = await requestWith({});
    expect(Object.keys(request ?? {}).sort()).toEqual(["authority", "clientId", "scopes"]);
  });

  it("take AZURE_AUTHORITY_HOST, with or without a scheme", async () => {
    vi.stubEnv("AZURE_AUTHORITY_HOST", "login.microsoftonline.us");
    expect(await requestWith({})).toMatchObject({
      authority: "https://login.microsoftonline.us/organizations",
    });
    vi.stubEnv("AZURE_AUTHORITY_HOST", "http://login.contoso.example");
    expect(() => create({})).toThrow(/AZURE_AUTHORITY_HOST must use https/);
    for (const garbage of ["garbage", "https://garbage", "not a host"]) {
      vi.stubEnv("AZURE_AUTHORITY_HOST", garbage);
      expect(() => create({})).toThrow(/^The environment variable AZURE_AUTHORITY_HOST is not a/);
    }
  });

  it("name AZURE_AUTHORITY_HOST where a broker does not trust its host", async () => {
    vi.stubEnv("AZURE_AUTHORITY_HOST", "garbage.example");
    const refused = async (options: InteractiveBrowserBrokerCredentialOptions) => {
      const broker = new FakeBroker();
      broker.onSilent = () => {
        throw failure("untrusted_authority");
      };
      const credential = new InteractiveBrowserBrokerCredential({
        ...options,
        broker,
        useDefaultBrokerAccount: true,
      });
      return (await credential.getToken(scope).catch((thrown: unknown) => thrown)) as Error;
    };
    const error = await refused({});
    expect(error).toMatchObject({ name: "BrokerError", code: "untrusted_authority" });
    expect(error.message).toMatch(/^The fake broker says .* AZURE_AUTHORITY_HOST: correct or unset it/);
    const chosen = await refused({ authorityHost: "https://login.contoso.example" });
    expect(chosen.message).not.toContain("AZURE_AUTHORITY_HOST");
    expect(await requestWith({ authorityHost: "https://login.chinacloudapi.cn" })).toMatchObject({
      authority: "https://login.chinacloudapi.cn/organizations",
    });
  });

  it("know the other names of the public cloud in a record", async () => {
    expect(
      await requestWith({ authenticationRecord: { ...record, authority: "login.windows.net" } }),
    ).toMatchObject({
      authority: `https://login.microsoftonline.com/${tenantB}`,
    });
  });
});

describe("options that reach the broker", () => {
  it("are disableInstanceDiscovery, enableMsaPassthrough and redirectUri", async () => {
    const redirectUri = "msauth.com.msauth.unsignedapp://Auth";
    expect(
      await requestWith({ disableInstanceDiscovery: true, enableMsaPassthrough: true, redirectUri }),
    ).toMatchObject({
      extraParameters: { validateAuthority: "no" },
      msaPassthrough: true,
      redirectUri,
    });
  });

  it.each([
    [undefined, "auto"],
    ["auto", "auto"],
    [new Uint8Array(0), "auto"],
    [new Uint8Array(1), "auto"],
    [new Uint8Array(8), "auto"],
    [0, "auto"],
    [0n, "auto"],
    [0x1234, 0x1234n],
    [2n ** 63n, 2n ** 63n],
    [Buffer.from([0x78, 0x56, 0x34, 0x12]), 0x12345678n],
    [Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0x80), 0x8000000000000001n],
    [() => 7, 7n],
    [async () => Uint8Array.of(9, 0, 0, 0), 9n],
    [() => "auto" as const, "auto"],
  ])("parentWindowHandle %# is read as a little-endian handle", async (parentWindowHandle, expected) => {
    const broker = new FakeBroker();
    const credential = create({
      broker,
      ...(parentWindowHandle === undefined ? {} : { parentWindowHandle }),
    });
    await credential.getToken(scope);
    expect(broker.interactive[0]?.parentWindow).toBe(expected);
  });

  it("asks the window function each time a window opens, and checks what it gives", async () => {
    let handle: unknown = 1;
    const broker = new FakeBroker();
    const credential = create({ broker, parentWindowHandle: () => handle });
    await credential.getToken(scope);
    handle = "none";
    await expect(credential.authenticate(scope)).rejects.toThrow(
      /the function "parentWindowHandle" gave has the wrong type/i,
    );
    expect(broker.interactive).toHaveLength(1);
  });
});

describe("tenants", () => {
  const ask = async (options: InteractiveBrowserBrokerCredentialOptions, tenantId: string) =>
    (await requestWith(options, { tenantId }))?.authority.split("/").at(-1);

  it("are free when the app chose none", async () => {
    expect(await ask({}, tenantB)).toBe(tenantB);
  });

  it("are refused when the app chose another, so that a chain can go on", async () => {
    await expect(ask({ tenantId: tenantA }, tenantB)).rejects.toMatchObject({
      name: "CredentialUnavailableError",
    });
    await expect(ask({ tenantId: tenantA }, tenantB)).rejects.toThrow(
      `The current credential is not configured to acquire tokens for tenant ${tenantB}.`,
    );
  });

  it("are allowed by name, in either case, or all with *", async () => {
    expect(
      await ask({ tenantId: tenantA, additionallyAllowedTenants: [tenantB.toUpperCase()] }, tenantB),
    ).toBe(tenantB);
    expect(await ask({ tenantId: tenantA, additionallyAllowedTenants: ["*"] }, tenantB)).toBe(tenantB);
    expect(await ask({ tenantId: tenantA }, tenantA.toUpperCase())).toBe(tenantA);
  });

  it("stay the default with AZURE_IDENTITY_DISABLE_MULTITENANTAUTH", async () => {
    vi.stubEnv("AZURE_IDENTITY_DISABLE_MULTITENANTAUTH", "true");
    expect(await ask({ tenantId: tenantA }, tenantB)).toBe(tenantA);
    expect(await ask({ tenantId: tenantA, additionallyAllowedTenants: ["*"] }, tenantB)).toBe(tenantA);
  });
});
