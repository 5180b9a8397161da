import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Runs a Node.js program to its end, as a user would: `node file …args`.
 * @param {string} file
 * @param {object} [options]
 * @param {readonly string[]} [options.args]
 * @param {string} [options.cwd]
 * @param {Readonly<Record<string, string | undefined>>} [options.env] on top of this process's environment
 * @param {AbortSignal} [options.abortSignal] kills the program
 * @param {(program: string, args: readonly string[]) => [string, string[]]} [options.inside] the command that runs
 *   a program somewhere else than right here
 * @param {(line: string, child: import("node:child_process").ChildProcess) => void} [options.onLine]
 *   sees each line of standard output as it comes
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
export async function runNode(file, options = {}) {
  const here = /** @type {[string, string[]]} */ ([process.execPath, [file, ...(options.args ?? [])]]);
  const [program, args] = options.inside?.(...here) ?? here;
  const child = spawn(program, args, {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.abortSignal ? { signal: options.abortSignal, killSignal: "SIGKILL" } : {}),
  });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    stdout += `${line}\n`;
    options.onLine?.(line, child);
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}
