// Builds the addon of @x/broker-mac (the current folder). On macOS as every addon, for both processors in one file.
// Elsewhere against the test double on GNUstep, into build/double (or build/double-<sanitizer>): such a build is for
// the tests and never packed.
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { llvmTool, whyNoGnustep } from "./native-clang.mjs";
import { buildAddon } from "./native-cmake-js.mjs";

const { values: options } = parseArgs({ options: { sanitize: { type: "string" } } });

if (process.platform === "darwin") {
  process.env.PREBUILD_ARCH ??= "x64+arm64";
  await import("./build-native.mjs");
} else {
  const reason = whyNoGnustep();
  const folder = join("build", options.sanitize ? `double-${options.sanitize}` : "double");
  rmSync(folder, { recursive: true, force: true });
  if (reason === undefined) {
    buildDouble(folder);
  } else if (process.stdout.isTTY) {
    // Of a whole build it is a part that is not needed; the tests say that they have nothing to test, and why.
    console.log(`@x/broker-mac: nothing is built to test it with, for ${reason} (see native/README.md).`);
  }
}

function buildDouble(target) {
  const compiler = llvmTool("clang++");
  const { folder } = buildAddon({
    sanitizer: options.sanitize,
    defines: {
      CMAKE_CXX_COMPILER: compiler,
      CMAKE_OBJCXX_COMPILER: compiler,
      CMAKE_EXPORT_COMPILE_COMMANDS: "ON",
    },
  });
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(target, name));
}
