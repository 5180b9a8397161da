// Builds one package (the current folder) as ES modules and as CommonJS, each with its types.
//
// The code becomes one file per entry, or two, and one for each `import()` of our own: finding and compiling sixty small
// modules took most of the time that an app waited for `import "@x/broker"` (see docs/benchmarks.md). The entries are
// those of `exports` in package.json and what the programs of `bin` import. The types come from `tsc`, file by file, and
// need a package.json beside them that says which kind of module they describe.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { rolldown } from "rolldown";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const commands = Object.values(manifest.bin ?? {}).map((file) => readFileSync(file, "utf8"));
const exported = Object.values(manifest.exports).map((entry) => entry.require?.default ?? entry.default);
const [main, ...further] = entriesIn(exported.filter(Boolean));
const exportedFiles = new Set([main, ...further]);

/** The names of entries, by the files that they become. */
function entriesIn(texts) {
  return texts.map((text) => /dist\/\w+\/([\w/-]+)\.js/.exec(text)[1]);
}
/**
 * Part of each published bundle: a few lines of code, and finding another package takes longer than loading them. The
 * unpublished package leaves the contract out, or who takes it in would have that twice.
 */
const inlined = new Set(manifest.private ? [] : ["@x/broker-contract", "@x/broker-protocol"]);
/** Of others only the commands have a use, and an app shall not have to install it for them. With its license. */
const forCommands = ["commander"];
/** Of the inlined ones, the one that is not published: its types have to come along as well. */
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

  // The main ones each by itself: a file shared by two entries would be one more to find for both. The further ones,
  // which are mostly the same code, share a file: it need not be installed once for each.
  const files = new Set([main, ...entriesIn(commands.filter((text) => text.includes(`dist/${kind}/`)))]);
  const addFile = (late) => files.add(late);
  if (further.length > 0) await bundleEntries(further, kind, folder, addFile);
  for (const entry of files) await bundleEntries([entry], kind, folder, addFile);
  pruneTypes(folder);
  bringLicenses(folder);
}

/** Puts the license of what became part of the commands beside them. */
function bringLicenses(folder) {
  const [program] = entriesIn(commands);
  if (!existsSync(`${folder}/${program}.js`)) return;
  for (const name of forCommands.filter((one) => one in manifest.devDependencies))
    copyFileSync(`node_modules/${name}/LICENSE`, join(folder, dirname(program), `${name}.LICENSE`));
}

/** Takes away the types of modules that no entry shows anything of. */
function pruneTypes(folder) {
  const shown = new Set([main, ...further].map((name) => join(folder, `${name}.d.ts`)));
  for (const file of shown)
    for (const [, module] of readFileSync(file, "utf8").matchAll(/(?:from|import\() ?"(\.[^"]+)\.js"/g))
      shown.add(join(dirname(file), `${module}.d.ts`));
  for (const file of readdirSync(folder, { recursive: true }).map((path) => join(folder, path)))
    if (file.endsWith(".d.ts") && !shown.has(file)) rmSync(file);
  removeEmptyFolders(folder);
}

function removeEmptyFolders(folder) {
  for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
    removeEmptyFolders(join(folder, name));
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
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

/** @param entries - In one folder. */
async function bundleEntries(entries, kind, folder, addFile) {
  const [entry] = entries;
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
    platform: "node",
    external: isForeign,
    plugins: [
      asciiOnly(),
      plainRequires(),
      commonJsFiles(kind, entry),
      lateFiles(entry, addFile),
      ...(exportedFiles.has(entry) ? [] : [takenFromMain(entry)]),
    ],
  });
  await bundle.write({
    dir: folder,
    format: kind,
    exports: "named",
    entryFileNames: "[name].js",
    chunkFileNames: "shared.js",
    // As `tsc` does: the CommonJS build shall load the CommonJS builds of what it depends on, not a second copy.
    dynamicImportInCjs: false,
    // They stand in the types.
    comments: { legal: true, annotation: true, jsdoc: false },
  });
  await bundle.close();
}

/** From the folder of an entry to that of the main one. */
function upFrom(entry) {
  return "../".repeat(entry.split("/").length - 1) || "./";
}

/** What is loaded by an `import()` is used later or seldom: it becomes a file of its own, which nobody waits for before. */
function lateFiles(entry, addFile) {
  const up = upFrom(entry);
  return {
    name: "late-files",
    resolveId(source, importer, { kind }) {
      if (kind !== "dynamic-import" || !source.startsWith(".")) return undefined;
      const file = relative(resolve("src"), resolve(dirname(importer), source)).replaceAll(sep, "/");
      addFile(file.replace(/\.js$/, ""));
      return { id: `${up}${file}`, external: "relative" };
    },
  };
}

/**
 * What the main file exports, late files and commands take from it: an app's `instanceof` must hold for what they throw.
 * (So no module that the main one exports a class of may make one of it.) Of everything else they have a copy of their
 * own. A file for what both need would have to be found and linked each time the main one is loaded, which takes longer
 * than compiling those few lines twice.
 */
function takenFromMain(entry) {
  const mark = "\0taken-from-main:";
  const names = new Map();
  return {
    name: "taken-from-main",
    /** Finds which modules the main one exports something of, and what. */
    async buildStart() {
      const file = `src/${main}.ts`;
      const ofValues = readFileSync(file, "utf8").replace(/^export type .*?;$/gms, "");
      for (const [statement, list, source] of ofValues.matchAll(
        /^export(?: \{([^}]+)\} from "([^"]+)")?/gm,
      )) {
        const values = list?.split(",").filter((name) => !/^\s*(?:type\s|$)/.test(name));
        if (values === undefined || values.some((name) => name.includes(" as ")))
          throw new Error(
            `${file}: write "${statement}…" as export { a, b } from "…", which is all that is read here`,
          );
        const { id } = await this.resolve(source, resolve(file));
        names.set(id, [names.get(id), ...values].filter(Boolean).join(","));
      }
    },
    async resolveId(source, importer) {
      if (source === mark) return { id: `${upFrom(entry)}${main}.js`, external: "relative" };
      // Its entries, and what such a module itself is.
      if (importer === undefined || importer.startsWith(mark)) return undefined;
      const found = await this.resolve(source, importer);
      return names.has(found?.id) ? `${mark}${found.id}` : undefined;
    },
    load(id) {
      if (!id.startsWith(mark)) return undefined;
      const module = id.slice(mark.length);
      return `export * from ${JSON.stringify(module)}; export {${names.get(module)}} from ${JSON.stringify(mark)};`;
    },
  };
}

function isForeign(id) {
  return !isAbsolute(id) && !/^[./\0]/.test(id) && !inlined.has(id) && !forCommands.includes(id);
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
 * `require` at the first call of one of its functions. A file that does not ask for its folder becomes part of the ES
 * module, so that a bundle of that module needs no file beside it.
 */
function commonJsFiles(kind, entry) {
  /** From dist/esm and dist/cjs to the root, and from the folder of an entry below them. */
  const up = "../".repeat(1 + entry.split("/").length);
  const mark = "\0require:";
  const require = createRequire(import.meta.url);
  return {
    name: "commonjs-files",
    resolveId: {
      filter: { id: /^(?:\.\.\/)+[^/]+\.cjs$/ },
      handler(source) {
        const file = source.split("/").at(-1);
        return kind === "cjs" ? { id: `${up}${file}`, external: true } : `${mark}${file}.mjs`;
      },
    },
    load: {
      filter: { id: /^\0require:/ },
      handler(id) {
        const file = id.slice(mark.length, -".mjs".length);
        const text = readFileSync(file, "utf8").replace(/^"use strict";/, "");
        const names = Object.keys(require(resolve(file)));
        // A bundler that makes CommonJS of this has no import.meta, but a file name.
        const load = text.includes("__dirname")
          ? `loaded = createRequire(import.meta.url)("${up}${file}");`
          : `const require = createRequire(import.meta.url ?? __filename); const exports = (loaded = {}); ${text}`;
        return `import { createRequire } from "node:module";
          let loaded;
          function file() { if (loaded === undefined) { ${load} } return loaded; }
          ${names.map((name) => `export const ${name} = (...args) => file().${name}(...args);`).join("\n")}`;
      },
    },
  };
}
