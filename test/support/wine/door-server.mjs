import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { createWamDoor } from "@x/broker-emulator";

/**
 * Serves a tenant's WAM door to Windows processes on this machine, so that a test out here arranges what the fake WAM
 * in there answers. One JSON object a line: `{ id, call }` and `{ id, cancel }` come in, `{ id, answer }` go out.
 * @param {import("@x/broker-emulator").EmulatedTenant} tenant
 */
export async function startDoorServer(tenant) {
  const door = createWamDoor(tenant);
  /** @type {Set<import("node:net").Socket>} */
  const clients = new Set();
  const server = createServer((client) => {
    clients.add(client);
    /** @type {Map<number, AbortController>} */
    const pending = new Map();
    const lines = createInterface({ input: client });
    // A Windows process that ends in the middle resets its connection; both hear of it.
    for (const emitter of [client, lines]) emitter.on("error", () => {});
    client.once("close", () => {
      clients.delete(client);
      for (const controller of pending.values()) controller.abort();
    });
    lines.on("line", (line) => {
      const { id, call } = JSON.parse(line);
      if (call === undefined) {
        pending.get(id)?.abort();
        return;
      }
      const controller = new AbortController();
      pending.set(id, controller);
      door
        .answer({ ...call, signal: controller.signal })
        .then(
          (answer) => client.write(`${JSON.stringify({ id, answer })}\n`),
          // A call that was cancelled has no answer.
          (error) => controller.signal.aborted || client.destroy(error),
        )
        .finally(() => pending.delete(id));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    door,
    port,
    async stop() {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
