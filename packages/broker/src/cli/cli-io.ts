import type { Broker } from "@x/broker-contract";
import type { LoadResult } from "../loader/load-platform-broker.js";

/** All that the command line has to do with the world, so that tests can stand in for it. */
export interface CliIo {
  /** Writes a line of result. */
  out(line: string): void;
  /** Writes a line for the person in front of it: progress and errors. */
  note(line: string): void;
  /** Fires on Ctrl+C. */
  readonly interrupted: AbortSignal;
  readonly nodeVersion: string;
  loadBroker(): Promise<LoadResult>;
}

/** Loads the broker for one command and lets go of it afterwards. */
export async function withBroker<T>(io: CliIo, work: (broker: Broker) => Promise<T>): Promise<T> {
  const result = await io.loadBroker();
  if (!result.loaded) throw result.error;
  try {
    return await work(result.broker);
  } finally {
    await result.broker.close();
  }
}
