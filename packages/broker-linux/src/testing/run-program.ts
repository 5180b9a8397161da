import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface RunningProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<ProgramResult>;
}

export interface ProgramResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Starts one of the programs in `programs/`, with the bus' address in its environment. */
export function startProgram(
  name: string,
  address: string,
  options: { readonly env?: Readonly<Record<string, string>>; readonly nodeOptions?: readonly string[] } = {},
): RunningProgram {
  const child = fork(join(import.meta.dirname, "programs", `${name}.cjs`), [], {
    env: { ...process.env, BUS_ADDRESS: address, ...options.env },
    execArgv: [...(options.nodeOptions ?? [])],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  // The program's own work shall keep it alive, not ours.
  child.channel?.unref();
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = once(child, "close").then(([code, signal]) => ({
    code,
    signal,
    lines: stdout.split("\n").filter((line) => line !== ""),
    stderr,
  }));
  return { child, ended };
}

/** Runs a program to its end. */
export async function runProgram(...parameters: Parameters<typeof startProgram>): Promise<ProgramResult> {
  return await startProgram(...parameters).ended;
}
