import type { BrokerError } from "./broker-error.js";

/** Which broker answers: the OS, or `"wsl"` for Windows' broker reached from Linux. */
export type BrokerPlatform = "linux" | "macos" | "windows" | "wsl";

/** What this broker can do beyond accounts and tokens. An absent answer is `false`. */
export interface BrokerCapabilities {
  /** Sign-in without an account to start from. */
  readonly interactiveWithoutAccount: boolean;
  /** Proof-of-possession tokens. */
  readonly proofOfPossession: boolean;
  /** Claims challenges and client capabilities. */
  readonly claims: boolean;
  /** PRT single sign-on cookies. */
  readonly ssoCookies: boolean;
  /** Signing an account out at the broker. */
  readonly signOut: boolean;
}

/** What a probe found. */
export type BrokerStatus =
  | {
      readonly available: true;
      readonly platform: BrokerPlatform;
      /** The broker's own version, where it told one. */
      readonly brokerVersion?: string;
      /** Set when the broker says that it is an emulator. Its tokens are worth nothing outside tests. */
      readonly emulated: boolean;
      /** As far as the version tells; the broker's answer decides. */
      readonly capabilities: BrokerCapabilities;
      /** Facts for people: process id, bus address, … No personal data. */
      readonly facts: Readonly<Record<string, string>>;
    }
  | {
      readonly available: false;
      readonly platform: BrokerPlatform;
      /** Why, with what to do about it. */
      readonly error: BrokerError;
      readonly facts: Readonly<Record<string, string>>;
    };
