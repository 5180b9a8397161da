// Builds one package (the current folder) as ES modules and as CommonJS, each with its types.
//
// The code becomes one file per entry: finding and compiling sixty small modules took most of the time that an app
// waited for `import "@x/broker"` (see docs/benchmarks.md). The entries are `main` of package.json and
// what the programs of `bin` import. The types come from `tsc`, file by file, and need a package.json beside them that
// says which kind of module they describe.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { rolldown } from "rolldown";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const commands = Object.values(manifest.bin ?? {}).map((file) => readFileSync(file, "utf8"));
const entries = [manifest.main, ...commands].map((text) => /dist\/\w+\/([\w/-]+)\.js/.exec(text)[1]);
/** Part of each bundle: a few lines of code, and finding another package takes longer than loading them. */
const inlined = new Set(["@x/broker-contract", "@x/broker-protocol"]);
/** Of these, the one that is not published: its types have to come along as well. */
const unpublished = "@x/broker-protocol";

rmSync("dist", { recursive: true, force: true });
for (const [kind, type] of [
  ["esm", "module"],
  ["cjs", "commonjs"],
]) {
  const folder = `dist/${kind}`;
  const { status } = spawnSync("tsc", ["-p", `tsconfig.${kind}.json`, "--emitDeclarationOnly"], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, `${JSON.stringify({ type })}\n`);
  if (unpublished in { ...manifest.dependencies, ...manifest.devDependencies }) bringTypes(kind, folder);

  // Each by itself: a file shared by two entries would be one more to find for both.
  for (const entry of entries) await bundleEntry(entry, kind, folder);
}

/** Puts the types of the unpublished package beside ours, and has ours refer to them there. */
function bringTypes(kind, folder) {
  const name = unpublished.split("/").at(-1);
  for (const file of readdirSync(folder, { recursive: true }).filter((path) => path.endsWith(".d.ts"))) {
    const text = readFileSync(join(folder, file), "utf8");
    const up = dirname(file) === "." ? "./" : "../".repeat(file.split(sep).length - 1);
    const rewritten = text.replaceAll(`"${unpublished}"`, `"${up}${name}/index.js"`);
    if (rewritten !== text) writeFileSync(join(folder, file), rewritten);
  }
  cpSync(resolve("..", name, "dist", kind), join(folder, name), {
    recursive: true,
    filter: (path) => !path.endsWith(".js") && !path.endsWith(".json"),
  });
}

async function bundleEntry(entry, kind, folder) {
  const bundle = await rolldown({
    input: { [entry]: `src/${entry}.ts` },
    platform: "node",
    external: isForeign,
    plugins: [asciiOnly(), plainRequires(), commonJsFiles(kind)],
  });
  await bundle.write({
    dir: folder,
    format: kind,
    exports: "named",
    entryFileNames: "[name].js",
    // As `tsc` does: the CommonJS build shall load the CommonJS builds of what it depends on, not a second copy.
    dynamicImportInCjs: false,
    // They stand in the types.
    comments: { legal: true, annotation: true, jsdoc: false },
  });
  await bundle.close();
}

function isForeign(id) {
  return !/^[./\0]/.test(id) && !inlined.has(id);
}

/**
 * In CommonJS `await import()` becomes a require() inside a function of its own. Bundlers let a package be missing only
 * if the require() stands in the `try` statement itself.
 */
function plainRequires() {
  const wrapped =
    /await Promise\.resolve\(\)\.then\(\(\) => (?:\/\* @__PURE__ \*\/ )?(__toESM\(require\("[^"]+"\)(?:, 1)?\))\)/g;
  return {
    name: "plain-requires",
    renderChunk: (code) => ({ code: code.replace(wrapped, "await $1"), map: null }),
  };
}

/** V8 keeps a source that is not plain ASCII with two bytes for each character. */
function asciiOnly() {
  const toEscape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return {
    name: "ascii-only",
    renderChunk: (code) => ({ code: code.replace(/[^\0-\x7f]/g, toEscape), map: null }),
  };
}

/**
 * CommonJS files in the package's root, beside `dist`, which only CommonJS can find its own folder from. An `import` of
 * one would make Node.js start its lexer for CommonJS, which costs more than the file does: an ES module gets it by a
 * `require` at the first call of one of its functions.
 */
function commonJsFiles(kind) {
  const mark = "\0require:";
  const require = createRequire(import.meta.url);
  return {
    name: "commonjs-files",
    resolveId: {
      filter: { id: /^\.\.\/[^/]+\.cjs$/ },
      // From src it is one folder up, from dist/esm and dist/cjs two.
      handler: (source) =>
        kind === "cjs" ? { id: `../${source}`, external: true } : `${mark}../${source}.mjs`,
    },
    load: {
      filter: { id: /^\0require:/ },
      handler(id) {
        const file = id.slice(mark.length, -".mjs".length);
        const names = Object.keys(require(resolve("src/x", file)));
        const forward = names.map((name) => `export const ${name} = (...args) => file().${name}(...args);`);
        return `import { createRequire } from "node:module";
          let loadedFile;
          const file = () => (loadedFile ??= createRequire(import.meta.url)(${JSON.stringify(file)}));
          ${forward.join("\n")}`;
      },
    },
  };
}
