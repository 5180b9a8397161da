import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Makes a folder that only this user can read.
 * @param {string} purpose becomes part of the name
 * @param {string} [parent] the folder to make it in. Default: the system's for temporary files.
 */
export function createTemporaryDirectory(purpose, parent = tmpdir()) {
  const path = mkdtempSync(join(parent, `x-broker-${purpose}-`));
  return {
    path,
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
