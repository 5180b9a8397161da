// The drop-ins and the credential as apps ship them: plain, bundled, packed into one executable, and under other
// runtimes. Our packages are installed by npm as they are published; the apps are the same programs everywhere.

import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type Format } from "esbuild";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import webpack from "webpack";
import { clientId, type DropInStage, startDropInStage } from "./drop-in-stage.js";
import { installStranger } from "./stranger.js";

const run = promisify(execFile);
const require = createRequire(import.meta.url);

const source = `
const report = async () => {
  const plugin = new NativeBrokerPlugin();
  if (!plugin.isBrokerAvailable) return { available: false, reason: plugin.unavailableReason.reason, message: plugin.unavailableReason.message };
  const app = new PublicClientApplication({
    auth: { clientId: process.env.CLIENT_ID, authority: process.env.AUTHORITY },
    broker: { nativeBrokerPlugin: plugin },
  });
  const { account } = await app.acquireTokenInteractive({
    scopes: ["https://storage.azure.com/.default"],
    openBrowser: async () => { throw new Error("no browser"); },
  });
  const refused = await app.acquireTokenSilent({ scopes: ["https://graph.microsoft.com/.default"], account }).catch((error) => error);
  return { available: true, username: account.username, refused: refused.name, isOurs: refused instanceof InteractionRequiredAuthError };
};
report().then((told) => console.log(JSON.stringify(told)));
`;
const esm = `import { InteractionRequiredAuthError, PublicClientApplication } from "@azure/msal-node";
import { NativeBrokerPlugin } from "@x/broker/msal-node";
import { nativeBrokerPlugin } from "@x/broker/identity";
if (typeof nativeBrokerPlugin !== "function") throw new Error("There is no nativeBrokerPlugin.");
${source}`;

const credentialApp = `import { CredentialUnavailableError, InteractiveBrowserBrokerCredential } from "@x/broker";
const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true, fallback: "none" });
const report = async () => {
  try {
    const { route } = await credential.getToken("https://storage.azure.com/.default");
    return { available: true, through: route.through };
  } catch (error) {
    // Of the very class that the app itself has.
    if (!(error instanceof CredentialUnavailableError)) throw error;
    return { available: false, reason: error.reason, message: error.message };
  }
};
report().then((told) => console.log(JSON.stringify(told)));
`;

const toCommonJs = (program: string) =>
  program.replace(/import (\{.*?\}) from (".*?");/g, "const $1 = require($2);");

const signedIn = {
  available: true,
  username: "ada@contoso.example",
  refused: "InteractionRequiredAuthError",
  // The error is of the very class that the app itself has.
  isOurs: true,
};

/** What each program says when it has signed in. */
const success = (file: string) =>
  file.startsWith("credential") ? { available: true, through: "broker" } : signedIn;

let stage: DropInStage;
let app: Awaited<ReturnType<typeof installStranger>>;

beforeAll(async () => {
  app = await installStranger({ "@azure/msal-node": "7.2.1", "@azure/identity": "4.13.1" });
  writeFileSync(join(app.path, "app.mjs"), esm);
  writeFileSync(join(app.path, "app.cjs"), toCommonJs(esm));
  writeFileSync(join(app.path, "credential.mjs"), credentialApp);
  writeFileSync(join(app.path, "credential.cjs"), toCommonJs(credentialApp));
  stage = await startDropInStage();
  stage.tenant.removeAccount(stage.bob.homeAccountId);
}, 180_000);
afterAll(async () => {
  await stage?.stop();
  app?.remove();
});
beforeEach(() => {
  stage.reset();
  stage.tenant.addPolicy({ resource: "https://graph.microsoft.com" }, { kind: "interaction_required" });
});

/** Runs a program to its end and gives what it said. */
async function told(program: string, ...args: string[]): Promise<unknown> {
  const { NODE_PATH: _, ...ownEnv } = process.env;
  const env = { ...ownEnv, ...stage.emulator.env, CLIENT_ID: clientId, AUTHORITY: stage.authority };
  const { stdout } = await run(program, args, { cwd: app.path, env, timeout: 60_000 });
  return JSON.parse(stdout);
}

/** A folder outside of the app, with nothing of ours in it but the Linux package, as an app would ship it. */
function shipped(withLinux: boolean) {
  const folder = mkdtempSync(join(dirname(app.path), "x-broker-shipped-"));
  if (withLinux) {
    for (const name of ["@x/broker-linux", "@x/broker-contract", "node-gyp-build"])
      cpSync(join(app.path, "node_modules", name), join(folder, "node_modules", name), { recursive: true });
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

const files = ["app.mjs", "app.cjs", "credential.mjs", "credential.cjs"];

describe("as it is", () => {
  it.each(files)("signs in from %s", async (file) => {
    expect(await told(process.execPath, file)).toEqual(success(file));
  });

  it("signs in within a worker", async () => {
    const worker = `new (require("node:worker_threads").Worker)("./app.mjs")`;
    expect(await told(process.execPath, "-e", worker)).toEqual(signedIn);
  });
});

describe("with msal-node of any version", () => {
  const aliases = ["msal-node-2-0", "msal-node-2", "msal-node-3", "msal-node-5", "msal-node-6"];

  it.each(aliases.flatMap((alias) => [`${alias}, app.mjs`, `${alias}, app.cjs`]))(
    "errors are of the app's own classes: %s",
    async (which) => {
      const [alias = "", file = ""] = which.split(", ");
      const { folder, remove } = shipped(true);
      try {
        const modules = join(folder, "node_modules");
        for (const name of ["@x/broker", "@azure"])
          cpSync(join(app.path, "node_modules", name), join(modules, name), { recursive: true });
        rmSync(join(modules, "@azure/msal-node"), { recursive: true });
        // Its own dependencies are beside it, where the link leads.
        symlinkSync(
          fileURLToPath(new URL(`../node_modules/${alias}`, import.meta.url)),
          join(modules, "@azure/msal-node"),
        );
        cpSync(join(app.path, file), join(folder, file));
        expect(await told(process.execPath, join(folder, file))).toEqual(signedIn);
      } finally {
        remove();
      }
    },
  );
});

const bundlers: [string, string, (from: string, to: string) => Promise<void>][] = [
  ...(["esm", "cjs"] as const).flatMap((format): typeof bundlers =>
    files.map((from) => [`esbuild, to ${format}`, from, (file, to) => esbuildTo(format, file, to)]),
  ),
  ...files.map((from): (typeof bundlers)[number] => ["webpack", from, webpackTo]),
];

async function esbuildTo(format: Format, from: string, to: string): Promise<void> {
  const { errors, warnings } = await build({
    entryPoints: [join(app.path, from)],
    outfile: to,
    bundle: true,
    platform: "node",
    format,
    external: ["@x/broker-linux"],
    // What Microsoft's own CommonJS needs in an ES module.
    ...(format === "esm" && {
      banner: {
        js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
      },
    }),
    logLevel: "silent",
  });
  expect([...errors, ...warnings].map(({ text }) => text)).toEqual([]);
}

async function webpackTo(from: string, to: string): Promise<void> {
  const compiler = webpack({
    mode: "production",
    target: "node20",
    entry: join(app.path, from),
    output: { path: dirname(to), filename: to.slice(dirname(to).length + 1) },
    externals: { "@x/broker-linux": "commonjs @x/broker-linux" },
    // One file, with what is loaded late.
    plugins: [new webpack.optimize.LimitChunkCountPlugin({ maxChunks: 1 })],
  });
  const stats = await promisify(compiler.run.bind(compiler))();
  // The platform packages of other operating systems are not installed, which webpack mentions.
  const wrong = stats?.toJson({ all: false, errors: true, warnings: true });
  const foreign = /@x\/broker-(?:mac|win)/;
  expect(wrong?.errors?.map(({ message }) => message)).toEqual([]);
  expect(wrong?.warnings?.map(({ message }) => message).filter((text) => !foreign.test(text))).toEqual([]);
}

const notThere = (message: string) => ({
  available: false,
  reason: "platform_package_missing",
  message: expect.stringContaining(message),
});

describe.each(bundlers)("bundled by %s from %s", (way, from, bundle) => {
  const name = way.endsWith("esm") ? "bundle.mjs" : "bundle.cjs";
  let made: string;
  beforeAll(async () => {
    made = join(mkdtempSync(join(app.path, "made-")), name);
    await bundle(from, made);
  }, 120_000);

  it.each([
    ["finds the Linux package beside the bundle", true],
    ["says that the Linux package is not there", false],
  ])("%s", async (_, isThere) => {
    const { folder, remove } = shipped(isThere);
    try {
      const file = join(folder, name);
      copyFileSync(made, file);
      expect(await told(process.execPath, file)).toEqual(
        isThere ? success(from) : notThere("@x/broker-linux"),
      );
    } finally {
      remove();
    }
  });
});

describe.each(["app.mjs", "credential.mjs"])("in a single executable application of %s", (from) => {
  let made: string;
  let folder: string;
  beforeAll(async () => {
    // Apart from the app: an import() in an executable looks where it was made.
    folder = mkdtempSync(join(dirname(app.path), "x-broker-made-"));
    const [main, blob, config] = ["main.cjs", "sea.blob", "sea.json"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await esbuildTo("cjs", from, main);
    writeFileSync(config, JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true }));
    await run(process.execPath, ["--experimental-sea-config", config]);
    made = join(folder, "app");
    copyFileSync(process.execPath, made);
    chmodSync(made, 0o755);
    const inject = [require.resolve("postject/dist/cli.js"), made, "NODE_SEA_BLOB", blob];
    const fuse = ["--sentinel-fuse", "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2"];
    await run(process.execPath, [...inject, ...fuse]);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ["that has the Linux package beside it", true],
    ["that has not", false],
  ])("%s", async (_, isThere) => {
    const { folder, remove } = shipped(isThere);
    try {
      const executable = join(folder, "app");
      copyFileSync(made, executable);
      // The credential's message says how it is given its broker there.
      const isFound = isThere && from === "app.mjs";
      expect(await told(executable)).toEqual(isFound ? signedIn : notThere("is not part of this executable"));
    } finally {
      remove();
    }
  });
});

/** A runtime's program out of its npm package, or why it cannot run here: it is installed for its own system only. */
function runtime(name: string, file: string): { program: string; cannotRun?: string } {
  let manifest: string;
  try {
    manifest = require.resolve(`${name}/package.json`);
  } catch {
    const cannotRun = `${name} is not installed: it is for Linux x64, and this is ${process.platform} ${process.arch}.`;
    if (process.env["CI"] === "true" && process.platform === "linux" && process.arch === "x64")
      throw new Error(cannotRun);
    return { program: "", cannotRun };
  }
  const program = join(dirname(manifest), file);
  chmodSync(program, 0o755);
  return { program };
}

describe("under Bun", () => {
  const { program, cannotRun } = runtime("@oven/bun-linux-x64", "bin/bun");
  beforeEach((ctx) => {
    if (cannotRun !== undefined) ctx.skip(cannotRun);
  });

  it.each(files)("signs in from %s", async (file) => {
    expect(await told(program, file)).toEqual(success(file));
  });

  it("says what is missing in an executable that it made", async () => {
    const executable = join(app.path, "made-by-bun");
    const external = ["linux", "win", "mac"].flatMap((name) => ["--external", `@x/broker-${name}`]);
    await run(program, ["build", "--compile", ...external, "--outfile", executable, "app.mjs"], {
      cwd: app.path,
    });
    expect(await told(executable)).toEqual({
      available: false,
      reason: "platform_package_missing",
      message: expect.stringContaining("bun build --compile"),
    });
  });
});

describe("under Deno", () => {
  const { program, cannotRun } = runtime("@deno/linux-x64-glibc", "deno");
  beforeEach((ctx) => {
    if (cannotRun !== undefined) ctx.skip(cannotRun);
  });
  const runDeno = (permissions: readonly string[], file: string) =>
    told(program, "run", "--no-prompt", "--quiet", "--node-modules-dir=manual", ...permissions, file);
  const enoughToLook = ["--allow-env", "--allow-read", "--allow-sys"];

  it.each(files)("signs in from %s", async (file) => {
    expect(await runDeno([...enoughToLook, "--allow-ffi"], file)).toEqual(success(file));
  });

  it("says what has to be allowed", async () => {
    expect(await runDeno(enoughToLook, "app.mjs")).toEqual({
      available: false,
      reason: "native_addon_missing",
      message: expect.stringContaining("--allow-ffi"),
    });
  });
});
