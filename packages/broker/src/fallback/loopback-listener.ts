import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { LoopbackPages } from "./loopback-pages.js";

/** What the tenant tells the app through the browser. */
export type AuthorizeAnswer = ReadonlyMap<string, string>;

const longestAnswer = 64 * 1024;

/**
 * Waits on the loopback interface for the browser to come back from the tenant, with the answer in the body of a form
 * (`response_mode=form_post`), where no history keeps it.
 *
 * The browser is started with an address of this server, which sends it on: the tenant's own address holds the user
 * name, and everybody on the machine may read the arguments of programs.
 */
export class LoopbackListener {
  /** Resolves with the first answer that carries the right state. */
  readonly answer: Promise<AuthorizeAnswer>;
  /** Sent to the tenant, and back in its answer: proof that the answer is to our own question. */
  readonly state: string;
  readonly #server: Server;
  readonly #pages: LoopbackPages;
  readonly #startPath: string;
  /** Connections, and whether a request has come over each: browsers open some in advance, and leave them open. */
  readonly #connections = new Map<Socket, { isUsed: boolean }>();
  #authorizeUrl: string | undefined;
  #take: (answer: AuthorizeAnswer) => void = () => {};

  private constructor(server: Server, pages: LoopbackPages, newSecret: () => string) {
    this.#server = server;
    this.#pages = pages;
    this.#startPath = `/start/${newSecret()}`;
    this.state = newSecret();
    this.answer = new Promise((resolve) => {
      this.#take = resolve;
    });
    server.on("connection", (socket: Socket) => {
      this.#connections.set(socket, { isUsed: false });
      socket.once("close", () => this.#connections.delete(socket));
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) =>
      this.#serve(request, response),
    );
  }

  /** Starts to listen, on any free port. */
  static async start(pages: LoopbackPages): Promise<LoopbackListener> {
    const [{ createServer }, { randomBytes }] = await Promise.all([
      import("node:http"),
      import("node:crypto"),
    ]);
    const listener = new LoopbackListener(createServer(), pages, () => randomBytes(24).toString("base64url"));
    await new Promise<void>((resolve, reject) => {
      listener.#server.once("error", reject);
      listener.#server.listen(0, "127.0.0.1", resolve);
    });
    return listener;
  }

  /** The redirect URI for the tenant. As the registered `http://localhost`, at whose end no port is compared. */
  get redirectUri(): string {
    return `http://localhost:${this.#port}`;
  }

  /**
   * The address to start the browser with, which leads to the tenant. By number: what `localhost` is to a browser may
   * be `[::1]` first, where somebody else on the machine could listen.
   */
  startUrlFor(authorizeUrl: string): string {
    this.#authorizeUrl = authorizeUrl;
    return `http://127.0.0.1:${this.#port}${this.#startPath}`;
  }

  /** Stops listening; pages that were begun are sent to their end. No browser keeps the process from ending. */
  close(): void {
    this.#server.close();
    this.#server.unref();
    for (const [socket, { isUsed }] of this.#connections) {
      if (isUsed) socket.unref();
      else socket.destroy();
    }
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    if (connection !== undefined) connection.isUsed = true;
    const [path] = (request.url ?? "/").split("?", 1);
    if (request.method === "GET" && path === this.#startPath && this.#authorizeUrl !== undefined) {
      send(response, 302, "", { location: this.#authorizeUrl, "referrer-policy": "no-referrer" });
    } else if (request.method === "POST" && path === "/") {
      readBody(request).then(
        (body) => this.#receive(new URLSearchParams(body), response),
        () => send(response, 400, "Bad request"),
      );
    } else {
      send(response, 404, "Not found");
    }
  }

  #receive(fields: URLSearchParams, response: ServerResponse): void {
    const states = fields.getAll("state");
    // Anybody can send a form here: what does not answer our question changes nothing.
    if (states.length !== 1 || states[0] !== this.state) {
      send(response, 400, "Bad request");
      return;
    }
    const { success, error } = this.#pages;
    const isSignedIn = fields.has("code") && !fields.has("error");
    send(response, 200, isSignedIn ? success : error, { "content-type": "text/html; charset=utf-8" });
    this.#take(new Map(fields));
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    connection: "close",
    ...headers,
  });
  response.end(body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  request.setEncoding("utf8");
  for await (const chunk of request) {
    text += chunk as string;
    if (text.length > longestAnswer) throw new Error("The answer is too long.");
  }
  return text;
}
