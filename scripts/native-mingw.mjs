// CMake with mingw-w64, for what is built for Windows on other systems.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const compiler = "x86_64-w64-mingw32-g++-posix";
const toolchain = fileURLToPath(new URL("../native/cmake/mingw-w64-x86_64.cmake", import.meta.url));

/** What says how to get what is missing here; `undefined` if everything is there. */
export function whyNoMingw() {
  const missing = [compiler, "cmake", "make"].filter((tool) => !isInstalled(tool));
  if (missing.length === 0) return undefined;
  return `${missing.join(" and ")} cannot be found; on Debian and Ubuntu: sudo apt-get install g++-mingw-w64-x86-64-posix cmake make`;
}

/**
 * Configures a build of the CMakeLists.txt in `source` into `out`: with mingw-w64, or on Windows with MSVC. The package
 * in the current folder must have node-api-headers and node-addon-api.
 */
export function configure(source, out) {
  const require = createRequire(resolve("package.json"));
  const headers = require("node-api-headers");
  const napi = dirname(require.resolve("node-addon-api/package.json"));
  const cross = ["-G", "Unix Makefiles", `-DCMAKE_TOOLCHAIN_FILE=${toolchain}`];
  run("cmake", [
    ...["-S", source, "-B", out, "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"],
    ...(process.platform === "win32" ? [] : cross),
    `-DCMAKE_JS_INC=${headers.include_dir};${napi}`,
    `-DCMAKE_JS_NODELIB_DEF=${headers.def_paths.node_api_def}`,
  ]);
}

/** Runs a command; ends the process with its output when it fails. */
export function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...options,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  console.error(`${stdout ?? ""}${stderr ?? ""}${error ?? ""}`);
  return process.exit(1);
}

export function isInstalled(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}
