import {
  BrokerError,
  type BrokerPlatform,
  type BrokerStatus,
  type OperationOptions,
} from "@x/broker-contract";
import { type Call, runCall } from "./run-call.js";

/** What a probe is told of whatever it looks at; asked again when it has failed, which may have changed it. */
export interface ProbeDescription {
  readonly platform: () => BrokerPlatform;
  /** Facts for people, where there is no broker. */
  readonly facts: () => Readonly<Record<string, string>>;
  /** Used when the caller names none, in milliseconds. */
  readonly timeoutInMs: number;
}

/** Carries out the public call `probe`: that there is no broker is an answer, too. */
export async function runProbe(
  { platform, facts, timeoutInMs }: ProbeDescription,
  options: OperationOptions,
  work: (call: Call) => Promise<BrokerStatus>,
): Promise<BrokerStatus> {
  try {
    const description = { operation: "probe", platform: platform(), about: () => ({}), timeoutInMs };
    return await runCall(description, options, work);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { available: false, platform: platform(), error, facts: facts() };
  }
}
