import { fileURLToPath } from "node:url";
import { type BrokerEmulator, startBrokerEmulator } from "@x/broker-emulator";
import { createLinuxBroker } from "@x/broker-linux";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runNode } from "../support/run-node.mjs";

const request = {
  authority: "https://login.microsoftonline.com/organizations",
  clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
  scopes: ["https://graph.microsoft.com/User.Read"],
};

describe("load", () => {
  let emulator: BrokerEmulator;
  beforeAll(async () => {
    emulator = await startBrokerEmulator({ serveDiscovery: false, keepRequests: 1 });
    emulator.tenant.addAccount({ username: "ann@contoso.example" });
  });
  afterAll(() => emulator?.stop());

  it("1,000 silent calls at once all get their token", async () => {
    const broker = createLinuxBroker({ env: emulator.env });
    emulator.clearRequests();
    const correlationIds = Array.from(
      { length: 1000 },
      (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`,
    );
    const tokens = await Promise.all(
      correlationIds.map((correlationId) => broker.acquireTokenSilently(request, { correlationId })),
    );
    expect(tokens.map((token) => token.correlationId)).toEqual(correlationIds);
    expect(emulator.countRequests("acquireTokenSilently")).toBe(1000);
    await broker.close();
  });

  it("1,000 calls with one signal at once make no warning", async () => {
    const broker = createLinuxBroker({ env: emulator.env });
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(`${warning.name}: ${warning.message}`);
    process.on("warning", onWarning);
    try {
      const { signal: abortSignal } = new AbortController();
      await Promise.all(
        Array.from({ length: 1000 }, () => broker.acquireTokenSilently(request, { abortSignal })),
      );
      // Warnings are told a tick later.
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off("warning", onWarning);
      await broker.close();
    }
    expect(warnings).toEqual([]);
  });

  it("memory stays flat over 20,000 calls", async () => {
    const script = fileURLToPath(new URL("silent-calls.mjs", import.meta.url));
    const { code, stdout, stderr } = await runNode(script, { args: ["20000"], env: emulator.env });
    expect(code, stderr).toBe(0);
    const { calls, heapGrowthInBytes, rssGrowthInBytes } = JSON.parse(stdout);
    expect(calls).toBe(20_000);
    // A leak of even 200 bytes a call would show; what the allocators keep for later does not.
    expect(heapGrowthInBytes).toBeLessThan(4 * 1024 * 1024);
    expect(rssGrowthInBytes).toBeLessThan(24 * 1024 * 1024);
  });
});
