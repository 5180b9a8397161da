// Sign-in without a broker, end to end: whole programs, and a person (a real browser, clicked through) who signs in.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EmulatedTenant, startWebTenant, type WebTenant } from "@x/broker-emulator";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openPage, startChromium, whyNoChromium } from "../support/chromium.js";
import { runNode } from "../support/run-node.mjs";
import { createTemporaryDirectory } from "../support/temporary-directory.mjs";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const app = here("./apps/sign-in-anyhow.mjs");
const handOver = here("../support/hand-over-url.mjs");
const useMsalNode = here("../support/use-msal-node.mjs");
const scriptedBrowser = here("../../packages/broker/src/testing/scripted-browser.mjs");
/** A bus address that leads nowhere. */
const noBroker = { X_BROKER_TRANSPORT: "dbus", DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere/bus" };
const screenshots = here("../../docs/images");
const packageFile = createRequire(import.meta.url).resolve("@x/broker/package.json");
const cli = join(dirname(packageFile), "dist/esm/cli/main.js");
const clientId = "11111111-2222-4333-8444-555555555555";
const scope = "https://storage.azure.com/.default";

describe("without a broker", () => {
  const directory = createTemporaryDirectory("fallback");
  const handedOver = join(directory.path, "url");
  let tenant: EmulatedTenant;
  let web: WebTenant;
  let browser: Browser;
  let page: Page;
  let stopApps: AbortController;

  beforeAll(async () => {
    if (whyNoChromium() !== undefined) return;
    tenant = new EmulatedTenant();
    tenant.registerApp({ clientId, name: "Ledger", redirectUris: ["http://localhost"] });
    tenant.addAccount({ username: "ada@contoso.example", name: "Ada Lovelace" });
    tenant.addAccount({ username: "bob@contoso.example", name: "Bob Kahn" });
    web = await startWebTenant({ tenant, deviceCodeIntervalInSeconds: 1 });
    browser = await startChromium(web.certificateFile);
  });
  afterAll(async () => {
    await browser?.close();
    await web?.stop();
    directory.remove();
  });
  beforeEach(async (ctx) => {
    const lack = whyNoChromium();
    if (lack !== undefined) ctx.skip(lack);
    stopApps = new AbortController();
    page = await openPage(browser);
  });
  afterEach(async () => {
    stopApps?.abort();
    await page?.close();
  });

  /** No bus, no broker; a browser that the test drives. */
  const env = () => ({
    ...web.env,
    ...noBroker,
    CLIENT_ID: clientId,
    BROWSER: `${process.execPath} ${handOver}`,
    HANDED_OVER: handedOver,
  });
  /** Where no browser opens. */
  const remote = () => ({ ...env(), BROWSER: "", SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22" });

  /** Shows the page in the docs, when they are to be made anew. */
  const picture = async (name: string) => {
    if (process.env["UPDATE_SCREENSHOTS"] === "1") await page.screenshot({ path: join(screenshots, name) });
  };
  const click = (name: string) => page.getByRole("button", { name }).click();

  it("a person signs in in the browser: picks an account, and consents", async () => {
    const running = runNode(app, { env: env(), abortSignal: stopApps.signal });
    await expect.poll(() => existsSync(handedOver), { timeout: 30_000 }).toBe(true);
    await page.goto(readFileSync(handedOver, "utf8"));

    await page.getByRole("heading", { name: "Pick an account" }).waitFor();
    expect(await page.getByRole("note").textContent()).toBe(
      "Emulated tenant, for tests: nothing here is real.",
    );
    expect(await page.locator("main").textContent()).toContain("Ledger");
    await picture("emulator-account-picker.png");
    await click("Ada Lovelace");

    await page.getByRole("heading", { name: "Permissions requested" }).waitFor();
    expect(await page.getByRole("listitem").allTextContents()).toContain(
      "Use https://storage.azure.com as you: user_impersonation",
    );
    await picture("emulator-consent.png");
    await click("Accept");

    await page.getByRole("heading", { name: "You are signed in" }).waitFor();
    // The code came in the body: neither the address nor the history holds it.
    expect(page.url()).toMatch(/^http:\/\/localhost:\d+\/$/);
    const { code, stdout } = await running;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      upn: "ada@contoso.example",
      appid: clientId,
      through: "browser",
      reason: "no_session_bus",
      renewedThrough: "browser",
    });
  });

  it("a person changes their mind: the app ends with the reason, the browser with a page that says so", async () => {
    const onlyOnce = join(directory.path, "canceled");
    const running = runNode(app, {
      env: { ...env(), HANDED_OVER: onlyOnce },
      abortSignal: stopApps.signal,
    });
    await expect.poll(() => existsSync(onlyOnce), { timeout: 30_000 }).toBe(true);
    await page.goto(readFileSync(onlyOnce, "utf8"));
    await click("Cancel");
    await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
    const { code, stderr } = await running;
    expect(code).toBe(1);
    expect(stderr).toContain("user_canceled");
  });

  it("a person at a remote terminal enters the code they see there", async () => {
    // A terminal of its own, as `ssh` gives one.
    const terminal = spawn(
      "script",
      ["--quiet", "--return", "--command", `${process.execPath} ${app}`, "/dev/null"],
      {
        env: { ...process.env, ...remote() },
        stdio: ["ignore", "pipe", "pipe"],
        signal: stopApps.signal,
      },
    );
    const seen = watch(terminal.stdout);
    const ended = new Promise<number | null>((resolve, reject) => {
      terminal.once("error", reject);
      terminal.once("close", resolve);
    });
    const [, address = "", code = ""] = await seen.until(/open the page (\S+) and enter the code (\w+)/);
    await enterCode(address, code);
    await click("Bob Kahn");
    await page.getByRole("heading", { name: "Are you trying to sign in to Ledger?" }).waitFor();
    await click("Continue");
    await click("Accept");
    await page.getByRole("heading", { name: "You're signed in" }).waitFor();
    expect(await ended).toBe(0);
    const [line = ""] = /\{.*\}/.exec(seen.text) ?? [];
    expect(JSON.parse(line)).toMatchObject({
      upn: "bob@contoso.example",
      through: "device-code",
      reason: "no_session_bus",
      renewedThrough: "device-code",
    });
  });

  it("`broker token` shows the code beside the token, not among it", async () => {
    const args = ["token", "--scope", scope, "--fallback", "device-code", "--json"];
    const child = spawn(process.execPath, [cli, ...args], {
      env: { ...process.env, ...remote() },
      stdio: ["ignore", "pipe", "pipe"],
      signal: stopApps.signal,
    });
    const out = watch(child.stdout);
    const notes = watch(child.stderr);
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const [, address = "", code = ""] = await notes.until(/open the page (\S+) and enter the code (\w+)/);
    await enterCode(address, "WRONGCODE");
    await page.getByRole("alert").waitFor();
    await enterCode(address, code.toLowerCase());
    await click("Ada Lovelace");
    await click("Continue");
    // Microsoft's own app: nobody is asked to consent.
    await page.getByRole("heading", { name: "You're signed in" }).waitFor();
    expect(await ended).toBe(0);
    expect(JSON.parse(out.text)).toMatchObject({ tokenType: "Bearer", through: "device-code" });
  });

  it("X_BROKER_DISABLED stands for a broker that is not there, and the doctor says so", async () => {
    const { code, stdout } = await runNode(cli, {
      args: ["doctor", "--json"],
      env: { ...remote(), X_BROKER_DISABLED: "1" },
      abortSignal: stopApps.signal,
    });
    expect(code).toBe(1);
    const { checks } = JSON.parse(stdout) as { checks: { id: string; outcome: string; detail: string }[] };
    expect(checks.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      "node-version ok",
      "broker-switch fail",
      "platform-package skip",
      "native-addon skip",
      "broker skip",
      "accounts skip",
      "fallback skip",
    ]);
    expect(checks.at(-1)?.detail).toContain("SSH session");
  });

  async function enterCode(address: string, code: string): Promise<void> {
    await page.goto(address);
    await page.getByLabel("Code").fill(code);
    await click("Next");
  }
});

describe("with every major version of msal-node", () => {
  let web: WebTenant;
  beforeAll(async () => {
    const tenant = new EmulatedTenant();
    tenant.addAccount({ username: "ada@contoso.example" });
    web = await startWebTenant({ tenant, attended: false, deviceCodeIntervalInSeconds: 1 });
  });
  afterAll(() => web?.stop());

  const versions = [
    "msal-node-2-0",
    "msal-node-2",
    "msal-node-3",
    "msal-node-5",
    "msal-node-6",
    "@azure/msal-node",
  ];

  it.each(versions)("%s signs in both ways, and renews", async (version) => {
    for (const through of ["browser", "device-code"]) {
      const { code, stdout, stderr } = await runNode(app, {
        env: {
          ...web.env,
          ...noBroker,
          BROWSER: through === "browser" ? `${process.execPath} ${scriptedBrowser}` : "",
          SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22",
          FALLBACK: through,
          MSAL_NODE: version,
          NODE_OPTIONS: `--import=${useMsalNode}`,
        },
      });
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({
        upn: "ada@contoso.example",
        through,
        renewedThrough: through,
      });
    }
  });
});

describe("an app that leaves while the tenant still owes it an answer", () => {
  // Without that, it would stay for as long as a request may take: longer than these tests may.
  const timeout = 20_000;
  const leave = here("./apps/leave-early.mjs");
  let web: WebTenant;
  beforeEach(async () => {
    const tenant = new EmulatedTenant();
    tenant.addAccount({ username: "ada@contoso.example" });
    web = await startWebTenant({ tenant, attended: false, deviceCodeIntervalInSeconds: 1 });
  });
  afterEach(() => web?.stop());

  it("after an abort", { timeout }, async () => {
    const policy = web.tenant.addPolicy({ method: "acquireTokenInteractively" }, { kind: "never_answers" });
    const { code, stdout } = await runNode(leave, {
      args: ["abort"],
      env: { ...web.env, ...noBroker },
      onLine: (line, child) => {
        if (line === "asking")
          void expect
            .poll(() => policy.applied, { timeout })
            .toBe(1)
            .then(() => child.kill("SIGUSR2"));
      },
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "asking\nAbortError\n" });
  });

  it("during a renewal in the background", { timeout }, async () => {
    const policy = web.tenant.addPolicy({ method: "acquireTokenSilently" }, { kind: "never_answers" });
    const { code, stdout } = await runNode(leave, { args: ["renewal"], env: { ...web.env, ...noBroker } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "renewing\n" });
    expect(policy.applied).toBeLessThanOrEqual(1);
  });
});

/** What a program writes, as it comes. */
function watch(stream: NodeJS.ReadableStream) {
  const seen = {
    text: "",
    until: async (pattern: RegExp): Promise<RegExpExecArray> => {
      await expect.poll(() => pattern.test(seen.text), { timeout: 30_000 }).toBe(true);
      return pattern.exec(seen.text) as RegExpExecArray;
    },
  };
  stream.on("data", (chunk: Buffer) => {
    seen.text += chunk.toString();
  });
  return seen;
}
