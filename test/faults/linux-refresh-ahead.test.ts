import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type BrokerEmulator, startBrokerEmulator } from "@x/broker-emulator";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("refresh-ahead.mjs", import.meta.url));

describe("a token that is fetched ahead of time from a broker that never answers", () => {
  let emulator: BrokerEmulator;

  beforeEach(async () => {
    emulator = await startBrokerEmulator({ serveDiscovery: false });
    emulator.tenant.addAccount({ username: "ann@contoso.example" });
  });
  afterEach(async () => {
    await emulator.stop();
  });

  it("does not keep the process alive, and is asked for all the same", async () => {
    const child = fork(program, {
      env: { ...process.env, ...emulator.env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
    try {
      await once(child, "message");
      emulator.tenant.addPolicy({}, { kind: "never_answers" });
      emulator.clearRequests();
      const closed = once(child, "close");
      child.send("go on");
      expect(await closed).toEqual([0, null]);
      // Had it stayed until the time limit of the call, nothing would still be fetched.
      expect(JSON.parse(output)).toEqual({ fromMemory: true, stillFetching: 1 });
      await expect
        .poll(() => emulator.requests.map(({ method }) => method))
        .toEqual(["acquireTokenSilently"]);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
