import { type Broker, BrokerError, isBrokerError, redactSensitive } from "@x/broker-contract";

/** What a credential asks a broker for. */
export type GuardedBroker = Pick<
  Broker,
  "getAccounts" | "acquireTokenSilently" | "acquireTokenInteractively" | "signOut"
>;

/**
 * The same broker, which fails as the contract says and no other way: any other error may hold anything, tokens
 * and user names included, and ends up in logs, traces and error reports.
 */
export function guardedBroker(broker: GuardedBroker): GuardedBroker {
  return {
    getAccounts: (request, options) =>
      guarded(() => broker.getAccounts(request, options), options?.correlationId),
    acquireTokenSilently: (request, options) =>
      guarded(() => broker.acquireTokenSilently(request, options), options?.correlationId),
    acquireTokenInteractively: (request, options) =>
      guarded(() => broker.acquireTokenInteractively(request, options), options?.correlationId),
    signOut: (request, options) => guarded(() => broker.signOut(request, options), options?.correlationId),
  };
}

/** A broker that is looked for when it is asked: a failure to find it is then the failure of what was asked. */
export function lateBroker(find: () => Promise<GuardedBroker>): GuardedBroker {
  return {
    getAccounts: async (request, options) => (await find()).getAccounts(request, options),
    acquireTokenSilently: async (request, options) => (await find()).acquireTokenSilently(request, options),
    acquireTokenInteractively: async (request, options) =>
      (await find()).acquireTokenInteractively(request, options),
    signOut: async (request, options) => (await find()).signOut(request, options),
  };
}

async function guarded<T>(ask: () => Promise<T>, correlationId: string | undefined): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isBrokerError(error) || (error instanceof Error && error.name === "AbortError")) throw error;
    throw new BrokerError("broker_failed", {
      message: `The broker's client failed: ${redactSensitive(String(error))}`,
      // Not its cause either: a cause is shown wherever the error is.
      hint: "This is a fault in the code that speaks to the broker: please report it.",
      ...(correlationId === undefined ? {} : { correlationId }),
    });
  }
}
