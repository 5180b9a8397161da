import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryDirectory } from "../temporary-directory.mjs";
import { wineEnvironment, winePrefix } from "./prefix.mjs";
import { windowsNode } from "./windows-node.mjs";

/**
 * A path of this machine as Windows programs name it.
 * @param {string} path absolute
 */
export function windowsPath(path) {
  return process.platform === "win32" ? path : `Z:${path.replaceAll("/", "\\")}`;
}

/**
 * A path of this machine as an import in Windows names it.
 * @param {string} path absolute
 */
export function windowsFileUrl(path) {
  return `file:///Z:${encodeURI(path)}`;
}

/**
 * Runs Node.js for Windows under Wine to its end.
 * @param {readonly string[]} args paths in them as Windows names them, see `windowsPath`
 * @param {object} [options]
 * @param {Readonly<Record<string, string | undefined>>} [options.env] on top of this process's environment
 * @param {string} [options.cwd]
 * @param {number} [options.timeoutInMs] kills the program then. Default 5 minutes.
 * @param {string} [options.program] another copy of node.exe
 * @param {(line: string) => void} [options.onLine] sees each line of standard output soon after it was written
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string, timedOut: boolean }>}
 */
export async function runWindowsNode(args, options = {}) {
  const { timeoutInMs = 300_000, program = await windowsNode() } = options;
  const prefix = await winePrefix();
  const output = createTemporaryDirectory("wine");
  // Files, as Windows' Node.js cannot write to a Unix pipe.
  const files = ["stdout", "stderr"].map((name) => join(output.path, name));
  const handles = files.map((file) => openSync(file, "w"));
  try {
    const child = spawn("wine", [program, ...args], {
      env: { ...process.env, ...wineEnvironment(prefix), ...options.env },
      stdio: ["ignore", ...handles],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let timedOut = false;
    const lines = watchLines(files[0] ?? "", options.onLine);
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeoutInMs);
    const [code, signal] = await once(child, "exit");
    clearTimeout(timer);
    lines.stop();
    const [stdout = "", stderr = ""] = files.map((file) => readFileSync(file, "utf8"));
    return { code, signal, stdout, stderr, timedOut };
  } finally {
    for (const handle of handles) closeSync(handle);
    output.remove();
  }
}

/**
 * @param {string} file that grows
 * @param {((line: string) => void) | undefined} onLine
 */
function watchLines(file, onLine) {
  if (onLine === undefined) return { stop: () => {} };
  let seen = 0;
  const look = () => {
    const lines = readFileSync(file, "utf8").split(/\r?\n/).slice(0, -1);
    for (const line of lines.slice(seen)) onLine(line);
    seen = lines.length;
  };
  const watching = setInterval(look, 50);
  return {
    stop() {
      clearInterval(watching);
      look();
    },
  };
}
