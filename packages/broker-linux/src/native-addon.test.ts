import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { createLinuxBroker, describeNativeBinding, packageVersion, platform } from "./index.js";
import type { NativeBinding } from "./native.js";
import { brokerOn } from "./testing/protocol/broker.js";
import { FakeBus } from "./testing/protocol/fake-bus.js";

const failing = (text: string) => (): NativeBinding => {
  throw new Error(text);
};

describe("an addon that cannot be loaded", () => {
  it.each([
    [
      "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by x.node)",
      "C library is older",
    ],
    ["Error loading shared library ld-linux-x86-64.so.2: No such file", "musl"],
    [
      "libfoo.so.1: cannot open shared object file: No such file or directory",
      "library libfoo.so.1 is missing here: install",
    ],
    ["/x/broker-linux.node: cannot open shared object file: No such file or directory", "another machine"],
    [
      'Requires ffi access to "/x/broker-linux.glibc.node", run again with the --allow-ffi flag',
      "Deno loads an addon only where it is allowed to",
    ],
    ["/x/broker-linux.node: wrong ELF class: ELFCLASS32", "another machine"],
    ["/x/broker-linux.node: invalid ELF header", "another machine"],
    [
      "No native build was found for platform=linux arch=riscv64 runtime=node abi=115 libc=glibc",
      "Looked for prebuilds/linux-riscv64/broker-linux.glibc.node: this package has no build for the processor riscv64 with glibc.",
    ],
    [
      "No native build was found for platform=linux arch=ia32 runtime=node libc=glibc\n    loaded from: /app/node_modules/@x/broker-linux\n",
      "broker-linux.glibc.node in /app/node_modules/@x/broker-linux: this package has no build",
    ],
    ["No native build was found for platform=linux arch=x64 runtime=node abi=115 libc=musl", "musl"],
    ["Cannot find module '/x/native-binding.cjs'\nRequire stack:\n- /x/y.js", "bundler"],
    ["Module did not self-register: '/x'", "Another version of Node.js"],
    ["something new", "Install @x/broker-linux again"],
  ])("%s", (text, advice) => {
    const described = describeNativeBinding(failing(text));
    if (described.loaded) throw new Error("It must not be loaded.");
    expect(described.error).toMatchObject({ code: "broker_unavailable", reason: "native_addon_missing" });
    expect(described.error.hint).toContain(advice);
    // The linker's own words are what helps; the require stack is not.
    expect(described.error.message).toContain(text.split("\n")[0]?.replace(/\.$/, ""));
    expect(described.error.message).not.toContain("Require stack");
    // Who installed the package has no sources to build.
    expect(described.error.hint).not.toContain("pnpm");
  });

  it("says on another system that this is the wrong package", () => {
    const stub = vi.spyOn(process, "platform", "get").mockReturnValue("darwin");
    try {
      const described = describeNativeBinding(failing("whatever"));
      expect(described).toMatchObject({ loaded: false, error: { reason: "unsupported_platform" } });
    } finally {
      stub.mockRestore();
    }
  });

  it("makes the probe say so instead of throwing", async () => {
    const broker = brokerOn(new FakeBus(), { loadBinding: failing("No native build was found") });
    expect(await broker.probe()).toMatchObject({
      available: false,
      error: { code: "broker_unavailable", reason: "native_addon_missing" },
    });
  });

  it("is told before a missing bus", async () => {
    const broker = createLinuxBroker({
      transport: "dbus",
      env: {},
      loadBinding: failing("/x/broker-linux.node: invalid ELF header"),
    });
    expect(await broker.probe()).toMatchObject({
      available: false,
      error: { reason: "native_addon_missing" },
    });
  });

  it("is asked for again with the next call, in case it was put right", async () => {
    const bus = new FakeBus().onJson("getLinuxBrokerVersion", {});
    const load = vi.fn<() => NativeBinding>(() => bus).mockImplementationOnce(failing("not yet"));
    const broker = brokerOn(bus, { loadBinding: load });
    expect((await broker.probe()).available).toBe(false);
    expect((await broker.probe()).available).toBe(true);
  });
});

it("describes one that loads", () => {
  expect(describeNativeBinding(() => new FakeBus())).toEqual({ loaded: true });
});

it("tells its platform and its package's version", () => {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(packageVersion).toBe(manifest.version);
  expect(platform).toBe("linux");
});
