import type { BrokerCapabilities } from "@x/broker-contract";
import { type JsonObject, textField } from "./json.js";

/** The version in an answer to `getLinuxBrokerVersion`. */
export function readVersion(answer: JsonObject | undefined): string | undefined {
  const version = answer && textField(answer, "linuxBrokerVersion");
  return version === undefined || version.length > 100 ? undefined : version;
}

/** Whether a version says that it is an emulator's. */
export function isEmulator(version: string): boolean {
  return /emulator/i.test(version);
}

/**
 * What a broker of this version can do, as far as its version tells. himmelblau's broker, which counts its
 * versions in its own way and names itself, knows only accounts, silent tokens and cookies.
 */
export function brokerCapabilities(version: string | undefined): BrokerCapabilities {
  const full = version !== undefined && !/himmelblau/i.test(version);
  return {
    interactiveWithoutAccount: full,
    proofOfPossession: full,
    claims: full,
    ssoCookies: true,
    signOut: full,
  };
}
