import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createTemporaryDirectory } from "../support/temporary-directory.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  packageManager: string;
};
/** What an app on Linux gets of ours. */
const packages = ["broker", "broker-contract", "broker-linux", "msal-node-runtime"];

/** Packs one package as it is published, into a folder; gives the tarball's path. */
async function pack(name: string, folder: string): Promise<string> {
  const before = new Set(readdirSync(folder));
  const args = ["--yes", packageManager, "pack", "--pack-destination", folder];
  await run("npx", args, { cwd: join(root, "packages", name) });
  const [file = ""] = readdirSync(folder).filter((one) => !before.has(one));
  return join(folder, file);
}

/** One package as it is published. */
export async function packPackage(name: string) {
  const folder = createTemporaryDirectory("packed");
  const tarball = readFileSync(await pack(name, folder.path));
  return { tarball: new Uint8Array(tarball), remove: folder.remove };
}

/**
 * A stranger's app: an empty folder into which npm has installed our packages as they are published.
 * @param dependencies - What the app wants besides, from the registry.
 * @param overrides - Names of packages that one of ours is to stand in for.
 */
export async function installStranger(
  dependencies: Readonly<Record<string, string>>,
  overrides: Readonly<Record<string, string>> = {},
) {
  const folder = createTemporaryDirectory("stranger");
  try {
    const packed = join(folder.path, "packed");
    mkdirSync(packed);
    const tarballs: Record<string, string> = {};
    for (const name of packages) tarballs[`@x/${name}`] = `file:${await pack(name, packed)}`;
    const manifest = {
      name: "stranger",
      private: true,
      dependencies: { ...dependencies, ...tarballs },
      overrides: Object.fromEntries(Object.entries(overrides).map(([name, ours]) => [name, tarballs[ours]])),
    };
    writeFileSync(join(folder.path, "package.json"), JSON.stringify(manifest));
    const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    await run("npm", args, { cwd: folder.path });
    return folder;
  } catch (error) {
    folder.remove();
    throw error;
  }
}
