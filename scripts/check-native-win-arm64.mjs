// Compiles the addon of the package in the current folder for Windows on ARM with clang, and links nothing: no system
// but Windows has a C runtime to link with. What is published is built with MSVC; this finds early what that would.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { compiler, configure, isInstalled, run, whyNoMingw } from "./native-mingw.mjs";

/** Newest first; the oldest that compiles the sources. */
const clang = [21, 20, 19, 18, 17, 16].map((version) => `clang++-${version}`).find(isInstalled);

const reason = whyNoMingw() ?? (clang === undefined ? "clang 16 or newer cannot be found" : undefined);
if (reason !== undefined) {
  console.error(`Nothing is compiled for Windows on ARM: ${reason}`);
  process.exit(2);
}

/** CMake adds it for GCC; clang does not know it. */
const gccOnly = ["-fno-keep-inline-dllexport"];

const out = resolve("build", "cmake", "win32-arm64");
const objects = join(out, "objects");
mkdirSync(objects, { recursive: true });
configure(".", out);
const gcc = dirname(run(compiler, ["-print-libgcc-file-name"]).trim());
// GCC's library and mingw's headers are the same for every processor, as far as they are needed to compile.
const headers = [
  join(gcc, "include", "c++"),
  join(gcc, "include", "c++", "x86_64-w64-mingw32"),
  "/usr/x86_64-w64-mingw32/include",
];
const commands = JSON.parse(readFileSync(join(out, "compile_commands.json"), "utf8"));
for (const { command, file, directory } of commands) {
  const object = join(objects, file.replaceAll(/[^\w.]/g, "_").concat(".o"));
  const [, ...args] = command.split(" ").filter((arg) => arg !== "" && !gccOnly.includes(arg));
  const flags = [
    ...["--target=aarch64-w64-mingw32", "-nostdinc++"],
    ...args.slice(0, args.indexOf("-o")),
    ...headers.flatMap((folder) => ["-isystem", folder]),
    ...["-o", object, "-c", file],
  ];
  run(clang, flags, { cwd: directory });
  // Where an object file for Windows names its processor.
  const machine = existsSync(object) ? readFileSync(object).readUInt16LE(0) : 0;
  if (machine !== 0xaa64)
    throw new Error(`${object} is not for Windows on ARM but for 0x${machine.toString(16)}.`);
}
console.log(`${commands.length} sources compiled for Windows on ARM`);
