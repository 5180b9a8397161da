import { randomUUID } from "node:crypto";
import {
  type BrokerEmulator,
  type BrokerGeneration,
  type EmulatedAccount,
  EmulatedTenant,
  startBrokerEmulator,
} from "@x/broker-emulator";
import { startSecretService } from "../support/secret-service.mjs";
import { type MicrosoftClient, startMicrosoftClient } from "./start-microsoft-client.js";

/** An emulated broker, one person signed in to it, a Secret Service, and Microsoft's client beside them. */
export interface Interop {
  readonly tenant: EmulatedTenant;
  readonly person: EmulatedAccount;
  readonly clientId: string;
  readonly emulator: BrokerEmulator;
  readonly microsoft: MicrosoftClient;
  /** Starts another process with Microsoft's client, for what the first would not survive. */
  startClient(): Promise<MicrosoftClient>;
  stop(): Promise<void>;
}

export async function startInterop(options: { generation?: BrokerGeneration } = {}): Promise<Interop> {
  const tenant = new EmulatedTenant({ domain: "contoso.example" });
  const person = tenant.addAccount({ username: "ada@contoso.example", name: "Ada Lovelace" });
  const { clientId } = tenant.registerApp({ clientId: randomUUID() });
  tenant.registerResource({ identifier: "https://api.contoso.example", accessTokenVersion: 1 });

  const cleanups: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
  };
  try {
    const emulator = await startBrokerEmulator({ ...options, tenant });
    cleanups.push(() => emulator.stop());
    // Without a Secret Service the client forgets each account before it can use it.
    const secretService = await startSecretService(emulator.busAddress);
    cleanups.push(secretService.stop);
    const startClient = async () => {
      const client = await startMicrosoftClient(
        { ...emulator.env, ...secretService.env },
        { clientId, authority: `https://login.microsoftonline.com/${tenant.tenantId}` },
      );
      cleanups.push(client.stop);
      return client;
    };
    const microsoft = await startClient();
    return { tenant, person, clientId, emulator, microsoft, startClient, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
