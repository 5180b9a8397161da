import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { requireBuilt } from "./testing/require-built.js";
import { packageVersion } from "./version.js";

const folder = join(import.meta.dirname, "..");
const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
  version: string;
  bin: { broker: string };
  scripts: Record<string, string>;
};

/** Runs a program in a Node.js of its own, in the package's folder. */
function node(...args: string[]) {
  return run(process.execPath, args, { cwd: folder });
}

it("the version is that of package.json", () => {
  expect(packageVersion).toBe(manifest.version);
});

it("nothing runs when the package is installed", () => {
  for (const script of ["preinstall", "install", "postinstall", "prepare"])
    expect(manifest.scripts).not.toHaveProperty(script);
});

it.each(["broker", "broker-contract", "broker-linux"])(
  "names no command that npm would take from somebody else: %s",
  (name) => {
    const source = join(folder, "..", name, "src");
    const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
      (file) => file.endsWith(".ts") && !/\.test\.ts$|testing/.test(file),
    );
    expect(files.length).toBeGreaterThan(5);
    const texts = files.map((file) => [file, readFileSync(join(source, file), "utf8")] as const);
    if (name === "broker") texts.push(["README.md", readFileSync(join(folder, "README.md"), "utf8")]);
    for (const [file, text] of texts) {
      const told = text.replace(/\/\*[\s\S]*?\*\//g, "");
      const bare = /npx broker\b|(?<!@x\/)\bbroker (?:doctor|token --|accounts lists|sign-out |--help)/.exec(
        told,
      );
      expect({ file, bare: bare?.[0] }).toEqual({ file, bare: undefined });
    }
  },
);

describe("the built package", () => {
  beforeAll(() => requireBuilt("broker/dist/cjs/index.js"));

  const names = "console.log(Object.keys(broker).sort().join())";

  it("has the same exports as an ES module and as CommonJS", async () => {
    const esm = await node("--input-type=module", "-e", `import * as broker from "@x/broker"; ${names}`);
    const cjs = await node("--input-type=commonjs", "-e", `const broker = require("@x/broker"); ${names}`);
    expect(esm.stdout).toContain("InteractiveBrowserBrokerCredential");
    expect(cjs.stdout).toBe(esm.stdout);
  });

  it("loads nothing of the platform before it is used", async () => {
    const loaded = "Object.keys(require.cache).filter((file) => /broker-(linux|mac|win)/.test(file))";
    const { stdout } = await node(
      "--input-type=commonjs",
      "-e",
      `const broker = require("@x/broker"); new broker.InteractiveBrowserBrokerCredential(); console.log(${loaded}.length)`,
    );
    expect(stdout).toBe("0\n");
  });

  it("loads what carries out calls with the first of them", async () => {
    const program = `
      const { InteractiveBrowserBrokerCredential } = require("@x/broker");
      const loaded = () => Object.keys(require.cache).filter((file) => file.includes("broker/dist/")).length;
      const credential = new InteractiveBrowserBrokerCredential({ fallback: "none", disableInteractiveFallback: true });
      const before = loaded();
      credential.getToken("s").catch((error) => console.log(error.name, before, loaded()));`;
    const { stdout } = await node("--input-type=commonjs", "-e", program);
    expect(stdout).toBe("AuthenticationRequiredError 1 2\n");
  });

  it.each(["esm", "cjs"])("is small as long as nothing is called (%s)", (kind) => {
    // V8 reads all of it before an app's first line runs; docs/benchmarks.md has what that costs.
    expect(statSync(join(folder, "dist", kind, "index.js")).size).toBeLessThan(26_000);
  });

  it.each(["module", "commonjs"])("throws errors of the classes that a %s imports", async (type) => {
    const load = type === "module" ? 'await import("@x/broker")' : 'require("@x/broker")';
    const program = `
      const broker = ${load};
      const never = () => new Promise(() => {});
      const silent = { platform: "linux", probe: never, getAccounts: never, acquireTokenSilently: never,
        acquireTokenInteractively: never, signOut: never, close: never };
      const told = async (options, callOptions) => {
        const credential = new broker.InteractiveBrowserBrokerCredential({ fallback: "none", ...options });
        const error = await credential.getToken("s", callOptions).catch((error) => error);
        return Object.keys(broker).find((name) => error.constructor === broker[name]);
      };
      Promise.all([
        told({ broker: silent }, { abortSignal: AbortSignal.abort() }),
        told({ broker: silent, timeoutInMs: 1 }),
        told({ broker: silent, disableInteractiveFallback: true }),
        told({ broker: silent, tenantId: "contoso.example" }, { tenantId: "fabrikam.example" }),
        broker.loadPlatformBroker().then(({ error }) =>
          Object.keys(broker).find((name) => error.constructor === broker[name])),
      ]).then((names) => console.log(names.join()));`;
    const platform =
      "--import=data:text/javascript,Object.defineProperty(process,'platform',{value:'sunos'})";
    const { stdout } = await node(platform, `--input-type=${type}`, "-e", program);
    expect(stdout).toBe(
      "AbortError,BrokerError,AuthenticationRequiredError,CredentialUnavailableError,BrokerError\n",
    );
  });

  it.for(["module", "commonjs"])("finds the platform's package from a %s", async (type, ctx) => {
    if (process.platform !== "linux") ctx.skip("only the build of Linux is in this workspace");
    requireBuilt("broker-linux/dist/cjs/index.js");
    const load = type === "module" ? 'await import("@x/broker")' : 'require("@x/broker")';
    const { stdout } = await node(
      `--input-type=${type}`,
      "-e",
      `const { loadPlatformBroker } = ${load}; loadPlatformBroker().then((r) => console.log(r.loaded, r.packageName))`,
    );
    expect(stdout).toBe("true @x/broker-linux\n");
  });

  it("has a command line", async () => {
    expect(readFileSync(join(folder, manifest.bin.broker), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect((await node(manifest.bin.broker, "--version")).stdout).toBe(`${manifest.version}\n`);
  });

  it("has no `any` in its types", () => {
    const files = readdirSync(join(folder, "dist/esm"), { recursive: true, encoding: "utf8" }).filter(
      (file) => file.endsWith(".d.ts"),
    );
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const text = readFileSync(join(folder, "dist/esm", file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
      expect({ file, any: /[:<|&(,=]\s*any\b/.test(text) }).toEqual({ file, any: false });
    }
  });

  it("has logged all of its first call when that ends", async () => {
    const program = `
      import { InteractiveBrowserBrokerCredential } from "@x/broker";
      const refused = Object.assign(new Error("No."), { name: "BrokerError", code: "no_network", hint: "Wait." });
      const broker = { platform: "linux", probe() {}, getAccounts() {}, acquireTokenInteractively() {}, signOut() {}, close() {},
        acquireTokenSilently: async (_, { logger }) => { logger.info("The broker works."); throw refused; } };
      process.env.AZURE_LOG_LEVEL = "verbose";
      const credential = new InteractiveBrowserBrokerCredential({ broker, useDefaultBrokerAccount: true });
      credential.getToken("s").catch(() => process.exit());`;
    const { stderr } = await node("--input-type=module", "-e", program);
    expect(stderr.split("\n").map((line) => line.replace(/ \(.*|Error message:.*/, ""))).toEqual([
      "azure:broker:verbose InteractiveBrowserBrokerCredential => asks without UI, by way of the broker",
      "azure:broker:info The broker works.",
      "azure:broker:warning InteractiveBrowserBrokerCredential => getToken() => ERROR. Scopes: s. ",
      "",
    ]);
  });

  it("lets the process end during a background refresh", async () => {
    const program = `
      import { InteractiveBrowserBrokerCredential } from "@x/broker";
      const account = { homeAccountId: "a.b", localAccountId: "a", tenantId: "b", environment: "e", username: "u" };
      let calls = 0;
      const answer = (request) => ({ accessToken: "t", tokenType: "Bearer", expiresOn: Date.now() + 3600000, refreshOn: Date.now(),
        scopes: request.scopes, account, tenantId: "b", authority: request.authority, correlationId: "c", silent: true, telemetry: {} });
      const broker = { platform: "linux", probe() {}, getAccounts() {}, acquireTokenInteractively() {}, signOut() {}, close() {},
        acquireTokenSilently: (request) => (++calls === 1 ? Promise.resolve(answer(request)) : new Promise(() => {})) };
      const credential = new InteractiveBrowserBrokerCredential({ broker, useDefaultBrokerAccount: true });
      await credential.getToken("s");
      const now = Date.now;
      Date.now = () => now() + 31000;
      await credential.getToken("s");
      process.on("exit", () => console.log("calls", calls));`;
    const { stdout } = await node("--input-type=module", "-e", program);
    expect(stdout).toBe("calls 2\n");
  });
});
