// Microsoft's own NativeBrokerPlugin, unmodified, over the stand-in for its closed runtime: one `overrides` line, installed
// by npm. The same program runs over the real runtime as well where this machine can, and the answers are compared.
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MsalAccount, MsalResult, RuntimeAccount, RuntimeToken } from "../interop/client-results.js";
import { whyMicrosoftClientCannotRun } from "../interop/requirements.js";
import { type MicrosoftClient, startMicrosoftClient } from "../interop/start-microsoft-client.js";
import { startSecretService } from "../support/secret-service.mjs";
import {
  clientId,
  type DropInStage,
  guestTenant,
  scopes,
  startDropInStage,
  storage,
} from "./drop-in-stage.js";
import { installStranger } from "./stranger.js";

const program = fileURLToPath(new URL("../interop/microsoft-client.mjs", import.meta.url));

/** Microsoft's runtime keeps the process alive, which this program counts on; ours does not. */
const keptAlive = ["--import", "data:text/javascript,setInterval(() => {}, 60_000)"];

let stage: DropInStage;
let app: Awaited<ReturnType<typeof installStranger>>;
let ours: MicrosoftClient;

beforeAll(async () => {
  app = await installStranger(
    { "@azure/msal-node": "7.2.1", "@azure/msal-node-extensions": "5.6.0" },
    { "@azure/msal-node-runtime": "@x/msal-node-runtime" },
  );
  const file = join(app.path, "microsoft-client.mjs");
  cpSync(program, file);
  stage = await startDropInStage();
  ours = await startMicrosoftClient(
    stage.emulator.env,
    { clientId, authority: stage.authority },
    (node, args) => [node, [...keptAlive, ...args.map((arg) => (arg === program ? file : arg))]],
  );
}, 180_000);
afterAll(async () => {
  await ours?.stop();
  await stage?.stop();
  app?.remove();
});
beforeEach(() => stage.reset());

const pop = {
  authenticationScheme: "pop",
  resourceRequestMethod: "GET",
  resourceRequestUri: "https://api.contoso.example/things",
  shrNonce: "nonce",
};

async function accountOf(client: MicrosoftClient, username: string): Promise<MsalAccount> {
  const found = (await client.call<MsalAccount[]>("getAllAccounts")).find((one) => one.username === username);
  if (found === undefined) throw new Error(`${username} is not listed.`);
  return found;
}

describe("what is installed", () => {
  it("is Microsoft's JavaScript as it is, and none of its binaries", () => {
    const modules = join(app.path, "node_modules");
    const plugin = "@azure/msal-node-extensions/dist/broker/NativeBrokerPlugin.mjs";
    const original = fileURLToPath(new URL(`../node_modules/${plugin}`, import.meta.url));
    expect(readFileSync(join(modules, plugin), "utf8")).toBe(readFileSync(original, "utf8"));
    const runtime = join(modules, "@azure/msal-node-runtime");
    expect(JSON.parse(readFileSync(join(runtime, "package.json"), "utf8"))).toMatchObject({
      name: "@x/msal-node-runtime",
    });
    expect(
      existsSync(join(modules, "@azure/msal-node-extensions/node_modules/@azure/msal-node-runtime")),
    ).toBe(false);
    const libraries = readdirSync(modules, { recursive: true, encoding: "utf8" }).filter((file) =>
      /libmsalruntime|msal-node-runtime\.node/.test(file),
    );
    expect(libraries).toEqual([]);
  });
});

describe("Microsoft's plugin over it", () => {
  it("finds no fault when it starts", async () => {
    expect(await ours.call("startup")).toEqual({ startupError: null });
  });

  it("signs in, and gets tokens silently", async () => {
    const signedIn = await ours.call<MsalResult>("acquireTokenInteractive", {
      scopes,
      prompt: "select_account",
    });
    expect(stage.tenant.user.dialogs).toHaveLength(1);
    expect(signedIn).toMatchObject({
      fromPlatformBroker: true,
      tokenType: "Bearer",
      uniqueId: stage.ada.localAccountId,
      account: { username: "ada@contoso.example", homeAccountId: stage.ada.homeAccountId },
    });
    expect(new Date(signedIn.expiresOn).getTime()).toBeGreaterThan(Date.now());
    const again = await ours.call<MsalResult>("acquireTokenSilent", { scopes, account: signedIn.account });
    expect(stage.tenant.verify(again.accessToken)).toMatchObject({
      aud: storage,
      oid: stage.ada.localAccountId,
    });
    expect(stage.tenant.user.dialogs).toHaveLength(1);
  });

  it("gets tokens of another tenant, and proofs of possession", async () => {
    const account = await accountOf(ours, "ada@contoso.example");
    const authority = `https://login.microsoftonline.com/${guestTenant}`;
    const guest = await ours.call<MsalResult>("acquireTokenSilent", { scopes, account, authority });
    expect(guest.tenantId).toBe(guestTenant);
    const proof = await ours.call<MsalResult>("acquireTokenSilent", { scopes, account, ...pop });
    expect(proof.tokenType).toBe("pop");
    expect(stage.tenant.verifySignedHttpRequest(proof.accessToken).request).toMatchObject({ nonce: "nonce" });
  });

  it("signs out, and then knows the account no more", async () => {
    const eve = stage.tenant.addAccount({ username: "eve@contoso.example" });
    const account = await accountOf(ours, eve.username);
    await ours.call("signOut", { account });
    const error = await ours.callExpectingError("acquireTokenSilent", { scopes, account });
    expect(error).toMatchObject({ name: "ClientAuthError", errorCode: "no_account_found" });
    stage.tenant.removeAccount(eve.homeAccountId);
  });

  it.each([
    [2, "InteractionRequiredAuthError", "interaction_required", "InteractionRequired"],
    [13, "InteractionRequiredAuthError", "interaction_required", "AccountUnusable"],
    [3, "ClientAuthError", "no_network_connectivity", "NoNetwork"],
    [5, "ServerError", "server_unavailable", "ServerTemporarilyUnavailable"],
    [7, "ClientAuthError", "user_canceled", "UserCanceled"],
    [11, "ClientConfigurationError", "untrusted_authority", "AuthorityUntrusted"],
    [19, "ClientAuthError", "no_account_found", "AccountNotFound"],
    [9, "ClientAuthError", "platform_broker_error", "IncorrectConfiguration"],
    // An account switch, which comes without a token: over Microsoft's runtime its plugin never answers here.
    [12, "ClientAuthError", "no_account_found", "AccountNotFound"],
  ])("tells the broker's status %i", async (status, name, errorCode, platform) => {
    const account = await accountOf(ours, "ada@contoso.example");
    stage.tenant.addPolicy(
      {},
      { kind: "wire_error", status, context: "The broker's words.", errorCode: 5, tag: 7 },
    );
    const error = await ours.callExpectingError("acquireTokenSilent", { scopes, account });
    expect(error).toMatchObject({
      name,
      errorCode,
      platformBrokerError: {
        errorCode: platform,
        errorMessage: expect.stringContaining("The broker's words."),
      },
    });
  });
});

describe("beside the real runtime", () => {
  const cannotRun = whyMicrosoftClientCannotRun();
  let theirs: MicrosoftClient;
  const cleanups: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    if (cannotRun !== undefined) return;
    const secretService = await startSecretService(stage.emulator.busAddress);
    cleanups.push(secretService.stop);
    theirs = await startMicrosoftClient(
      { ...stage.emulator.env, ...secretService.env },
      { clientId, authority: stage.authority },
    );
    cleanups.push(theirs.stop);
  });
  afterAll(async () => {
    for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
  });
  beforeEach((ctx) => {
    if (cannotRun !== undefined) ctx.skip(cannotRun);
  });

  /** Leaves out what differs from call to call, and what differs on purpose. */
  function comparable(value: unknown, name = ""): unknown {
    if (typeof value === "string" && /^(?:accessToken|idToken|authorizationHeader)$/.test(name)) {
      const token = value.replace(/^pop /, "");
      return token.startsWith("ey") ? Object.keys(decodeJwt(token)).sort() : value;
    }
    if (/^(?:correlationId|expiresOn|exp|iat|nbf|uti|ts|aio|rh)$/.test(name)) return typeof value;
    if (name === "scopes" || name === "grantedScopes")
      return (Array.isArray(value) ? value : String(value).split(" ")).sort();
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((one) => comparable(one));
    // Where there is no header, Microsoft's runtime leaves out what its types promise.
    const entries = Object.entries(value).filter(([key, one]) => key !== "authorizationHeader" || one !== "");
    return Object.fromEntries(entries.map(([key, one]) => [key, comparable(one, key)]));
  }

  const signIn = { scopes, prompt: "login", loginHint: "ada@contoso.example" };
  const runtimeCalls: [call: string, parameters: () => Promise<Record<string, unknown>>][] = [
    ["discoverAccounts", async () => ({})],
    ["signInSilently", async () => ({ scopes, claims: JSON.stringify({ access_token: {} }) })],
    ["signInInteractively", async () => ({ scopes, loginHint: "ada@contoso.example" })],
    ["getAllAccounts", async () => ({})],
    ["acquireTokenInteractive", async () => signIn],
    ["acquireTokenInteractive", async () => ({ ...signIn, ...pop })],
    ["acquireTokenSilent", async () => ({ scopes, account: await accountOf(ours, "ada@contoso.example") })],
  ];

  it.each(runtimeCalls)("%s gives the same", async (call, parameters) => {
    // Alone, so that nobody has to be chosen.
    stage.tenant.removeAccount(stage.bob.homeAccountId);
    try {
      const given = await parameters();
      type Answer = MsalResult | RuntimeToken | RuntimeAccount[];
      const [real, standIn] = [await theirs.call<Answer>(call, given), await ours.call<Answer>(call, given)];
      expect(comparable(standIn)).toEqual(comparable(real));
    } finally {
      stage.tenant.addAccount({
        username: stage.bob.username,
        name: "Bob",
        objectId: stage.bob.localAccountId,
      });
    }
  });

  it.each([2, 3, 5, 7, 11, 13, 19, 9])("status %i is told the same", async (status) => {
    const account = await accountOf(ours, "ada@contoso.example");
    await theirs.call("acquireTokenInteractive", signIn);
    const claims = JSON.stringify({ access_token: { nbf: { essential: true, value: String(status) } } });
    const effect = { kind: "wire_error", status, context: "c", errorCode: 5, tag: 7, subStatus: 0 } as const;
    stage.tenant.addPolicy({}, effect);
    const request = { scopes, account, claims };
    const real = await theirs.callExpectingError("acquireTokenSilent", request);
    const standIn = await ours.callExpectingError("acquireTokenSilent", request);
    const { name, errorCode, platformBrokerError } = real;
    expect(standIn).toMatchObject({
      name,
      errorCode,
      platformBrokerError: { errorCode: platformBrokerError?.errorCode },
    });
  });
});
