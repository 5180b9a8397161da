// Builds the addon of one package (the current folder) and packs it into prebuilds/, where node-gyp-build finds
// it. What is up to date is not compiled again. Quiet unless something fails.
//
// --sanitize=address | thread: an instrumented build instead, which is not packed. To run it, preload the
// sanitizer's runtime and name the printed folder in the variable that node-gyp-build reads.
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { buildAddon } from "./native-cmake-js.mjs";

const { values: options } = parseArgs({ options: { sanitize: { type: "string" } } });
const require = createRequire(resolve("package.json"));
const { name } = require("./package.json");

if (options.sanitize) {
  const folder = resolve("build", options.sanitize);
  const release = join(folder, "build", "Release");
  mkdirSync(release, { recursive: true });
  const { file, path } = buildAddon({ sanitizer: options.sanitize });
  copyFileSync(path, join(release, file));
  console.log(`env '${name.toUpperCase().replaceAll("-", "_")}_PREBUILD=${folder}'`);
} else {
  const packing = promisify(require("prebuildify"))({
    cwd: process.cwd(),
    name: name.split("/").at(-1),
    napi: true,
    // Elsewhere there is one C library, and MSVC leaves nothing to strip.
    tagLibc: process.platform === "linux",
    strip: process.platform !== "win32",
    targets: [process.version],
    nodeGyp: fileURLToPath(new URL("prebuild-adapter.mjs", import.meta.url)),
  });
  await packing.catch((error) => {
    console.error(`${name}: the addon was not built (${error.message})`);
    process.exitCode = 1;
  });
}
