#!/usr/bin/env node
// Stands where prebuildify expects node-gyp: builds with cmake-js, then leaves the addon where node-gyp would,
// in build/Release. prebuildify moves it away from there, so it gets a copy and CMake keeps the original.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const cmakeJs = join(dirname(require.resolve("cmake-js/package.json")), "bin", "cmake-js");
const sanitizer = process.env.BROKER_SANITIZER;
const out = join("build", "cmake", sanitizer ?? "release");
const flags = { address: ["--CDBROKER_SANITIZE=ON"], thread: ["--CDBROKER_SANITIZE_THREAD=ON"] };

const build = spawnSync(
  process.execPath,
  [
    cmakeJs,
    "build",
    ...["--out", out, "--arch", process.env.PREBUILD_ARCH ?? process.arch],
    ...["--parallel", String(availableParallelism())],
    ...(flags[sanitizer] ?? []),
  ],
  { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
);
if (build.status !== 0) {
  process.stderr.write(`${build.stdout ?? ""}${build.stderr ?? ""}${build.error ?? ""}\n`);
  process.exit(1);
}

const release = join("build", "Release");
rmSync(release, { recursive: true, force: true });
mkdirSync(release, { recursive: true });
for (const file of readdirSync(join(out, "addon")))
  copyFileSync(join(out, "addon", file), join(release, file));
