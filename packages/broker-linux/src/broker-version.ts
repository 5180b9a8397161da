import type { BrokerCapabilities, BrokerPlatform } from "@x/broker-contract";
import { type JsonObject, textField } from "@x/broker-protocol";

/** The version in an answer to `getLinuxBrokerVersion`. */
export function readVersion(answer: JsonObject | undefined): string | undefined {
  const version = answer && textField(answer, "linuxBrokerVersion");
  return version === undefined || version.length > 100 ? undefined : version;
}

/**
 * What a broker can do, as far as its version and its program's name tell. himmelblau's broker, which counts
 * versions in its own way, knows accounts, tokens for an account it is told, and cookies.
 */
export function brokerCapabilities(
  platform: BrokerPlatform,
  version: string | undefined,
  program: string | undefined,
): BrokerCapabilities {
  // Windows' broker tells no version; what it does over WSL's proxy, Microsoft's client uses (captured).
  if (platform === "wsl") {
    return {
      interactiveWithoutAccount: true,
      proofOfPossession: true,
      claims: true,
      ssoCookies: false,
      signOut: true,
    };
  }
  const himmelblau = [version, program].some((name) => name !== undefined && /himmelblau/i.test(name));
  const full = version !== undefined && !himmelblau;
  return {
    interactiveWithoutAccount: full,
    proofOfPossession: full,
    claims: full,
    ssoCookies: true,
    signOut: full,
  };
}
