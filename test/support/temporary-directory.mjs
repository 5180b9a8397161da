import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Makes a folder that only this user can read.
 * @param {string} purpose becomes part of the name
 */
export function createTemporaryDirectory(purpose) {
  const path = mkdtempSync(join(tmpdir(), `x-broker-${purpose}-`));
  return {
    path,
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
