import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { load } from "../native-binding.cjs";
import type { NativeConnection } from "./native.js";
import { callOf, connectTo, failureOf, until } from "./testing/calls.js";
import {
  helloReply,
  type RogueBehaviour,
  type RogueBus,
  startRogueBus,
  stringValue,
} from "./testing/rogue-bus.js";
import { type MessageHead, type MessageParts, uint32, writeMessage } from "./testing/wire.js";

const binding = load();
const buses: RogueBus[] = [];
const connections: NativeConnection[] = [];

async function rogue(behaviour: RogueBehaviour): Promise<string> {
  const bus = await startRogueBus(behaviour);
  buses.push(bus);
  return bus.address;
}

/** A bus that answers `Good` as it should and everything else as told. */
async function connectToRogue(bad: (socket: Socket, head: MessageHead) => void) {
  const address = await rogue({
    call: (socket, head) => {
      if (head.member === "Good") socket.write(reply(head, { signature: "s", body: stringValue("good") }));
      else bad(socket, head);
    },
  });
  const listening = await connectTo(binding, address);
  connections.push(listening.connection);
  return listening;
}

function reply(head: MessageHead, parts: Omit<MessageParts, "replySerial">): Buffer {
  return writeMessage({ replySerial: head.serial, sender: ":1.1", ...parts });
}

async function expectStillGood(connection: NativeConnection): Promise<void> {
  expect((await connection.call(callOf({ member: "Good" })).reply).body).toEqual(["good"]);
}

/** `levels` variants, one in another, around a byte. */
function nestedVariants(levels: number): Buffer {
  return Buffer.concat([
    ...Array.from({ length: levels - 1 }, () => Buffer.from("\x01v\0")),
    Buffer.from("\x01y\0\x07"),
  ]);
}

describe("the Linux addon on a bus that breaks the rules", () => {
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    for (const bus of buses.splice(0)) await bus.stop();
    await until(() => binding.stats().ioThreads === 0);
    expect(binding.stats()).toEqual({ connections: 0, callsInFlight: 0, ioThreads: 0 });
  });

  describe("while connecting", () => {
    it.each<[string, RogueBehaviour, string | undefined]>([
      [
        "another protocol",
        { authenticate: (socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n") },
        "EPERM",
      ],
      ["a refusal", { authenticate: (socket) => socket.write("REJECTED EXTERNAL\r\nREJECTED\r\n") }, "EPERM"],
      ["binary garbage", { authenticate: (socket) => socket.write(Buffer.alloc(70_000, 0xff)) }, undefined],
      ["a closed door", { authenticate: (socket) => socket.destroy() }, "ECONNRESET"],
      ["an end before Hello is answered", { hello: (socket) => socket.destroy() }, "ECONNRESET"],
      [
        "an error for Hello",
        { hello: (socket, head) => socket.write(reply(head, { errorName: "a.Full" })) },
        undefined,
      ],
      ["a Hello that is no name", { hello: (socket, head) => socket.write(reply(head, {})) }, undefined],
    ])("%s is connect_failed, at the stage of authentication", async (_what, behaviour, errno) => {
      const address = await rogue(behaviour);
      const error = await failureOf(
        binding.connect({ address, timeoutInMs: 10_000, onEvent() {} }).connection,
      );
      expect(error).toMatchObject({ code: "connect_failed", stage: "authenticate" });
      expect(error.errno).toMatch(/^E[A-Z]+$/);
      if (errno !== undefined) expect(error.errno).toBe(errno);
    });

    it.each<[string, RogueBehaviour]>([
      ["authentication", { authenticate: () => {} }],
      ["Hello", { hello: () => {} }],
    ])("silence at %s is timed_out", async (_what, behaviour) => {
      const address = await rogue(behaviour);
      const error = await failureOf(binding.connect({ address, timeoutInMs: 50, onEvent() {} }).connection);
      expect(error.code).toBe("timed_out");
    });

    it.each<[string, (heard: (socket: Socket) => void) => RogueBehaviour]>([
      ["authentication", (heard) => ({ authenticate: heard })],
      ["Hello", (heard) => ({ hello: heard })],
    ])("silence at %s can be given up", async (_what, behave) => {
      let socket: Socket | undefined;
      const address = await rogue(behave((heard) => (socket = heard)));
      const pending = binding.connect({ address, timeoutInMs: 0, onEvent() {} });
      await until(() => socket !== undefined);
      pending.cancel();
      expect((await failureOf(pending.connection)).code).toBe("canceled");
      pending.cancel();
      await until(() => socket?.closed === true);
      await until(() => binding.stats().ioThreads === 0);
    });

    it("waits at a door where others wait", async () => {
      const address = await rogue({ backlog: 1 });
      const connecting = Array.from({ length: 20 }, () => connectTo(binding, address));
      // Nobody is let in while the JavaScript thread, which is the bus here, does nothing.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      connections.push(...(await Promise.all(connecting)).map(({ connection }) => connection));
      expect(connections).toHaveLength(20);
    });

    it("takes a bus that is slow to let it in", async () => {
      let letIn = () => {};
      const address = await rogue({
        hello: (socket, head) => {
          letIn = () => socket.write(helloReply(head));
          setTimeout(letIn, 100);
        },
      });
      const { connection } = await connectTo(binding, address);
      connections.push(connection);
      expect(connection.uniqueName).toBe(":1.99");
    });
  });

  describe("a reply", () => {
    it.each<[string, Omit<MessageParts, "replySerial">]>([
      ["that is not UTF-8", { signature: "s", body: stringValue(Buffer.from([0x61, 0xff, 0xfe])) }],
      ["with a NUL in a string", { signature: "s", body: stringValue("a\0b") }],
      ["shorter than its signature", { signature: "ss", body: stringValue("one") }],
      ["without the body of its signature", { signature: "s" }],
      ["with a string longer than the body", { signature: "s", body: uint32(1000) }],
      ["with an array longer than the body", { signature: "as", body: uint32(1000) }],
      ["with a malformed object path", { signature: "o", body: stringValue("no//path/") }],
      ["with a variant of no type", { signature: "v", body: Buffer.from("\x00\x00") }],
      ["with a variant of two types", { signature: "v", body: Buffer.from("\x02yy\0\x01\x02") }],
      ["with a file descriptor", { signature: "h", body: uint32(0) }],
      ["nested beyond reason", { signature: "v", body: nestedVariants(80) }],
      ["of more values than anyone could want", { signature: "ay", body: largeArray(2 * 1024 * 1024) }],
    ])("%s is unsupported_reply, and the connection lives on", async (_what, parts) => {
      const { connection } = await connectToRogue((socket, head) => socket.write(reply(head, parts)));
      const error = await failureOf(connection.call(callOf({ member: "Bad" })).reply);
      expect(error.code).toBe("unsupported_reply");
      expect(error.message).toMatch(/^The reply cannot be read: it /);
      await expectStillGood(connection);
    });

    it("may be nested, within reason", async () => {
      const { connection } = await connectToRogue((socket, head) =>
        socket.write(reply(head, { signature: "v", body: nestedVariants(60) })),
      );
      expect((await connection.call(callOf({ member: "Deep" })).reply).body).toEqual([7]);
    });

    it("may come without a sender, as from a peer that is no bus", async () => {
      const { connection } = await connectToRogue((socket, head) =>
        socket.write(writeMessage({ replySerial: head.serial, signature: "s", body: stringValue("x") })),
      );
      const { sender, body } = await connection.call(callOf({ member: "Plain" })).reply;
      expect({ sender, body }).toEqual({ sender: "", body: ["x"] });
    });

    it("that is an error may come without a text, or with one that is not UTF-8", async () => {
      for (const parts of [{}, { signature: "s", body: stringValue(Buffer.from([0xff])) }]) {
        const { connection } = await connectToRogue((socket, head) =>
          socket.write(reply(head, { errorName: "test.Error", ...parts })),
        );
        const error = await failureOf(connection.call(callOf({ member: "Bad" })).reply);
        expect(error).toMatchObject({ code: "dbus_error", dbusName: "test.Error" });
        expect(error.dbusMessage).toBeUndefined();
      }
    });

    it("to a call nobody made is ignored", async () => {
      const { connection } = await connectToRogue((socket, head) => {
        socket.write(
          reply({ ...head, serial: head.serial + 1000 }, { signature: "s", body: stringValue("x") }),
        );
        socket.write(reply(head, { signature: "s", body: stringValue("mine") }));
        socket.write(reply(head, { signature: "s", body: stringValue("twice") }));
      });
      expect((await connection.call(callOf({ member: "Bad" })).reply).body).toEqual(["mine"]);
      await expectStillGood(connection);
    });

    // sd-bus drops such a message without a word; a real bus would not have passed it on.
    it.each<[string, (head: MessageHead) => Buffer]>([
      ["another version of D-Bus", (head) => otherVersion(reply(head, {}))],
      ["a malformed signature", (head) => reply(head, { signature: "a", body: uint32(0) })],
      ["a malformed sender", (head) => reply(head, { sender: "not a name" })],
      ["a malformed error name", (head) => reply(head, { errorName: "not a name" })],
    ])("with %s leaves the call open, until its caller has waited long enough", async (_what, message) => {
      const { connection } = await connectToRogue((socket, head) => socket.write(message(head)));
      const pending = connection.call(callOf({ member: "Bad", timeoutInMs: 100 }));
      await expectStillGood(connection);
      expect((await failureOf(pending.reply)).code).toBe("timed_out");
    });
  });

  describe("a connection", () => {
    const good = (head: MessageHead) => reply(head, { signature: "s", body: stringValue("x".repeat(1000)) });
    it.each<[string, (socket: Socket, head: MessageHead) => void, string]>([
      ["that ends", (socket) => socket.end(), "ECONNRESET"],
      [
        "that ends in the middle of a header",
        (socket, head) => socket.end(good(head).subarray(0, 20)),
        "ECONNRESET",
      ],
      [
        "that ends in the middle of a body",
        (socket, head) => socket.end(good(head).subarray(0, 500)),
        "ECONNRESET",
      ],
      ["that turns to garbage", (socket) => socket.write(Buffer.alloc(100, 0x5a)), "EBADMSG"],
      [
        "that announces more than D-Bus allows",
        (socket, head) => socket.write(reply(head, { signature: "s", claimedBodyLength: 0xfffffff0 })),
        "ENOBUFS",
      ],
    ])("%s ends its calls and says why", async (_what, bad, errno) => {
      const { connection, events } = await connectToRogue(bad);
      const waiting = connection.call(callOf({ member: "Bad", queue: "hostile" })).reply;
      const queued = connection.call(callOf({ member: "Good", queue: "hostile" })).reply;
      const failures = await Promise.all([failureOf(waiting), failureOf(queued)]);
      for (const error of failures) expect(error).toMatchObject({ code: "disconnected", errno });
      await until(() => events.length > 0);
      expect(events).toEqual([{ type: "disconnected", errno }]);
    });

    it("survives a refusal to watch a name", async () => {
      const { connection } = await connectToRogue((socket, head) =>
        socket.write(reply(head, { errorName: "org.freedesktop.DBus.Error.LimitsExceeded" })),
      );
      const watches = [connection.watchOwner("a.b"), connection.watchOwner("a.b")];
      for (const error of await Promise.all(watches.map(failureOf))) {
        expect(error.dbusName).toBe("org.freedesktop.DBus.Error.LimitsExceeded");
      }
      await expectStillGood(connection);
    });

    it("survives any single byte of a reply being something else", async () => {
      const random = pseudoRandom(20261122);
      const address = await rogue({
        call: (socket, head) => {
          const body = Buffer.concat([stringValue("abc"), Buffer.from("\x01s\0\0\0\0"), stringValue("d")]);
          const message = reply(head, { signature: "sv", body });
          message.writeUInt8(random() & 0xff, random() % message.length);
          socket.write(message);
        },
      });
      const outcomes = new Set<string>();
      for (let round = 0; round < 200; round += 1) {
        const { connection } = await connectTo(binding, address);
        const pending = connection.call(callOf({ member: "Bad", timeoutInMs: 20 })).reply;
        outcomes.add(
          await pending.then(
            () => "reply",
            (error) => String(error.code),
          ),
        );
        connection.close();
      }
      // Each of these, and nothing else.
      const possible = ["disconnected", "reply", "timed_out", "unsupported_reply"];
      expect([...outcomes].filter((outcome) => outcome !== "dbus_error").sort()).toEqual(possible);
    });
  });
});

/** Makes a message one of a version that is not there yet. */
function otherVersion(message: Buffer): Buffer {
  message.writeUInt8(9, 3);
  return message;
}

/** An array of `count` bytes: its length, then the bytes. */
function largeArray(count: number): Buffer {
  return Buffer.concat([uint32(count), Buffer.alloc(count)]);
}

/** The same numbers in every run: a failure can be repeated. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
}
