import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runNode } from "../support/run-node.mjs";

const program = fileURLToPath(new URL("give-up.mjs", import.meta.url));

describe("a bus that takes connections and never answers", () => {
  let folder: string;
  let stop: AbortController;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    // So that it notices when the other side leaves.
    socket.on("error", () => {}).resume();
  });

  beforeEach(async () => {
    stop = new AbortController();
    folder = await mkdtemp(join(tmpdir(), "silent-bus-"));
    server.listen(join(folder, "bus"));
    await once(server, "listening");
  });
  afterEach(async () => {
    stop.abort();
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
    await once(server, "close");
    await rm(folder, { recursive: true });
  });

  it.each([
    ["timeout", "timed_out\n"],
    ["abort", "AbortError\n"],
    ["background", ""],
    ["both", "timed_out\n"],
  ])("holds no process up in which nobody waits for it (%s)", async (how, stdout) => {
    const outcome = await runNode(program, {
      args: [how],
      env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(folder, "bus")}`, X_BROKER_TRANSPORT: "dbus" },
      abortSignal: stop.signal,
    });
    expect(outcome).toEqual({ code: 0, stdout, stderr: "" });
    expect(sockets).toHaveLength(1);
  });
});
