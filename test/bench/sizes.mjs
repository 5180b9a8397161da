import { spawnSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {{ packed: number, unpacked: number, packages: string[] }} Size in bytes */

/** What an app installs of ours on one platform, beyond the `@azure/*` packages that it has anyway. */
export function ourSize(/** @type {string} */ platformPackage) {
  return sizeOf(["@x/broker", "@x/broker-contract", platformPackage], (name) => !name.startsWith("@azure/"));
}

/** The runtime and the plugin that an app installs to use it; the latter's `@azure/*` packages are left out too. */
export function peerSize() {
  return sizeOf(["@azure/msal-node-runtime", "@azure/msal-node-extensions"], (name) => name === "keytar");
}

/**
 * @param {readonly string[]} names
 * @param {(dependency: string) => boolean} counts which of their dependencies count as well
 * @returns {Size}
 */
function sizeOf(names, counts) {
  const here = fileURLToPath(import.meta.url);
  /** @type {Map<string, string>} */
  const found = new Map();
  const add = (/** @type {string} */ name, /** @type {string} */ from) => {
    if (found.has(name)) return;
    const folder = folderOf(name, from);
    found.set(name, folder);
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    for (const dependency of Object.keys(dependencies)) {
      if (counts(dependency)) add(dependency, join(folder, "package.json"));
    }
  };
  for (const name of names) add(name, here);
  const sizes = [...found.values()].map(packedSize);
  return {
    packages: [...found.keys()].sort(),
    packed: sizes.reduce((sum, { size }) => sum + size, 0),
    unpacked: sizes.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0),
  };
}

/** @param {string} name @param {string} from */
function folderOf(name, from) {
  for (const path of createRequire(from).resolve.paths(name) ?? []) {
    const manifest = join(path, name, "package.json");
    try {
      readFileSync(manifest);
      return dirname(realpathSync(manifest));
    } catch {
      // Further up, then.
    }
  }
  throw new Error(`${name} is not installed where ${from} would find it.`);
}

/** @param {string} folder @returns {{ size: number, unpackedSize: number }} */
function packedSize(folder) {
  const { status, stdout, stderr } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`npm pack in ${folder}: ${stderr}`);
  const [packed] = JSON.parse(stdout);
  return packed;
}
