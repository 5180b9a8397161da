import { once } from "node:events";
import { createServer, request } from "node:https";

/**
 * @typedef {object} RecordedRequest
 * @property {string} method
 * @property {string} path with the query
 * @property {number} status what the service answered
 * @property {string | undefined} bearerToken the token the service saw, if the request carried one
 * @property {string | undefined} authenticateHeader the service's challenge, if it sent one
 */

/**
 * Puts itself in front of an HTTPS service and keeps what passed by; changes nothing.
 * @param {string} target URL of the service
 * @param {{ cert: string, key: string }} tls shown to clients and trusted towards the service
 */
export async function startRecordingProxy(target, { cert, key }) {
  const { hostname, port } = new URL(target);
  /** @type {RecordedRequest[]} */
  const requests = [];

  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    const forwarded = request({ hostname, port, method, path: url, headers, ca: cert }, (answer) => {
      requests.push({
        method,
        path: url,
        status: answer.statusCode ?? 0,
        bearerToken: /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1],
        authenticateHeader: answer.headers["www-authenticate"],
      });
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on("error", (error) => outgoing.destroy(error));
    incoming.pipe(forwarded);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());

  return {
    url: `https://127.0.0.1:${address.port}`,
    requests,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
