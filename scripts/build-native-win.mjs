// Builds for 64-bit Windows: the addon of one package (the current folder), or what else the CMakeLists.txt of the folder
// named as argument makes. On Windows the addon as every addon, with MSVC. Here with mingw-w64, into
// prebuilds/win32-x64/: such a build is good for tests under Wine, and it works on Windows. What is up to date is not
// compiled again. Quiet unless something fails.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const compiler = "x86_64-w64-mingw32-g++-posix";
const toolchain = fileURLToPath(new URL("../native/cmake/mingw-w64-x86_64.cmake", import.meta.url));

const source = process.argv[2];

if (process.platform === "win32" && source === undefined) {
  await import("./build-native.mjs");
} else if (process.platform === "win32") {
  buildWith({ generator: [] });
} else {
  const missing = [compiler, "cmake", "make"].filter((tool) => !runs(tool, ["--version"]));
  if (missing.length === 0) {
    buildWith({
      generator: ["-G", "Unix Makefiles", `-DCMAKE_TOOLCHAIN_FILE=${toolchain}`],
    });
  } else {
    console.error(
      `Nothing is built for Windows, for ${missing.join(" and ")} cannot be found. On Debian and Ubuntu: sudo apt-get install g++-mingw-w64-x86-64-posix cmake make`,
    );
    if (process.env.CI === "true") process.exitCode = 1;
  }
}

/** Configures, builds, and copies the addons to where they are looked for. */
function buildWith({ generator }) {
  const require = createRequire(resolve("package.json"));
  const headers = require("node-api-headers");
  const napi = dirname(require.resolve("node-addon-api/package.json"));
  const out = join("build", "cmake", "win32-x64");
  run("cmake", [
    ...["-S", source ?? ".", "-B", out, ...generator, "-DCMAKE_BUILD_TYPE=Release"],
    `-DCMAKE_JS_INC=${headers.include_dir};${napi}`,
    `-DCMAKE_JS_NODELIB_DEF=${headers.def_paths.node_api_def}`,
  ]);
  run("cmake", ["--build", out, "--config", "Release", "--parallel", String(availableParallelism())]);

  const prebuilds = join("prebuilds", "win32-x64");
  rmSync(prebuilds, { recursive: true, force: true });
  mkdirSync(prebuilds, { recursive: true });
  const built = join(out, "addon");
  for (const file of readdirSync(built).filter((name) => name.endsWith(".node"))) {
    // node-gyp-build knows by the name that Node-API is all it needs.
    copyFileSync(join(built, file), join(prebuilds, file.replaceAll("_", "-")));
  }
}

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  console.error(`${stdout ?? ""}${stderr ?? ""}${error ?? ""}`);
  process.exit(1);
}

function runs(command, args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
