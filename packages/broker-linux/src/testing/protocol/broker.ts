import type { AbortError, BrokerError, SilentTokenRequest } from "@x/broker-contract";
import { createLinuxBroker, type LinuxBroker, type LinuxBrokerOptions } from "../../index.js";
import type { FakeBus } from "./fake-bus.js";
import { clientId } from "./people.js";

/** The package on a fake bus. */
export function brokerOn(bus: FakeBus, options: LinuxBrokerOptions = {}): LinuxBroker {
  return createLinuxBroker({
    transport: "dbus",
    busAddress: "unix:path=/fake",
    env: {},
    loadBinding: () => bus,
    ...options,
  });
}

export const request: SilentTokenRequest = {
  authority: "https://login.microsoftonline.com/common",
  clientId,
  scopes: ["User.Read", "Mail.Read"],
};

/** What a promise rejects with. Fails if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<BrokerError> {
  return (await failure(promise)) as BrokerError;
}

export async function failure(promise: Promise<unknown>): Promise<BrokerError | AbortError | Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new TypeError("It rejected with something that is no error.");
  }
  throw new Error("It did not reject.");
}
