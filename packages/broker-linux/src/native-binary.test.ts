import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { load } from "../native-binding.cjs";
import { type ElfFacts, readElf } from "./testing/elf.js";

const require = createRequire(import.meta.url);
const { symbols: nodeApiSymbols } = require("node-api-headers") as {
  symbols: Record<string, { js_native_api_symbols: string[]; node_api_symbols: string[] }>;
};
const { resolve: findAddon } = require("node-gyp-build") as { resolve(folder: string): string };

const addonFile = findAddon(join(import.meta.dirname, ".."));

/** The oldest libsystemd the addon shall work with: RHEL 8 has 239. */
const oldestLibsystemd = 239;
/** What it does without there. */
const optionalFunction = "sd_bus_set_method_call_timeout";
/**
 * The newest C library a build may ask for, where this machine's is not newer: Ubuntu 22.04's. That of a published
 * build is older and looked at where it is made, for the machine that builds decides.
 */
const newestGlibc = 35;

describe("the built addon", () => {
  let elf: ElfFacts;

  beforeAll(() => {
    elf = readElf(addonFile);
  });

  it("needs nothing but the C library", () => {
    // Before glibc 2.34, threads and dlopen were libraries of their own.
    const allowed = /^(libdl\.so\.2|libpthread\.so\.0|libc\.so\.6|libm\.so\.6|ld-linux[-\w]*\.so\.\d)$/;
    expect(elf.needed.filter((name) => !allowed.test(name))).toEqual([]);
    expect(elf.undefinedSymbols.filter((name) => name.startsWith("sd_"))).toEqual([]);
  });

  it("is bound and made read-only when it is loaded", () => {
    expect(elf.bindsNow).toBe(true);
    expect(elf.hasRelro).toBe(true);
  });

  it("has no executable stack", () => {
    expect(elf.hasExecutableStack).toBe(false);
  });

  it("checks its stack frames", () => {
    expect(elf.undefinedSymbols).toContain("__stack_chk_fail");
  });

  it("is stripped", () => {
    expect(elf.hasSymbolTable).toBe(false);
  });

  it("is small: nothing brought libstdc++'s exceptions in", () => {
    expect(statSync(addonFile).size).toBeLessThan(200_000);
  });

  it("offers nothing but the two entry points of Node-API", () => {
    expect([...elf.definedSymbols].sort()).toEqual([
      "napi_register_module_v1",
      "node_api_module_get_api_version_v1",
    ]);
  });

  it("uses nothing of Node.js but Node-API 8", () => {
    const version8 = nodeApiSymbols["v8"];
    const nodeApi = new Set([
      ...(version8?.js_native_api_symbols ?? []),
      ...(version8?.node_api_symbols ?? []),
    ]);
    const fromNode = elf.undefinedSymbols.filter(
      (name) => name.startsWith("napi_") || name.startsWith("node_api_"),
    );
    expect(fromNode.length).toBeGreaterThan(10);
    expect(fromNode.filter((name) => !nodeApi.has(name))).toEqual([]);
    const rest = elf.undefinedSymbols.filter((name) => !fromNode.includes(name));
    expect(rest.filter((name) => /^(uv_|_ZN?2?v8|_ZN4node)/.test(name))).toEqual([]);
    // C++ names would come from V8, Node.js or a libstdc++ that is not linked in.
    expect(rest.filter((name) => name.startsWith("_Z"))).toEqual([]);
  });

  it(`looks for nothing that libsystemd ${oldestLibsystemd} lacks, but for what it can do without`, () => {
    const names = readFileSync(addonFile, "latin1").match(/(?<=\0)sd_bus_\w+(?=\0)/g) ?? [];
    expect(names).toContain(optionalFunction);
    load().loadLibrary();
    const libsystemd = /\/\S*\/libsystemd\.so\S*/.exec(readFileSync("/proc/self/maps", "latin1"))?.[0] ?? "";
    const { symbolVersions } = readElf(libsystemd);
    const since = (name: string) => Number(/^LIBSYSTEMD_(\d+)$/.exec(symbolVersions.get(name) ?? "")?.[1]);
    expect(names.filter((name) => !(since(name) <= oldestLibsystemd))).toEqual([optionalFunction]);
  });

  it(`loads with glibc 2.${newestGlibc}, or with that of a newer machine it was built on`, () => {
    const prefix = "GLIBC_2.";
    const versions = elf.versions.filter((version) => version.startsWith(prefix));
    const newest = Math.max(...versions.map((version) => Number.parseInt(version.slice(prefix.length), 10)));
    console.info(`This build needs glibc 2.${newest}.`);
    expect(newest).toBeGreaterThan(0);
    const { header } = process.report.getReport() as { header: { glibcVersionRuntime: string } };
    const own = Number(header.glibcVersionRuntime.split(".")[1]);
    expect(newest).toBeLessThanOrEqual(Math.max(newestGlibc, own));
  });
});
