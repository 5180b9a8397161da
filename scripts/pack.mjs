// Packs what an app on this system installs, as tarballs: for trying the packages before they are published.
//
//   node scripts/pack.mjs [folder]   default: packed/ in the workspace's root
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = resolve(process.env["INIT_CWD"] ?? ".", process.argv[2] ?? join(root, "packed"));
const readManifest = (path) => JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));

// npm refuses a package of another system when it is told to install it.
function isForHere({ private: isPrivate, os, publishConfig }) {
  const systems = publishConfig?.os ?? os ?? [process.platform];
  return isPrivate !== true && systems.includes(process.platform);
}
const packages = readdirSync(join(root, "packages"))
  .filter((name) => existsSync(join(root, "packages", name, "package.json")))
  .map((name) => readManifest(join("packages", name)))
  .filter(isForHere);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const { packageManager } = readManifest(".");
const filters = packages.flatMap(({ name }) => ["--filter", name]);
const { status } = spawnSync(
  "npx",
  ["--yes", packageManager, "--recursive", ...filters, "pack", "--pack-destination", folder],
  { cwd: root, stdio: ["ignore", "ignore", "inherit"], shell: process.platform === "win32" },
);
if (status !== 0) process.exit(1);
console.log(`Packed ${packages.map(({ name }) => name).join(", ")}. In your app:\n`);
console.log(`  npm install ${join(folder, "*.tgz")}`);
