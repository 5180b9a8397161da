import { createSsoExtensionDoor, EmulatedTenant, type SsoExtensionDoor } from "@x/broker-emulator";
import { createMacBroker, type MacBroker } from "@x/broker-mac";
import { type ExtensionDouble, loadDouble } from "../doubles/authentication-services/double.js";

/** What a plain `node` that no team signed is to macOS (Homebrew's, on Apple silicon). */
export const plainNode = { signingIdentifier: "node" };

export interface EmulatedMac {
  readonly broker: MacBroker;
  readonly tenant: EmulatedTenant;
  readonly door: SsoExtensionDoor;
  readonly extension: ExtensionDouble;
  /** What goes wrong between the double and the door: nothing, in a test that passes. */
  readonly failures: readonly unknown[];
  stop(): Promise<void>;
}

/**
 * The shipping broker and its addon over the double of AuthenticationServices in this process, with an emulated tenant
 * that answers as Microsoft's SSO extension. There is one such Mac per process at a time.
 */
export function startEmulatedMac(
  options: {
    readonly tenant?: EmulatedTenant;
    readonly caller?: Parameters<ExtensionDouble["setCaller"]>[0];
  } = {},
): EmulatedMac {
  const { tenant = new EmulatedTenant(), caller = plainNode } = options;
  const { extension, loadBinding } = loadDouble();
  const door = createSsoExtensionDoor(tenant, { caller });
  const failures: unknown[] = [];
  const leaving = new AbortController();
  extension.reset();
  extension.setCaller(caller);
  extension.onRequest((request) => {
    const { identityProviderUrl, operation, options, userInterfaceEnabled } = request;
    door
      .answer({ identityProviderUrl, operation, options, userInterfaceEnabled, signal: leaving.signal })
      .then(
        (answer) => request.answer(answer),
        (error: unknown) => leaving.signal.aborted || failures.push(error),
      );
  });
  const broker = createMacBroker({ loadBinding, companyPortal: async () => ({ installed: false }) });
  return {
    broker,
    tenant,
    door,
    extension,
    failures,
    async stop() {
      await broker.close();
      leaving.abort();
      extension.reset();
    },
  };
}
