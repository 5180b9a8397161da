import { EmulatedTenant, startBrokerEmulator } from "@x/broker-emulator";
import { startBlobService } from "./blob-service.mjs";

/**
 * All that an app needs to sign in through a broker and list blobs, on this machine and on this machine only:
 * a private bus, an emulated broker with one account, and a blob service. `env` leads an unmodified app there.
 * @param {object} [options]
 * @param {string} [options.username] the account that is signed in to the machine
 * @param {readonly string[]} [options.containers] names of the containers in the storage account
 * @param {(what: "broker" | "blobs", tookInMs: number) => void} [options.onStarted] hears of each part
 */
export async function startStage(options = {}) {
  const { username = "ada@contoso.example", containers = ["invoices", "photos"] } = options;
  const started = performance.now();
  const tenant = new EmulatedTenant({ domain: username.split("@")[1] ?? "contoso.example" });
  const account = tenant.addAccount({ username, name: "Ada Lovelace" });
  const emulator = await startBrokerEmulator({ tenant, serveDiscovery: true });
  const brokerStarted = performance.now();
  options.onStarted?.("broker", brokerStarted - started);
  const blobs = await startBlobService({ containers }).catch(async (error) => {
    await emulator.stop();
    throw error;
  });
  options.onStarted?.("blobs", performance.now() - brokerStarted);
  return {
    tenant,
    account,
    emulator,
    blobs,
    env: { ...emulator.env, ...blobs.env },
    async stop() {
      await blobs.stop();
      await emulator.stop();
    },
  };
}
