// Compiles the addon of the package in the current folder with clang for the processors that are only built for on
// Windows, and links nothing: no other system has a C runtime to link with. What is published is built with MSVC; this
// finds early what that would.
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { compiler, configure, isInstalled, run, whyNoMingw } from "./native-mingw.mjs";

/** By Node.js' names: clang's target, and how an object file for Windows names the processor. */
const processors = {
  arm64: { target: "aarch64-w64-mingw32", machine: 0xaa64 },
  ia32: { target: "i686-w64-mingw32", machine: 0x14c },
};

/** What MSVC's /W4 finds and -Wall -Wextra do not. */
const warnings = ["-Wshadow", "-Wshorten-64-to-32", "-Wimplicit-int-conversion", "-Wunreachable-code"];

/** CMake adds it for GCC; clang does not know it. */
const gccOnly = ["-fno-keep-inline-dllexport"];

/** Newest first; the oldest that compiles the sources. */
const clang = [21, 20, 19, 18, 17, 16].map((version) => `clang++-${version}`).find(isInstalled);

const reason = whyNoMingw() ?? (clang === undefined ? "clang 16 or newer cannot be found" : undefined);
if (reason !== undefined) {
  console.error(`Nothing is compiled for other processors: ${reason}`);
  process.exit(2);
}

const out = resolve("build", "cmake", "check");
configure(".", out);
const gcc = dirname(run(compiler, ["-print-libgcc-file-name"]).trim());
// GCC's library and mingw's headers are the same for every processor, as far as they are needed to compile.
const headers = [
  join(gcc, "include", "c++"),
  join(gcc, "include", "c++", "x86_64-w64-mingw32"),
  "/usr/x86_64-w64-mingw32/include",
];
const commands = JSON.parse(readFileSync(join(out, "compile_commands.json"), "utf8"));
for (const [name, { target, machine }] of Object.entries(processors)) {
  const objects = join(out, name);
  mkdirSync(objects, { recursive: true });
  for (const { command, file, directory } of commands) {
    const object = join(objects, `${file.replaceAll(/[^\w.]/g, "_")}.o`);
    const [, ...args] = command.split(" ").filter((arg) => arg !== "" && !gccOnly.includes(arg));
    const flags = [
      ...[`--target=${target}`, "-nostdinc++"],
      ...args.slice(0, args.indexOf("-o")),
      ...warnings,
      // What it makes is never run.
      ...["-O0", "-U_FORTIFY_SOURCE"],
      ...headers.flatMap((folder) => ["-isystem", folder]),
      ...["-o", object, "-c", file],
    ];
    run(clang, flags, { cwd: directory });
    const made = readFileSync(object).readUInt16LE(0);
    if (made !== machine) throw new Error(`${object} is not for ${name} but for 0x${made.toString(16)}.`);
  }
  console.log(`${commands.length} sources compiled for ${name}`);
}
