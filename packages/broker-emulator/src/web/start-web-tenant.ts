import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkObject, rule, rules, type Shape } from "../checks.js";
import { EmulatedTenant, isTenant } from "../tenant/emulated-tenant.js";
import { endOfMany } from "../tenant/emulated-user.js";
import { authorize } from "./authorize-endpoint.js";
import { type DeviceCodeTimes, deviceLogin, startDevice } from "./device-endpoints.js";
import { publishedDocument } from "./discovery-documents.js";
import { createLoopbackCertificate } from "./loopback-certificate.js";
import { closingPage, deviceLoginPath, signInPath } from "./pages.js";
import { SignIns } from "./sign-ins.js";
import { TenantRules } from "./tenant-rules.js";
import { issueTokens } from "./token-endpoint.js";
import { json, type WebAnswer, type WebRequest } from "./web-answer.js";

export interface WebTenantOptions {
  /** Default: an empty tenant, to be filled through the web tenant's `tenant`. */
  readonly tenant?: EmulatedTenant;
  /**
   * Whether somebody looks at the pages: a person, or a browser that a test drives. `false`: nothing is shown, and
   * `tenant.user` acts at once, as at a broker's dialogs. An action in the user's script goes before the pages in
   * any case. Default `true`.
   */
  readonly attended?: boolean;
  /** How long a code for another device is good for. Default 900. */
  readonly deviceCodeLifetimeInSeconds?: number;
  /** How often a device may ask whether its code was entered. Default 5. */
  readonly deviceCodeIntervalInSeconds?: number;
}

/** What a client asked the web half, without any secret of it. */
export interface RecordedWebRequest {
  readonly method: string;
  /** With the tenant's segment, without query. */
  readonly path: string;
  /** Of a token request. */
  readonly grantType: string | undefined;
  readonly clientId: string | undefined;
  /** As asked for, in one text; of an authorize, device code or token request. */
  readonly scope: string | undefined;
  /** HTTP status of the answer; `undefined` where the connection was cut. */
  readonly status: number | undefined;
}

/** The running web half of a tenant. */
export interface WebTenant {
  readonly tenant: EmulatedTenant;
  /** Where it signs people in: what apps call the authority host, e.g. `https://localhost:41233`. */
  readonly authorityHost: string;
  /** The certificate it shows, as PEM text. It signs itself. */
  readonly certificate: string;
  /** A file with the certificate, which is there until `stop()`. */
  readonly certificateFile: string;
  /** What to set in a child process' environment so that Azure's credentials sign in here. */
  readonly env: Readonly<Record<string, string>>;
  /** What came in, oldest first; the latest thousand. */
  readonly requests: readonly RecordedWebRequest[];
  /** Ends every refresh token of an account: whoever holds one has to sign in again. */
  revokeRefreshTokens(homeAccountId: string): void;
  /** Ends everything and removes what was put on disk. */
  stop(): Promise<void>;
}

const optionsShape: Shape = {
  tenant: rule("an EmulatedTenant", isTenant),
  attended: rules.flag,
  deviceCodeLifetimeInSeconds: rules.positive,
  deviceCodeIntervalInSeconds: rules.positive,
};
const keptRequests = 1_000;
const longestForm = 256 * 1024;

/**
 * Starts the web half of a tenant on the loopback interface, with TLS: discovery, sign-in pages, tokens, codes for
 * other devices.
 * @throws TypeError or RangeError for options that there are not.
 */
export async function startWebTenant(options: WebTenantOptions = {}): Promise<WebTenant> {
  checkObject("startWebTenant", "options", options, optionsShape);
  const tenant = options.tenant ?? new EmulatedTenant();
  const { certificate, key } = await createLoopbackCertificate();
  const directory = await mkdtemp(join(tmpdir(), "web-tenant-"));
  const certificateFile = join(directory, "certificate.pem");
  await writeFile(certificateFile, certificate);
  const running = new RunningWebTenant(tenant, options);
  const server = createServer({ cert: certificate, key }, (request, response) =>
    running.answer(request, response),
  );
  try {
    await running.listen(server);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  const { authorityHost } = running;
  return {
    tenant,
    authorityHost,
    certificate,
    certificateFile,
    env: { AZURE_AUTHORITY_HOST: authorityHost, NODE_EXTRA_CA_CERTS: certificateFile },
    requests: running.requests,
    revokeRefreshTokens: (homeAccountId) => running.rules.book.revoke(homeAccountId),
    stop: async () => {
      await running.stop(server);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

class RunningWebTenant {
  readonly rules: TenantRules;
  readonly requests: RecordedWebRequest[] = [];
  authorityHost = "";
  readonly #signIns: SignIns;
  readonly #deviceCodes: DeviceCodeTimes;
  readonly #stopped = endOfMany();

  constructor(tenant: EmulatedTenant, options: WebTenantOptions) {
    this.rules = new TenantRules(tenant);
    this.#signIns = new SignIns(this.rules, options.attended ?? true);
    this.#deviceCodes = {
      expiresInSeconds: options.deviceCodeLifetimeInSeconds ?? 900,
      intervalInSeconds: options.deviceCodeIntervalInSeconds ?? 5,
    };
  }

  async listen(server: Server): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    this.authorityHost = `https://localhost:${(server.address() as AddressInfo).port}`;
  }

  async stop(server: Server): Promise<void> {
    this.#stopped.abort(new Error("The web tenant was stopped."));
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  answer(incoming: IncomingMessage, response: ServerResponse): void {
    this.#answer(incoming, response).catch((error: unknown) => {
      if (response.destroyed || this.#stopped.signal.aborted) return;
      // A script or policy that names nobody: the test's own mistake, so it is told to the test.
      const description = error instanceof Error ? error.message : String(error);
      response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: "emulator_error", error_description: description }));
    });
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "/", this.authorityHost);
    const [, tenant = "", ...rest] = url.pathname.split("/");
    const left = new AbortController();
    response.once("close", () => left.abort(new Error("The client has gone away.")));
    const request: WebRequest = {
      method: incoming.method ?? "GET",
      tenant,
      path: `/${rest.join("/")}`,
      query: url.searchParams,
      form: new URLSearchParams(await readForm(incoming)),
      gone: AbortSignal.any([left.signal, this.#stopped.signal]),
    };
    const answer = await this.#route(request, url);
    this.#record(request, url.pathname, answer);
    if (answer === undefined) {
      incoming.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }

  #route(request: WebRequest, { pathname }: URL): WebAnswer | Promise<WebAnswer> {
    const { rules } = this;
    const isPost = request.method === "POST";
    if (pathname === signInPath && isPost) return this.#signIns.continue(request);
    if (pathname === deviceLoginPath) return deviceLogin(rules, this.#signIns, request);
    if (request.path === "/oauth2/v2.0/authorize") return authorize(rules, this.#signIns, request);
    if (request.path === "/oauth2/v2.0/token" && isPost) return issueTokens(rules, request);
    if (request.path === "/oauth2/v2.0/devicecode" && isPost)
      // It acts long after this request, so it goes away with the server alone.
      return startDevice(
        rules,
        this.#signIns,
        { ...request, gone: this.#stopped.signal },
        this.authorityHost,
        this.#deviceCodes,
      );
    if (request.path === "/oauth2/v2.0/logout")
      return closingPage(rules.tenantName, "You signed out", "You can close this window.");
    const document = publishedDocument(pathname, this.authorityHost, rules.tenant, (tenantId) => {
      const endpoints = `${this.authorityHost}/${tenantId}/oauth2/v2.0`;
      return {
        authorization_endpoint: `${endpoints}/authorize`,
        token_endpoint: `${endpoints}/token`,
        device_authorization_endpoint: `${endpoints}/devicecode`,
        end_session_endpoint: `${endpoints}/logout`,
      };
    });
    return document === undefined ? json(404, { error: "not_found" }) : json(200, document);
  }

  #record({ method, query, form }: WebRequest, path: string, answer: WebAnswer): void {
    const field = (name: string) => form.get(name) ?? query.get(name) ?? undefined;
    this.requests.push({
      method,
      path,
      grantType: field("grant_type"),
      clientId: field("client_id"),
      scope: field("scope"),
      status: answer?.status,
    });
    if (this.requests.length > keptRequests) this.requests.shift();
  }
}

async function readForm(incoming: IncomingMessage): Promise<string> {
  if (incoming.method !== "POST") return "";
  let text = "";
  incoming.setEncoding("utf8");
  for await (const chunk of incoming) {
    text += chunk as string;
    if (text.length > longestForm) throw new Error("The form is too long.");
  }
  return text;
}
