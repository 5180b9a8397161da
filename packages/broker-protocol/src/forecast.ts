import { BrokerError } from "@x/broker-contract";

/** Whether there may be a broker, as far as that shows without asking anybody. */
export type BrokerForecast =
  | { readonly possible: true }
  | { readonly possible: false; readonly error: BrokerError };

/** @param obstacle - What stands against a broker, returned or thrown. */
export function forecast(obstacle: () => BrokerError | undefined): BrokerForecast {
  try {
    const error = obstacle();
    return error === undefined ? { possible: true } : { possible: false, error };
  } catch (error) {
    if (error instanceof BrokerError) return { possible: false, error };
    throw error;
  }
}
