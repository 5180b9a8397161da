// @azure/storage-blob against a blob service that takes Entra tokens, signed in through
// InteractiveBrowserBrokerCredential and @x/broker-mac: its real addon over the double of AuthenticationServices, with
// the emulated tenant as the SSO extension. All of it in this process, on its main thread: that is where the double is.
import { readFileSync } from "node:fs";
import {
  BlobServiceClient,
  type ServiceListContainersOptions,
  type StoragePipelineOptions,
} from "@azure/storage-blob";
import { InteractiveBrowserBrokerCredential } from "@x/broker";
import { DiscoveryServer, type EmulatedAccount } from "@x/broker-emulator";
import { decodeJwt } from "jose";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { needDouble } from "../doubles/authentication-services/double.js";
import { startBlobService } from "../support/blob-service.mjs";
import { type EmulatedMac, startEmulatedMac } from "../support/emulated-mac.js";
import { verifyWithPublishedKeys } from "../support/published-keys.mjs";

const containers = ["invoices", "logs", "photos"];

interface Stage {
  readonly mac: EmulatedMac;
  readonly account: EmulatedAccount;
  readonly blobs: Awaited<ReturnType<typeof startBlobService>>;
  readonly discovery: DiscoveryServer;
}

describe("an app lists blob containers as the user of this Mac", () => {
  let stage: Stage | undefined;
  let mac: EmulatedMac;
  let blobs: Stage["blobs"];

  async function start(): Promise<Stage> {
    const started = startEmulatedMac();
    const account = started.tenant.addAccount({ username: "ada@contoso.example", name: "Ada Lovelace" });
    return {
      mac: started,
      account,
      blobs: await startBlobService({ containers }),
      discovery: await DiscoveryServer.start(started.tenant),
    };
  }

  beforeEach(async (ctx) => {
    needDouble(ctx);
    stage ??= await start();
    ({ mac, blobs } = stage);
    mac.tenant.clearPolicies();
    mac.tenant.user.script = [];
    mac.tenant.user.dialogs.length = 0;
    mac.door.clearRequests();
    blobs.requests.length = 0;
  });
  afterAll(async () => {
    await stage?.mac.stop();
    await stage?.discovery.stop();
    await stage?.blobs.stop();
    expect(stage?.mac.failures ?? []).toEqual([]);
  });

  const newCredential = () =>
    new InteractiveBrowserBrokerCredential({ broker: mac.broker, useDefaultBrokerAccount: true });
  const ca = () => readFileSync(blobs.env.NODE_EXTRA_CA_CERTS, "utf8");
  const client = (credential = newCredential(), audience?: string) => {
    const trust: StoragePipelineOptions & { readonly tlsOptions: { readonly ca: string } } = {
      tlsOptions: { ca: ca() },
      ...(audience !== undefined && { audience }),
    };
    return new BlobServiceClient(blobs.url, credential, trust);
  };
  async function list(service: BlobServiceClient, options: ServiceListContainersOptions = {}) {
    const names: string[] = [];
    for await (const { name } of service.listContainers(options)) names.push(name);
    return names;
  }
  const operations = () => mac.door.requests.map(({ method }) => method);
  const onlyToken = () => {
    const [token, ...others] = new Set(blobs.requests.map(({ bearerToken }) => bearerToken));
    expect(others).toEqual([]);
    if (token === undefined) throw new Error("The blob service saw no token.");
    return token;
  };

  it("silently, with a token that the tenant signed for this API and this user", async () => {
    expect(await list(client())).toEqual(containers);
    expect(operations()).toEqual(["get_accounts_operation", "refresh"]);
    const { claims } = await verifyWithPublishedKeys(stage?.discovery.url, onlyToken(), {
      issuer: mac.tenant.issuerV1,
      audience: "https://storage.azure.com",
    });
    expect(claims).toMatchObject({
      oid: stage?.account.localAccountId,
      tid: mac.tenant.tenantId,
      // The storage client is ready for continuous access evaluation.
      xms_cc: ["CP1"],
      emulated: "@x/broker-emulator",
    });
    expect(mac.tenant.user.dialogs).toEqual([]);
  });

  it("again from the credential's memory, and from eight clients with one request", async () => {
    const credential = newCredential();
    const listings = await Promise.all(Array.from({ length: 8 }, () => list(client(credential))));
    expect(listings).toEqual(Array.from({ length: 8 }, () => containers));
    expect(await list(client(credential))).toEqual(containers);
    expect(mac.door.countRequests("refresh")).toBe(1);
    onlyToken();
  });

  it("after the user signed in, when the tenant wants that", async () => {
    mac.tenant.addPolicy({}, { kind: "interaction_required" });
    expect(await list(client())).toEqual(containers);
    expect(operations()).toEqual(["get_accounts_operation", "refresh", "login"]);
    expect(mac.tenant.user.dialogs).toHaveLength(1);
  });

  it("not when the user closes the window", async () => {
    mac.tenant.addPolicy({}, { kind: "interaction_required" });
    mac.tenant.user.script = [{ kind: "cancels" }];
    await expect(list(client())).rejects.toMatchObject({
      name: "BrokerError",
      code: "user_canceled",
    });
    expect(blobs.requests).toEqual([]);
  });

  it("not with a token for another API: the blob service refuses it", async () => {
    await expect(list(client(newCredential(), "https://vault.azure.net/.default"))).rejects.toMatchObject({
      name: "RestError",
      statusCode: 403,
    });
    expect(decodeJwt(onlyToken()).aud).toBe("https://vault.azure.net");
  });

  it("until it gives up: abort ends the wait", async () => {
    mac.tenant.addPolicy({}, { kind: "never_answers" });
    const stop = new AbortController();
    const listing = list(client(), { abortSignal: stop.signal });
    const failed = expect(listing).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(operations, { timeout: 20_000 }).toContain("refresh");
    stop.abort();
    await failed;
    expect(blobs.requests).toEqual([]);
  });

  it("not without an extension: a chain of credentials goes on, and one alone says what to do", async () => {
    mac.extension.setCanPerform(false);
    try {
      await expect(list(client())).rejects.toMatchObject({
        name: "CredentialUnavailableError",
        message: expect.stringContaining("Install the Company Portal"),
      });
    } finally {
      mac.extension.setCanPerform(true);
    }
    expect(await list(client())).toEqual(containers);
  });
});
