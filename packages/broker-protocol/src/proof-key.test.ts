import { createHash, createPublicKey, verify } from "node:crypto";
import { expect, it } from "vitest";
import { ProofKey } from "./proof-key.js";

it("signs a request so that whoever has it can see which key did, and that it is the token's", async () => {
  const key = await ProofKey.create();
  const parts = { httpMethod: "GET", uriHost: "graph.microsoft.com", uriPath: "/v1.0/me", nonce: "n" };
  const [header = "", payload = "", signature = ""] = (
    await key.signRequest("the token", parts, { typ: "JWT" }, 5_000)
  ).split(".");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  expect(read(header)).toEqual({ alg: "RS256", typ: "JWT" });
  const { cnf, ...claims } = read(payload);
  expect(claims).toEqual({
    at: "the token",
    m: "GET",
    nonce: "n",
    p: "/v1.0/me",
    ts: 5,
    u: "graph.microsoft.com",
  });
  const { e, kty, n } = cnf.jwk;
  const thumbprint = createHash("sha256").update(JSON.stringify({ e, kty, n })).digest("base64url");
  expect(key.id).toBe(thumbprint);
  const publicKey = createPublicKey({ key: cnf.jwk, format: "jwk" });
  const signed = Buffer.from(`${header}.${payload}`);
  expect(verify("sha256", signed, publicKey, Buffer.from(signature, "base64url"))).toBe(true);
});

it("leaves out a nonce that there is not", async () => {
  const key = await ProofKey.create();
  const parts = { httpMethod: "GET", uriHost: "a", uriPath: "/", nonce: "" };
  const [, payload = ""] = (await key.signRequest("t", parts)).split(".");
  expect(JSON.parse(Buffer.from(payload, "base64url").toString())).not.toHaveProperty("nonce");
});

it("tells a token that is bound to it from others, and from one that cannot be read", async () => {
  const key = await ProofKey.create();
  const token = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
  expect(key.binds(token({ cnf: { kid: key.id } }))).toBe(true);
  for (const claims of [{}, { cnf: key.id }, { cnf: { kid: "other" } }, { kid: key.id }])
    expect(key.binds(token(claims))).toBe(false);
  expect(key.binds("opaque")).toBeUndefined();
});
