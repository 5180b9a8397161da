import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { load } from "../native-binding.cjs";
import type { NativeCall, NativeConnection, NativeHold } from "./native.js";
import { busCall, callOf, connectTo, failureOf, until } from "./testing/calls.js";
import { Peer, type PeerMessage } from "./testing/peer.js";
import { type PrivateBus, startPrivateBus } from "./testing/private-bus.js";

const binding = load();
const nothing = { connections: 0, callsInFlight: 0, ioThreads: 0 };
const open: NativeConnection[] = [];

async function connect(address: string) {
  const listening = await connectTo(binding, address);
  open.push(listening.connection);
  return listening;
}

/** Answers what tests ask for by name; leaves the rest open. */
function answer(call: PeerMessage, peer: Peer): boolean {
  switch (call.member) {
    case "Echo":
      peer.reply(call, call.signature ?? "", call.body ?? []);
      return true;
    case "Fail":
      peer.fail(call, "test.Error.Refused", "because of alice@example.com");
      return true;
    case "Flags":
      peer.reply(call, "u", [call.flags]);
      return true;
    case "Long":
      peer.reply(call, "s", ["x".repeat(16 * 1024 * 1024)]);
      return true;
    case "Shape":
      peer.reply(call, ...(shapes[String(call.body?.[0])] ?? ["", []]));
      return true;
    default:
      return false;
  }
}

/** Replies in the peer's own way of writing values: maps are lists of pairs, variants pairs of signature and value. */
const shapes: Record<string, [signature: string, body: unknown[]]> = {
  nothing: ["", []],
  numbers: ["ynqiud", [255, -32768, 65535, -2147483648, 4294967295, 0.5]],
  large: ["xt", ["-9223372036854775808", "18446744073709551615"]],
  words: ["sogb", ["grüß 🙂", "/a/b", "a{sv}", true]],
  lists: [
    "asaai",
    [
      ["a", ""],
      [[1, 2], []],
    ],
  ],
  struct: ["(s(iu))", [["a", [-1, 1]]]],
  map: [
    "a{sv}",
    [
      [
        ["__proto__", ["s", "own"]],
        ["toString", ["u", 7]],
        ["list", ["as", ["x"]]],
      ],
    ],
  ],
  paths: ["a{oa{sb}}", [[["/a", [["yes", true]]]]]],
  numberedMap: ["a{us}", [[[1, "one"]]]],
};

describe("the Linux addon", () => {
  let bus: PrivateBus;
  let peer: Peer;

  beforeAll(async () => {
    bus = await startPrivateBus({ "test.Absent": "/bin/false" });
    peer = await Peer.start(bus.address, "test.Peer", answer);
  });
  afterAll(async () => {
    peer.stop();
    await bus.stop();
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    peer.unanswered.length = 0;
    await until(() => binding.stats().ioThreads === 0);
    expect(binding.stats()).toEqual(nothing);
  });

  describe("calling", () => {
    it("tells who answered, with what signature and what values", async () => {
      const { connection } = await connect(bus.address);
      const args = ["sign in ünïcode 🙂", "/a/path", 4294967295, -2147483648, true];
      const reply = await connection.call(callOf({ member: "Echo", signature: "souib", args })).reply;
      expect(reply).toEqual({ sender: peer.uniqueName, signature: "souib", body: args });
    });

    it.each([
      ["nothing", []],
      ["numbers", [255, -32768, 65535, -2147483648, 4294967295, 0.5]],
      ["large", [-(2n ** 63n), 2n ** 64n - 1n]],
      ["words", ["grüß 🙂", "/a/b", "a{sv}", true]],
      [
        "lists",
        [
          ["a", ""],
          [[1, 2], []],
        ],
      ],
      ["struct", [["a", [-1, 1]]]],
      ["paths", [{ "/a": { yes: true } }]],
    ])("reads %s", async (shape, body) => {
      const { connection } = await connect(bus.address);
      const call = callOf({ member: "Shape", signature: "s", args: [shape] });
      expect((await connection.call(call).reply).body).toEqual(body);
    });

    it("keeps the keys of a map from being anything but keys", async () => {
      const { connection } = await connect(bus.address);
      const reply = await connection.call(callOf({ member: "Shape", signature: "s", args: ["map"] })).reply;
      const map = reply.body[0] as Record<string, unknown>;
      expect(Object.entries(map)).toEqual([
        ["__proto__", "own"],
        ["toString", 7],
        ["list", ["x"]],
      ]);
      expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
    });

    it("says so when a value is of a kind it cannot tell", async () => {
      const { connection } = await connect(bus.address);
      const call = callOf({ member: "Shape", signature: "s", args: ["numberedMap"] });
      const error = await failureOf(connection.call(call).reply);
      expect(error.code).toBe("unsupported_reply");
      expect(error.message).toContain("map whose keys are not strings");
    });

    it("tells a D-Bus error by its name and text, and keeps the text out of the message", async () => {
      const { connection } = await connect(bus.address);
      const error = await failureOf(connection.call(callOf({ member: "Fail" })).reply);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({
        code: "dbus_error",
        dbusName: "test.Error.Refused",
        dbusMessage: "because of alice@example.com",
      });
      expect(error.message).toContain("test.Error.Refused");
      expect(error.message).not.toContain("alice");
    });

    it("asks the bus to start a service only when told to", async () => {
      const { connection } = await connect(bus.address);
      const absent = { destination: "test.Absent", member: "Echo" };
      const notStarted = await failureOf(connection.call(callOf(absent)).reply);
      expect(notStarted.dbusName).toBe("org.freedesktop.DBus.Error.NameHasNoOwner");
      const failedToStart = await failureOf(connection.call(callOf({ ...absent, autoStart: true })).reply);
      expect(failedToStart.dbusName).toMatch(/^org\.freedesktop\.DBus\.Error\.Spawn\./);
    });

    it("carries strings of every size around that up to which they are read at once", async () => {
      const { connection } = await connect(bus.address);
      const ends = ["", "é", "€", "🙂"];
      const texts = [4080, 4096, 4112].flatMap((size) =>
        Array.from({ length: 16 }, (_, more) => ends.map((end) => "x".repeat(size + more) + end)).flat(),
      );
      const echo = (text: string) =>
        connection.call(callOf({ member: "Echo", signature: "s", args: [text] })).reply;
      const replies = await Promise.all(texts.map(echo));
      expect(replies.map((reply) => reply.body[0])).toEqual(texts);
    });

    it("carries 16 MiB each way", async () => {
      const { connection } = await connect(bus.address);
      const text = "y".repeat(16 * 1024 * 1024);
      const sent = await connection.call(callOf({ member: "Echo", signature: "s", args: [text] })).reply;
      expect(sent.body[0] === text).toBe(true);
      const got = await connection.call(callOf({ member: "Long" })).reply;
      expect(got.body[0]).toHaveLength(16 * 1024 * 1024);
    });

    it("has a thousand calls in flight at once, over one thread", async () => {
      const { connection } = await connect(bus.address);
      const calls = Array.from({ length: 1000 }, () => connection.call(callOf({ member: "Wait" })));
      await until(() => peer.unanswered.length === 1000);
      expect(binding.stats()).toEqual({ connections: 1, callsInFlight: 1000, ioThreads: 1 });
      expect(threadNames().filter((name) => name === "broker-dbus")).toHaveLength(1);
      for (const call of peer.unanswered) peer.reply(call, "u", [call.serial]);
      const replies = await Promise.all(calls.map((call) => call.reply));
      expect(new Set(replies.map((reply) => reply.body[0])).size).toBe(1000);
      expect(binding.stats().callsInFlight).toBe(0);
    });
  });

  describe("what D-Bus cannot carry", () => {
    const base = callOf({ member: "Echo" });
    it.each<[string, unknown]>([
      ["call must be an object", undefined],
      ["call must be an object", "Echo"],
      ["call.destination must be a string", { ...base, destination: 1 }],
      ["call.destination must be a D-Bus bus name", { ...base, destination: "nodots" }],
      ["call.destination must be a D-Bus bus name", { ...base, destination: "" }],
      ["call.path must be a D-Bus object path", { ...base, path: "no/slash" }],
      ["call.interface must be a D-Bus interface name", { ...base, interface: "a..b" }],
      ["call.member must be a D-Bus member name", { ...base, member: "a.b" }],
      ["call.member must be a string without NUL characters", { ...base, member: "Echo\0" }],
      ["call.autoStart must be a boolean", { ...base, autoStart: 1 }],
      ["call.timeoutInMs must be a number of milliseconds", { ...base, timeoutInMs: -1 }],
      ["call.timeoutInMs must be a number of milliseconds", { ...base, timeoutInMs: Number.NaN }],
      ["call.queue must be a string", { ...base, queue: null }],
      ["call.keepAlive must be a boolean", { ...base, keepAlive: 0 }],
      ["call.args must be an array", { ...base, args: "a" }],
      ["call.args must be as many as call.signature has types", { ...base, signature: "s" }],
      ["call.args must be as many as call.signature has types", { ...base, args: ["a"] }],
      ["call.signature must be made of the types s, o, u, i and b", { ...base, signature: "h", args: [0] }],
      ["call.args[0] must be a string", { ...base, signature: "s", args: [1] }],
      ["call.args[0] must be a string without NUL characters", { ...base, signature: "s", args: ["a\0b"] }],
      ["call.args[0] must be well-formed Unicode", { ...base, signature: "s", args: ["a\ud800b"] }],
      ["call.args[1] must be a D-Bus object path", { ...base, signature: "so", args: ["", "a"] }],
      ["call.args[0] must be an integer from 0", { ...base, signature: "u", args: [-1] }],
      ["call.args[0] must be an integer from 0", { ...base, signature: "u", args: [1.5] }],
      ["call.args[0] must be an integer from 0", { ...base, signature: "u", args: [2 ** 32] }],
      ["call.args[0] must be an integer from -2147483648", { ...base, signature: "i", args: [2 ** 31] }],
      ["call.args[0] must be a boolean", { ...base, signature: "b", args: ["true"] }],
      ["cannot be written as a D-Bus message", { ...base, signature: "s", args: ["a noncharacter: \uffff"] }],
      [
        "call.args[0] must be readable",
        {
          ...base,
          signature: "s",
          args: Object.defineProperty([], 0, {
            get() {
              throw new Error("secret");
            },
          }),
        },
      ],
      [
        "call.path must be readable",
        {
          ...base,
          get path() {
            throw new Error("secret");
          },
        },
      ],
    ])("%s", async (message, call) => {
      const { connection } = await connect(bus.address);
      const pending = connection.call(call as NativeCall);
      const error = await failureOf(pending.reply);
      expect(error.code).toBe("invalid_argument");
      expect(error.message).toContain(message);
      pending.cancel();
    });

    const valid = {
      destination: ["a.b", ":1.5", ":a.0", "_a.b-c", "a-.B9", `${"a.".repeat(126)}abc`],
      path: ["/", "/a", "/0/_/Z9", `/${"a".repeat(300)}`],
      interface: ["a.b", "_a.B9._", `${"a.".repeat(126)}abc`],
      member: ["a", "_9", "Z".repeat(255)],
    };
    const malformed = {
      destination: [
        "",
        ".",
        ":",
        "a",
        ":1",
        ".a.b",
        "a.b.",
        "a..b",
        ":1..5",
        "1.a",
        "a.1",
        "a b.c",
        "a.é",
        "a.b/c",
      ],
      path: ["", "a", "//", "/a/", "/a//b", "/a-b", "/a.b", "/é", "/a b"],
      interface: ["", "a", ".a.b", "a.b.", "a..b", "1.a", "a.1b", "a-b.c", ":1.5", "a.é"],
      member: ["", "9", "a.b", "a-b", "é", "a b"],
    };
    const tooLong = {
      destination: `${"a.".repeat(127)}ab`,
      interface: `${"a.".repeat(127)}ab`,
      member: "Z".repeat(256),
    };
    const eachName = (table: Record<string, string | string[]>) =>
      Object.entries(table).flatMap(([field, names]) => [names].flat().map((name) => [field, name] as const));

    it.each(eachName(valid))("takes a valid %s: %s", async (field, name) => {
      const { connection } = await connect(bus.address);
      let outcome: string | undefined;
      connection.call(callOf({ member: "Echo", [field]: name })).reply.then(
        () => (outcome = "answered"),
        ({ code }) => (outcome = code),
      );
      await until(() => outcome !== undefined || peer.unanswered.length > 0);
      // Nobody has those names; a bus that took offence would have ended the connection.
      if (field === "destination") expect(outcome).toBe("dbus_error");
      else expect(["answered", undefined]).toContain(outcome);
    });

    it.each([...eachName(malformed), ...eachName(tooLong)])(
      "refuses a malformed %s: %j",
      async (field, name) => {
        const { connection } = await connect(bus.address);
        const error = await failureOf(connection.call(callOf({ member: "Echo", [field]: name })).reply);
        expect(error.code).toBe("invalid_argument");
        expect(error.message).toContain(`call.${field} must be a D-Bus`);
      },
    );

    it("lets U+FFFD itself through", async () => {
      const { connection } = await connect(bus.address);
      const call = callOf({ member: "Echo", signature: "s", args: ["\ufffd🙂"] });
      expect((await connection.call(call).reply).body).toEqual(["\ufffd🙂"]);
    });

    it("is refused before connecting, too", async () => {
      const onEvent = () => {};
      const bad: unknown[] = [
        undefined,
        { timeoutInMs: 1, onEvent },
        { address: "a\0b", timeoutInMs: 1, onEvent },
        { address: bus.address, timeoutInMs: "1", onEvent },
        { address: bus.address, timeoutInMs: 1 },
        { address: bus.address, timeoutInMs: 1, onEvent, keepAlive: "no" },
      ];
      for (const options of bad) {
        const pending = binding.connect(options as Parameters<typeof binding.connect>[0]);
        pending.cancel();
        const error = await failureOf(pending.connection);
        expect(error.code).toBe("invalid_argument");
        expect(error.message).toContain("options");
      }
    });

    it("is refused for a watched name", async () => {
      const { connection } = await connect(bus.address);
      for (const name of ["", "a'b.c", 5]) {
        expect((await failureOf(connection.watchOwner(name as string))).code).toBe("invalid_argument");
      }
      const bad: unknown[] = [null, { keepAlive: 1 }];
      for (const options of bad) {
        const watching = connection.watchOwner("a.b", options as NativeHold);
        expect((await failureOf(watching)).message).toMatch(/^options/);
      }
    });
  });

  describe("ending a call", () => {
    it("cancels: rejects at once, and throws a late answer away", async () => {
      const { connection } = await connect(bus.address);
      const pending = connection.call(callOf({ member: "Wait" }));
      await until(() => peer.unanswered.length === 1);
      pending.cancel();
      expect((await failureOf(pending.reply)).code).toBe("canceled");
      pending.cancel();
      for (const call of peer.unanswered) peer.reply(call, "s", ["late"]);
      const next = await connection.call(callOf({ member: "Echo", signature: "s", args: ["next"] })).reply;
      expect(next.body).toEqual(["next"]);
      expect(binding.stats().callsInFlight).toBe(0);
    });

    it("cancels, whatever `this` is", async () => {
      const { connection } = await connect(bus.address);
      const { reply, cancel } = connection.call(callOf({ member: "Wait" }));
      cancel();
      expect((await failureOf(reply)).code).toBe("canceled");
    });

    it("leaves a call that has ended alone when it is cancelled", async () => {
      const { connection } = await connect(bus.address);
      const pending = connection.call(callOf({ member: "Echo" }));
      const reply = await pending.reply;
      pending.cancel();
      expect(await pending.reply).toBe(reply);
    });

    it("leaves a connection that has been made alone when connecting is cancelled", async () => {
      const pending = binding.connect({ address: bus.address, timeoutInMs: 10_000, onEvent() {} });
      const connection = await pending.connection;
      open.push(connection);
      pending.cancel();
      const call = callOf({ member: "Echo", signature: "s", args: ["still here"] });
      expect((await connection.call(call).reply).body).toEqual(["still here"]);
    });

    it("cancels connecting before it has begun, and others' not", async () => {
      const pending = binding.connect({ address: bus.address, timeoutInMs: 10_000, onEvent() {} });
      const other = connect(bus.address);
      pending.cancel();
      expect((await failureOf(pending.connection)).code).toBe("canceled");
      expect((await other).connection.uniqueName).toMatch(/^:1\.\d+$/);
    });

    it("times out by the caller's time, which is not the bus' NoReply", async () => {
      const { connection } = await connect(bus.address);
      const slow = connection.call(callOf({ member: "Wait", timeoutInMs: 30 }));
      const error = await failureOf(slow.reply);
      expect(error.code).toBe("timed_out");
      expect(error.dbusName).toBeUndefined();

      const leaving = await Peer.start(bus.address, "test.Leaving");
      const left = connection.call(callOf({ destination: "test.Leaving", member: "Wait" }));
      await until(() => leaving.unanswered.length === 1);
      leaving.stop();
      expect(await failureOf(left.reply)).toMatchObject({
        code: "dbus_error",
        dbusName: "org.freedesktop.DBus.Error.NoReply",
      });
    });

    it("ends all calls when the connection is closed", async () => {
      const { connection, events } = await connect(bus.address);
      const calls = [1, 2, 3].map(() => connection.call(callOf({ member: "Wait" })));
      await until(() => peer.unanswered.length === 3);
      const failures = Promise.all(calls.map((call) => failureOf(call.reply)));
      connection.close();
      expect((await failures).map((error) => error.code)).toEqual(Array(3).fill("disconnected"));
      connection.close();
      const afterwards = await failureOf(connection.call(callOf({ member: "Echo" })).reply);
      expect(afterwards.code).toBe("disconnected");
      expect((await failureOf(connection.watchOwner("test.Peer"))).code).toBe("disconnected");
      expect(events).toEqual([]);
    });

    it("keeps one connection's calls when another is closed", async () => {
      const [first, second] = await Promise.all([connect(bus.address), connect(bus.address)]);
      const pending = second.connection.call(callOf({ member: "Wait" }));
      await until(() => peer.unanswered.length === 1);
      first.connection.close();
      for (const call of peer.unanswered) peer.reply(call, "s", ["still here"]);
      expect((await pending.reply).body).toEqual(["still here"]);
    });
  });

  describe("losing the bus", () => {
    it("ends calls, reports it once, and connects to another one", async () => {
      const shortLived = await startPrivateBus();
      const { connection, events } = await connect(shortLived.address);
      const silent = await Peer.start(shortLived.address, "test.Peer");
      const pending = connection.call(callOf({ member: "Wait" }));
      await until(() => silent.unanswered.length === 1);
      const failed = failureOf(pending.reply);
      await shortLived.stop();
      expect(await failed).toMatchObject({ code: "disconnected", errno: "ECONNRESET" });
      await until(() => events.length > 0);
      expect(events).toEqual([{ type: "disconnected", errno: "ECONNRESET" }]);
      expect((await failureOf(connection.call(busCall("GetId")).reply)).code).toBe("disconnected");
      await until(() => binding.stats().ioThreads === 0);
      expect(binding.stats()).toEqual(nothing);

      const again = await connect(bus.address);
      expect((await again.connection.call(callOf({ member: "Echo" })).reply).body).toEqual([]);
    });
  });

  describe("watching a name", () => {
    it("reports each change of owner", async () => {
      const { connection, events } = await connect(bus.address);
      await Promise.all([connection.watchOwner("test.Watched"), connection.watchOwner("test.Watched")]);
      await connection.watchOwner("test.Watched");
      const owner = await Peer.start(bus.address, "test.Watched");
      const uniqueName = owner.uniqueName;
      await owner.disown("test.Watched");
      await owner.own("test.NotWatched");
      await owner.own("test.Watched");
      owner.stop();
      await until(() => events.length === 4);
      const change = (oldOwner: string, newOwner: string) => ({
        type: "owner_changed",
        name: "test.Watched",
        oldOwner,
        newOwner,
      });
      expect(events).toEqual([
        change("", uniqueName),
        change(uniqueName, ""),
        change("", uniqueName),
        change(uniqueName, ""),
      ]);
    });
  });

  describe("a queue", () => {
    const queued = (word: string, parts: Partial<NativeCall> = {}) =>
      callOf({ member: "Wait", signature: "s", args: [word], queue: "one", ...parts });
    const waitingWords = () => peer.unanswered.map((call) => call.body?.[0]);
    const release = () => {
      const call = peer.unanswered.shift();
      if (call) peer.reply(call, "s", [call.body?.[0]]);
    };

    it("sends one call after another, in order, across connections", async () => {
      const [first, second] = await Promise.all([connect(bus.address), connect(bus.address)]);
      const words = ["a", "b", "c", "d"];
      const calls = words.map((word, index) =>
        (index % 2 === 0 ? first : second).connection.call(queued(word)),
      );
      const seen: unknown[] = [];
      for (const call of calls) {
        await until(() => peer.unanswered.length === 1);
        // One that is not in the queue overtakes those that are.
        await first.connection.call(callOf({ member: "Echo" })).reply;
        expect(waitingWords()).toHaveLength(1);
        seen.push(...waitingWords());
        release();
        await call.reply;
      }
      expect(seen).toEqual(words);
    });

    it("keeps queues apart", async () => {
      const { connection } = await connect(bus.address);
      connection.call(queued("a")).reply.catch(() => {});
      connection.call(queued("b", { queue: "another" })).reply.catch(() => {});
      await until(() => peer.unanswered.length === 2);
      expect(waitingWords()).toEqual(["a", "b"]);
    });

    it("lets a waiting call be cancelled, without sending it", async () => {
      const { connection } = await connect(bus.address);
      const a = connection.call(queued("a"));
      const b = connection.call(queued("b"));
      const c = connection.call(queued("c"));
      await until(() => peer.unanswered.length === 1);
      b.cancel();
      expect((await failureOf(b.reply)).code).toBe("canceled");
      release();
      expect((await a.reply).body).toEqual(["a"]);
      await until(() => peer.unanswered.length === 1);
      expect(waitingWords()).toEqual(["c"]);
      release();
      expect((await c.reply).body).toEqual(["c"]);
    });

    it("counts the time of a waiting call from when it was made", async () => {
      const { connection } = await connect(bus.address);
      const first = connection.call(queued("a"));
      const late = connection.call(queued("b", { timeoutInMs: 30 }));
      expect((await failureOf(late.reply)).code).toBe("timed_out");
      expect(waitingWords()).toEqual(["a"]);
      release();
      expect((await first.reply).body).toEqual(["a"]);
    });

    it("goes on when the call at its head is cancelled, fails, or loses its connection", async () => {
      const { connection } = await connect(bus.address);
      const other = await connect(bus.address);
      const cancelled = connection.call(queued("a"));
      const failing = connection.call(queued("b", { member: "Fail" }));
      const lost = other.connection.call(queued("c"));
      const last = connection.call(queued("d"));
      await until(() => peer.unanswered.length === 1);
      cancelled.cancel();
      expect((await failureOf(cancelled.reply)).code).toBe("canceled");
      expect((await failureOf(failing.reply)).code).toBe("dbus_error");
      await until(() => waitingWords().includes("c"));
      other.connection.close();
      expect((await failureOf(lost.reply)).code).toBe("disconnected");
      await until(() => waitingWords().includes("d"));
      peer.unanswered.splice(0, 2);
      release();
      expect((await last.reply).body).toEqual(["d"]);
    });

    it("empties when its connection is lost with a thousand calls waiting", async () => {
      const { connection } = await connect(bus.address);
      const calls = Array.from({ length: 1000 }, (_, index) => connection.call(queued(String(index))));
      await until(() => peer.unanswered.length === 1);
      connection.close();
      const codes = await Promise.all(calls.map(async (call) => (await failureOf(call.reply)).code));
      expect(new Set(codes)).toEqual(new Set(["disconnected"]));
      const again = await connect(bus.address);
      const next = again.connection.call(queued("next"));
      await until(() => waitingWords().includes("next"));
      peer.unanswered.splice(0, 1);
      release();
      expect((await next.reply).body).toEqual(["next"]);
    });
  });

  describe("on a bus that hangs", () => {
    let hanging: PrivateBus;

    beforeAll(async () => {
      hanging = await startPrivateBus();
    });
    afterAll(async () => {
      await hanging.stop();
    });
    afterEach(() => {
      hanging.resume();
    });

    it("connects when the bus goes on", async () => {
      hanging.pause();
      const connecting = Array.from({ length: 60 }, () => connect(hanging.address));
      const impatient = binding.connect({
        address: hanging.address,
        timeoutInMs: 50,
        onEvent() {},
      }).connection;
      expect((await failureOf(impatient)).code).toBe("timed_out");
      hanging.resume();
      const names = (await Promise.all(connecting)).map(({ connection }) => connection.uniqueName);
      expect(new Set(names).size).toBe(60);
    });

    it("takes more calls than fit into the socket, and blocks nobody meanwhile", async () => {
      const { connection } = await connect(hanging.address);
      hanging.pause();
      // sd-bus asks for a send buffer of 8 MiB.
      const word = "z".repeat(4000);
      const calls = Array.from({ length: 5000 }, () =>
        connection.call(busCall("NameHasOwner", { signature: "s", args: [word] })),
      );
      const impatient = connection.call(busCall("GetId", { timeoutInMs: 50 }));
      expect((await failureOf(impatient.reply)).code).toBe("timed_out");
      const elsewhere = await connect(bus.address);
      expect((await elsewhere.connection.call(callOf({ member: "Echo" })).reply).body).toEqual([]);
      hanging.resume();
      const replies = await Promise.all(calls.map((call) => call.reply));
      expect(replies.map((reply) => reply.body[0])).toEqual(Array(5000).fill(false));
    });

    it("can be left without waiting for it", async () => {
      const { connection } = await connect(hanging.address);
      hanging.pause();
      const pending = connection.call(busCall("GetId"));
      const failed = failureOf(pending.reply);
      connection.close();
      expect((await failed).code).toBe("disconnected");
    });
  });

  describe("where there is no bus", () => {
    it.each([
      ["", "address", undefined],
      ["nonsense", "address", undefined],
      ["unix:nothing=here", "address", "EINVAL"],
      ["tcp:host=localhost,port=1", "address", undefined],
      ["unixexec:path=/bin/true", "address", undefined],
      ["unix:path=/nowhere/bus;autolaunch:", "address", undefined],
      ["unix:path=/nowhere/bus", "connect", "ENOENT"],
      ["unix:abstract=nobody-listens-here-at-all", "connect", "ECONNREFUSED"],
    ])("says at which stage: %s", async (address, stage, errno) => {
      const error = await failureOf(binding.connect({ address, timeoutInMs: 5000, onEvent() {} }).connection);
      expect(error).toMatchObject({ code: "connect_failed", stage });
      expect(error.errno).toBe(errno);
    });

    it("takes the first bus of a list that is there", async () => {
      const { connection } = await connect(`unix:path=/nowhere/bus;${bus.address};`);
      expect(connection.uniqueName).toMatch(/^:1\.\d+$/);
    });
  });

  it("cannot be tricked into using something else as a connection", async () => {
    const { connection } = await connect(bus.address);
    const call = connection.call;
    expect(() => call.call({} as NativeConnection, callOf({ member: "Echo" }))).toThrow(TypeError);
    const empty = Reflect.construct(connection.constructor, []) as NativeConnection;
    expect((await failureOf(empty.call(callOf({ member: "Echo" })).reply)).code).toBe("disconnected");
    empty.close();
  });
});

function threadNames(): string[] {
  return readdirSync("/proc/self/task").map((id) =>
    readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim(),
  );
}
