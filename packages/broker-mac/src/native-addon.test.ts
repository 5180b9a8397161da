import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { describeNativeBinding, packageVersion, platform } from "./index.js";
import type { NativeBinding } from "./native.js";
import { brokerOn } from "./testing/protocol/broker.js";
import { FakeExtension } from "./testing/protocol/fake-extension.js";
import { answer } from "./testing/protocol/people.js";

const failing = (text: string) => (): NativeBinding => {
  throw new Error(text);
};

/** As if this were another operating system. */
function on<T>(os: NodeJS.Platform, work: () => T): T {
  const stub = vi.spyOn(process, "platform", "get").mockReturnValue(os);
  try {
    return work();
  } finally {
    stub.mockRestore();
  }
}

describe("an addon that cannot be loaded", () => {
  it.each([
    [
      "dlopen(/x/broker-mac.node, 0x0001): tried: '/x/broker-mac.node' (mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64'))",
      "another kind of processor",
    ],
    [
      "code signature in <A> '/x/broker-mac.node' not valid for use in process: mapping process and mapped file (non-platform) have different Team IDs",
      "disable-library-validation",
    ],
    ["dlopen(/x/broker-mac.node): library load disallowed by system policy", "disable-library-validation"],
    ["dlopen(/x): code signature invalid", "does not trust the file"],
    ["dlopen(/x): Symbol not found: _x (built for newer macOS 14.0 than running OS)", "macOS 12 or newer"],
    [
      "No native build was found for platform=darwin arch=arm64 runtime=node abi=115\n    loaded from: /app/node_modules/@x/broker-mac\n",
      "prebuilds/darwin-x64+arm64/broker-mac.node in /app/node_modules/@x/broker-mac: a file of the package is missing",
    ],
    ["Cannot find module '/x/native-binding.cjs'\nRequire stack:\n- /x/y.js", "bundler"],
    ["something new", "Install @x/broker-mac again"],
  ])("%s", (text, advice) => {
    const described = on("darwin", () => describeNativeBinding(failing(text)));
    if (described.loaded) throw new Error("It must not be loaded.");
    expect(described.error).toMatchObject({
      code: "broker_unavailable",
      reason: "native_addon_missing",
      platform: "macos",
    });
    expect(described.error.hint).toContain(advice);
  });

  it("says on another system that this is the wrong package", () => {
    const described = on("linux", () => describeNativeBinding(failing("whatever")));
    expect(described).toMatchObject({ loaded: false, error: { reason: "unsupported_platform" } });
  });

  it("makes the probe say so instead of throwing, and is asked for again with the next call", async () => {
    const extension = new FakeExtension().on("get_device_info", answer("operation_generic_response"));
    const load = vi.fn<() => NativeBinding>(() => extension).mockImplementationOnce(failing("not yet"));
    const broker = brokerOn(extension, { loadBinding: load });
    expect(await broker.probe()).toMatchObject({ available: false, error: { code: "broker_unavailable" } });
    expect((await broker.probe()).available).toBe(true);
  });
});

it("describes one that loads", () => {
  expect(describeNativeBinding(() => new FakeExtension())).toEqual({ loaded: true });
});

it("tells its platform and its package's version", () => {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(packageVersion).toBe(manifest.version);
  expect(platform).toBe("macos");
});
