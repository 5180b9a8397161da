import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startBrokerEmulator } from "@x/broker-emulator";
import { createLinuxBroker } from "@x/broker-linux";
import { describe, expect, it } from "vitest";
import { failureOf } from "./expect-failure.js";

const nobody = 65_534;

describe("a broker name that another user owns", () => {
  it("is refused before a single request is sent", async (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip("only root can start a process as another user");
    const emulator = await startBrokerEmulator({ serveDiscovery: false, allowOtherUsers: true });
    await emulator.leaveBus();
    const program = fileURLToPath(new URL("foreign-owner.mjs", import.meta.url));
    const stranger = fork(program, [emulator.busAddress, String(nobody)], {
      stdio: ["ignore", "pipe", "ignore", "ipc"],
    });
    const broker = createLinuxBroker({ env: emulator.env });
    try {
      if (stranger.stdout === null) throw new Error("The program has no output.");
      await once(stranger.stdout, "data");
      const request = {
        authority: "https://login.microsoftonline.com/organizations",
        clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        scopes: ["https://graph.microsoft.com/User.Read"],
      };
      for (const call of [broker.acquireTokenSilently(request), broker.acquireTokenInteractively(request)]) {
        expect(await failureOf(call)).toMatchObject({
          code: "broker_unavailable",
          reason: "owner_untrusted",
          native: { ownerUid: nobody, ownUid: 0 },
        });
      }
      expect(await broker.probe()).toMatchObject({ available: false, error: { reason: "owner_untrusted" } });
      stranger.send("requests");
      expect((await once(stranger, "message"))[0]).toEqual([]);
    } finally {
      await broker.close();
      const exited = once(stranger, "exit");
      stranger.disconnect();
      await exited;
      await emulator.stop();
    }
  });
});
