import { isAbsolute } from "node:path";
import type { NativeErrorFacts } from "@x/broker-contract";
import { fs } from "../files.js";
import { isInteropOn } from "./interop.js";
import { readKernel, type WslKernel } from "./kernel.js";
import type { WslLocations } from "./locations.js";
import { printedText } from "./proxy-answer.js";
import { ProgramFailure, type ProgramResult, type RunProgram } from "./run-program.js";
import { type AbsenceReason, absence, WslFailure, wslinfoFailed } from "./wsl-errors.js";

/** What wslinfo takes: print the proxy's path, without a line end (captured from Microsoft's client). */
const wslinfoArguments = ["--msal-proxy-path", "-n"];

/** How long wslinfo may take: it reads a setting. */
const wslinfoTimeoutInMs = 10_000;

export interface ProxySearch {
  readonly locations: WslLocations;
  readonly run: RunProgram;
  /** Whether the user chose Windows' broker: then a kernel without WSL 2's mark is no obstacle. */
  readonly byHand: boolean;
}

/**
 * Looks for WSL's broker proxy, from the ground up: kernel, wslinfo and the path it prints, interop.
 * @throws WslFailure that says which of them is missing, ProgramFailure `stopped`
 */
export async function findProxy(search: ProxySearch, signal: AbortSignal): Promise<string> {
  requireKernel(search);
  const path = await askForPath(search, signal);
  requireInterop(search);
  return path;
}

/** @throws WslFailure unless this kernel may be WSL 2's */
export function requireKernel({ locations, byHand }: ProxySearch): WslKernel {
  const kernel = readKernel(locations.osReleaseFile);
  if (kernel === "wsl1") throw absent("wsl1");
  if (kernel === "unmarked" && !byHand) throw absent("wsl_kernel_unmarked");
  if (kernel === "none" && !byHand) throw absent("not_wsl");
  return kernel;
}

/**
 * Asks wslinfo where the proxy is, and looks whether it is there.
 * @throws WslFailure, ProgramFailure `stopped`
 */
export async function askForPath({ locations, run }: ProxySearch, signal: AbortSignal): Promise<string> {
  const wslinfo = locations.wslinfoFiles.find(isExecutable);
  if (wslinfo === undefined) {
    throw absent(readKernel(locations.osReleaseFile) === "none" ? "not_wsl" : "wslinfo_missing");
  }
  let result: ProgramResult;
  try {
    result = await run(wslinfo, wslinfoArguments, { timeoutInMs: wslinfoTimeoutInMs, signal });
  } catch (error) {
    if (!(error instanceof ProgramFailure) || error.kind === "stopped") throw error;
    throw new WslFailure((facts) => wslinfoFailed(error, facts));
  }
  const path = printedText(result.output);
  if (result.exitCode !== 0 || path === "") throw absent("wsl_too_old", exitFacts(result));
  if (!isAbsolute(path) || !(await isFile(path))) throw absent("wsl_proxy_missing");
  return path;
}

/** @throws WslFailure unless this kernel can execute Windows programs */
export function requireInterop({ locations }: ProxySearch): void {
  if (!isInteropOn(locations.binfmtDirectory)) throw absent("wsl_interop_off");
}

function absent(reason: AbsenceReason, native: NativeErrorFacts = {}): WslFailure {
  return new WslFailure((facts) => absence(reason, facts, native));
}

function exitFacts({ exitCode, signal }: ProgramResult): NativeErrorFacts {
  return {
    program: "wslinfo",
    ...(exitCode !== undefined && { exitCode }),
    ...(signal !== undefined && { signal }),
  };
}

function isExecutable(file: string): boolean {
  try {
    fs().accessSync(file, fs().constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Not at once: the path leads to a drive of Windows, which may take its time. */
async function isFile(path: string): Promise<boolean> {
  try {
    return (await fs().promises.stat(path)).isFile();
  } catch {
    return false;
  }
}
