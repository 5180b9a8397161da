import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";

const sanitizerFlags = { address: "--CDBROKER_SANITIZE=ON", thread: "--CDBROKER_SANITIZE_THREAD=ON" };

/**
 * Builds the addon of the package in the current folder with cmake-js, and tells where it is. Ends the process with
 * the compiler's output when that fails. cmake-js downloads no Node headers, since package.json names a
 * Node-API version (`binary.napi_versions`): it takes those of node-api-headers.
 *
 * `arch` may name several on macOS (`x64+arm64`), as prebuildify writes it; `defines` are variables for CMake.
 */
export function buildAddon({ arch = process.arch, sanitizer, defines = {} } = {}) {
  if (sanitizer !== undefined && !(sanitizer in sanitizerFlags)) {
    throw new Error(`A sanitizer is one of ${Object.keys(sanitizerFlags).join(", ")}`);
  }
  const require = createRequire(resolve("package.json"));
  const cmakeJs = join(dirname(require.resolve("cmake-js/package.json")), "bin", "cmake-js");
  const out = join("build", "cmake", sanitizer ?? arch);
  const build = spawnSync(
    process.execPath,
    [
      cmakeJs,
      "build",
      ...["--out", out, "--arch", cmakeArchitectures(arch), "--parallel", String(availableParallelism())],
      ...(sanitizer === undefined ? [] : [sanitizerFlags[sanitizer]]),
      ...Object.entries(defines).map(([name, value]) => `--CD${name}=${value}`),
    ],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  if (build.status !== 0) {
    process.stderr.write(`${build.stdout ?? ""}${build.stderr ?? ""}${build.error ?? ""}\n`);
    process.exit(1);
  }
  const folder = join(out, "addon");
  const file = readdirSync(folder).find((entry) => entry.endsWith(".node"));
  return { folder, file, path: join(folder, file) };
}

function cmakeArchitectures(arch) {
  const architectures = arch.split("+");
  // cmake-js translates a single one only.
  return architectures.length === 1
    ? arch
    : architectures.map((one) => (one === "x64" ? "x86_64" : one)).join(";");
}
