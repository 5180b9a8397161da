/** Whether a process is there (and not a zombie that nobody has buried yet: those have no command line). */
import { readFileSync } from "node:fs";

export function isAlive(processId: number): boolean {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, "utf8") !== "";
  } catch {
    return false;
  }
}
