#!/usr/bin/env node
// Stands where prebuildify expects node-gyp: builds with cmake-js, then leaves the addon where node-gyp would.
// prebuildify moves it away from there, so it gets a copy, and CMake keeps the original.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildAddon } from "./native-cmake-js.mjs";

// Called as `node-gyp rebuild --target=… --arch=… --release`.
const { values: options } = parseArgs({ options: { arch: { type: "string" } }, strict: false });
// Of several processors in one file, prebuildify names only the first as an argument.
const { file, path } = buildAddon({ arch: process.env.PREBUILD_ARCH ?? options.arch });

const release = join("build", "Release");
rmSync(release, { recursive: true, force: true });
mkdirSync(release, { recursive: true });
copyFileSync(path, join(release, file));
