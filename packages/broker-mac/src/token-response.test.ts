import type { SilentTokenRequest } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import {
  brokerOn,
  optionsOf,
  rejection,
  requestForAccount,
  usualExtension,
} from "./testing/protocol/broker.js";
import {
  accessTokenOf,
  clientInfo,
  homeAccountId,
  otherObjectId,
  otherTenantId,
  tenantId,
  tokenAnswer,
} from "./testing/protocol/people.js";

describe("answers that make no sense", () => {
  it.each<[string, Readonly<Record<string, string | undefined>>]>([
    ["without an operation", { operation: undefined }],
    ["without success", { success: undefined }],
    ["with a success that is neither", { success: "maybe" }],
    ["without a type", { operation_response_type: undefined }],
    ["of another type", { operation_response_type: "operation_generic_response" }],
    ["without a token", { access_token: undefined }],
    ["with an empty token", { access_token: "" }],
    ["without client info", { client_info: undefined }],
    ["with client info that is none", { client_info: "x" }],
    ["with an id token that is none", { id_token: "x" }],
    ["with a strange token type", { token_type: "MAC" }],
    ["of a token that has ended", { access_token: accessTokenOf({ exp: 5 }), expires_on: "5" }],
    ["of a token without end", { access_token: "opaque", expires_on: "0", expires_in: "0" }],
  ])("%s", async (_what, changes) => {
    const extension = usualExtension().on("refresh", tokenAnswer(changes));
    const error = await rejection(brokerOn(extension).acquireTokenSilently(requestForAccount));
    expect(error.code).toBe("protocol_error");
    expect(error.hint).not.toBe("");
  });

  it("reads fields in any letter case", async () => {
    const loud = Object.fromEntries(
      Object.entries(tokenAnswer()).map(([name, value]) => [name.toUpperCase(), value]),
    );
    const extension = usualExtension().on("refresh", loud);
    expect((await brokerOn(extension).acquireTokenSilently(requestForAccount)).tokenType).toBe("Bearer");
  });

  it("reads when a token ends and is to be renewed", async () => {
    const soon = Math.floor(Date.now() / 1000) + 600;
    const extension = usualExtension().on(
      "refresh",
      tokenAnswer({ access_token: "opaque", expires_on: "0", expires_in: "3600", refresh_on: String(soon) }),
    );
    const before = Date.now();
    const token = await brokerOn(extension).acquireTokenSilently(requestForAccount);
    expect(token.expiresOn).toBeGreaterThanOrEqual(before + 3600_000);
    expect(token.expiresOn).toBeLessThanOrEqual(Date.now() + 3600_000);
    expect(token.refreshOn).toBe(soon * 1000);
  });

  it("leaves out of the telemetry what is no short word", async () => {
    const extension = usualExtension().on("refresh", tokenAnswer({ device_mode: "x".repeat(201) }));
    const token = await brokerOn(extension).acquireTokenSilently(requestForAccount);
    expect(token.telemetry).not.toHaveProperty("device_mode");
    expect(token.telemetry).toHaveProperty("broker_version");
  });

  it("does not look at a second token, nor at a refresh token", async () => {
    const extension = usualExtension().on(
      "refresh",
      tokenAnswer({ additional_token_reponse: "{", refresh_token: "0.secret" }),
    );
    const token = await brokerOn(extension).acquireTokenSilently(requestForAccount);
    expect(JSON.stringify(token)).not.toContain("0.secret");
  });

  it("says which tenant, account and scopes are not those asked for", async () => {
    const code = async (changes: Record<string, string>, input: Partial<SilentTokenRequest> = {}) => {
      const extension = usualExtension().on("refresh", tokenAnswer(changes));
      return (await rejection(brokerOn(extension).acquireTokenSilently({ ...requestForAccount, ...input })))
        .code;
    };
    const others = { client_info: clientInfo(otherObjectId, tenantId) };
    expect(await code(others)).toBe("account_mismatch");
    expect(await code({ scope: "User.Read" })).toBe("interaction_required");
    const elsewhere = { authority: `https://login.microsoftonline.com/${otherTenantId}` };
    expect(await code({}, elsewhere)).toBe("account_mismatch");
  });
});

describe("proof of possession", () => {
  const proofOfPossession = {
    resourceRequestMethod: "GET",
    resourceRequestUrl: "https://graph.microsoft.com/v1.0/me?$select=id",
    nonce: "nonce-1",
  };
  const boundAnswer = (kid: (options: Readonly<Record<string, string>>) => string) => {
    const extension = usualExtension();
    return extension.on("refresh", ({ options }) =>
      tokenAnswer({ token_type: "Pop", access_token: accessTokenOf({ cnf: { kid: kid(options) } }) }),
    );
  };
  const keyIn = (options: Readonly<Record<string, string>>): string =>
    JSON.parse(Buffer.from(options["req_cnf"] ?? "", "base64url").toString("utf8")).kid;

  it("binds the token to a key of its own, and signs the request with it", async () => {
    const extension = boundAnswer(keyIn);
    const token = await brokerOn(extension).acquireTokenSilently({ ...requestForAccount, proofOfPossession });
    const { createPublicKey, verify } = await import("node:crypto");
    const [head = "", body = "", signature = ""] = token.accessToken.split(".");
    const decode = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    const claims = decode(body);
    expect(token).toMatchObject({ tokenType: "pop", account: { homeAccountId } });
    expect(optionsOf(extension, "refresh")["req_cnf"]).toMatch(/^[\w-]+$/);
    expect(decode(head)).toEqual({ alg: "RS256", kid: keyIn(optionsOf(extension, "refresh")), typ: "JWT" });
    expect(claims).toMatchObject({ m: "GET", u: "graph.microsoft.com", p: "/v1.0/me", nonce: "nonce-1" });
    expect(decode(claims.at.split(".")[1]).cnf.kid).toBe(decode(head).kid);
    const key = createPublicKey({ key: claims.cnf.jwk, format: "jwk" });
    expect(verify("sha256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"))).toBe(
      true,
    );
    expect(optionsOf(extension, "refresh")["token_type"]).toBe("Pop");
  });

  it("keeps the key, so that the extension can keep the token", async () => {
    const extension = boundAnswer(keyIn);
    const broker = brokerOn(extension);
    await broker.acquireTokenSilently({ ...requestForAccount, proofOfPossession });
    await broker.acquireTokenSilently({ ...requestForAccount, proofOfPossession });
    expect(new Set(extension.requests.map(({ options }) => options["req_cnf"])).size).toBe(1);
  });

  it.each([
    ["a bearer token", () => tokenAnswer()],
    [
      "a token for another key",
      () => tokenAnswer({ token_type: "Pop", access_token: accessTokenOf({ cnf: { kid: "x" } }) }),
    ],
    ["a token for no key", () => tokenAnswer({ token_type: "Pop" })],
  ])("refuses %s", async (_what, told) => {
    const call = brokerOn(usualExtension().on("refresh", told)).acquireTokenSilently({
      ...requestForAccount,
      proofOfPossession,
    });
    expect(await rejection(call)).toMatchObject({ code: "not_supported", reason: "pop_not_available" });
  });

  it("signs a token that cannot be read: whose it is only its API can tell", async () => {
    const opaque = tokenAnswer({ token_type: "Pop", access_token: "opaque" });
    const token = await brokerOn(usualExtension().on("refresh", opaque)).acquireTokenSilently({
      ...requestForAccount,
      proofOfPossession,
    });
    const [, body = ""] = token.accessToken.split(".");
    expect(JSON.parse(Buffer.from(body, "base64url").toString("utf8")).at).toBe("opaque");
  });

  it("takes none that nobody asked for", async () => {
    const extension = usualExtension().on("refresh", tokenAnswer({ token_type: "Pop" }));
    const call = brokerOn(extension).acquireTokenSilently(requestForAccount);
    expect((await rejection(call)).code).toBe("protocol_error");
    expect(optionsOf(extension, "refresh")).not.toHaveProperty("req_cnf");
  });
});
