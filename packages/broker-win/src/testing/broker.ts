import type { BrokerError, InteractiveTokenRequest, SilentTokenRequest } from "@x/broker-contract";
import { createWindowsBroker, type WindowsBroker } from "../index.js";
import { FakeWam } from "./fake-wam.js";
import { clientId, graphScope } from "./people.js";
import { answering, type World } from "./world.js";

/** The package on a fake Windows. */
export function brokerIn(world: World = {}): { readonly broker: WindowsBroker; readonly wam: FakeWam } {
  const wam = new FakeWam(answering(world));
  return { broker: createWindowsBroker({ loadBinding: () => wam }), wam };
}

/** A request for a token of Microsoft Graph. */
export function request<T extends Partial<SilentTokenRequest & InteractiveTokenRequest>>(changes?: T) {
  return {
    authority: "https://login.microsoftonline.com/organizations",
    clientId,
    scopes: [graphScope],
    ...changes,
  };
}

/** What a promise rejects with. Fails if it does not. */
export async function failure(promise: Promise<unknown>): Promise<BrokerError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error as BrokerError;
    throw new TypeError("It rejected with something that is no error.");
  }
  throw new Error("It did not reject.");
}

/** The token requests a fake got, without the feature probe. */
export function tokenCalls(wam: FakeWam) {
  return wam.calls.filter(({ scope }) => scope !== undefined && !scope.startsWith("IsFeatureSupported:"));
}

/** The only token request a fake got. */
export function onlyTokenCall(wam: FakeWam) {
  const [call, another] = tokenCalls(wam);
  if (call === undefined || another !== undefined)
    throw new Error("There was not exactly one token request.");
  return call;
}
