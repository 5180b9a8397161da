import { existsSync } from "node:fs";
import { join } from "node:path";

const packages = join(import.meta.dirname, "../../..");

/**
 * Fails a test of what is shipped when that has not been built: `npm test` builds first, so a missing file is a fault.
 * @param paths - Below `packages/`.
 */
export function requireBuilt(...paths: string[]): void {
  for (const path of paths) {
    if (!existsSync(join(packages, path)))
      throw new Error(
        `packages/${path} is not there: run \`npm run build\` at the top of the workspace first.`,
      );
  }
}
