import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BrokerEmulator, startBrokerEmulator } from "@x/broker-emulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a stranger gets: our packages as tarballs, installed by npm into an empty folder. */
describe("the packages as they are published", () => {
  let app: string;
  let tarballs: string[];
  let emulator: BrokerEmulator;

  beforeAll(async () => {
    app = mkdtempSync(join(tmpdir(), "broker-install-"));
    const packed = join(app, "packed");
    await run(process.execPath, [join(root, "scripts/pack.mjs"), packed], root);
    tarballs = readdirSync(packed).map((name) => join(packed, name));
    writeFileSync(join(app, "package.json"), JSON.stringify({ name: "stranger", private: true }));
    await run(
      "npm",
      ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", ...tarballs],
      app,
    );
    emulator = await startBrokerEmulator({ serveDiscovery: false });
    emulator.tenant.addAccount({ username: "ann@contoso.example" });
  }, 180_000);
  afterAll(async () => {
    await emulator?.stop();
    if (app !== undefined) rmSync(app, { recursive: true, force: true });
  });

  const manifests = () =>
    readdirSync(join(app, "node_modules/@x")).map((name) => ({
      folder: join(app, "node_modules/@x", name),
      manifest: JSON.parse(readFileSync(join(app, "node_modules/@x", name, "package.json"), "utf8")),
    }));

  it("run nothing when they are installed", () => {
    expect(manifests().map(({ manifest }) => manifest.name)).toContain("@x/broker");
    for (const { manifest } of manifests()) {
      for (const script of ["preinstall", "install", "postinstall", "prepare"]) {
        expect(manifest.scripts?.[script], `${manifest.name}: ${script}`).toBeUndefined();
      }
    }
  });

  it("hold what they need and nothing else", () => {
    const strays = manifests().flatMap(({ folder, manifest }) =>
      filesBelow(folder)
        .map((file) => `${manifest.name}${file.slice(folder.length)}`)
        .filter((file) => /\.(test|spec)\.|testing\/|\.cc$|\.h$|tsconfig|reports\/|CMake/.test(file)),
    );
    expect(strays).toEqual([]);
    for (const { folder, manifest } of manifests()) {
      expect(
        filesBelow(folder).some((file) => /LICENSE/i.test(file)),
        `${manifest.name}: a license`,
      ).toBe(true);
      expect(
        filesBelow(folder).some((file) => /README/i.test(file)),
        `${manifest.name}: a README`,
      ).toBe(true);
    }
  });

  it("refer to no package that is not published", () => {
    const imports = /(?:from|import|require)[\s(]*"(@x\/[\w-]+)"/g;
    const named = manifests().flatMap(({ folder }) =>
      filesBelow(join(folder, "dist"))
        .filter((file) => /\.(?:js|d\.ts)$/.test(file))
        .flatMap((file) => [...readFileSync(file, "utf8").matchAll(imports)].map((match) => match[1])),
    );
    // Those for other systems, too.
    const published = readdirSync(join(root, "packages"))
      .map((name) => JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")))
      .filter((manifest) => manifest.private !== true)
      .map((manifest) => manifest.name);
    expect(named).toContain("@x/broker-contract");
    for (const name of new Set(named)) expect(published).toContain(name);
  });

  const getToken = `new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true })
    .getToken("https://storage.azure.com/.default").then((t) => console.log(t.token.split(".").length))`;

  it("sign in from an ES module", async () => {
    const program = `import { InteractiveBrowserBrokerCredential } from "@x/broker"; ${getToken}`;
    expect(await node(["--input-type=module", "-e", program])).toBe("3");
  });

  it("sign in from CommonJS", async () => {
    const program = `const { InteractiveBrowserBrokerCredential } = require("@x/broker"); ${getToken}`;
    expect(await node(["-e", program])).toBe("3");
  });

  it("put their commands on the path", async () => {
    const accounts = await run(
      join(app, "node_modules/.bin/broker"),
      ["accounts", "--json"],
      app,
      emulator.env,
    );
    expect(accounts).toContain("ann@contoso.example");
    const help = await run(join(app, "node_modules/.bin/broker-emulator"), ["--help"], app);
    expect(help).toMatch(/emulator/i);
  });

  it("say what is missing when the platform package is not there", async () => {
    rmSync(join(app, "node_modules/@x/broker-linux"), { recursive: true });
    const program = `import { InteractiveBrowserBrokerCredential } from "@x/broker";
      new InteractiveBrowserBrokerCredential({ fallback: "none" }).getToken("https://storage.azure.com/.default").catch((e) => console.log(e.name, e.message))`;
    const said = await node(["--input-type=module", "-e", program]);
    expect(said).toMatch(/^CredentialUnavailableError /);
    expect(said).toContain("@x/broker-linux");
    expect(said).toMatch(/npm install/);
  });

  async function node(args: string[]): Promise<string> {
    return (await run(process.execPath, args, app, emulator.env)).trim();
  }
});

/** Not the synchronous kind: the emulator that answers the program lives in this process. */
async function run(
  file: string,
  args: string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(file, args, { cwd, env: { ...process.env, ...env } });
  return stdout;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name === "node_modules") return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
