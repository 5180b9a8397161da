import {
  type BrokerEmulator,
  type BrokerEmulatorOptions,
  type EmulatedAccount,
  startBrokerEmulator,
} from "@x/broker-emulator";

export const storage = "https://storage.azure.com";
export const scopes = [`${storage}/.default`];
export const clientId = "d7b530a4-7680-4c23-a8bf-c52c121d2e87";
export const guestTenant = "99999999-8888-4777-8666-555555555555";

/** An emulated broker that this process finds as any app would, with two people in it. */
export interface DropInStage {
  readonly emulator: BrokerEmulator;
  readonly tenant: BrokerEmulator["tenant"];
  readonly ada: EmulatedAccount;
  readonly bob: EmulatedAccount;
  readonly authority: string;
  /** The methods that were called since the last {@link reset}. */
  methods(): string[];
  /** Forgets policies, dialogs and requests. */
  reset(): void;
  stop(): Promise<void>;
}

export async function startDropInStage(
  options: Pick<BrokerEmulatorOptions, "generation"> = {},
): Promise<DropInStage> {
  const emulator = await startBrokerEmulator({ serveDiscovery: false, ...options });
  const { tenant } = emulator;
  tenant.registerApp({ clientId });
  const ada = tenant.addAccount({
    username: "ada@contoso.example",
    name: "Ada Lovelace",
    guestTenants: [guestTenant],
  });
  const bob = tenant.addAccount({ username: "bob@contoso.example", name: "Bob" });
  const before = Object.fromEntries(Object.keys(emulator.env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, emulator.env);
  return {
    emulator,
    tenant,
    ada,
    bob,
    authority: `https://login.microsoftonline.com/${tenant.tenantId}`,
    methods: () => emulator.requests.map(({ method }) => method),
    reset() {
      tenant.clearPolicies();
      tenant.user.script = [];
      tenant.user.dialogs.length = 0;
      emulator.clearRequests();
    },
    async stop() {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await emulator.stop();
    },
  };
}
