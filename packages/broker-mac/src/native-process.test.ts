import { beforeEach, describe, expect, it } from "vitest";
import { needDouble } from "../../../test/doubles/authentication-services/double.js";
import { runProgram } from "./testing/run-program.js";

const nothing = { requestsInFlight: 0 };
const ended = { code: 0, signal: null, stderr: "" };

describe("a process with the macOS addon", () => {
  beforeEach((test) => needDouble(test));

  it("stays for a pending request", async () => {
    expect(await runProgram("await-answer")).toEqual({ ...ended, lines: ["success,1"] });
  });

  it("does not stay for one in the background", async () => {
    expect(await runProgram("background")).toEqual({
      ...ended,
      lines: ['{"requestsInFlight":1} pending'],
    });
  });

  it("does not stay for a question that macOS never answers", async () => {
    expect(await runProgram("unanswered-question")).toEqual({ ...ended, lines: ["asked"] });
  });

  it.each(["exit", "throw"])("ends at once in the middle of requests: %s", async (how) => {
    for (let round = 0; round < 5; round += 1) {
      const result = await runProgram("exit-in-call", { env: { HOW: how } });
      expect(result.signal).toBeNull();
      expect(result.code).toBe(how === "exit" ? 7 : 1);
      expect(result.lines).toEqual(["exiting"]);
      if (how === "exit") expect(result.stderr).toBe("");
      else expect(result.stderr).toContain("on purpose");
    }
  });

  it.each(["yes", "no"])(
    "refuses its workers, and outlives them (loaded in the main thread first: %s)",
    async (main) => {
      const result = await runProgram("workers", { env: { LOAD_IN_MAIN: main } });
      expect(result).toMatchObject(ended);
      const refused = { isMainThread: false, performed: "not_main_thread", canPerform: "not_main_thread" };
      expect(JSON.parse(result.lines[0] ?? "")).toEqual({
        told: [refused, refused],
        headers: [["success", "1"]],
        left: nothing,
      });
    },
  );

  it("can have the addon loaded more than once, from one file and from two", async () => {
    const result = await runProgram("loaded-twice");
    expect(result).toMatchObject(ended);
    expect(JSON.parse(result.lines[0] ?? "")).toMatchObject({
      distinct: 3,
      numbers: ["1", "2", "3"],
      left: [0, 0, 0],
    });
  });

  it("keeps nothing of requests that have ended", async () => {
    const result = await runProgram("collected", { nodeOptions: ["--expose-gc"] });
    expect(result).toMatchObject(ended);
    expect(JSON.parse(result.lines[0] ?? "")).toEqual({ requests: 1000, areCollected: true, left: nothing });
  });
});
