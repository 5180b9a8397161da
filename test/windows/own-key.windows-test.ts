// A Windows whose account provider has no key to bind tokens to. It is asked once per process, so this is one of its own.
import { createPublicKey, verify } from "node:crypto";
import { EmulatedTenant } from "@x/broker-emulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWindowsStage, type WindowsStage } from "./windows-stage.js";

const clientId = "5b1f4a10-4f2e-4c39-9d2b-3f5c0a6f7e21";

describe("proof of possession with a key of this process", () => {
  const tenant = new EmulatedTenant();
  let stage: WindowsStage;
  beforeAll(() => {
    tenant.registerApp({ clientId });
    tenant.addAccount({ username: "ann@contoso.example" });
    tenant.addAccount({ username: "pat@outlook.example", personal: true });
    stage = startWindowsStage(tenant, { tokenBinding: false });
  });
  afterAll(() => stage?.stop());

  it.each(["organizations", "consumers"])(
    "for %s: the token is bound to the key that signs",
    async (name) => {
      stage.door.clearRequests();
      const token = await stage.broker.acquireTokenSilently({
        authority: `https://login.microsoftonline.com/${name}`,
        clientId,
        scopes: ["https://graph.microsoft.com/User.Read"],
        proofOfPossession: {
          resourceRequestMethod: "POST",
          resourceRequestUrl: "https://graph.microsoft.com/v1.0/me",
          nonce: "nonce-2",
        },
      });
      expect(token.tokenType).toBe("pop");
      const [head = "", body = "", signature = ""] = token.accessToken.split(".");
      const claims = decode(body);
      const { jwk } = claims["cnf"] as { jwk: { kty: string; n: string; e: string } };
      const key = createPublicKey({ key: jwk, format: "jwk" });
      const isGenuine = verify(
        "sha256",
        Buffer.from(`${head}.${body}`),
        key,
        Buffer.from(signature, "base64url"),
      );
      expect(isGenuine).toBe(true);
      expect(claims).toMatchObject({ m: "POST", u: "graph.microsoft.com", p: "/v1.0/me", nonce: "nonce-2" });
      const { cnf } = tenant.verify(String(claims["at"])) as { cnf: { kid: string } };
      const bound = stage.door.requests
        .map(({ request }) => request as { properties?: Record<string, string> })
        .filter(({ properties }) => properties?.["token_type"] === "pop");
      expect(bound).toHaveLength(1);
      expect(decode(bound[0]?.properties?.["req_cnf"] ?? "")).toEqual({ kid: cnf.kid, xms_ksl: "sw" });
    },
  );

  it("asked Windows once", () => {
    const probes = stage.wam.log().filter(({ scope }) => scope === "IsFeatureSupported:TokenBinding");
    expect(probes.filter(({ call }) => call === "GetTokenSilentlyAsync")).toHaveLength(1);
  });
});

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
}
