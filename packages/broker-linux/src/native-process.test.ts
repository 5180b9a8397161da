import { once } from "node:events";
import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "./testing/calls.js";
import { Peer } from "./testing/peer.js";
import { type PrivateBus, startPrivateBus } from "./testing/private-bus.js";
import { helloReply, startRogueBus, stringValue } from "./testing/rogue-bus.js";
import { runProgram, startProgram } from "./testing/run-program.js";
import { writeMessage } from "./testing/wire.js";

const nothing = { connections: 0, callsInFlight: 0, ioThreads: 0 };
const ended = { code: 0, signal: null, stderr: "" };

/** A library that is certainly here: one that Node.js needs itself. */
function someLibrary(): string {
  return /\/\S+\/libm\.so\S*/.exec(readFileSync("/proc/self/maps", "latin1"))?.[0] ?? "";
}

describe("a process with the Linux addon", () => {
  let bus: PrivateBus;
  let peer: Peer;

  beforeAll(async () => {
    bus = await startPrivateBus();
    peer = await Peer.start(bus.address, "test.Peer", (call, self) => {
      if (call.member !== "Echo") return false;
      self.reply(call, call.signature ?? "", call.body ?? []);
      return true;
    });
  });
  afterAll(async () => {
    peer.stop();
    await bus.stop();
  });
  afterEach(() => {
    peer.unanswered.length = 0;
  });

  const answerLater = async () => {
    await until(() => peer.unanswered.some((call) => call.member === "Later"));
    const call = peer.unanswered.find((candidate) => candidate.member === "Later");
    if (call) peer.reply(call, "s", call.body ?? []);
  };

  it("opens libsystemd for the first connection, and not when the addon is loaded", async () => {
    const result = await runProgram("library", bus.address);
    expect(result).toMatchObject(ended);
    expect(JSON.parse(result.lines[0] ?? "")).toEqual([
      ["loaded", "not mapped"],
      ["connected", "mapped"],
    ]);
  });

  it("opens libsystemd at once for who asks for that", async () => {
    const result = await runProgram("library", bus.address, { env: { HOW: "loadLibrary" } });
    expect(result).toMatchObject(ended);
    // JSON has no `undefined`.
    expect(JSON.parse(result.lines[0] ?? "")).toEqual([
      ["loaded", "not mapped"],
      [null, "mapped"],
      ["connected", "mapped"],
    ]);
  });

  it.each<[string, (file: string) => Promise<void>, RegExp]>([
    ["is empty", (file) => writeFile(file, ""), /libsystemd\.so\.0: file too short/],
    ["is no library", (file) => writeFile(file, "x".repeat(4096)), /libsystemd\.so\.0: invalid ELF header/],
    [
      "is another library",
      (file) => copyFile(someLibrary(), file),
      /libsystemd\.so\.0: undefined symbol: sd_bus_add_match_async/,
    ],
  ])("says what is wrong with a libsystemd that %s, and tries again", async (_what, fake, message) => {
    const folder = await mkdtemp(join(tmpdir(), "native-test-"));
    const FAKE_LIBRARY = join(folder, "libsystemd.so.0");
    try {
      await fake(FAKE_LIBRARY);
      const env = { LD_LIBRARY_PATH: folder, FAKE_LIBRARY, HOW: "loadLibrary" };
      const result = await runProgram("library", bus.address, { env });
      expect(result).toMatchObject(ended);
      expect(JSON.parse(result.lines[0] ?? "")).toEqual([
        ["loaded", "not mapped"],
        [expect.stringMatching(message), "not mapped"],
        [{ code: "library_missing", linkerMessage: expect.stringMatching(message) }, "not mapped"],
        ["connected", "mapped"],
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("ends by itself with an idle connection and a watch open", async () => {
    const result = await runProgram("idle", bus.address);
    expect(result).toEqual({ ...ended, lines: ["answered", "nothing left to do"] });
  });

  it("stays for a call in flight", async () => {
    const program = startProgram("await-reply", bus.address);
    await until(() => peer.unanswered.length === 1);
    await answerLater();
    expect(await program.ended).toEqual({ ...ended, lines: ["the answer"] });
  });

  it("does not stay for a call in the background, which is sent all the same", async () => {
    const result = await runProgram("background", bus.address, { env: { HOW: "call" } });
    expect(result).toMatchObject(ended);
    // Nothing about calls in flight: the I/O thread may not have begun this one yet.
    expect(JSON.parse(result.lines[0] ?? "")).toMatchObject({ connections: 1, ioThreads: 1 });
    await until(() => peer.unanswered.length === 1);
    expect(peer.unanswered[0]).toMatchObject({ member: "Wait", body: ["in the background"] });
  });

  it.each([
    ["connecting", "connect", { hello: () => {} }],
    ["a watch", "watch", {}],
  ])("does not stay for %s in the background", async (_what, how, behaviour) => {
    const rogue = await startRogueBus(behaviour);
    try {
      const result = await runProgram("background", rogue.address, { env: { HOW: how } });
      expect(result).toMatchObject(ended);
      expect(JSON.parse(result.lines[0] ?? "")).toMatchObject({ connections: 1 });
    } finally {
      await rogue.stop();
    }
  });

  it("is not hurried by sd-bus' own timeout", async () => {
    // 25 seconds are too long for a test, but sd-bus can be told to be less patient.
    const program = startProgram("await-reply", bus.address, { env: { SYSTEMD_BUS_TIMEOUT: "100ms" } });
    await until(() => peer.unanswered.length === 1);
    await delay(1000);
    await answerLater();
    expect(await program.ended).toEqual({ ...ended, lines: ["the answer"] });
  });

  it("is not hurried by it while connecting and watching either (from libsystemd 240 on)", async () => {
    const slowly = (socket: Socket, message: Buffer) => setTimeout(() => socket.write(message), 500);
    const rogue = await startRogueBus({
      hello: (socket, head) => slowly(socket, helloReply(head)),
      call: (socket, { serial }) =>
        slowly(
          socket,
          writeMessage({
            replySerial: serial,
            sender: ":1.1",
            signature: "s",
            body: stringValue("answered"),
          }),
        ),
    });
    try {
      const result = await runProgram("idle", rogue.address, { env: { SYSTEMD_BUS_TIMEOUT: "100ms" } });
      expect(result).toEqual({ ...ended, lines: ["answered", "nothing left to do"] });
    } finally {
      await rogue.stop();
    }
  });

  it.each(["exit", "throw"])("ends at once in the middle of calls: %s", async (how) => {
    for (let round = 0; round < 5; round += 1) {
      const result = await runProgram("exit-in-call", bus.address, { env: { HOW: how } });
      expect(result.signal).toBeNull();
      expect(result.code).toBe(how === "exit" ? 7 : 1);
      expect(result.lines).toEqual(["exiting"]);
      if (how === "exit") expect(result.stderr).toBe("");
      else expect(result.stderr).toContain("on purpose");
    }
  });

  it.each([
    ["terminate", "yes"],
    ["terminate", "no"],
    ["end", "yes"],
    ["end", "no"],
  ])(
    "shares one thread among workers, and lets them %s (addon loaded in the main thread: %s)",
    async (how, main) => {
      const result = await runProgram("workers", bus.address, { env: { HOW: how, LOAD_IN_MAIN: main } });
      expect(result).toMatchObject(ended);
      expect(JSON.parse(result.lines[0] ?? "")).toEqual({
        answered: 3 * 8 * 50,
        ioThreads: 1,
        left: nothing,
      });
    },
  );

  it.each(["terminate", "exit"])("outlives workers that end in the middle of calls: %s", async (how) => {
    const result = await runProgram("busy-workers", bus.address, { env: { HOW: how } });
    expect(result).toMatchObject(ended);
    expect(JSON.parse(result.lines[0] ?? "")).toEqual({ rounds: 30, left: nothing });
  });

  it("can have the addon loaded more than once, from one file and from two", async () => {
    const result = await runProgram("loaded-twice", bus.address);
    expect(result).toMatchObject(ended);
    expect(JSON.parse(result.lines[0] ?? "")).toEqual({
      distinct: 3,
      names: 3,
      connections: [2, 2, 1],
      ioThreads: [1, 1, 1],
      left: [nothing, nothing, nothing],
    });
  });

  it("closes connections that were collected, but none that is awaited", async () => {
    const program = startProgram("collected", bus.address, { nodeOptions: ["--expose-gc"] });
    await once(program.child, "message");
    await answerLater();
    const result = await program.ended;
    expect(result).toMatchObject(ended);
    expect(result.lines.map((line) => (line.startsWith("{") ? JSON.parse(line) : line))).toEqual([
      nothing,
      { connections: 1, callsInFlight: 1, ioThreads: 1 },
      "kept",
      nothing,
    ]);
  });

  it("gets to know of an exception in a listener", async () => {
    const result = await runProgram("listener-throws", bus.address);
    expect(result).toEqual({ ...ended, lines: ["uncaught: from the listener"] });
  });
});
