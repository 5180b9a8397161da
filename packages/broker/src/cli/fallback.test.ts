import { describe, expect, it, vi } from "vitest";
import type { LoadedMsal } from "../fallback/load-msal.js";
import { loadMsal } from "../fallback/load-msal.js";
import { readSurroundings, type Surroundings } from "../fallback/surroundings.js";
import { ada, FakeBroker, failure, scope } from "../testing/fake-broker.js";
import { startWebFixture, type WebFixture } from "../testing/web-fixture.js";
import type { CliIo } from "./cli-io.js";
import { checkFallback } from "./fallback-check.js";
import { runCli } from "./run-cli.js";

const terminal: Surroundings = {
  platform: "linux",
  env: { DISPLAY: ":0" },
  isRoot: false,
  isWsl: false,
  isTerminal: true,
  hasProgram: (name) => name === "xdg-open",
};

async function token({ web }: Pick<WebFixture, "web">, args: readonly string[], broker?: FakeBroker) {
  const out: string[] = [];
  const notes: string[] = [];
  const error = failure("broker_unavailable", "not_installed");
  vi.stubEnv("AZURE_AUTHORITY_HOST", web.authorityHost);
  const io: CliIo = {
    out: (line) => out.push(line),
    note: (line) => notes.push(line),
    interrupted: new AbortController().signal,
    nodeVersion: process.version,
    loadBroker: async () =>
      broker === undefined
        ? { loaded: false, packageName: undefined, error, advice: [error.hint] }
        : { loaded: true, packageName: "@x/broker-linux", broker },
    readSurroundings,
    loadMsal,
  };
  const code = await runCli(["token", "--scope", scope, ...args], io);
  return { code, out, notes };
}

describe("broker token --fallback", () => {
  it("browser: signs in there, and says so", async () => {
    const fixture = await startWebFixture();
    const { code, out, notes } = await token(fixture, ["--fallback", "browser"]);
    expect(code).toBe(0);
    expect(fixture.tenant.verify(out[0] ?? "")).toMatchObject({ upn: "ada@contoso.example" });
    expect(notes).toEqual([
      "The fake broker says broker_unavailable.\nYour browser opens, for you to sign in there… (Ctrl+C cancels)",
    ]);
  });

  it("device-code: shows the code to the person, and nothing but the answer to the program", async () => {
    const fixture = await startWebFixture();
    const { code, out, notes } = await token(fixture, ["--fallback", "device-code", "--json"]);
    expect(code).toBe(0);
    expect(out).toHaveLength(1);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({ tokenType: "Bearer", through: "device-code" });
    expect(notes).toEqual([
      expect.stringContaining("Sign in on another device"),
      expect.stringMatching(
        /open the page https:\/\/localhost:\d+\/devicelogin and enter the code [A-Z0-9]{9} /,
      ),
    ]);
  });

  it.each<[string, string[], number]>([
    ["none, the default", [], 3],
    ["--silent", ["--fallback", "browser", "--silent"], 3],
    ["a word that is no way", ["--fallback", "telephone"], 2],
  ])("is not taken with %s", async (_what, args, expected) => {
    const fixture = await startWebFixture();
    expect(await token(fixture, args)).toMatchObject({ code: expected, out: [] });
    expect(fixture.tenant.user.dialogs).toEqual([]);
  });

  it("is not needed where there is a broker", async () => {
    const fixture = await startWebFixture();
    const { code, notes } = await token(fixture, ["--fallback", "browser"], new FakeBroker());
    expect({ code, notes }).toEqual({ code: 0, notes: [] });
    expect(fixture.tenant.user.dialogs).toEqual([]);
    expect(ada.username).not.toBe("");
  });

  it("ends as the user did", async () => {
    const fixture = await startWebFixture();
    fixture.tenant.user.script = [{ kind: "cancels" }];
    const { code, notes } = await token(fixture, ["--fallback", "browser"]);
    expect(code).toBe(5);
    expect(notes.at(-1)).toContain("The user did not finish signing in in the browser.");
  });
});

describe("what the doctor says about it", () => {
  const check = (surroundings: Partial<Surroundings>, loaded?: LoadedMsal) =>
    checkFallback({
      readSurroundings: () => ({ ...terminal, ...surroundings }),
      loadMsal: async () => loaded ?? (await loadMsal()),
    } as CliIo);

  it.each<[string, Partial<Surroundings>, string, RegExp]>([
    ["a desktop", {}, "ok", /sign in in the browser\.$/],
    ["Windows", { platform: "win32", env: {} }, "ok", /in the browser, if the app asks for that\.$/],
    [
      "an SSH session",
      { env: { SSH_CONNECTION: "x" } },
      "ok",
      /with a code on another device: no browser.*SSH session/,
    ],
    ["a service", { env: {}, isTerminal: false }, "skip", /no browser opens, because there is no display/],
  ])("%s", async (_what, surroundings, outcome, detail) => {
    expect(await check(surroundings)).toMatchObject({
      id: "fallback",
      outcome,
      detail: expect.stringMatching(detail),
    });
  });

  it("no msal-node", async () => {
    const missing = { message: "It is not installed.", hint: "Install it." };
    expect(await check({}, missing)).toMatchObject({
      outcome: "skip",
      detail: "It is not installed.",
      hint: expect.stringContaining("npm install @azure/msal-node"),
    });
  });
});
