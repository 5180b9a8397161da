// The README's two programs, as they stand, against an emulated broker.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startWslEmulator, type WslEmulator } from "@x/broker-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runNode } from "../support/run-node.mjs";
import { insideWsl, whyNoSimulatedWsl } from "../support/wsl-namespace.mjs";
import { clientId, type DropInStage, startDropInStage } from "./drop-in-stage.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const example = (name: string) => join(root, "examples", name);

let stage: DropInStage;
beforeAll(async () => {
  stage = await startDropInStage();
  stage.tenant.removeAccount(stage.bob.homeAccountId);
});
afterAll(() => stage?.stop());
beforeEach(() => stage.reset());

const run = (name: string) => runNode(example(name), { env: { ...stage.emulator.env, CLIENT_ID: clientId } });

describe("examples/msal-node.mjs", () => {
  it("signs in whom the broker knows, without a window", async () => {
    expect(await run("msal-node.mjs")).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^ada@contoso\.example is signed in until \d{4}-.*Z\.\n$/),
      stderr: "",
    });
    expect(stage.tenant.user.dialogs).toEqual([]);
  });

  it("asks the user when the broker knows nobody", async () => {
    stage.tenant.removeAccount(stage.ada.homeAccountId);
    const person = {
      username: "ada@contoso.example",
      name: "Ada Lovelace",
      objectId: stage.ada.localAccountId,
    };
    stage.tenant.addAccount({ ...person, signedIn: false });
    expect(await run("msal-node.mjs")).toMatchObject({ code: 0, stdout: expect.stringContaining("ada@") });
    expect(stage.tenant.user.dialogs).toHaveLength(1);
  });
});

describe("examples/identity.mjs", () => {
  it("gets a token for the account of the operating system, without a window", async () => {
    expect(await run("identity.mjs")).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^There is a token until \d{4}-.*Z\.\n$/),
      stderr: "",
    });
    expect(stage.tenant.user.dialogs).toEqual([]);
  });
});

describe("within a simulated WSL, without a session bus", () => {
  let wsl: WslEmulator;
  beforeAll(async () => {
    wsl = await startWslEmulator();
    wsl.tenant.registerApp({ clientId });
    wsl.tenant.addAccount({ username: "ada@contoso.example" });
  });
  afterAll(() => wsl?.stop());
  beforeEach((ctx) => {
    const reason = whyNoSimulatedWsl(wsl);
    if (reason !== undefined) ctx.skip(reason);
  });

  it.each([
    ["msal-node.mjs", "ada@contoso.example is signed in"],
    ["identity.mjs", "There is a token"],
  ])("%s signs in through Windows' broker", async (name, said) => {
    // As in a systemd service.
    const env = {
      DBUS_SESSION_BUS_ADDRESS: "",
      XDG_RUNTIME_DIR: "",
      X_BROKER_TRANSPORT: "",
      CLIENT_ID: clientId,
    };
    const outcome = await runNode(example(name), { env, inside: insideWsl(wsl) });
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining(said), stderr: "" });
    expect(wsl.countRequests("acquireTokenSilently")).toBeGreaterThan(0);
  });
});

it.each([
  ["README.md", "msal-node.mjs"],
  ["README.md", "identity.mjs"],
  ["packages/broker/README.md", "msal-node.mjs"],
  ["packages/broker/README.md", "identity.mjs"],
])("%s shows %s", (readme, name) => {
  const snippets = [...readFileSync(join(root, readme), "utf8").matchAll(/```js\n([\s\S]*?)```/g)];
  const [, imported = ""] = /from "(@x\/broker\/[\w-]+)"/.exec(readFileSync(example(name), "utf8")) ?? [];
  const shown = snippets.map(([, code = ""]) => code).find((code) => code.includes(`"${imported}"`));
  const code = readFileSync(example(name), "utf8");
  for (const line of (shown ?? "nothing").split("\n")) expect(code).toContain(line);
});
