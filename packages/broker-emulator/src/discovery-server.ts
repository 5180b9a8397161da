import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { checkArgument, rule } from "./checks.js";
import { type EmulatedTenant, issuerOf, isTenant } from "./tenant/emulated-tenant.js";

/** Publishes a tenant's OpenID discovery documents and key set on the loopback interface. */
export class DiscoveryServer {
  readonly #server: Server;
  /** The v2 discovery document of the emulated tenant. */
  readonly url: string;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(tenant: EmulatedTenant): Promise<DiscoveryServer> {
    checkArgument("DiscoveryServer.start", "tenant", tenant, rule("an EmulatedTenant", isTenant));
    const server = createServer((request, response) => {
      const base = `http://${request.headers.host ?? "127.0.0.1"}`;
      const document = documentAt(request.url ?? "", base, tenant);
      const isFound = document !== undefined;
      response.writeHead(isFound ? 200 : 404, {
        "content-type": "application/json",
        "cache-control": "no-store",
      });
      response.end(JSON.stringify(document ?? { error: "not_found" }));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    const path = `${tenant.tenantId}/v2.0/.well-known/openid-configuration`;
    return new DiscoveryServer(server, `http://127.0.0.1:${port}/${path}`);
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

const documentPath = /^\/([^/?]+)(\/v2\.0)?\/\.well-known\/openid-configuration\/?(?:\?.*)?$/;
const keySetPath = /^\/[^/?]+\/discovery\/(?:v2\.0\/)?keys\/?(?:\?.*)?$/;

function documentAt(path: string, base: string, tenant: EmulatedTenant): unknown {
  if (keySetPath.test(path)) return tenant.keySet();
  const [isDocument, segment = "", v2] = documentPath.exec(path) ?? [];
  if (isDocument === undefined) return undefined;
  const named = segment.toLowerCase();
  const tenantId = ["common", "organizations", tenant.domain.toLowerCase()].includes(named)
    ? tenant.tenantId
    : named;
  if (!tenant.knownTenants().has(tenantId)) return undefined;
  const version = v2 === undefined ? 1 : 2;
  return {
    issuer: issuerOf(tenantId, version),
    jwks_uri: `${base}/${tenantId}/discovery/v2.0/keys`,
    authorization_endpoint: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/authorize`,
    token_endpoint: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`,
    response_types_supported: ["code", "id_token"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    emulated: "@x/broker-emulator",
  };
}
