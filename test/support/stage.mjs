import { EmulatedTenant, startBrokerEmulator, startWslEmulator } from "@x/broker-emulator";
import { startBlobService } from "./blob-service.mjs";
import { insideWsl, whyNoSimulatedWsl } from "./wsl-namespace.mjs";

/**
 * All that an app needs to sign in through a broker and list blobs, on this machine and on this machine only:
 * a private bus, an emulated broker with one account, and a blob service. `env` leads an unmodified app there.
 * @param {object} [options]
 * @param {string} [options.username] the account that is signed in to the machine
 * @param {readonly string[]} [options.containers] names of the containers in the storage account
 * @param {(what: "broker" | "blobs", tookInMs: number) => void} [options.onStarted] hears of each part
 */
export async function startStage(options = {}) {
  const { tenant, account } = peopleTenant(options);
  const started = performance.now();
  const emulator = await startBrokerEmulator({ tenant, serveDiscovery: true });
  const brokerStarted = performance.now();
  options.onStarted?.("broker", brokerStarted - started);
  const blobs = await startBlobsBeside(emulator, options);
  options.onStarted?.("blobs", performance.now() - brokerStarted);
  return {
    tenant,
    account,
    emulator,
    blobs,
    env: { ...emulator.env, ...blobs.env },
    /** The broker goes away, and comes back. */
    breakDown: () => emulator.leaveBus(),
    recover: () => emulator.joinBus(),
    async stop() {
      await blobs.stop();
      await emulator.stop();
    },
  };
}

/**
 * The same with a simulated WSL in place of the bus: `inside` runs an unmodified app in it; `unusable` says why this
 * machine cannot do that.
 * @param {Parameters<typeof startStage>[0]} [options]
 */
export async function startWslStage(options = {}) {
  const { tenant, account } = peopleTenant(options);
  const emulator = await startWslEmulator({ tenant, serveDiscovery: true });
  const blobs = await startBlobsBeside(emulator, options);
  return {
    tenant,
    account,
    emulator,
    blobs,
    // As in a systemd service: no session bus, and a PATH with nothing in it.
    env: { ...blobs.env, DBUS_SESSION_BUS_ADDRESS: "", XDG_RUNTIME_DIR: "", PATH: "/nowhere" },
    inside: insideWsl(emulator),
    unusable: whyNoSimulatedWsl(emulator),
    breakDown: () => emulator.setWslinfo("missing"),
    recover: () => emulator.setWslinfo("works"),
    async stop() {
      await blobs.stop();
      await emulator.stop();
    },
  };
}

/** @param {Parameters<typeof startStage>[0]} [options] */
function peopleTenant({ username = "ada@contoso.example" } = {}) {
  const tenant = new EmulatedTenant({ domain: username.split("@")[1] ?? "contoso.example" });
  return { tenant, account: tenant.addAccount({ username, name: "Ada Lovelace" }) };
}

/**
 * @param {{ stop(): Promise<void> }} emulator
 * @param {Parameters<typeof startStage>[0]} [options]
 */
function startBlobsBeside(emulator, { containers = ["invoices", "photos"] } = {}) {
  return startBlobService({ containers }).catch(async (error) => {
    await emulator.stop();
    throw error;
  });
}
