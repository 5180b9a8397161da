import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiscoveryServer } from "./discovery-server.js";
import { EmulatedTenant, issuerOf } from "./tenant/emulated-tenant.js";
import { acquire, populate, tokenRequest } from "./testing/token-requests.js";

const guestTenant = "99999999-8888-4777-8666-555555555555";

describe("DiscoveryServer", () => {
  const tenant = new EmulatedTenant();
  const { service } = populate(tenant);
  tenant.registerResource({ identifier: "api://orders" });
  tenant.addAccount({ username: "guest@fabrikam.example", guestTenants: [guestTenant] });
  let server: DiscoveryServer;
  beforeEach(async () => {
    server = await DiscoveryServer.start(tenant);
  });
  afterEach(() => server.stop());

  const get = (path: string) => fetch(new URL(path, server.url));

  it("serves nothing but tenants", async () => {
    await expect(DiscoveryServer.start({} as EmulatedTenant)).rejects.toThrow(
      "DiscoveryServer.start: `tenant` must be an EmulatedTenant, got an object.",
    );
  });

  it("listens on loopback only", () => {
    expect(new URL(server.url).hostname).toBe("127.0.0.1");
  });

  it("lets a resource check a token with nothing but the document's address", async () => {
    const document = (await (await fetch(server.url)).json()) as { issuer: string; jwks_uri: string };
    const { accessToken } = await acquire(service, tokenRequest({ scopes: ["api://orders/Read"] }));
    const { payload } = await jwtVerify(accessToken, createRemoteJWKSet(new URL(document.jwks_uri)), {
      issuer: document.issuer,
      audience: "api://orders",
    });
    expect(payload["scp"]).toBe("Read");
  });

  it.each([
    [`/${tenant.tenantId}/v2.0/.well-known/openid-configuration`, tenant.issuerV2],
    [`/${tenant.tenantId}/.well-known/openid-configuration`, tenant.issuerV1],
    ["/common/v2.0/.well-known/openid-configuration", tenant.issuerV2],
    [`/${tenant.domain}/v2.0/.well-known/openid-configuration?appid=x`, tenant.issuerV2],
    [`/${guestTenant}/v2.0/.well-known/openid-configuration`, issuerOf(guestTenant, 2)],
  ])("answers %s", async (path, issuer) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ issuer, emulated: "@x/broker-emulator" });
  });

  it.each([
    "/",
    "/11111111-0000-4000-8000-000000000000/v2.0/.well-known/openid-configuration",
    `/${tenant.tenantId}/v2.0/.well-known/other`,
    "/..%2f..%2fetc/passwd",
  ])("has nothing at %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});
