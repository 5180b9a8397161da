// Real @azure/msal-node of every major version, through the drop-in and the emulated broker on a private bus.
import type * as msalNode from "@azure/msal-node";
import { type BrokerCallOptions, NativeBrokerPlugin } from "@x/broker/msal-node";
import type { PolicyEffect } from "@x/broker-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  clientId,
  type DropInStage,
  guestTenant,
  scopes,
  startDropInStage,
  storage,
} from "./drop-in-stage.js";

type Msal = typeof msalNode;

const versions: [version: string, load: () => Promise<unknown>][] = [
  ["2.0", () => import("msal-node-2-0")],
  ["2.16", () => import("msal-node-2")],
  ["3.8", () => import("msal-node-3")],
  ["5.6", () => import("msal-node-5")],
  ["6.0", () => import("msal-node-6")],
  ["7.2", () => import("@azure/msal-node")],
];

let stage: DropInStage;
beforeAll(async () => {
  stage = await startDropInStage();
});
afterAll(() => stage?.stop());
beforeEach(() => stage.reset());

describe.each(versions)("msal-node %s", (version, load) => {
  let msal: Msal;
  let plugin: NativeBrokerPlugin;
  let app: msalNode.PublicClientApplication;

  beforeAll(async () => {
    msal = (await load()) as Msal;
  });
  beforeEach(() => {
    plugin = new NativeBrokerPlugin({ clientCapabilities: ["CP1"] });
    app = new msal.PublicClientApplication({
      auth: { clientId, authority: stage.authority },
      broker: { nativeBrokerPlugin: plugin },
    });
  });

  const noBrowser = async () => {
    throw new Error("msal-node left the broker and wanted to open a browser.");
  };
  const interactively = (more: Partial<msalNode.InteractiveRequest> = {}) =>
    app.acquireTokenInteractive({ scopes, openBrowser: noBrowser, ...more });
  const silently = (
    more: Partial<msalNode.SilentFlowRequest> & BrokerCallOptions & { account: msalNode.AccountInfo },
  ) => app.acquireTokenSilent({ scopes, ...more });
  const accountOf = async (username: string) => {
    const found = (await app.getAllAccounts()).find((account) => account.username === username);
    if (found === undefined) throw new Error(`The broker does not list ${username}.`);
    return found;
  };

  it("signs in, and gets a token for the account that did", async () => {
    const signedIn = await interactively({ prompt: "select_account" });
    expect(stage.tenant.user.dialogs).toHaveLength(1);
    expect(stage.tenant.verify(signedIn.accessToken)).toMatchObject({
      aud: storage,
      oid: stage.ada.localAccountId,
      xms_cc: ["CP1"],
    });
    expect(signedIn).toMatchObject({
      fromPlatformBroker: true,
      fromNativeBroker: true,
      tokenType: "Bearer",
      uniqueId: stage.ada.localAccountId,
      tenantId: stage.tenant.tenantId,
      scopes: expect.arrayContaining(scopes),
      idTokenClaims: { preferred_username: "ada@contoso.example", oid: stage.ada.localAccountId },
      account: {
        username: "ada@contoso.example",
        homeAccountId: stage.ada.homeAccountId,
        name: "Ada Lovelace",
      },
    });
    expect(signedIn.expiresOn?.getTime()).toBeGreaterThan(Date.now());
    stage.reset();
    const account = signedIn.account as msalNode.AccountInfo;
    expect((await silently({ account })).uniqueId).toBe(stage.ada.localAccountId);
    expect(stage.methods()).toEqual(["acquireTokenSilently"]);
  });

  it("gets a token without a window where none is needed, and opens one where it is", async () => {
    expect((await interactively({ loginHint: "bob@contoso.example" })).uniqueId).toBe(
      stage.bob.localAccountId,
    );
    expect(stage.tenant.user.dialogs).toEqual([]);
    stage.tenant.addPolicy({}, { kind: "interaction_required" });
    await interactively({ loginHint: "bob@contoso.example" });
    expect(stage.tenant.user.dialogs).toHaveLength(1);
  });

  it("lists the accounts, and finds one by its id", async () => {
    const accounts = await app.getAllAccounts();
    expect(accounts.map(({ username }) => username)).toEqual(["ada@contoso.example", "bob@contoso.example"]);
    expect(stage.methods()).toEqual(["getAccounts"]);
    const found = await plugin.getAccountById(accounts[1]?.nativeAccountId ?? "", "");
    expect(found.homeAccountId).toBe(stage.bob.homeAccountId);
  });

  it("knows an account that was stored, in a new process", async () => {
    const stored = JSON.parse(JSON.stringify(await accountOf("bob@contoso.example")));
    const later = new msal.PublicClientApplication({
      auth: { clientId, authority: stage.authority },
      broker: { nativeBrokerPlugin: new NativeBrokerPlugin() },
    });
    const result = await later.acquireTokenSilent({ scopes, account: stored });
    expect(stage.tenant.verify(result.accessToken)).toMatchObject({ oid: stage.bob.localAccountId });
  });

  it("gets a token of another tenant", async () => {
    const account = await accountOf("ada@contoso.example");
    const authority = `https://login.microsoftonline.com/${guestTenant}`;
    const result = await silently({ account, authority });
    expect(result.tenantId).toBe(guestTenant);
    expect(stage.tenant.verify(result.accessToken)).toMatchObject({ tid: guestTenant });
    expect((await silently({ account })).tenantId).toBe(stage.tenant.tenantId);
  });

  it("gets a proof of possession", async () => {
    const account = await accountOf("ada@contoso.example");
    const pop = {
      authenticationScheme: "pop" as const,
      resourceRequestMethod: "GET",
      resourceRequestUri: "https://api.contoso.example/things?a=1",
      shrNonce: "nonce",
    };
    const result = await silently({ account, ...pop });
    expect(result.tokenType).toBe("pop");
    expect(stage.tenant.verifySignedHttpRequest(result.accessToken).request).toMatchObject({
      m: "GET",
      u: "api.contoso.example",
      p: "/things",
      nonce: "nonce",
    });
  });

  it("answers a claims challenge", async () => {
    const account = await accountOf("ada@contoso.example");
    const claims = JSON.stringify({ access_token: { nbf: { essential: true, value: "1604106651" } } });
    stage.tenant.addPolicy({}, { kind: "claims_challenge", claims });
    const error = await silently({ account }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "InteractionRequiredAuthError", errorCode: "interaction_required" });
    expect((await silently({ account, claims })).uniqueId).toBe(stage.ada.localAccountId);
  });

  it("signs an account out", async () => {
    const eve = stage.tenant.addAccount({ username: "eve@contoso.example" });
    const account = await accountOf("eve@contoso.example");
    await app.signOut({ account });
    expect(stage.methods()).toContain("removeAccount");
    expect((await app.getAllAccounts()).map(({ username }) => username)).not.toContain("eve@contoso.example");
    await expect(silently({ account })).rejects.toMatchObject({ errorCode: "no_account_found" });
    await expect(app.signOut({ account })).rejects.toMatchObject({ errorCode: "no_account_found" });
    stage.tenant.removeAccount(eve.homeAccountId);
  });

  it("is aborted by the signal of one request", async () => {
    const account = await accountOf("ada@contoso.example");
    stage.tenant.addPolicy({}, { kind: "never_answers" });
    const controller = new AbortController();
    const call = silently({ account, abortSignal: controller.signal });
    call.catch(() => {});
    await expect.poll(() => stage.methods()).toContain("acquireTokenSilently");
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
  });

  it("never gets somebody else's token", async () => {
    const account = await accountOf("ada@contoso.example");
    stage.tenant.addPolicy({}, { kind: "wrong_account", username: "bob@contoso.example" });
    await expect(silently({ account })).rejects.toMatchObject({
      errorCode: "no_account_found",
      cause: { code: "account_mismatch" },
    });
  });

  it("signs in with the browser where there is no broker", async () => {
    const address = process.env["DBUS_SESSION_BUS_ADDRESS"];
    process.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere/bus";
    try {
      const gone = new NativeBrokerPlugin();
      expect(gone.isBrokerAvailable).toBe(false);
      expect(gone.unavailableReason).toMatchObject({ reason: "no_session_bus" });
      const warnings: string[] = [];
      const loggerOptions = {
        loggerCallback: (_level: number, message: string) => void warnings.push(message),
      };
      new msal.PublicClientApplication({
        auth: { clientId, authority: stage.authority },
        broker: { nativeBrokerPlugin: gone },
        system: { loggerOptions },
      });
      expect(warnings.join()).toContain("the broker is unavailable");
    } finally {
      process.env["DBUS_SESSION_BUS_ADDRESS"] = address;
    }
  });

  it("signs in with the browser where the broker is turned off for this run", () => {
    process.env["X_BROKER_DISABLED"] = "1";
    try {
      const off = new NativeBrokerPlugin();
      expect(off.isBrokerAvailable).toBe(false);
      expect(off.unavailableReason).toMatchObject({ reason: "turned_off" });
    } finally {
      delete process.env["X_BROKER_DISABLED"];
    }
  });

  it("writes neither tokens nor names into the app's log", async () => {
    const lines: string[] = [];
    const logged = new msal.PublicClientApplication({
      auth: { clientId, authority: stage.authority },
      broker: { nativeBrokerPlugin: plugin },
      system: {
        loggerOptions: {
          loggerCallback: (_level: number, message: string) => void lines.push(message),
          logLevel: 4,
          piiLoggingEnabled: false,
        },
      },
    });
    const [account] = await logged.getAllAccounts();
    await logged.acquireTokenSilent({ scopes, account: account as msalNode.AccountInfo });
    stage.tenant.addPolicy(
      {},
      { kind: "wire_error", status: 2, context: "ada@contoso.example must sign in." },
    );
    const error = await logged
      .acquireTokenSilent({ scopes, account: account as msalNode.AccountInfo })
      .catch((thrown: unknown) => thrown);
    const ours = lines.filter((line) => line.includes("@x/broker@"));
    expect(ours.join("\n")).toContain("acquireTokenSilently");
    for (const text of [...ours, String(error), JSON.stringify(error)])
      expect(text).not.toMatch(/eyJ|ada@|lovelace/i);
  });

  /** The map of Microsoft's plugin, by what the broker sends. */
  const map: [status: number, effect: PolicyEffect, name: string, errorCode: string, platform: string][] = [
    ...(
      [
        [2, "InteractionRequiredAuthError", "interaction_required", "InteractionRequired"],
        [13, "InteractionRequiredAuthError", "interaction_required", "AccountUnusable"],
        [3, "ClientAuthError", "no_network_connectivity", "NoNetwork"],
        [4, "ClientAuthError", "no_network_connectivity", "NetworkTemporarilyUnavailable"],
        [5, "ServerError", "server_unavailable", "ServerTemporarilyUnavailable"],
        [7, "ClientAuthError", "user_canceled", "UserCanceled"],
        [11, "ClientConfigurationError", "untrusted_authority", "AuthorityUntrusted"],
        [19, "ClientAuthError", "no_account_found", "AccountNotFound"],
        [0, "ClientAuthError", "platform_broker_error", "Unexpected"],
        [1, "ClientAuthError", "platform_broker_error", "Reserved"],
        [6, "ClientAuthError", "platform_broker_error", "ApiContractViolation"],
        [8, "ClientAuthError", "platform_broker_error", "ApplicationCanceled"],
        [9, "ClientAuthError", "platform_broker_error", "IncorrectConfiguration"],
        [10, "ClientAuthError", "platform_broker_error", "InsufficientBuffer"],
        [14, "ClientAuthError", "platform_broker_error", "UserDataRemovalRequired"],
        [18, "ClientAuthError", "platform_broker_error", "KeyNotFound"],
      ] as const
    ).map(([status, name, errorCode, platform]): [number, PolicyEffect, string, string, string] => [
      status,
      { kind: "wire_error", status, context: "The broker's words.", errorCode: 42, tag: 7 },
      name,
      errorCode,
      platform,
    ]),
  ];

  it.each(map)(
    "tells the broker's status %i as Microsoft's plugin does",
    async (_, effect, name, errorCode, platform) => {
      const account = await accountOf("ada@contoso.example");
      stage.tenant.addPolicy({}, effect);
      const correlationId = crypto.randomUUID();
      const error = await silently({ account, correlationId }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({
        name,
        errorCode,
        correlationId,
        errorMessage: expect.stringContaining("The broker's words."),
        platformBrokerError: {
          name: "PlatformBrokerError",
          errorCode: platform,
          statusCode: 42,
          tag: "aaaah",
        },
      });
      // The classes are those of the msal-node that @x/broker finds, which here is the newest.
      if (version === "7.2") {
        expect(error).toBeInstanceOf(msal.AuthError);
        expect(error).toBeInstanceOf((msal as object as Record<string, new () => Error>)[name] ?? Error);
      }
    },
  );

  it("says that the user closed the window", async () => {
    stage.tenant.user.script = [{ kind: "cancels" }];
    await expect(interactively({ prompt: "login" })).rejects.toMatchObject({
      name: "ClientAuthError",
      errorCode: "user_canceled",
    });
  });
});
