// The compiler for Objective-C++ on systems that are not macOS: clang, and what it needs of GNUstep.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Newest first; the oldest that compiles the sources. */
const versions = [21, 20, 19, 18, 17, 16];

/** The newest LLVM whose clang is installed, or `undefined`. */
export function llvmVersion() {
  return versions.find((version) => run(`clang++-${version}`, "--version") !== undefined);
}

/** A tool of the newest LLVM that is installed, such as `clang++`, or `undefined`. */
export function llvmTool(name) {
  return versions
    .map((version) => `${name}-${version}`)
    .find((command) => run(command, "--version") !== undefined);
}

/** Why sources cannot be compiled against GNUstep here; `undefined` if they can. */
export function whyNoGnustep() {
  if (llvmTool("clang++") === undefined) return `clang ${versions.at(-1)} or newer is not installed`;
  const hasFoundation = existsSync("/usr/include/GNUstep/Foundation/Foundation.h");
  const runtime = run("gcc", "-print-file-name=libobjc.so")?.trim();
  // gcc answers with the bare name when it has no such file.
  return hasFoundation && runtime?.startsWith("/") ? undefined : "GNUstep is not installed";
}

/** Why the sources cannot be built for macOS here, for a check; `undefined` if they can. */
export function whyNoMacosCheck() {
  const folder = `/usr/lib/llvm-${llvmVersion()}`;
  const needed = { lld: "bin/ld64.lld", llvm: "bin/llvm-readobj", "libc++-dev": "include/c++/v1/vector" };
  const missing = Object.keys(needed).filter((name) => !existsSync(join(folder, needed[name])));
  return missing.length === 0 ? undefined : `${missing.join(" and ")} of clang's version is not installed`;
}

/** The library that a program must preload to run code built with AddressSanitizer; `undefined` if there is none. */
export function asanRuntime() {
  const name = `libclang_rt.asan-${process.arch === "x64" ? "x86_64" : "aarch64"}.so`;
  const path = run(llvmTool("clang++") ?? "clang++", `-print-file-name=${name}`)?.trim();
  // As gcc, clang answers with the bare name when it has no such file.
  return path?.startsWith("/") ? path : undefined;
}

function run(command, ...args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}
