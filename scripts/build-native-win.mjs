// Builds for Windows: the addon of one package (the current folder), or what else the CMakeLists.txt of the
// folder named as argument makes. On Windows the addon as every addon, with MSVC. Elsewhere with mingw-w64, into
// prebuilds/win32-x64/: such a build is good for tests under Wine, and it works on Windows. What is up to date is not
// compiled again. Quiet unless something fails.
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { configure, run, whyNoMingw } from "./native-mingw.mjs";

const source = process.argv[2];
const reason = process.platform === "win32" ? undefined : whyNoMingw();

if (reason !== undefined) {
  console.error(`Nothing is built for Windows: ${reason}`);
  if (process.env.CI === "true") process.exitCode = 1;
} else if (process.platform === "win32" && source === undefined) {
  await import("./build-native.mjs");
} else {
  build(source ?? ".");
}

function build(from) {
  const platform = `win32-${process.platform === "win32" ? process.arch : "x64"}`;
  const out = join("build", "cmake", platform);
  configure(from, out);
  run("cmake", ["--build", out, "--config", "Release", "--parallel", String(availableParallelism())]);

  const prebuilds = join("prebuilds", platform);
  rmSync(prebuilds, { recursive: true, force: true });
  mkdirSync(prebuilds, { recursive: true });
  for (const file of readdirSync(join(out, "addon")).filter((name) => name.endsWith(".node"))) {
    copyFileSync(join(out, "addon", file), join(prebuilds, file.replaceAll("_", "-")));
  }
}
