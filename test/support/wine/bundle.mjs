import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { windowsFileUrl, windowsPath } from "./run-windows-node.mjs";

const vitestInWindows = fileURLToPath(new URL("./vitest-in-windows.mjs", import.meta.url));

/** Loaded as they are shipped, with their addons beside them, and found from here. */
const shippedPackages = new Set(["@x/broker-win", "@azure/msal-node-runtime"]);
const require = createRequire(import.meta.url);

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
  await bundleForWindows({ files: { entry }, directory, plugins: [vitestAlias(), ownPlace()] });
  return join(directory, "entry.mjs");
}

/**
 * Makes modules of this machine, with all that they import, into ones that Windows' Node.js can run.
 * @param {object} options
 * @param {Readonly<Record<string, string>>} options.files absolute paths, by the names to give them in `directory`,
 *   without extension
 * @param {string} options.directory
 * @param {"esm" | "cjs"} [options.format] Default "esm", as `.mjs`; else `.cjs`.
 * @param {readonly import("rolldown").Plugin[]} [options.plugins]
 */
export async function bundleForWindows({ files, directory, format = "esm", plugins = [] }) {
  const extension = format === "esm" ? "mjs" : "cjs";
  const bundle = await rolldown({
    input: files,
    platform: "node",
    plugins: [...plugins, shippedParts(format)],
  });
  await bundle.write({
    dir: directory,
    format,
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `[name].${extension}`,
    sourcemap: true,
  });
  await bundle.close();
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
      handler: (code, id) => ({
        code: code.replaceAll("import.meta.url", JSON.stringify(windowsFileUrl(id))),
        // No line moves.
        map: null,
      }),
    },
  };
}

/**
 * What must stay a file of its own: packages with addons, addons, and the small CommonJS files that find an addon
 * beside them.
 * @param {"esm" | "cjs"} format
 * @returns {import("rolldown").Plugin}
 */
function shippedParts(format) {
  const named = format === "esm" ? windowsFileUrl : windowsPath;
  return {
    name: "shipped-parts",
    resolveId: {
      filter: { id: /^@x\/broker-win$|^@azure\/msal-node-runtime$|\.node$|-binding\.cjs$/ },
      handler(source, importer = "") {
        const path = shippedPackages.has(source)
          ? require.resolve(source).replace("/dist/cjs/", `/dist/${format}/`)
          : createRequire(pathToFileURL(importer)).resolve(source);
        return { id: named(path), external: true };
      },
    },
  };
}
