import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { childProcess, os } from "../files.js";

/** The longest answer that is read, in bytes; a list of a thousand accounts has half a million. */
const longestOutput = 16 * 1024 * 1024;
/** How much of what a program complains about is kept. */
const longestComplaint = 4096;

/** How a program ended. */
export interface ProgramResult {
  /** Its exit code; `undefined` if a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly output: Buffer;
  /** The beginning of what it wrote to standard error. Foreign text: filter it before it is shown. */
  readonly complaint: string;
}

/** Why a program could not be carried out. */
export class ProgramFailure extends Error {
  override readonly name = "ProgramFailure";
  /**
   * `not_started` (with the system's error name in `errno`), `too_slow`, `too_long` (its answer), or `stopped` (by
   * the signal).
   */
  readonly kind: "not_started" | "too_slow" | "too_long" | "stopped";
  readonly errno: string | undefined;

  constructor(kind: ProgramFailure["kind"], errno?: string) {
    super(`The program failed: ${kind}.`);
    this.kind = kind;
    this.errno = errno;
  }
}

export interface RunOptions {
  /** Ends the program at once when it fires. */
  readonly signal?: AbortSignal;
  /** The longest it may take, in milliseconds; 0 means no limit. */
  readonly timeoutInMs: number;
  /** Whether it may go on when this process (or worker) ends. Default `false`: then it is ended, too. */
  readonly mayOutlive?: boolean;
}

/** Runs a program to its end. */
export type RunProgram = (
  file: string,
  args: readonly string[],
  options: RunOptions,
) => Promise<ProgramResult>;

const running = new Set<ChildProcess>();

function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Ends a program with this process, as the bus ends a call when its caller leaves. */
function endWithUs(child: ChildProcess): void {
  if (running.size === 0) process.once("exit", endAll);
  running.add(child);
  const forget = () => {
    running.delete(child);
    if (running.size === 0) process.off("exit", endAll);
  };
  child.once("exit", forget).once("error", forget);
}

/**
 * Runs a program to its end, without a shell and without any share in this process's own input and outputs. It does
 * not keep this process alive: whoever waits for it does, if they want to.
 * @throws ProgramFailure
 */
export const runProgram: RunProgram = (file, args, options) =>
  new Promise((resolve, reject) => {
    const { signal, timeoutInMs, mayOutlive = false } = options;
    if (signal?.aborted === true) {
      reject(new ProgramFailure("stopped"));
      return;
    }
    let child: ChildProcess;
    try {
      child = childProcess().spawn(file, [...args], { shell: false, stdio: ["ignore", "pipe", "pipe"] });
    } catch (error) {
      reject(notStarted(error));
      return;
    }
    if (!mayOutlive) endWithUs(child);
    const chunks: Buffer[] = [];
    let length = 0;
    let complaint = "";
    let timer: NodeJS.Timeout | undefined;
    let settled = false;
    const settle = (report: () => void) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      report();
    };
    const give = (failure: ProgramFailure) =>
      settle(() => {
        // Nobody reads on: a program that ignores that, or its children, must not hold this process.
        child.kill("SIGKILL");
        child.stdout?.destroy();
        child.stderr?.destroy();
        reject(failure);
      });
    const stop = () => give(new ProgramFailure("stopped"));
    signal?.addEventListener("abort", stop, { once: true });
    if (timeoutInMs > 0) timer = setTimeout(() => give(new ProgramFailure("too_slow")), timeoutInMs);

    child.stdout?.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > longestOutput) give(new ProgramFailure("too_long"));
      else chunks.push(chunk);
    });
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      if (complaint.length < longestComplaint) complaint = (complaint + chunk).slice(0, longestComplaint);
    });
    child.once("error", (error) => give(notStarted(error)));
    child.once("close", (code, endedBy) => {
      settle(() =>
        resolve({
          exitCode: code ?? undefined,
          signal: endedBy ?? undefined,
          output: Buffer.concat(chunks),
          complaint,
        }),
      );
    });
    child.unref();
    for (const stream of [child.stdout, child.stderr]) (stream as Socket | null)?.unref();
    timer?.unref();
  });

function notStarted(error: unknown): ProgramFailure {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return new ProgramFailure(
    "not_started",
    code !== undefined && code in os().constants.errno ? code : undefined,
  );
}
