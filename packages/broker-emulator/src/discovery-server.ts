import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { checkArgument, rule } from "./checks.js";
import { type EmulatedTenant, isTenant } from "./tenant/emulated-tenant.js";
import { type Endpoints, publishedDocument } from "./web/discovery-documents.js";

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
      const document = publishedDocument(request.url ?? "", base, tenant, endpointsOf);
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

/** Only a broker signs people in there: the web half of a tenant is another server, with TLS. */
function endpointsOf(tenantId: string): Endpoints {
  const endpoints = `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0`;
  return { authorization_endpoint: `${endpoints}/authorize`, token_endpoint: `${endpoints}/token` };
}
