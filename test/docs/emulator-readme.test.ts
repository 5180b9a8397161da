// What the emulator's README shows must run as it stands.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runNode } from "../support/run-node.mjs";

const packageFolder = dirname(createRequire(import.meta.url).resolve("@x/broker-emulator/package.json"));
const readme = readFileSync(join(packageFolder, "README.md"), "utf8");
const snippets = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code ?? "");
const commands = [...readme.matchAll(/^npx @x\/broker-emulator (.*?)(?:\s+#.*)?$/gm)].map(([, args]) =>
  (args ?? "").split(" "),
);

/** The app that the README starts: signs in through whatever broker it finds. */
const app = `import { InteractiveBrowserBrokerCredential } from "@x/broker";
const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });
const { token } = await credential.getToken("https://storage.azure.com/.default");
console.log("signed in as", JSON.parse(Buffer.from(token.split(".")[1], "base64url")).upn);
`;

const scriptedBrowser = fileURLToPath(
  new URL("../../packages/broker/src/testing/scripted-browser.mjs", import.meta.url),
);

// D-Bus, the addon and \dbus-daemon are Linux's.
const cannotRun = process.platform === "linux" ? undefined : `no D-Bus broker on ${process.platform}`;

describe("the emulator's README", () => {
  let folder: string;
  beforeEach(async () => {
    // Inside this package, so that snippets find what they import.
    folder = await mkdtemp(fileURLToPath(new URL("emulator-snippet-", import.meta.url)));
    await writeFile(join(folder, "my-app.js"), app);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const runSnippet = async (mark: string) => {
    const snippet = snippets.find((code) => code.includes(mark));
    if (snippet === undefined) throw new Error(`The README has no snippet with ${mark}.`);
    const file = join(folder, "snippet.mjs");
    await writeFile(file, snippet);
    return runNode(file, { cwd: folder });
  };
  const runCli = (args: readonly string[], options: Parameters<typeof runNode>[1] = {}) =>
    runNode(join(packageFolder, "dist/esm/cli.js"), { ...options, args, cwd: folder });

  it("shows no snippet that is not run here", () => {
    const marks = [
      "createEmulatedBroker",
      "startBrokerEmulator",
      "startWslEmulator",
      "createSsoExtensionDoor",
      "startWebTenant",
      "createWamDoor",
    ];
    expect(snippets.filter((code) => !marks.some((mark) => code.includes(mark)))).toEqual([]);
    expect(snippets).toHaveLength(marks.length);
    expect(readme.match(/```(?!js|sh|\n)\S*/g)).toBeNull();
  });

  it("calls the command by a name that is ours", () => {
    expect(readme).not.toMatch(/npx (?!@x\/)/);
    expect(commands).toHaveLength(7);
  });

  it("has a unit test that runs", async () => {
    expect(await runSnippet("createEmulatedBroker")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("starts an app over D-Bus", async (ctx) => {
    if (cannotRun !== undefined) ctx.skip(cannotRun);
    const { code, stdout, stderr } = await runSnippet("startBrokerEmulator");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("signed in as ada@contoso.example");
    expect(stdout).toContain("acquireTokenSilently");
  });

  it("reaches a broker as if from within WSL", async (ctx) => {
    if (cannotRun !== undefined) ctx.skip(cannotRun);
    expect(await runSnippet("startWslEmulator")).toEqual({ code: 0, stdout: "wsl [ 'ping' ]\n", stderr: "" });
  });

  it("answers as macOS' SSO extension", async () => {
    const stdout = "1 ada@contoso.example 1\n";
    expect(await runSnippet("createSsoExtensionDoor")).toEqual({ code: 0, stdout, stderr: "" });
  });

  it("signs in without a broker, by the web half of a tenant", async () => {
    const { code, stdout, stderr } = await runSnippet("startWebTenant");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^To sign in, .*\ndevice-code ada@contoso\.example\n$/);
  });

  it("answers for Windows' Web Account Manager", async () => {
    const stdout = "Work or school account (emulator) 1\n";
    expect(await runSnippet("createWamDoor")).toEqual({ code: 0, stdout, stderr: "" });
  });

  it("runs apps from a shell", async (ctx) => {
    if (cannotRun !== undefined) ctx.skip(cannotRun);
    const withApp = commands.filter((args) => args.includes("--") && !args.includes("--web"));
    expect(withApp).toHaveLength(2);
    for (const args of withApp) {
      const { code, stdout } = await runCli(args);
      expect({ args, code, stdout }).toEqual({ args, code: 0, stdout: "signed in as ada@contoso.example\n" });
    }
  });

  it("runs apps from a shell without a broker", async () => {
    const [args = []] = commands.filter((words) => words.includes("--") && words.includes("--web"));
    // Nobody is there to look at a browser, so the person of the emulator acts, and a program stands for the browser.
    const env = { BROWSER: `${process.execPath} ${scriptedBrowser}` };
    const { code, stdout } = await runCli(["--person", "signs_in", ...args], { env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "signed in as ada@contoso.example\n" });
  });

  it("serves from a shell until it is stopped", async (ctx) => {
    if (cannotRun !== undefined) ctx.skip(cannotRun);
    const serving = commands.filter((args) => !args.includes("--") && !args.includes("--help"));
    expect(serving).toHaveLength(3);
    for (const args of serving) {
      const { code, stdout } = await runCli(args, { onLine: (_line, child) => child.kill("SIGINT") });
      expect({ args, code }).toEqual({ args, code: 0 });
      const first = args.includes("--web") ? "AZURE_AUTHORITY_HOST" : "DBUS_SESSION_BUS_ADDRESS";
      expect(stdout).toMatch(new RegExp(`^export ${first}='`));
    }
    expect(await runCli(["--help"])).toMatchObject({ code: 0, stderr: "" });
  });
});
