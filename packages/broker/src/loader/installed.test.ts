import { execFile } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it, type TestContext } from "vitest";
import { InstalledCopy } from "../testing/installed-copy.js";
import { platformPackage } from "./load-platform-broker.js";

let copy: InstalledCopy | undefined;

beforeEach(() => {
  copy = new InstalledCopy();
});
afterEach(() => {
  copy?.remove();
  copy = undefined;
});

function installed(): InstalledCopy {
  if (copy === undefined) throw new Error("Nothing is installed.");
  return copy;
}

function needsLinux(ctx: TestContext): void {
  if (process.platform !== "linux") ctx.skip("this needs the addon of Linux");
}

async function run(...args: string[]) {
  const { NODE_PATH: _, ...env } = process.env;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: installed().folder, env });
    return { code: 0, stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, stdout };
  }
}

const report =
  "loadPlatformBroker().then((r) => console.log(JSON.stringify({ loaded: r.loaded, package: r.packageName, reason: r.error?.reason })));";
const programs = {
  module: `import { loadPlatformBroker } from "@x/broker";\n${report}`,
  commonjs: `const { loadPlatformBroker } = require("@x/broker");\n${report}`,
};

/** Bundles a program that loads the broker. */
async function bundle(type: keyof typeof programs, external: string[]): Promise<string> {
  const extension = type === "module" ? "mjs" : "cjs";
  const { folder } = installed();
  const program = join(folder, `program.${extension}`);
  writeFileSync(program, programs[type]);
  const outfile = join(folder, `bundle.${extension}`);
  const { errors, warnings } = await build({
    entryPoints: [program],
    outfile,
    bundle: true,
    platform: "node",
    format: type === "module" ? "esm" : "cjs",
    external,
    nodePaths: [],
    logLevel: "silent",
  });
  expect([...errors, ...warnings]).toEqual([]);
  return outfile;
}

describe.each(["module", "commonjs"] as const)("a program bundled by esbuild from a %s", (type) => {
  it("needs no package of another platform to be bundled, and says what is missing when it runs", async () => {
    const { stdout } = await run(await bundle(type, []));
    expect(JSON.parse(stdout)).toEqual({
      loaded: false,
      package: platformPackage(process.platform)?.packageName,
      reason: "platform_package_missing",
    });
  });

  it("finds the platform's package beside the bundle when that is external", async (ctx) => {
    needsLinux(ctx);
    installed().addLinux();
    const { stdout } = await run(await bundle(type, ["@x/broker-linux"]));
    expect(JSON.parse(stdout)).toEqual({ loaded: true, package: "@x/broker-linux" });
  });
});

describe("an addon that the dynamic linker refuses", () => {
  beforeEach((ctx) => {
    needsLinux(ctx);
    const prebuilds = join(installed().addLinux(), "prebuilds");
    for (const name of readdirSync(prebuilds, { recursive: true, encoding: "utf8" }))
      if (name.endsWith(".node")) writeFileSync(join(prebuilds, name), "no library at all ".repeat(64));
  });

  it("is told by the loader in the linker's own words, and lets a chain go on", async () => {
    const program = `
      import { InteractiveBrowserBrokerCredential, loadPlatformBroker } from "@x/broker";
      const { loaded, error, advice } = await loadPlatformBroker();
      const thrown = await new InteractiveBrowserBrokerCredential({ fallback: "none" }).getToken("s").catch((thrown) => thrown);
      console.log(JSON.stringify({ loaded, reason: error.reason, message: error.message, advice,
        thrown: thrown.name, same: thrown.message.includes(error.message) }));`;
    const { stdout } = await run("--input-type=module", "-e", program);
    expect(JSON.parse(stdout)).toEqual({
      loaded: false,
      reason: "native_addon_missing",
      message: expect.stringMatching(/could not be loaded on linux-.*: .*invalid ELF header/),
      advice: [expect.stringContaining("another machine")],
      thrown: "CredentialUnavailableError",
      same: true,
    });
  });

  it("is told by the doctor after what is in order", async () => {
    const { code, stdout } = await run("node_modules/@x/broker/dist/esm/cli/main.js", "doctor", "--json");
    expect(code).toBe(1);
    const { checks } = JSON.parse(stdout) as { checks: { id: string; outcome: string; detail: string }[] };
    // What would stand in for the broker depends on who runs the tests, and where.
    const ofBroker = checks.filter(({ id }) => id !== "fallback");
    expect(ofBroker.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      "node-version ok",
      "platform-package ok",
      "native-addon fail",
      "broker skip",
      "accounts skip",
    ]);
    expect(checks[2]?.detail).toMatch(/invalid ELF header/);
  });
});
