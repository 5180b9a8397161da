import { describe, expect, it } from "vitest";
import { FakeBroker } from "../testing/fake-broker.js";
import { type RuntimeEnvironment, readEnvironment } from "./environment.js";
import { explainLoadFailure } from "./explain.js";
import { load, loadPlatformBroker, type PlatformPackage } from "./load-platform-broker.js";

const packageName = "@x/broker-linux";
const linux: RuntimeEnvironment = {
  platform: "linux",
  arch: "arm64",
  nodeVersion: "v20.20.2",
  libc: "glibc",
  glibcVersion: "2.31",
  electronVersion: undefined,
  packed: false,
};

function failing(cause: unknown): PlatformPackage {
  return { packageName, platform: "linux", createBroker: () => Promise.reject(cause) };
}

function errorWith(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

const missing = errorWith(
  `Cannot find package '${packageName}' imported from /app/x.js`,
  "ERR_MODULE_NOT_FOUND",
);

describe("loadPlatformBroker()", () => {
  it("never rejects, and says which package it tried", async () => {
    const result = await loadPlatformBroker();
    expect(result.packageName).toBe(process.platform === "linux" ? packageName : undefined);
    if (!result.loaded) expect(result.error).toMatchObject({ code: "broker_unavailable" });
  });

  it("gives a broker", async () => {
    const broker = new FakeBroker();
    const candidate: PlatformPackage = { packageName, platform: "linux", createBroker: async () => broker };
    expect(await load(candidate, () => linux)).toEqual({ loaded: true, broker, packageName });
  });

  it("keeps what Node.js said as the cause", async () => {
    const result = await load(failing(missing), () => linux);
    expect(result).toMatchObject({
      loaded: false,
      packageName,
      error: {
        code: "broker_unavailable",
        reason: "platform_package_missing",
        cause: missing,
        native: { package: packageName },
      },
    });
  });

  it.each([
    ["win32", "The broker of Windows is not available in this version of @x/broker; only that of Linux is."],
    ["darwin", "The broker of macOS is not available in this version of @x/broker; only that of Linux is."],
    ["freebsd", "There is no authentication broker for freebsd (arm64)."],
  ])("tells the truth about %s", async (platform, text) => {
    const result = await load(undefined, () => ({ ...linux, platform }));
    expect(result).toMatchObject({ loaded: false, error: { reason: "unsupported_platform" } });
    expect(!result.loaded && result.error.message).toContain(text);
    expect(!result.loaded && result.packageName).toBeUndefined();
  });
});

describe("what to do about a failure", () => {
  const broken = (message: string, environment = linux) =>
    explainLoadFailure(packageName, errorWith(message, "ERR_DLOPEN_FAILED"), environment);

  it.each([
    ["as an ES module", missing],
    [
      "as CommonJS",
      errorWith(`Cannot find module '${packageName}'\nRequire stack:\n- /app/x.js`, "MODULE_NOT_FOUND"),
    ],
  ])("left out or made elsewhere: %s", (_, cause) => {
    const { reason, message, advice } = explainLoadFailure(packageName, cause, linux);
    expect(reason).toBe("platform_package_missing");
    expect(message).toContain(`The package ${packageName}`);
    const text = advice.join("\n");
    for (const part of [
      `npm install ${packageName}`,
      "--include=optional",
      "--os=linux --cpu=arm64",
      "supportedArchitectures",
      "bundler",
    ])
      expect(text).toContain(part);
  });

  it("in Electron or a packed program", () => {
    const environment = { ...linux, electronVersion: "33.0.0", packed: true };
    const text = explainLoadFailure(packageName, missing, environment).advice.join("\n");
    expect(text).toContain("asar");
    expect(text).toContain("packed executable");
  });

  it("does not call a package missing whose own dependency is", () => {
    const cause = errorWith(
      "Cannot find package 'node-gyp-build' imported from /app/node_modules/@x/broker-linux/x.js",
      "ERR_MODULE_NOT_FOUND",
    );
    expect(explainLoadFailure(packageName, cause, linux)).toMatchObject({
      reason: "native_addon_missing",
      message: expect.stringContaining("Cannot find package 'node-gyp-build'"),
      advice: [expect.stringContaining("Install it afresh")],
    });
  });

  it.each([
    [
      "libsystemd.so.0: cannot open shared object file: No such file or directory",
      /apt install libsystemd0.*dnf install systemd-libs/,
    ],
    [
      "libfoo.so.1: cannot open shared object file: No such file or directory",
      /Install the system library libfoo.so.1/,
    ],
    [
      "/lib/libc.so.6: version `GLIBC_2.38' not found (required by /app/a.node)",
      /needs glibc 2.38 or newer, and this system has 2.31/,
    ],
    ["/app/a.node: wrong ELF class: ELFCLASS32", /another CPU or OS than linux arm64.*--cpu=arm64/],
    ["/app/a.node: invalid ELF header", /another CPU or OS/],
    [
      "No native build was found for platform=linux arch=riscv64",
      /holds no build of its addon for linux arm64.*prebuilds/,
    ],
    ["something unheard of", /Install it afresh/],
  ])("a real dlopen error: %s", (text, expected) => {
    const { reason, message, advice } = broken(text);
    expect(reason).toBe("native_addon_missing");
    expect(message).toContain(text);
    expect(advice.join(" ")).toMatch(expected);
  });

  it("on Alpine Linux", () => {
    const { advice } = broken("Error relocating a.node: unsupported", {
      ...linux,
      libc: "musl",
      glibcVersion: undefined,
    });
    expect(advice).toEqual([expect.stringContaining("Alpine Linux")]);
  });
});

it("the environment is read off this process", () => {
  const environment = readEnvironment();
  expect(environment).toMatchObject({
    platform: process.platform,
    arch: process.arch,
    nodeVersion: process.version,
  });
  if (process.platform === "linux") expect(environment.libc).toMatch(/^(glibc|musl)$/);
});
