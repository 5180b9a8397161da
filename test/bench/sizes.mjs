import { spawnSync } from "node:child_process";
import { foldersOf } from "./installed-packages.mjs";

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
  const folders = foldersOf(names, counts);
  const sizes = [...folders.values()].map(packedSize);
  return {
    packages: [...folders.keys()].sort(),
    packed: sizes.reduce((sum, { size }) => sum + size, 0),
    unpacked: sizes.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0),
  };
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
