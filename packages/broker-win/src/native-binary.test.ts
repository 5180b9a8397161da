import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PeFacts, peCharacteristics, readPe } from "./testing/pe.js";

const require = createRequire(import.meta.url);
const { symbols: nodeApiSymbols } = require("node-api-headers") as {
  symbols: Record<string, { js_native_api_symbols: string[]; node_api_symbols: string[] }>;
};

/** The build for 64-bit Windows, as the package ships it: its name is what node-gyp-build looks for. */
const addon = fileURLToPath(new URL("../prebuilds/win32-x64/broker-win.node", import.meta.url));

describe("the addon built for Windows", () => {
  let pe: PeFacts;

  beforeAll(() => {
    if (existsSync(addon)) pe = readPe(addon);
  });
  beforeEach((context) => {
    if (existsSync(addon)) return;
    const reason =
      "The addon was not built for Windows: it needs mingw-w64, see scripts/system-packages.json.";
    if (process.env["CI"] === "true") throw new Error(reason);
    context.skip(reason);
  });

  it("is for 64-bit Intel processors", () => {
    expect(pe.machine).toBe(0x8664);
  });

  it("needs nothing that a Windows without anything else has not got", () => {
    // mingw-w64's C runtime is the msvcrt.dll that belongs to Windows; MSVC's is linked in.
    const allowed =
      /^(kernel32|user32|advapi32|ole32|msvcrt)\.dll$|^api-ms-win-core-winrt(-string)?-l1-1-0\.dll$/;
    expect([...pe.imports.keys()].filter((name) => !allowed.test(name))).toEqual([]);
  });

  it("takes Node-API from the program that loads it, whatever that is called", () => {
    expect(pe.texts.map((text) => text.toLowerCase())).toContain("node.exe");
    expect([...pe.imports.keys()]).not.toContain("node.exe");
  });

  it("uses nothing of Node.js but Node-API 8", () => {
    const version8 = nodeApiSymbols["v8"];
    const nodeApi = new Set([
      ...(version8?.js_native_api_symbols ?? []),
      ...(version8?.node_api_symbols ?? []),
      // Its own entry points.
      ...pe.exports,
    ]);
    const used = pe.texts.filter((text) => /^(napi|node_api)_\w+$/.test(text));
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((name) => !nodeApi.has(name))).toEqual([]);
    expect(pe.texts.filter((text) => /@v8@|^_ZN\d*v8|^uv_/.test(text))).toEqual([]);
  });

  it("offers nothing but the two entry points of Node-API", () => {
    expect([...pe.exports].sort()).toEqual(["napi_register_module_v1", "node_api_module_get_api_version_v1"]);
  });

  it("is loaded at random addresses, all of the 64 bits wide, and runs no data", () => {
    const { highEntropyVa, dynamicBase, nxCompat } = peCharacteristics;
    const all = highEntropyVa | dynamicBase | nxCompat;
    expect(pe.characteristics & all).toBe(all);
    expect(pe.writableCode).toEqual([]);
  });

  it("is the same for the same sources, and stripped", () => {
    // MSVC's linker has a hash of the content in its place.
    if (pe.imports.has("msvcrt.dll")) expect(pe.timestamp).toBe(0);
    expect(pe.symbols).toBe(0);
  });

  it("is small", () => {
    expect(statSync(addon).size).toBeLessThan(700_000);
  });
});
