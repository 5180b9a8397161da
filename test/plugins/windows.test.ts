// The drop-ins in Windows' Node.js, with real @azure/msal-node and @azure/identity, over the Web Account Manager.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startWindowsStage } from "../support/wine/windows-stage.mjs";
import { clientId } from "./drop-in-stage.js";

const app = (name: string) => fileURLToPath(new URL(`./apps/${name}`, import.meta.url));
const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

describe("the drop-ins in Windows", () => {
  let stage: Awaited<ReturnType<typeof startWindowsStage>>;

  beforeAll(async () => {
    stage = await startWindowsStage({ apps: ["examples", "test/plugins/apps"] });
    stage.tenant.registerApp({ clientId });
  });
  afterAll(() => stage?.stop());
  beforeEach((ctx) => {
    if (stage.unusable !== undefined) ctx.skip(stage.unusable);
    stage.emulator.clearRequests();
    stage.tenant.user.dialogs.length = 0;
  });

  const run = (file: string) => stage.runApp(file, { env: { CLIENT_ID: clientId } });
  const whose = (tokens: readonly string[]) => tokens.map((token) => stage.tenant.verify(token)["oid"]);

  it.each([
    ["msal-node.mjs", /^ada@contoso\.example is signed in until \d{4}-.*Z\.\n$/],
    ["identity.mjs", /^There is a token until \d{4}-.*Z\.\n$/],
  ])("examples/%s signs in whom Windows knows, without a window", async (name, said) => {
    expect(await run(example(name))).toEqual({ code: 0, stdout: expect.stringMatching(said), stderr: "" });
    expect(stage.tenant.user.dialogs).toEqual([]);
  });

  it("@azure/identity shows the account picker once", async () => {
    const { code, stdout, stderr } = await run(app("identity-token.mjs"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(whose(JSON.parse(stdout))).toEqual([stage.account.localAccountId, stage.account.localAccountId]);
    expect(stage.tenant.user.dialogs).toHaveLength(1);
  });

  it("@azure/msal-node signs in, gets the next token silently, lists, and signs out", async () => {
    const guest = stage.tenant.addAccount({ username: "eve@contoso.example" });
    stage.tenant.user.script = [{ kind: "signs_in", as: guest.username }];
    const { code, stdout, stderr } = await run(app("msal-node-account.mjs"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { tokens, before, after, ...told } = JSON.parse(stdout);
    expect(told).toEqual({
      isBrokerAvailable: true,
      fromPlatformBroker: true,
      again: { name: "InteractionRequiredAuthError", errorCode: "interaction_required" },
    });
    expect(whose(tokens)).toEqual([guest.localAccountId, guest.localAccountId]);
    expect(before).toContain(guest.username);
    expect(after).not.toContain(guest.username);
  });

  it("without a Web Account Manager @azure/identity hears why", async () => {
    await stage.breakDown();
    try {
      const { code, stdout } = await run(app("identity-token.mjs"));
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ message: expect.stringContaining("account manager (WAM)") });
    } finally {
      await stage.recover();
    }
  });
});
