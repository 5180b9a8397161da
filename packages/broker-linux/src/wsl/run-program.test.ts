import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProgramFailure, runProgram } from "./run-program.js";

const node = process.execPath;
const noLimit = { timeoutInMs: 0 };

function script(text: string): readonly string[] {
  return ["-e", text, "--"];
}

async function failureOf(run: Promise<unknown>): Promise<ProgramFailure> {
  try {
    await run;
  } catch (error) {
    if (error instanceof ProgramFailure) return error;
  }
  throw new Error("It did not fail as a program does.");
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("running a program", () => {
  let directory: string;
  const pidFile = (name: string) => join(directory, name);
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "run-program-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** A program that writes its process id down and stays. */
  const staying = (name: string, extra = "") =>
    script(`require("fs").writeFileSync(${JSON.stringify(pidFile(name))}, String(process.pid));
      process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); ${extra}`);
  const pidOf = (name: string) => {
    try {
      return Number(readFileSync(pidFile(name), "utf8"));
    } catch {
      return 0;
    }
  };

  it("gives its exit code, output and complaint", async () => {
    const text = 'process.stdout.write("out\\0"); process.stderr.write("err"); process.exitCode = 3;';
    expect(await runProgram(node, script(text), noLimit)).toEqual({
      exitCode: 3,
      signal: undefined,
      output: Buffer.from("out\0"),
      complaint: "err",
    });
  });

  it("hands arguments over as they are: no shell looks at them", async () => {
    const args = ["$(touch /tmp/no)", "`id`", "a \"b\" 'c'", "a;b|c>d", "*", "", "x\\y", "Ånn"];
    const text = "process.stdout.write(JSON.stringify(process.argv.slice(1)))";
    const { output } = await runProgram(node, [...script(text), ...args], noLimit);
    expect(JSON.parse(output.toString())).toEqual(args);
  });

  it("gives it no input", async () => {
    const text = 'process.stdin.on("data", () => {}).on("end", () => process.stdout.write("end"))';
    expect((await runProgram(node, script(text), noLimit)).output.toString()).toBe("end");
  });

  it("tells the signal that ended it", async () => {
    const text = 'process.kill(process.pid, "SIGKILL")';
    expect(await runProgram(node, script(text), noLimit)).toMatchObject({
      exitCode: undefined,
      signal: "SIGKILL",
    });
  });

  it("keeps only the beginning of a complaint", async () => {
    const { complaint } = await runProgram(node, script('process.stderr.write("x".repeat(1e6))'), noLimit);
    expect(complaint.length).toBe(4096);
  });

  it.each([
    ["not there", () => join(directory, "nothing"), "ENOENT"],
    [
      "not executable",
      () => {
        writeFileSync(join(directory, "plain"), "MZ");
        return join(directory, "plain");
      },
      "EACCES",
    ],
    ["a folder", () => directory, "EACCES"],
  ])("says when it could not be started: %s", async (_what, file, errno) => {
    expect(await failureOf(runProgram(file(), [], noLimit))).toMatchObject({ kind: "not_started", errno });
  });

  it("ends one that takes too long", async () => {
    const failure = await failureOf(runProgram(node, staying("slow"), { timeoutInMs: 1500 }));
    expect(failure.kind).toBe("too_slow");
    await expect.poll(() => isRunning(pidOf("slow")), { timeout: 20_000 }).toBe(false);
  });

  it("ends one when its signal fires", async () => {
    const stop = new AbortController();
    const run = failureOf(runProgram(node, staying("stopped"), { ...noLimit, signal: stop.signal }));
    await expect.poll(() => pidOf("stopped"), { timeout: 20_000 }).toBeGreaterThan(0);
    stop.abort();
    expect((await run).kind).toBe("stopped");
    await expect.poll(() => isRunning(pidOf("stopped")), { timeout: 20_000 }).toBe(false);
  });

  it("does not start one whose signal has fired", async () => {
    const run = runProgram(node, staying("never"), { ...noLimit, signal: AbortSignal.abort() });
    expect((await failureOf(run)).kind).toBe("stopped");
    expect(pidOf("never")).toBe(0);
  });

  it("leaves no listener behind", async () => {
    const before = process.listenerCount("exit");
    await Promise.all([runProgram(node, script(""), noLimit), runProgram(node, script(""), noLimit)]);
    await failureOf(runProgram(join(directory, "nothing"), [], noLimit));
    expect(process.listenerCount("exit")).toBe(before);
  });

  it("ends one whose answer has no end", async () => {
    const endless = 'const more = () => process.stdout.write("x".repeat(1e6), more); more();';
    expect((await failureOf(runProgram(node, staying("endless", endless), noLimit))).kind).toBe("too_long");
    await expect.poll(() => isRunning(pidOf("endless")), { timeout: 20_000 }).toBe(false);
  });
});
