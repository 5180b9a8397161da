import { compactVerify, createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { acquire, populate, tokenRequest } from "../testing/token-requests.js";
import { EmulatedTenant } from "./emulated-tenant.js";
import { SigningKey } from "./signing-key.js";

describe("EmulatedTenant", () => {
  it("makes the account's ids fit together", () => {
    const tenant = new EmulatedTenant({ tenantId: "F52F0148-c8bb-4ee1-899b-8f93b0e4d63d" });
    const account = tenant.addAccount({
      username: "grace.hopper@contoso.example",
      objectId: "a975168d-a362-458b-af1c-a8982b1e8aac",
    });
    expect(account).toMatchObject({
      homeAccountId: "a975168d-a362-458b-af1c-a8982b1e8aac.f52f0148-c8bb-4ee1-899b-8f93b0e4d63d",
      localAccountId: "a975168d-a362-458b-af1c-a8982b1e8aac",
      tenantId: "f52f0148-c8bb-4ee1-899b-8f93b0e4d63d",
      name: "Grace Hopper",
      givenName: "Grace",
      familyName: "Hopper",
    });
    expect(JSON.parse(Buffer.from(account.clientInfo, "base64url").toString())).toEqual({
      uid: "a975168d-a362-458b-af1c-a8982b1e8aac",
      utid: "f52f0148-c8bb-4ee1-899b-8f93b0e4d63d",
    });
  });

  it("lists whom the broker knows, in order, and forgets whom it is told to", () => {
    const tenant = new EmulatedTenant();
    const ada = tenant.addAccount({ username: "ada@contoso.example" });
    const grace = tenant.addAccount({ username: "grace@contoso.example", signedIn: false });
    expect(tenant.accounts.map(({ username }) => username)).toEqual(["ada@contoso.example"]);
    tenant.setSignedIn(grace.homeAccountId, true);
    expect(tenant.accounts).toHaveLength(2);
    expect(tenant.removeAccount(ada.homeAccountId)).toBe(true);
    expect(tenant.removeAccount(ada.homeAccountId)).toBe(false);
    expect(tenant.findAccountByUsername("ADA@contoso.example")).toBeUndefined();
    expect(tenant.findAccountByUsername("GRACE@contoso.example")).toBe(grace);
  });

  it.each([
    [
      "a user name without a domain",
      (tenant: EmulatedTenant) => tenant.addAccount({ username: "ada" }),
      TypeError,
    ],
    [
      "a second account of the same name",
      (tenant: EmulatedTenant) => {
        tenant.addAccount({ username: "ada@contoso.example" });
        tenant.addAccount({ username: "Ada@contoso.example" });
      },
      /already/,
    ],
    ["an app without id", (tenant: EmulatedTenant) => tenant.registerApp({ clientId: "" }), TypeError],
    [
      "a token that never lived",
      (tenant: EmulatedTenant) => tenant.registerApp({ clientId: "x", tokenLifetimeInSeconds: 0 }),
      RangeError,
    ],
    ["a stranger's state", (tenant: EmulatedTenant) => tenant.setSignedIn("x.y", true), /no such account/],
  ])("refuses %s at once", (_what, act, error) => {
    expect(() => act(new EmulatedTenant())).toThrow(error);
  });

  type Call = (tenant: Record<string, (...args: unknown[]) => unknown>) => unknown;
  it.each<[string, Call, string]>([
    [
      "addAccount()",
      (tenant) => tenant["addAccount"]?.(),
      "addAccount: `options` must be an object with username",
    ],
    [
      "a second name",
      (tenant) => tenant["addAccount"]?.({ username: "a@b", upn: "a@b" }),
      'unknown property "upn"',
    ],
    [
      "an object id",
      (tenant) => tenant["addAccount"]?.({ username: "a@b", objectId: "1" }),
      "`objectId` must be a GUID",
    ],
    [
      "a home",
      (tenant) => tenant["addAccount"]?.({ username: "a@b", tenantId: "x" }),
      "`tenantId` must be a GUID",
    ],
    [
      "guests",
      (tenant) => tenant["addAccount"]?.({ username: "a@b", guestTenants: ["x"] }),
      "an array of GUIDs",
    ],
    ["removeAccount()", (tenant) => tenant["removeAccount"]?.(), "removeAccount: `homeAccountId` must be"],
    [
      "setSignedIn()",
      (tenant) => tenant["setSignedIn"]?.("x"),
      "setSignedIn: `signedIn` must be true or false",
    ],
    ["registerApp()", (tenant) => tenant["registerApp"]?.(), "registerApp: `options` must be an object"],
    [
      "an app's URIs",
      (tenant) => tenant["registerApp"]?.({ clientId: "x", redirectUris: "http://x" }),
      "an array of non-empty",
    ],
    [
      "an app's API",
      (tenant) => tenant["registerApp"]?.({ clientId: "x", identifierUris: ["x"] }),
      "absolute URIs",
    ],
    ["registerResource()", (tenant) => tenant["registerResource"]?.(), "registerResource: `options` must be"],
    [
      "a short name",
      (tenant) => tenant["registerResource"]?.({ identifier: "orders" }),
      "`identifier` must be an absolute",
    ],
    [
      "a scope",
      (tenant) => tenant["registerResource"]?.({ identifier: "api://x/.default" }),
      "without a scope",
    ],
    [
      "a version",
      (tenant) => tenant["registerResource"]?.({ identifier: "api://x", accessTokenVersion: 3 }),
      "one of 1, 2",
    ],
    ["findAccount()", (tenant) => tenant["findAccount"]?.(), "findAccount: `homeAccountId` must be a string"],
    ["findApp()", (tenant) => tenant["findApp"]?.(), "findApp: `clientId` must be a string"],
    [
      "findAccountByUsername()",
      (tenant) => tenant["findAccountByUsername"]?.(),
      "findAccountByUsername: `username` must be a string",
    ],
    ["addPolicy()", (tenant) => tenant["addPolicy"]?.(), "addPolicy: `match` must be an object"],
    [
      "verify()",
      (tenant) => tenant["verify"]?.(),
      "verify: `token` must be a non-empty string, got undefined.",
    ],
    ["verify of a number", (tenant) => tenant["verifySignedHttpRequest"]?.(5), "got the number 5."],
  ])("says what was wrong with %s", (_what, call, message) => {
    const tenant = new EmulatedTenant() as unknown as Parameters<Call>[0];
    expect(() => call(tenant)).toThrow(TypeError);
    expect(() => call(tenant)).toThrow(message);
  });

  it.each<[unknown, string]>([
    [5, "EmulatedTenant: `options` must be an object with tenantId, domain, now, got the number 5."],
    [null, "got null."],
    [
      { tenantId: "T-1" },
      "`tenantId` must be a GUID such as '11111111-2222-4333-8444-555555555555', got another string.",
    ],
    [{ domain: "two words" }, "`domain` must be a domain name"],
    [{ now: 5 }, "`now` must be a function, got the number 5."],
    [{ clock: Date.now }, 'unknown property "clock"'],
  ])("is not made of %j", (options, message) => {
    const make = () => new EmulatedTenant(options as object);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it("signs so that an independent library agrees", async () => {
    const tenant = new EmulatedTenant();
    const { service, account } = populate(tenant);
    const { accessToken, idToken } = await acquire(service, tokenRequest());
    const keys = createLocalJWKSet(tenant.keySet());
    const access = await jwtVerify(accessToken, keys, {
      issuer: tenant.issuerV1,
      audience: "https://storage.azure.com",
    });
    expect(access.protectedHeader.kid).toMatch(/^emulator-/);
    expect(access.payload).toMatchObject({ emulated: "@x/broker-emulator", oid: account.localAccountId });
    const id = await jwtVerify(idToken, keys, { issuer: tenant.issuerV2, audience: tokenRequest().clientId });
    expect(id.payload).toMatchObject({ emulated: "@x/broker-emulator", name: "Ada Lovelace" });
  });

  it("publishes no private part of its key", () => {
    const [key, ...others] = new EmulatedTenant().keySet().keys;
    expect(others).toEqual([]);
    expect(Object.keys(key ?? {}).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
  });

  describe("verify", () => {
    const anHour = 3_600_000;

    it("takes its own tokens, until they end", async () => {
      let now = Date.now();
      const tenant = new EmulatedTenant({ now: () => now });
      const { service } = populate(tenant);
      const { accessToken } = await acquire(service, tokenRequest());
      expect(tenant.verify(accessToken)["aud"]).toBe("https://storage.azure.com");
      now += anHour;
      expect(() => tenant.verify(accessToken)).toThrow("expired");
      now -= 2 * anHour;
      expect(() => tenant.verify(accessToken)).toThrow("not valid yet");
    });

    it("refuses what another key signed, what was changed, and what is no token", async () => {
      const tenant = new EmulatedTenant();
      const { accessToken } = await acquire(populate(tenant).service, tokenRequest());
      const [header = "", body = "", signature = ""] = accessToken.split(".");
      const changed = Buffer.from(body, "base64url").toString().replace("storage", "graph__");
      const forged = [header, Buffer.from(changed).toString("base64url"), signature].join(".");
      const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
      expect(() => tenant.verify(forged)).toThrow("signature");
      expect(() => tenant.verify(`${unsigned}.${body}.x`)).toThrow("RS256");
      expect(() => tenant.verify("a.b")).toThrow("three parts");
      expect(() => tenant.verify("a.b.c")).toThrow("The JWT's header must be JSON.");
      expect(() => tenant.verify(new SigningKey("emulator-").signJwt({ iss: tenant.issuerV1 }))).toThrow(
        "key",
      );
    });

    it("refuses another issuer", () => {
      const tenant = new EmulatedTenant();
      const now = Math.floor(Date.now() / 1000);
      const token = tenant.signingKey.signJwt({ iss: "https://elsewhere.example/", nbf: now, exp: now + 60 });
      expect(() => tenant.verify(token)).toThrow("issuer");
      const stranger = new EmulatedTenant();
      const foreign = stranger.signingKey.signJwt({ iss: stranger.issuerV1, nbf: now, exp: now + 60 });
      expect(() => tenant.verify(foreign)).toThrow("issuer");
    });
  });

  it("signs HTTP requests with another key than tokens", async () => {
    const tenant = new EmulatedTenant();
    const { service } = populate(tenant);
    const { accessToken, isPop } = await acquire(
      service,
      tokenRequest({
        pop: {
          kind: "signed_request",
          httpMethod: "get",
          uriHost: "graph.microsoft.com",
          uriPath: "/v1.0/me",
          nonce: "N",
          clientClaims: "",
        },
      }),
    );
    expect(isPop).toBe(true);
    const { request, accessToken: inner } = tenant.verifySignedHttpRequest(accessToken);
    expect(request).toMatchObject({ m: "GET", u: "graph.microsoft.com", p: "/v1.0/me", nonce: "N" });
    expect(inner["cnf"]).toEqual({ kid: tenant.deviceKey.thumbprint });
    const { protectedHeader } = await compactVerify(
      accessToken,
      createLocalJWKSet({ keys: [tenant.deviceKey.jwk] }),
    );
    expect(protectedHeader.typ).toBe("pop");
    const stolen = tenant.deviceKey.signJwt({
      ...request,
      at: (await acquire(service, tokenRequest())).accessToken,
    });
    expect(() => tenant.verifySignedHttpRequest(stolen)).toThrow("another key");
  });
});

describe("a request that a client signed with a key of its own", () => {
  const tenant = new EmulatedTenant();
  const own = new SigningKey("");
  const bound = async (keyId: string) => {
    const { service } = populate(new EmulatedTenant());
    return (await acquire(service, tokenRequest({ pop: { kind: "key_id", keyId } }))).accessToken;
  };
  const signed = (at: string, jwk: unknown = own.jwk) => own.signJwt({ at, m: "GET", cnf: { jwk } });

  it("is taken where the token names that key", async () => {
    const people = new EmulatedTenant();
    const { service } = populate(people);
    const pop = { kind: "key_id", keyId: own.thumbprint } as const;
    const { accessToken } = await acquire(service, tokenRequest({ pop }));
    const { request, accessToken: inner } = people.verifySignedHttpRequest(signed(accessToken));
    expect(request["m"]).toBe("GET");
    expect(inner["cnf"]).toEqual({ kid: own.thumbprint });
  });

  it("is refused with another key, a wrong signature, or no key", async () => {
    const other = new SigningKey("");
    const token = await bound(other.thumbprint);
    expect(() => tenant.verifySignedHttpRequest(signed(token))).toThrow();
    expect(() => tenant.verifySignedHttpRequest(signed(token, other.jwk))).toThrow("signature is wrong");
    expect(() => tenant.verifySignedHttpRequest(signed(token, { kty: "EC" }))).toThrow("carries no RSA key");
    expect(() => tenant.verifySignedHttpRequest(own.signJwt({ at: token }))).toThrow("carries no RSA key");
  });
});

describe("SigningKey", () => {
  it("computes the RFC 7638 thumbprint", async () => {
    const { calculateJwkThumbprint } = await import("jose");
    const key = new SigningKey("x-");
    expect(key.thumbprint).toBe(await calculateJwkThumbprint(key.jwk));
    expect(key.jwk.kid).toBe(`x-${key.thumbprint}`);
  });
});
