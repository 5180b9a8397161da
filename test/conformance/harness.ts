import type { Broker, BrokerPlatform } from "@x/broker-contract";
import type { EmulatedTenant } from "@x/broker-emulator";
import type { TestContext } from "vitest";

/** What a platform cannot do, with the reason; the cases that need it say so when they are skipped. */
export type Limits = Partial<
  Record<"claims" | "proofOfPossession" | "ssoCookies" | "signOut" | "forceRefresh" | "absence", string>
>;

/** A broker under test with the tenant that answers it. Cases know nothing else about either. */
export interface Stage {
  readonly broker: Broker;
  readonly tenant: EmulatedTenant;
  /** Takes the OS's broker away, as if it had crashed. */
  breakDown(): Promise<void>;
  /** Brings it back. */
  recover(): Promise<void>;
  stop(): Promise<void>;
}

/** How to put a broker on stage. One of these per platform package, and one for the emulator itself. */
export interface Harness {
  readonly name: string;
  readonly platform: BrokerPlatform;
  readonly limits?: Limits;
  /** How many calls to make at once where many are wanted. Default 200. */
  readonly manyCalls?: number;
  /** Skips a test, with the reason, where this machine lacks what it takes. */
  need?(test: TestContext): void;
  start(): Promise<Stage>;
}
