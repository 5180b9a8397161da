import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { windowsFileUrl } from "./run-windows-node.mjs";

const vitestInWindows = fileURLToPath(new URL("./vitest-in-windows.mjs", import.meta.url));

/**
 * Loaded as they are shipped: the package with the addon, whichever way it is found.
 * @param {string} id
 */
const isShipped = (id) => id === "@x/broker-win" || id.startsWith("@x/broker-win/");

/**
 * Makes a test file into modules that Windows' Node.js runs by themselves: TypeScript and whatever they import,
 * "vitest" among it. (Wine follows symbolic links without a trace, so that pnpm's packages would not find theirs.)
 * @param {string} testFile absolute path
 * @param {string} directory where the modules go
 * @returns {Promise<string>} the module to start with; it takes the path of the file for the results
 */
export async function bundleTests(testFile, directory) {
  const entry = join(directory, "entry.source.mjs");
  await writeFile(
    entry,
    `import { runTests } from "vitest";
await runTests(process.argv[2], () => import(${JSON.stringify(testFile)}));\n`,
  );
  return bundleForWindows(entry, directory);
}

/**
 * Makes any module of this machine, with all that it imports, into one that Windows' Node.js can run.
 * @param {string} file absolute path
 * @param {string} directory
 * @returns {Promise<string>} the module to start with
 */
export async function bundleForWindows(file, directory) {
  const bundle = await rolldown({
    input: { entry: file },
    platform: "node",
    plugins: [vitestAlias(), ownPlace(), shippedParts(file)],
    onLog: (level, log, tell) => {
      if (level === "warn" && /EVAL|CIRCULAR/.test(log.code ?? "")) return;
      tell(level, log);
    },
  });
  await bundle.write({
    dir: directory,
    format: "esm",
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name].mjs",
    sourcemap: true,
  });
  await bundle.close();
  return join(directory, "entry.mjs");
}

/** @returns {import("rolldown").Plugin} */
function vitestAlias() {
  return {
    name: "vitest-in-windows",
    resolveId: { filter: { id: /^vitest$/ }, handler: () => vitestInWindows },
  };
}

/**
 * A module of ours that asks where it is shall hear where its source is.
 * @returns {import("rolldown").Plugin}
 */
function ownPlace() {
  return {
    name: "own-place",
    transform: {
      filter: { id: { exclude: /node_modules/ }, code: /import\.meta\.url/ },
      handler: (code, id) => code.replaceAll("import.meta.url", JSON.stringify(windowsFileUrl(id))),
    },
  };
}

/**
 * What must stay a file of its own: the shipped package, addons, and the small CommonJS files that find an addon
 * beside them.
 * @param {string} root a file from which the shipped package is found
 * @returns {import("rolldown").Plugin}
 */
function shippedParts(root) {
  const require = createRequire(pathToFileURL(root));
  return {
    name: "shipped-parts",
    resolveId: {
      filter: { id: /^@x\/broker-win|\.node$|-binding\.cjs$/ },
      handler(source, importer) {
        if (isShipped(source)) return { id: esmEntryUrl(require, source), external: true };
        if (importer === undefined) return undefined;
        const path = source.startsWith("/") ? source : join(dirname(importer), source);
        return { id: windowsFileUrl(path), external: true };
      },
    },
  };
}

/**
 * @param {NodeJS.Require} require
 * @param {string} specifier
 */
function esmEntryUrl(require, specifier) {
  const commonJs = require.resolve(specifier);
  return windowsFileUrl(commonJs.replace("/dist/cjs/", "/dist/esm/"));
}
