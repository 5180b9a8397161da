import { execFile } from "node:child_process";
import { join } from "node:path";
import { doubleFiles } from "../../../../test/doubles/authentication-services/double.js";

export interface ProgramResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Runs one of the programs in `programs/` to its end, with the files of the double's build in its environment. */
export function runProgram(
  name: string,
  options: { readonly env?: Readonly<Record<string, string>>; readonly nodeOptions?: readonly string[] } = {},
): Promise<ProgramResult> {
  const file = join(import.meta.dirname, "programs", `${name}.cjs`);
  const env = {
    ...process.env,
    BINDING_FILE: doubleFiles.binding,
    EXTENSION_FILE: doubleFiles.extension,
    ...options.env,
  };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...(options.nodeOptions ?? []), file],
      { env },
      (_error, stdout, stderr) => {
        const lines = stdout.split("\n").filter((line) => line !== "");
        resolve({ code: child.exitCode, signal: child.signalCode, lines, stderr });
      },
    );
  });
}
