// Real @azure/identity, oldest and newest supported, through the drop-in and the emulated broker on a private bus.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as azureIdentity from "@azure/identity";
import { createNativeBrokerPlugin, nativeBrokerPlugin, vsCodePlugin } from "@x/broker/identity";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTemporaryDirectory } from "../support/temporary-directory.mjs";
import { type DropInStage, guestTenant, scopes, startDropInStage, storage } from "./drop-in-stage.js";

type Identity = typeof azureIdentity;

const versions: [version: string, load: () => Promise<unknown>][] = [
  ["4.0", () => import("identity-4-0")],
  ["4.11", () => import("identity-4-11")],
  ["4.13", () => import("identity-4-13")],
  ["4.14", () => import("@azure/identity")],
];

const vsCodeClientId = "aebc6443-996d-45c2-90f0-388ff96faa56";

let stage: DropInStage;
beforeAll(async () => {
  stage = await startDropInStage();
  stage.tenant.registerApp({ clientId: vsCodeClientId });
});
afterAll(() => stage?.stop());
beforeEach(() => stage.reset());

describe.each(versions)("@azure/identity %s", (version, load) => {
  let identity: Identity;
  beforeAll(async () => {
    identity = (await load()) as Identity;
  });
  beforeEach(() => identity.useIdentityPlugin(nativeBrokerPlugin));

  /** 4.0 leaves it to the broker whether a window is needed; later ones ask for the account picker. */
  const picks = version !== "4.0";

  const brokerOptions = (more: { useDefaultBrokerAccount?: boolean } = {}) => ({
    enabled: true as const,
    parentWindowHandle: new Uint8Array(0),
    ...more,
  });
  const credential = (more: Partial<azureIdentity.InteractiveBrowserCredentialNodeOptions> = {}) =>
    new identity.InteractiveBrowserCredential({
      tenantId: stage.tenant.tenantId,
      additionallyAllowedTenants: ["*"],
      brokerOptions: brokerOptions(),
      ...more,
    });
  const claimsOf = (token: azureIdentity.AccessToken | null) => stage.tenant.verify(token?.token ?? "");
  const tokenCalls = () => stage.methods().filter((method) => method.startsWith("acquireToken"));

  /** What the extension writes when somebody signs in to Azure in Visual Studio Code. */
  const signInToVsCode = (home: string, folder: string) => {
    const directory = join(home, folder, "ms-azuretools.vscode-azureresourcegroups");
    mkdirSync(directory, { recursive: true });
    const { homeAccountId, username, tenantId } = stage.bob;
    const record = {
      authority: "login.microsoftonline.com",
      homeAccountId,
      username,
      tenantId,
      clientId: vsCodeClientId,
      version: "1.0",
    };
    writeFileSync(join(directory, "authRecord.json"), JSON.stringify(record));
  };

  it("signs the user in, and asks for their next token without a window", async () => {
    const one = credential();
    const token = await one.getToken(scopes);
    expect(claimsOf(token)).toMatchObject({ aud: storage, oid: stage.ada.localAccountId });
    expect(token?.expiresOnTimestamp).toBeGreaterThan(Date.now());
    expect(stage.tenant.user.dialogs).toHaveLength(picks ? 1 : 0);
    stage.reset();
    await one.getToken("https://graph.microsoft.com/.default");
    expect(tokenCalls()).toEqual(["acquireTokenSilently"]);
  });

  it("takes the account of the operating system without a window", async (ctx) => {
    if (version === "4.0") ctx.skip("useDefaultBrokerAccount came with @azure/identity 4.1.");
    const token = await credential({
      brokerOptions: brokerOptions({ useDefaultBrokerAccount: true }),
      loginHint: "ada@contoso.example",
    }).getToken(scopes);
    expect(claimsOf(token)).toMatchObject({ oid: stage.ada.localAccountId });
    expect(stage.tenant.user.dialogs).toEqual([]);
  });

  it("D15: a login hint does not make the user type a password again", async () => {
    const token = await credential({ loginHint: "bob@contoso.example" }).getToken(scopes);
    expect(claimsOf(token)).toMatchObject({ oid: stage.bob.localAccountId });
    expect(stage.tenant.user.dialogs).toEqual([]);
  });

  it("gives a record, and signs in the account that it names", async () => {
    if (picks) stage.tenant.user.script = [{ kind: "signs_in", as: "bob@contoso.example" }];
    const record = await credential(picks ? {} : { loginHint: "bob@contoso.example" }).authenticate(scopes);
    expect(record).toMatchObject({ username: "bob@contoso.example", homeAccountId: stage.bob.homeAccountId });
    const stored = identity.deserializeAuthenticationRecord(
      identity.serializeAuthenticationRecord(record as azureIdentity.AuthenticationRecord),
    );
    stage.emulator.clearRequests();
    const again = credential({ authenticationRecord: stored, disableAutomaticAuthentication: true });
    // D3: Microsoft's plugin takes the default account here, whoever that is.
    expect(claimsOf(await again.getToken(scopes))).toMatchObject({ oid: stage.bob.localAccountId });
    expect(tokenCalls()).toEqual(["acquireTokenSilently"]);
  });

  it("gets a token of another tenant", async () => {
    const token = await credential().getToken(scopes, { tenantId: guestTenant });
    expect(claimsOf(token)).toMatchObject({ tid: guestTenant });
  });

  it("gets a proof of possession", async (ctx) => {
    if (version === "4.0") ctx.skip("proofOfPossessionOptions came with @azure/identity 4.5.");
    const token = await credential().getToken(scopes, {
      proofOfPossessionOptions: {
        nonce: "n",
        resourceRequestMethod: "POST",
        resourceRequestUrl: "https://api.contoso.example/things",
      },
    });
    expect(token?.tokenType).toBe("pop");
    expect(stage.tenant.verifySignedHttpRequest(token?.token ?? "").request).toMatchObject({
      m: "POST",
      nonce: "n",
    });
  });

  it("passes Microsoft accounts through where the app asks for that", async () => {
    await credential({
      brokerOptions: { ...brokerOptions(), legacyEnableMsaPassthrough: true },
    }).getToken(scopes);
    const { request } =
      stage.emulator.requests.findLast(({ method }) => method.startsWith("acquireToken")) ?? {};
    const { authParameters } = request as { authParameters: Record<string, unknown> };
    expect(authParameters["additionalQueryParametersForAuthorization"]).toMatchObject({
      msal_request_type: "consumer_passthrough",
    });
  });

  it("answers a claims challenge", async () => {
    const one = credential();
    await one.getToken(scopes);
    const claims = JSON.stringify({ access_token: { nbf: { essential: true, value: "1604106651" } } });
    stage.tenant.addPolicy({}, { kind: "claims_challenge", claims });
    const token = await one.getToken(scopes, { claims });
    expect(claimsOf(token)).toMatchObject({ oid: stage.ada.localAccountId });
  });

  it("D2: asks for continuous access evaluation where the plugin is told to", async () => {
    identity.useIdentityPlugin(createNativeBrokerPlugin({ clientCapabilities: ["CP1"] }));
    const token = await credential().getToken(scopes, { enableCae: true });
    expect(claimsOf(token)).toMatchObject({ xms_cc: ["CP1"] });
  });

  it("D4, D5: a call ends when the plugin's signal fires", async () => {
    const controller = new AbortController();
    identity.useIdentityPlugin(createNativeBrokerPlugin({ abortSignal: controller.signal }));
    stage.tenant.addPolicy({}, { kind: "never_answers" });
    const call = credential().getToken(scopes);
    call.catch(() => {});
    await expect.poll(tokenCalls).toHaveLength(1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
  });

  it("D5, D6: a call ends when its time is over, and opens no window for that", async () => {
    identity.useIdentityPlugin(createNativeBrokerPlugin({ timeoutInMs: 2_000 }));
    const one = credential();
    await one.getToken(scopes);
    stage.reset();
    stage.tenant.addPolicy({}, { kind: "never_answers" });
    await expect(one.getToken(scopes)).rejects.toMatchObject({
      name: "NativeAuthError",
      errorCode: "timed_out",
    });
    expect(tokenCalls()).toEqual(["acquireTokenSilently"]);
  });

  it("D6: a lost network opens no window", async () => {
    const one = credential();
    await one.getToken(scopes);
    stage.reset();
    stage.tenant.addPolicy({ method: "acquireTokenSilently" }, { kind: "no_network" });
    await expect(one.getToken(scopes)).rejects.toMatchObject({
      name: "AuthenticationRequiredError",
      message: expect.stringContaining("no_network"),
    });
    expect(tokenCalls()).toEqual(["acquireTokenSilently"]);
    stage.tenant.clearPolicies();
    expect(claimsOf(await one.getToken(scopes))).toMatchObject({ oid: stage.ada.localAccountId });
  });

  it("opens a window where the user can help", async () => {
    const one = credential();
    await one.getToken(scopes);
    stage.tenant.addPolicy({}, { kind: "interaction_required" });
    stage.tenant.user.dialogs.length = 0;
    await one.getToken(scopes);
    expect(stage.tenant.user.dialogs).toHaveLength(1);
  });

  it("lets a chain go on when the user closes the window", async () => {
    stage.tenant.addPolicy({}, { kind: "interaction_required" });
    stage.tenant.user.script = [{ kind: "cancels" }];
    const next = { getToken: async () => ({ token: "next", expiresOnTimestamp: Date.now() + 60_000 }) };
    const chain = new identity.ChainedTokenCredential(credential(), next);
    expect((await chain.getToken(scopes))?.token).toBe("next");
  });

  describe("without a broker", () => {
    const set = {
      DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere/bus",
      AZURE_TOKEN_CREDENTIALS: "dev",
      PATH: "/nowhere",
    };
    let before: Partial<Record<string, string | undefined>>;
    beforeEach((ctx) => {
      before = Object.fromEntries(Object.keys(set).map((name) => [name, process.env[name]]));
      if (version === "4.0")
        ctx.skip(
          "@azure/identity 4.0 opens the system's browser where there is no broker; later versions fail.",
        );
      Object.assign(process.env, set);
      identity.useIdentityPlugin(nativeBrokerPlugin);
    });
    afterEach(() => {
      for (const [name, value] of Object.entries(before))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    });
    const reason = {
      name: "CredentialUnavailableError",
      code: "broker_unavailable",
      reason: "no_session_bus",
    };

    it("says why when a token is asked for", async () => {
      await expect(credential().getToken(scopes)).rejects.toMatchObject({
        ...reason,
        message: expect.stringContaining("bus"),
      });
    });

    it("lets a chain go on", async () => {
      const next = { getToken: async () => ({ token: "next", expiresOnTimestamp: Date.now() + 60_000 }) };
      const chain = new identity.ChainedTokenCredential(credential(), next);
      expect((await chain.getToken(scopes))?.token).toBe("next");
    });

    it("D8: the aggregate error of DefaultAzureCredential carries the reason", async () => {
      const failure = await new identity.DefaultAzureCredential()
        .getToken(scopes)
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: "AggregateAuthenticationError" });
      const { errors, message } = failure as azureIdentity.AggregateAuthenticationError;
      const ours = errors.at(-1);
      expect(ours).toMatchObject(reason);
      expect(message).toContain(ours?.message);
    });

    it("VisualStudioCodeCredential says why", async () => {
      const home = createTemporaryDirectory("home");
      const homeBefore = process.env["HOME"];
      process.env["HOME"] = home.path;
      try {
        signInToVsCode(home.path, ".azure");
        identity.useIdentityPlugin(vsCodePlugin);
        const one = new identity.VisualStudioCodeCredential({ tenantId: stage.tenant.tenantId });
        await expect(one.getToken(scopes)).rejects.toMatchObject(reason);
      } finally {
        process.env["HOME"] = homeBefore;
        home.remove();
      }
    });

    it("signs in once there is one", async () => {
      const one = credential();
      await expect(one.getToken(scopes)).rejects.toMatchObject(reason);
      process.env["DBUS_SESSION_BUS_ADDRESS"] = before["DBUS_SESSION_BUS_ADDRESS"];
      expect(claimsOf(await one.getToken(scopes))).toMatchObject({ oid: stage.ada.localAccountId });
    });
  });

  it("DefaultAzureCredential ends its chain with the broker", async (ctx) => {
    if (version === "4.0") ctx.skip("DefaultAzureCredential asks a broker since @azure/identity 4.11.");
    stage.tenant.removeAccount(stage.bob.homeAccountId);
    const before = process.env["AZURE_TOKEN_CREDENTIALS"];
    process.env["AZURE_TOKEN_CREDENTIALS"] = "dev";
    const path = process.env["PATH"];
    // No az, azd or PowerShell of the machine's own.
    process.env["PATH"] = "/nowhere";
    try {
      const token = await new identity.DefaultAzureCredential({ tenantId: stage.tenant.tenantId }).getToken(
        scopes,
      );
      expect(claimsOf(token)).toMatchObject({ oid: stage.ada.localAccountId });
      expect(stage.tenant.user.dialogs).toEqual([]);
    } finally {
      process.env["PATH"] = path;
      if (before === undefined) delete process.env["AZURE_TOKEN_CREDENTIALS"];
      else process.env["AZURE_TOKEN_CREDENTIALS"] = before;
      stage.tenant.addAccount({
        username: stage.bob.username,
        name: "Bob",
        objectId: stage.bob.localAccountId,
      });
    }
  });

  describe("VisualStudioCodeCredential", () => {
    let home: ReturnType<typeof createTemporaryDirectory>;
    const homeBefore = process.env["HOME"];
    beforeEach(() => {
      home = createTemporaryDirectory("home");
      process.env["HOME"] = home.path;
    });
    afterEach(() => {
      process.env["HOME"] = homeBefore;
      home.remove();
    });

    it.for([".azure", ".Azure"])("signs in as who signed in there: ~/%s", async (folder, ctx) => {
      if (version === "4.0") ctx.skip("It asks a broker since @azure/identity 4.11.");
      signInToVsCode(home.path, folder);
      identity.useIdentityPlugin(vsCodePlugin);
      const token = await new identity.VisualStudioCodeCredential({
        tenantId: stage.tenant.tenantId,
      }).getToken(scopes);
      expect(claimsOf(token)).toMatchObject({ oid: stage.bob.localAccountId, appid: vsCodeClientId });
      expect(tokenCalls()).toEqual(["acquireTokenSilently"]);
    });

    it("never opens a window", async (ctx) => {
      if (version === "4.0") ctx.skip("It asks a broker since @azure/identity 4.11.");
      if (version === "4.11")
        ctx.skip(
          "@azure/identity 4.11 lets the broker ask the user here; later versions ask it without a window.",
        );
      signInToVsCode(home.path, ".azure");
      identity.useIdentityPlugin(vsCodePlugin);
      stage.tenant.addPolicy({}, { kind: "interaction_required" });
      const one = new identity.VisualStudioCodeCredential({ tenantId: stage.tenant.tenantId });
      await expect(one.getToken(scopes)).rejects.toMatchObject({ name: "AuthenticationRequiredError" });
      expect(stage.tenant.user.dialogs).toEqual([]);
    });

    it("lets a chain go on when nobody signed in there", async () => {
      identity.useIdentityPlugin(vsCodePlugin);
      const one = new identity.VisualStudioCodeCredential({ tenantId: stage.tenant.tenantId });
      await expect(one.getToken(scopes)).rejects.toMatchObject({
        name: "CredentialUnavailableError",
        message: expect.stringContaining(version === "4.0" ? "4.11 or newer" : "authentication record"),
      });
    });
  });
});

it.each([
  ["nativeBrokerPlugin", nativeBrokerPlugin, "4.0"],
  ["vsCodePlugin", vsCodePlugin, "4.11"],
])("%s says which @azure/identity it needs when it is given something else", (name, plugin, version) => {
  for (const context of [undefined, null, {}, { nativeBrokerPluginControl: {}, vsCodeCredentialControl: {} }])
    expect(() => plugin(context)).toThrow(`${name} needs @azure/identity ${version} or newer`);
});
