import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { whyNoGnustep, whyNoMacosCheck } from "../../../scripts/native-clang.mjs";
import { skipUnlessCi } from "../../../test/doubles/authentication-services/double.js";
import { buildForMacos, complaintsAbout, type MachOFacts, readMachO } from "./testing/macho.js";

const require = createRequire(import.meta.url);
const { symbols: nodeApi } = require("node-api-headers") as {
  symbols: Record<"v8", { js_native_api_symbols: string[]; node_api_symbols: string[] }>;
};

const framework = (name: string, version: string) =>
  `/System/Library/Frameworks/${name}.framework/Versions/${version}/${name}`;

const reason =
  process.platform === "linux" ? (whyNoGnustep() ?? whyNoMacosCheck()) : "it is a check on Linux";

/**
 * The addon as it would be on macOS, built against a stand-in of the SDK: nothing of this is run or published. What is
 * published is built on macOS.
 */
describe.each(["arm64", "x86_64"] as const)("the macOS addon, linked for %s", (arch) => {
  let build: string;
  let facts: MachOFacts;

  beforeAll(async () => {
    if (reason !== undefined) return;
    build = await buildForMacos(arch);
    facts = await readMachO(join(build, "addon/broker_mac.node"));
  }, 300_000);
  beforeEach((test) => {
    if (reason !== undefined) skipUnlessCi(test, reason);
  });

  it("is a bundle for this processor and macOS 12", () => {
    expect(facts.header).toContain(arch === "arm64" ? "Arch: aarch64" : "Arch: x86_64");
    expect(facts.header).toContain("FileType: Bundle");
    expect(facts.header).toContain("MH_TWOLEVEL");
    expect(facts.header).toMatch(/Cmd: LC_BUILD_VERSION[^}]*Platform: macos\s+Version: 12\.0\n/);
  });

  it("asks for the system's frameworks and libraries alone", () => {
    expect([...facts.libraries].sort()).toEqual([
      framework("AppKit", "C"),
      framework("AuthenticationServices", "A"),
      framework("CoreFoundation", "A"),
      framework("Foundation", "C"),
      framework("Security", "A"),
      "/usr/lib/libSystem.B.dylib",
      "/usr/lib/libc++.1.dylib",
      "/usr/lib/libobjc.A.dylib",
    ]);
  });

  it("takes Node-API 8 from the program that loads it, and little else is open", () => {
    const open = facts.imports.get("dynamically looked up") ?? [];
    const known = new Set(
      [...nodeApi.v8.js_native_api_symbols, ...nodeApi.v8.node_api_symbols].map((name) => `_${name}`),
    );
    // What @available asks; a part of Apple's compiler, which links it in.
    expect(open.filter((name) => !known.has(name))).toEqual(["___isPlatformVersionAtLeast"]);
    expect(open).toContain("_napi_create_threadsafe_function");
  });

  it("takes from AuthenticationServices three classes, and no exceptions from libc++", () => {
    expect(facts.imports.get("AuthenticationServices")).toEqual([
      "_OBJC_CLASS_$_ASAuthorizationController",
      "_OBJC_CLASS_$_ASAuthorizationSingleSignOnCredential",
      "_OBJC_CLASS_$_ASAuthorizationSingleSignOnProvider",
    ]);
    expect(facts.imports.get("Foundation")).toContain("_OBJC_EHTYPE_$_NSException");
    expect(facts.imports.get("libobjc")).toContain("_objc_begin_catch");
    const cxx = facts.imports.get("libc++") ?? [];
    expect(cxx.filter((name) => /throw|begin_catch|allocate_exception/.test(name))).toEqual([]);
    expect(facts.imports.get("libSystem")).toContain("___stack_chk_fail");
  });

  it("offers nothing but the two entry points of Node-API", () => {
    expect([...facts.exports].sort()).toEqual([
      "_napi_register_module_v1",
      "_node_api_module_get_api_version_v1",
    ]);
  });

  it.each([
    ["a method that is not there", "[[NSObject alloc] initWithBroker];", "initWithBroker"],
    ["a class that no framework offers", "[Missing alloc];", "undefined symbol: OBJC_CLASS_$_Missing"],
    [
      "a method that macOS 12 has not",
      "[(ASAuthorizationController*)nil cancel];",
      "'cancel' is only available on macOS 13.0 or newer",
    ],
  ])("would not be built with %s", { timeout: 60_000 }, async (_what, statement, complaint) => {
    const code = `#import <AuthenticationServices/AuthenticationServices.h>
      @interface Missing : NSObject
      @end
      void planted() { ${statement} }`;
    expect(await complaintsAbout(build, arch, code)).toContain(complaint);
  });

  it("is built with none of these", { timeout: 60_000 }, async () => {
    const code =
      "#import <AuthenticationServices/AuthenticationServices.h>\nvoid planted() { [NSObject alloc]; }";
    expect(await complaintsAbout(build, arch, code)).toBe("");
  });
});
