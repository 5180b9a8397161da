// Whole programs in Windows' Node.js: the command line, and what they load.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startWindowsStage } from "../support/wine/windows-stage.mjs";

const cli = fileURLToPath(new URL("../../packages/broker/bin/broker.mjs", import.meta.url));
const scope = "https://storage.azure.com/.default";

describe("programs in Windows", () => {
  let stage: Awaited<ReturnType<typeof startWindowsStage>>;

  beforeAll(async () => {
    stage = await startWindowsStage({ apps: ["packages/broker/bin"] });
  });
  afterAll(() => stage?.stop());
  beforeEach((ctx) => {
    if (stage.unusable !== undefined) ctx.skip(stage.unusable);
    stage.emulator.clearRequests();
  });

  const run = (...args: string[]) => stage.runApp(cli, { args });
  const doctor = async (...args: string[]) => {
    const { code, stdout, stderr } = await run("doctor", "--json", ...args);
    expect(stderr).toBe("");
    const { checks } = JSON.parse(stdout) as {
      checks: { id: string; outcome: string; detail: string; hint?: string }[];
    };
    return { code, checks, outcomes: checks.map(({ id, outcome }) => `${id} ${outcome}`) };
  };

  it("broker doctor shows Windows' checks, and that it is an emulator", async () => {
    const { code, checks, outcomes } = await doctor();
    // Beside those that every system has.
    expect(outcomes).toEqual(
      expect.arrayContaining([
        "native-addon ok",
        "session ok",
        // Wine says that every process runs as administrator.
        "elevation skip",
        "wam ok",
        "personal-accounts ok",
        "default-account ok",
        "parent-window ok",
        "redirect-uri skip",
        "accounts ok",
      ]),
    );
    expect(code).toBe(0);
    expect(checks.find(({ id }) => id === "wam")?.detail).toContain("EMULATOR");
  });

  it("broker doctor --deep asks what only a real Windows can answer, and gets no token", async () => {
    const { code, outcomes } = await doctor("--deep", "--client-id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46");
    expect(code).toBe(0);
    expect(outcomes.filter((line) => line.startsWith("deep-"))).toEqual([
      "deep-authorities ok",
      "deep-work-accounts ok",
      "deep-personal-accounts ok",
      "deep-token-binding ok",
      "deep-windows ok",
    ]);
  });

  it("broker doctor says what to do without a Web Account Manager", async () => {
    await stage.breakDown();
    try {
      const { code, checks, outcomes } = await doctor();
      expect(code).toBe(1);
      expect(outcomes).toContain("native-addon ok");
      expect(outcomes).toContain("wam fail");
      expect(checks.find(({ id }) => id === "wam")?.hint).not.toBe("");
    } finally {
      await stage.recover();
    }
  });

  it("broker token, accounts and sign-out work", async () => {
    const guest = stage.tenant.addAccount({ username: "eve@contoso.example" });
    const token = await run("token", "--scope", scope, "--login-hint", guest.username);
    expect(token).toMatchObject({ code: 0, stderr: "" });
    expect(stage.tenant.verify(token.stdout.trim())).toMatchObject({ oid: guest.localAccountId });
    expect((await run("accounts")).stdout).toContain(guest.username);
    expect(await run("sign-out", guest.username)).toMatchObject({ code: 0 });
    expect((await run("accounts")).stdout).not.toContain(guest.username);
  });
});
