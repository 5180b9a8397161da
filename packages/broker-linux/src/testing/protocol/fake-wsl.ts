import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLinuxBroker, type LinuxBroker, type LinuxBrokerOptions } from "../../index.js";
import { ProgramFailure, type ProgramResult, type RunOptions } from "../../wsl/run-program.js";

/** One program that was to be run. */
export interface FakeRun {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: RunOptions;
  /** What it was asked for: a method of the proxy, or `wslinfo`. */
  readonly method: string;
}

/** How a program ends: with this output, in this way, or never. */
export type FakeEnd = string | Partial<ProgramResult> | ProgramFailure | Promise<never>;

/** Real files for what only has to be there, and programs that are only played. */
export class FakeWsl {
  readonly runs: FakeRun[] = [];
  readonly #handlers = new Map<string, (run: FakeRun) => FakeEnd>();
  readonly #directory = mkdtempSync(join(tmpdir(), "fake-wsl-"));
  readonly proxy = join(this.#directory, "msal.wsl.proxy.exe");
  readonly wslinfo = join(this.#directory, "wslinfo");
  readonly locations = {
    osReleaseFile: join(this.#directory, "osrelease"),
    binfmtDirectory: join(this.#directory, "binfmt_misc"),
    wslinfoFiles: [join(this.#directory, "elsewhere", "wslinfo"), this.wslinfo],
  };

  constructor() {
    mkdirSync(this.locations.binfmtDirectory);
    writeFileSync(join(this.locations.binfmtDirectory, "WSLInterop"), "enabled\nmagic 4d5a\n");
    writeFileSync(this.locations.osReleaseFile, "5.15.0-microsoft-standard-WSL2\n");
    writeFileSync(this.proxy, "MZ");
    writeFileSync(this.wslinfo, "");
    chmodSync(this.wslinfo, 0o755);
    this.on("wslinfo", this.proxy).on("ping", "{}").on("cancelInteractiveFlow", "{}");
  }

  on(method: string, end: FakeEnd | ((run: FakeRun) => FakeEnd)): this {
    this.#handlers.set(method, typeof end === "function" ? end : () => end);
    return this;
  }

  onJson(method: string, json: unknown): this {
    return this.on(method, JSON.stringify(json));
  }

  runsOf(method: string): FakeRun[] {
    return this.runs.filter((run) => run.method === method);
  }

  /** The request of a run of the proxy. */
  static request(run: FakeRun | undefined): { readonly [key: string]: unknown } {
    return JSON.parse(run?.args[7] ?? "{}");
  }

  readonly run = async (
    file: string,
    args: readonly string[],
    options: RunOptions,
  ): Promise<ProgramResult> => {
    const run = { file, args, options, method: file === this.wslinfo ? "wslinfo" : (args[1] ?? "") };
    this.runs.push(run);
    const handler = this.#handlers.get(run.method);
    if (handler === undefined) return result({ exitCode: 1 });
    const stopped = new Promise<never>((_resolve, reject) => {
      const stop = () => reject(new ProgramFailure("stopped"));
      if (options.signal?.aborted === true) stop();
      options.signal?.addEventListener("abort", stop, { once: true });
    });
    const end = handler(run);
    const played = await Promise.race([end, stopped]);
    if (played instanceof ProgramFailure) throw played;
    return result(typeof played === "string" ? { output: Buffer.from(played) } : played);
  };

  broker(options: LinuxBrokerOptions = {}): LinuxBroker {
    return createLinuxBroker({
      env: {},
      wslLocations: this.locations,
      runProgram: this.run,
      loadBinding: () => {
        throw new Error("The addon has no part in this.");
      },
      ...options,
    });
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function result(facts: Partial<ProgramResult>): ProgramResult {
  return { exitCode: 0, signal: undefined, output: Buffer.alloc(0), complaint: "", ...facts };
}
