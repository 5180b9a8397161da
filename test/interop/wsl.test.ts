// Microsoft's own client in a simulated WSL: the judge of the emulator's WSL door.
import { randomUUID } from "node:crypto";
import {
  type BrokerEmulator,
  type EmulatedAccount,
  startBrokerEmulator,
  startWslEmulator,
  type WslEmulator,
} from "@x/broker-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSecretService } from "../support/secret-service.mjs";
import { insideWsl, whyNoSimulatedWsl } from "../support/wsl-namespace.mjs";
import type { RuntimeToken } from "./client-results.js";
import { whyMicrosoftClientCannotRun } from "./requirements.js";
import { type MicrosoftClient, startMicrosoftClient } from "./start-microsoft-client.js";

const graph = ["https://graph.microsoft.com/User.Read"];

describe("Microsoft's client signs in through the emulator's WSL door", () => {
  const cleanups: (() => Promise<void>)[] = [];
  let reason = whyMicrosoftClientCannotRun();
  let wsl: WslEmulator;
  let bus: BrokerEmulator;
  let person: EmulatedAccount;
  let microsoft: MicrosoftClient;

  beforeAll(async () => {
    if (reason !== undefined) return;
    wsl = await startWslEmulator({ serveDiscovery: false });
    cleanups.push(() => wsl.stop());
    reason = whyNoSimulatedWsl(wsl);
    if (reason !== undefined) return;
    const { tenant } = wsl;
    person = tenant.addAccount({ username: "ada@contoso.example", name: "Ada Lovelace" });
    const { clientId } = tenant.registerApp({ clientId: randomUUID() });
    // Its own store needs a bus. The broker on it must not be asked.
    bus = await startBrokerEmulator({ serveDiscovery: false });
    cleanups.push(() => bus.stop());
    const secretService = await startSecretService(bus.busAddress);
    cleanups.push(secretService.stop);
    microsoft = await startMicrosoftClient(
      { ...bus.env, ...secretService.env },
      { clientId, authority: `https://login.microsoftonline.com/${tenant.tenantId}` },
      insideWsl(wsl),
    );
    cleanups.push(microsoft.stop);
  });
  afterAll(async () => {
    for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
  });
  beforeEach((ctx) => {
    if (reason !== undefined) ctx.skip(reason);
    wsl.clearRequests();
  });

  it("pings the proxy when it is loaded, and leaves the broker on the bus alone", async () => {
    expect(await microsoft.call("startup")).toEqual({ startupError: null });
    expect(bus.requests).toEqual([]);
  });

  it("lists the accounts", async () => {
    await microsoft.call("signInSilently");
    const accounts = await microsoft.call<{ username: string }[]>("discoverAccounts");
    expect(accounts.map(({ username }) => username)).toEqual([person.username]);
    expect(wsl.countRequests("getAccounts")).toBeGreaterThan(0);
  });

  it("signs in silently, interactively and with proof of possession", async () => {
    const silent = await microsoft.call<RuntimeToken>("signInSilently", { scopes: graph });
    expect(wsl.tenant.verify(silent.accessToken)).toMatchObject({ oid: person.localAccountId });
    const { accountId } = silent.account;
    const interactive = await microsoft.call<RuntimeToken>("acquireTokenInteractively", {
      scopes: graph,
      accountId,
    });
    expect(wsl.tenant.verify(interactive.accessToken)).toMatchObject({ oid: person.localAccountId });
    const pop = { method: "GET", host: "graph.microsoft.com", path: "/v1.0/me", nonce: "n" };
    const signed = await microsoft.call<RuntimeToken>("acquireTokenSilently", {
      scopes: graph,
      accountId,
      pop,
    });
    expect(signed.isPopAuthorization).toBe(true);
    expect(
      wsl.tenant.verifySignedHttpRequest(signed.authorizationHeader.replace(/^pop /i, "")).request,
    ).toMatchObject({ nonce: "n" });
    expect(wsl.requests.every(({ protocolVersion }) => protocolVersion === "0.0")).toBe(true);
  });

  it("learns of a refusal", async () => {
    const policy = wsl.tenant.addPolicy({}, { kind: "no_network" });
    const error = await microsoft.callExpectingError("signInSilently", {
      scopes: ["https://vault.azure.net/.default"],
    });
    policy.remove();
    expect(error.errorStatus).toBe(3);
  });

  it("signs out at the broker, which it never does over D-Bus", async () => {
    const { account } = await microsoft.call<RuntimeToken>("signInSilently", { scopes: graph });
    await microsoft.call("signOutSilently", { accountId: account.accountId });
    expect(wsl.countRequests("signOutSilently")).toBe(1);
    expect(wsl.tenant.accounts).toEqual([]);
  });
});
