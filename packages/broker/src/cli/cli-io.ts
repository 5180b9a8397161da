import type { Broker, BrokerError } from "@x/broker-contract";
import type { LoadedMsal } from "../fallback/load-msal.js";
import type { Surroundings } from "../fallback/surroundings.js";
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
  /** Finds out what could stand in for the broker here. */
  readSurroundings(): Surroundings;
  loadMsal(): Promise<LoadedMsal>;
}

/** Loads the broker for one command and lets go of it afterwards. */
export async function withBroker<T>(io: CliIo, work: (broker: Broker) => Promise<T>): Promise<T> {
  const result = await io.loadBroker();
  if (!result.loaded) throw result.error;
  return working(result.broker, work);
}

/** The same for a command that can do without: a broker that did not load says so when it is asked. */
export async function withAnyBroker<T>(io: CliIo, work: (broker: Broker) => Promise<T>): Promise<T> {
  const result = await io.loadBroker();
  return working(result.loaded ? result.broker : absentBroker(result.error), work);
}

async function working<T>(broker: Broker, work: (broker: Broker) => Promise<T>): Promise<T> {
  try {
    return await work(broker);
  } finally {
    await broker.close();
  }
}

function absentBroker(error: BrokerError): Broker {
  const fail = async (): Promise<never> => {
    throw error;
  };
  return {
    platform: error.platform ?? "linux",
    probe: fail,
    getAccounts: fail,
    acquireTokenSilently: fail,
    acquireTokenInteractively: fail,
    signOut: fail,
    close: async () => {},
  };
}
