import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { llvmVersion } from "../../../../scripts/native-clang.mjs";

const run = promisify(execFile);
const packageFolder = join(import.meta.dirname, "../..");
const root = join(packageFolder, "../..");
const toolchain = join(root, "test/doubles/macos-sdk/toolchain.cmake");
const tools = `/usr/lib/llvm-${llvmVersion()}/bin`;

/** As Apple names them. */
export type MacArchitecture = "arm64" | "x86_64";

/** The addon as it is built on macOS, but for the SDK, which is the stand-in of test/doubles/macos-sdk. */
export async function buildForMacos(arch: MacArchitecture): Promise<string> {
  const require = createRequire(import.meta.url);
  const headers = dirname(require.resolve("node-api-headers/package.json"));
  const wrapper = dirname(require.resolve("node-addon-api/package.json"));
  const build = join(packageFolder, "build", `check-${arch}`);
  // A check that is not made anew could pass by what it found the last time.
  rmSync(build, { recursive: true, force: true });
  const nodeApi = `${join(headers, "include")};${wrapper}`;
  await configure(packageFolder, build, arch, { CMAKE_JS_INC: nodeApi });
  await run("cmake", ["--build", build, "--parallel", "2"], { maxBuffer: 64 * 1024 * 1024 });
  return build;
}

async function configure(
  source: string,
  build: string,
  arch: MacArchitecture,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const compiler = `clang++-${llvmVersion()}`;
  const variables = {
    CMAKE_BUILD_TYPE: "Release",
    CMAKE_TOOLCHAIN_FILE: toolchain,
    CMAKE_CXX_COMPILER: compiler,
    CMAKE_OBJCXX_COMPILER: compiler,
    BROKER_CROSS_ARCH: arch,
    BROKER_CROSS_MACOS: "12.0",
    BROKER_LLVM_VERSION: String(llvmVersion()),
    ...more,
  };
  const defines = Object.entries(variables).map(([name, value]) => `-D${name}=${value}`);
  await run("cmake", ["-S", source, "-B", build, ...defines]);
}

/** What a Mach-O file asks for and offers. */
export interface MachOFacts {
  /** `llvm-readobj`'s words for what kind of file it is and which macOS it is for. */
  readonly header: string;
  readonly libraries: readonly string[];
  /** Symbols by where they come from: `Foundation`, `libobjc`, … or `dynamically looked up`. */
  readonly imports: ReadonlyMap<string, readonly string[]>;
  readonly exports: readonly string[];
}

export async function readMachO(file: string): Promise<MachOFacts> {
  const [{ stdout: header }, { stdout: symbols }] = await Promise.all([
    run(join(tools, "llvm-readobj"), ["--file-headers", "--needed-libs", "--macho-version-min", file]),
    run(join(tools, "llvm-nm"), ["-m", file], { maxBuffer: 64 * 1024 * 1024 }),
  ]);
  const imports = new Map<string, string[]>();
  for (const [, name = "", from = ""] of symbols.matchAll(
    /\(undefined\) external (\S+) \((?:from )?([^)]*)\)/g,
  )) {
    imports.set(from, [...(imports.get(from) ?? []), name]);
  }
  return {
    header,
    libraries: [...header.matchAll(/^ +(\/\S+)$/gm)].map(([, path = ""]) => path),
    imports,
    exports: [...symbols.matchAll(/\(__\w+,__\w+\) external (\S+)/g)].map(([, name = ""]) => name),
  };
}

/** Compiles and links a few lines as the Objective-C++ sources of a build are; returns what the tools complain about. */
export async function complaintsAbout(build: string, arch: MacArchitecture, code: string): Promise<string> {
  const folder = join(build, "planted");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "CMakeLists.txt"), plantedProject);
  writeFileSync(join(folder, "planted.mm"), code);
  await configure(folder, join(folder, "build"), arch);
  try {
    await run("cmake", ["--build", join(folder, "build")]);
    return "";
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return stdout + stderr;
  }
}

const plantedProject = `
cmake_minimum_required(VERSION 3.19)
project(planted LANGUAGES CXX OBJCXX)
include(${join(root, "native/cmake/BrokerAddon.cmake")})
add_library(planted MODULE planted.mm)
broker_compile_options(planted)
target_link_libraries(planted PRIVATE "-framework Foundation" "-framework AuthenticationServices" objc)
`;
