import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The folders of packages and of what they depend on, by name, as they are installed here.
 * @param {readonly string[]} names
 * @param {(dependency: string) => boolean} counts which dependencies to follow
 * @returns {Map<string, string>}
 */
export function foldersOf(names, counts = () => true) {
  /** @type {Map<string, string>} */
  const found = new Map();
  const add = (/** @type {string} */ name, /** @type {string} */ from) => {
    if (found.has(name)) return;
    const folder = folderOf(name, from);
    if (folder === undefined) return;
    found.set(name, folder);
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    for (const dependency of Object.keys(dependencies)) {
      if (counts(dependency)) add(dependency, join(folder, "package.json"));
    }
  };
  for (const name of names) add(name, fileURLToPath(import.meta.url));
  return found;
}

/**
 * Makes a folder of an app with these packages, as npm would lay them out: the links that pnpm makes cost every
 * import something, and a user of npm does not have them.
 * @param {string} folder
 * @param {readonly string[]} names
 */
export function installInto(folder, names) {
  for (const [name, from] of foldersOf(names)) {
    const to = join(folder, "node_modules", name);
    mkdirSync(dirname(to), { recursive: true });
    const { files } = JSON.parse(readFileSync(join(from, "package.json"), "utf8"));
    if (!name.startsWith("@x/")) {
      cpSync(from, to, { recursive: true, filter: (source) => source !== join(from, "node_modules") });
      continue;
    }
    // What is built elsewhere is not here.
    for (const file of ["package.json", ...files].filter((name) => existsSync(join(from, name))))
      cpSync(join(from, file), join(to, file), { recursive: true });
  }
}

export const oneLinePackage = "one-line";

/**
 * Installs the least package there can be.
 * @param {string} folder
 */
export function installOneLine(folder) {
  const to = join(folder, "node_modules", oneLinePackage);
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, "package.json"), JSON.stringify({ name: oneLinePackage, exports: "./index.mjs" }));
  writeFileSync(join(to, "index.mjs"), "export const nothing = undefined;\n");
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
  return undefined;
}
