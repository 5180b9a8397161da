import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type ElfFacts, readElf } from "./testing/elf.js";

const require = createRequire(import.meta.url);
const { symbols: nodeApiSymbols } = require("node-api-headers") as {
  symbols: Record<string, { js_native_api_symbols: string[]; node_api_symbols: string[] }>;
};
const { resolve: findAddon } = require("node-gyp-build") as { resolve(folder: string): string };

/** The oldest C library the addon shall load with: Ubuntu 22.04 has 2.35. */
const newestGlibc = 35;

describe("the built addon", () => {
  let elf: ElfFacts;

  beforeAll(() => {
    elf = readElf(findAddon(join(import.meta.dirname, "..")));
  });

  it("needs nothing but libsystemd and the C library", () => {
    // Before glibc 2.34, threads were a library of their own.
    const allowed = /^(libsystemd\.so\.0|libpthread\.so\.0|libc\.so\.6|libm\.so\.6|ld-linux[-\w]*\.so\.\d)$/;
    expect(elf.needed.filter((name) => !allowed.test(name))).toEqual([]);
    expect(elf.needed).toContain("libsystemd.so.0");
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

  it(`loads with glibc 2.${newestGlibc}`, () => {
    const minors = elf.versions.flatMap((version) => /^GLIBC_2\.(\d+)/.exec(version)?.[1] ?? []).map(Number);
    expect(minors.length).toBeGreaterThan(0);
    expect(Math.max(...minors)).toBeLessThanOrEqual(newestGlibc);
  });
});
