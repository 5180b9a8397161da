import { chmod, rename, writeFile } from "node:fs/promises";

/** What a run of the fake proxy tells the emulator. */
export interface ProxyRun {
  /** Its arguments, without the program. */
  readonly argv: readonly string[];
  readonly pid: number;
}

/** What the fake proxy is to do. */
export interface ProxyOrder {
  /** What to print on standard output, base64. */
  readonly output: string;
  /** What to print on standard error. */
  readonly complaint: string;
  readonly exitCode: number;
  /** Whether to end by a signal instead, in the middle of the call. */
  readonly dies: boolean;
}

/** Writes a program that can be executed at once, also in place of one that runs. */
export async function writeProgram(file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, text);
  await chmod(draft, 0o755);
  await rename(draft, file);
}

/**
 * The fake proxy: it only carries its arguments to the emulator in the test's process, and that one's orders out. A
 * shell starts Node.js, as the path in a `#!` line may neither be long nor have spaces.
 */
export function proxyProgram(socketPath: string): string {
  const script = `"use strict";
let orders = "";
const run = { argv: process.argv.slice(1), pid: process.pid };
require("node:net")
  .connect(${JSON.stringify(socketPath)}, function () { this.write(JSON.stringify(run) + "\\n"); })
  .setEncoding("utf8")
  .on("data", (data) => { orders += data; })
  .on("error", () => {})
  .on("close", () => {
    if (orders === "") { process.exitCode = 1; return; }
    const { output, complaint, exitCode, dies } = JSON.parse(orders);
    if (dies) process.kill(process.pid, "SIGKILL");
    process.stderr.write(complaint);
    process.stdout.write(Buffer.from(output, "base64"));
    process.exitCode = exitCode;
  });
`;
  return `#!/bin/sh\nunset NODE_OPTIONS\nexec ${quoted(process.execPath)} -e ${quoted(script)} -- "$@"\n`;
}

/** The fake wslinfo, which knows where the proxy is; it uses nothing that it would have to look for in PATH. */
export function wslinfoProgram(proxyPath: string): string {
  return `#!/bin/sh
[ "$*" = "--msal-proxy-path -n" ] || exit 1
printf %s ${quoted(proxyPath)}
`;
}

/** The wslinfo of a WSL that has no proxy yet. */
export const oldWslinfoProgram = '#!/bin/sh\necho "Invalid command line argument: $1" >&2\nexit 1\n';

/** A wslinfo that never comes to an end. */
export const hangingWslinfoProgram = "#!/bin/sh\nwhile :; do /bin/sleep 1; done\n";

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
