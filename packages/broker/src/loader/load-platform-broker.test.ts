import { BrokerError } from "@x/broker-contract";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FakeBroker, failure } from "../testing/fake-broker.js";
import { type RuntimeEnvironment, readEnvironment } from "./environment.js";
import { explainLoadFailure } from "./explain.js";
import { load, loadPlatformBroker, type PlatformPackage, platformPackage } from "./load-platform-broker.js";

const packageName = "@x/broker-linux";
const linux: RuntimeEnvironment = {
  platform: "linux",
  arch: "arm64",
  electronVersion: undefined,
  packed: undefined,
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
    expect(result.packageName).toBe(platformPackage(process.platform)?.packageName);
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

  it("lets a package say for itself what is wrong with its settings", async () => {
    const error = new BrokerError("invalid_request", { message: "A wrong switch.", hint: "Set it right." });
    const createBroker = () => Promise.reject(error);
    expect(await load({ packageName, platform: "linux", createBroker }, () => linux)).toEqual({
      loaded: false,
      packageName,
      error,
      advice: ["Set it right."],
    });
  });

  it.each([
    ["sunos", "There is no authentication broker for sunos (arm64)."],
    ["freebsd", "There is no authentication broker for freebsd (arm64)."],
  ])("tells the truth about %s", async (platform, text) => {
    const result = await load(undefined, () => ({ ...linux, platform }));
    expect(result).toMatchObject({ loaded: false, error: { reason: "unsupported_platform" } });
    expect(!result.loaded && result.error.message).toContain(text);
    expect(!result.loaded && result.packageName).toBeUndefined();
  });
});

describe.each([
  { os: "win32", name: "@x/broker-win", factory: "createWindowsBroker", platform: "windows" },
  { os: "darwin", name: "@x/broker-mac", factory: "createMacBroker", platform: "macos" },
  { os: "linux", name: "@x/broker-linux", factory: "createLinuxBroker", platform: "linux" },
] as const)("on $os", ({ os, name, factory, platform }) => {
  afterEach(() => vi.doUnmock(name));

  const loadWith = (addon: unknown, broker = Object.assign(new FakeBroker(), { platform })) => {
    vi.doMock(name, () => ({ [factory]: () => broker, describeNativeBinding: () => addon }));
    return load(platformPackage(os), () => ({ ...linux, platform: os }));
  };

  it(`${name} makes the broker`, async () => {
    const broker = Object.assign(new FakeBroker(), { platform });
    expect(await loadWith({ loaded: true }, broker)).toEqual({ loaded: true, broker, packageName: name });
  });

  it("an addon that does not load is told at once", async () => {
    const error = failure("broker_unavailable", "native_addon_missing");
    expect(await loadWith({ loaded: false, error })).toMatchObject({
      loaded: false,
      packageName: name,
      error,
    });
  });

  it("a missing package is told with how to make its broker in a single executable", () => {
    const cause = errorWith(`No such built-in module: ${name}`, "ERR_UNKNOWN_BUILTIN_MODULE");
    const { advice } = explainLoadFailure(name, cause, { ...linux, platform: os, packed: "sea" });
    expect(advice.join("\n")).toContain(`("${name}").${factory}()`);
  });
});

describe("what to do about a failure", () => {
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
    const environment = { ...linux, electronVersion: "33.0.0", packed: "pkg" as const };
    const text = explainLoadFailure(packageName, missing, environment).advice.join("\n");
    expect(text).toContain("asar");
    expect(text).toContain("packed executable");
  });

  it.each([
    ["by the error", linux],
    ["by the process", { ...linux, packed: "sea" as const }],
  ])("in a single executable application, told %s", (how, environment) => {
    const cause = how.endsWith("error")
      ? errorWith(`No such built-in module: ${packageName}`, "ERR_UNKNOWN_BUILTIN_MODULE")
      : missing;
    expect(explainLoadFailure(packageName, cause, environment)).toEqual({
      reason: "platform_package_missing",
      message: expect.stringContaining("is not part of this executable"),
      advice: [
        expect.stringContaining(`createRequire(process.execPath)("${packageName}").createLinuxBroker()`),
      ],
    });
  });

  it("in an executable that bun made", () => {
    const environment = { ...linux, packed: "bun" as const };
    expect(explainLoadFailure(packageName, missing, environment)).toEqual({
      reason: "platform_package_missing",
      message: expect.stringContaining("is not part of this executable"),
      advice: [expect.stringContaining(`${packageName}/dist/cjs/index.js").createLinuxBroker()`)],
    });
  });

  it.each([
    `@x/broker tried to access ${packageName}, but it isn't declared in its dependencies; this makes the require call ambiguous and unsound.`,
    `Required package missing from disk. If you keep your packages inside your repository then restarting the Node process may be enough. Otherwise, try to run an install first.\n\nMissing package: ${packageName}@npm:0.1.0`,
  ])("with Yarn Plug'n'Play: %s", (text) => {
    const { reason, advice } = explainLoadFailure(packageName, errorWith(text, "MODULE_NOT_FOUND"), linux);
    expect(reason).toBe("platform_package_missing");
    expect(advice[0]).toContain(`yarn add ${packageName}`);
    expect(advice.join("\n")).toContain("supportedArchitectures");
  });

  it("does not call a package missing whose own dependency is", () => {
    const cause = errorWith(
      `Cannot find package 'node-gyp-build' imported from /app/node_modules/${packageName}/x.js`,
      "ERR_MODULE_NOT_FOUND",
    );
    expect(explainLoadFailure(packageName, cause, linux)).toMatchObject({
      reason: "native_addon_missing",
      message: expect.stringContaining("Cannot find package 'node-gyp-build'"),
      advice: [expect.stringContaining("Install it afresh"), expect.stringContaining("bundler")],
    });
  });
});

describe("an addon that does not load", () => {
  const error = new BrokerError("broker_unavailable", {
    reason: "native_addon_missing",
    platform: "linux",
    message: "The native part could not be loaded: invalid ELF header.",
    hint: "Install on this machine.",
  });

  it("is told as the package itself tells it", async () => {
    const result = await load(failing(error), () => linux);
    expect(result).toEqual({ loaded: false, packageName, error, advice: ["Install on this machine."] });
    expect(!result.loaded && result.error).toBe(error);
  });

  it.each([
    [{ electronVersion: "33.0.0" }, "asarUnpack"],
    [{ packed: "pkg" as const }, "ship @x/broker-linux beside it"],
  ])("is told with what this kind of program can do: %j", async (more, advice) => {
    const result = await load(failing(error), () => ({ ...linux, ...more }));
    expect(result).toMatchObject({
      loaded: false,
      error: {
        code: "broker_unavailable",
        reason: "native_addon_missing",
        platform: "linux",
        message: expect.stringMatching(/invalid ELF header\. Install on this machine\. In /),
        cause: error,
      },
      advice: ["Install on this machine.", expect.stringContaining(advice)],
    });
  });

  it("leaves the settings' own errors alone", async () => {
    const refusal = failure("invalid_request");
    expect(await load(failing(refusal), () => ({ ...linux, packed: "pkg" }))).toMatchObject({
      error: refusal,
      advice: [refusal.hint],
    });
  });
});

it("the environment is read off this process", () => {
  expect(readEnvironment()).toEqual({
    platform: process.platform,
    arch: process.arch,
    electronVersion: undefined,
    packed: undefined,
  });
});
