// Cross-builds for 64-bit Windows with mingw-w64: the addon of one package (the current folder), or what else its
// CMakeLists.txt makes, into prebuilds/win32-x64/. What is up to date is not compiled again. Quiet unless something
// fails. (On Windows, build-native.mjs builds with MSVC.)
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const compiler = "x86_64-w64-mingw32-g++-posix";

/**
 * Builds in the current folder. Ends the process with the compiler's output when that fails.
 * @param {string} [source] the folder of CMakeLists.txt
 */
export function crossBuildForWindows(source = ".") {
  if (spawnSync(compiler, ["--version"], { stdio: "ignore" }).status !== 0) {
    return fail(
      `Builds for Windows need mingw-w64: sudo apt-get install g++-mingw-w64-x86-64-posix cmake make`,
    );
  }
  const require = createRequire(resolve("package.json"));
  const headers = require("node-api-headers");
  const napi = dirname(require.resolve("node-addon-api/package.json"));
  const toolchain = fileURLToPath(new URL("../native/cmake/mingw-w64-x86_64.cmake", import.meta.url));
  const out = join("build", "cmake", "win32-x64");
  run("cmake", [
    ...["-S", source, "-B", out, "-G", "Unix Makefiles"],
    ...[`-DCMAKE_TOOLCHAIN_FILE=${toolchain}`, "-DCMAKE_BUILD_TYPE=Release"],
    `-DCMAKE_JS_INC=${headers.include_dir};${napi}`,
    `-DCMAKE_JS_NODELIB_DEF=${headers.def_paths.node_api_def}`,
  ]);
  run("cmake", ["--build", out, "--parallel", String(availableParallelism())]);

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
  if (status !== 0) fail(`${stdout ?? ""}${stderr ?? ""}${error ?? ""}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) crossBuildForWindows(process.argv[2]);
