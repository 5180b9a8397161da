import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MessageHead, readHead, writeMessage } from "./wire.js";

/** What a rogue bus does at the points where a real one would do as the specification says. */
export interface RogueBehaviour {
  /** How many connections may wait to be accepted. Default: many. */
  readonly backlog?: number;
  /** Instead of answering the client's first line. */
  readonly authenticate?: (socket: Socket) => void;
  /** Instead of answering `Hello`. */
  readonly hello?: (socket: Socket, head: MessageHead) => void;
  /** On every other call. */
  readonly call?: (socket: Socket, head: MessageHead) => void;
}

/** Something that listens where a message bus should, and speaks D-Bus as badly as a test wants. */
export interface RogueBus {
  readonly address: string;
  stop(): Promise<void>;
}

export async function startRogueBus(behaviour: RogueBehaviour): Promise<RogueBus> {
  const folder = await mkdtemp(join(tmpdir(), "rogue-bus-"));
  const path = join(folder, "bus");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // The client closing on it is what many tests are about.
    socket.on("error", () => {});
    serve(socket, behaviour);
  });
  server.listen({ path, ...(behaviour.backlog !== undefined && { backlog: behaviour.backlog }) });
  await once(server, "listening");
  return {
    address: `unix:path=${path}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function serve(socket: Socket, behaviour: RogueBehaviour): void {
  let received = Buffer.alloc(0);
  let authenticated = false;
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (!authenticated && behaviour.authenticate) {
      behaviour.authenticate(socket);
      return;
    }
    while (!authenticated) {
      const end = received.indexOf("\r\n");
      if (end < 0) return;
      const line = received.toString("latin1", 0, end);
      received = received.subarray(end + 2);
      if (line === "BEGIN") authenticated = true;
      else socket.write(answerHandshake(line));
    }
    for (let head = readHead(received); head; head = readHead(received)) {
      received = received.subarray(head.length);
      if (head.member !== "Hello") behaviour.call?.(socket, head);
      else if (behaviour.hello) behaviour.hello(socket, head);
      else socket.write(helloReply(head));
    }
  });
}

function answerHandshake(line: string): string {
  if (line.startsWith("NEGOTIATE")) return "ERROR\r\n";
  // sd-bus offers its identity in a second line, when asked.
  if (line.replace("\0", "") === "AUTH EXTERNAL") return "DATA\r\n";
  return "OK 0123456789abcdef0123456789abcdef\r\n";
}

export function helloReply(head: MessageHead): Buffer {
  return writeMessage({
    replySerial: head.serial,
    sender: "org.freedesktop.DBus",
    signature: "s",
    body: stringValue(":1.99"),
  });
}

/** A D-Bus string as the first value of a body. */
export function stringValue(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes, Buffer.alloc(1)]);
}
