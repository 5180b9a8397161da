import type { AbortError, BrokerError, SilentTokenRequest } from "@x/broker-contract";
import { createMacBroker, type MacBroker, type MacBrokerOptions } from "../../index.js";
import { FakeExtension, type FakeRequest } from "./fake-extension.js";
import { account, accountsAnswer, answer, clientId, extensionAccount, tokenAnswer } from "./people.js";

/** The package on a fake extension. */
export function brokerOn(extension: FakeExtension, options: MacBrokerOptions = {}): MacBroker {
  return createMacBroker({
    loadBinding: () => extension,
    companyPortal: async () => ({ installed: true, version: "5.2604.2" }),
    ...options,
  });
}

export const request: SilentTokenRequest = {
  authority: "https://login.microsoftonline.com/common",
  clientId,
  scopes: ["User.Read", "Mail.Read"],
};

/** The same for the account of the tests. */
export const requestForAccount: SilentTokenRequest = { ...request, account: account() };

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

/** An extension that knows one account and gives tokens for it. */
export function usualExtension(): FakeExtension {
  return new FakeExtension()
    .on("get_accounts_operation", accountsAnswer([extensionAccount()]))
    .on("get_device_info", answer("operation_generic_response"))
    .on("signout_account_operation", answer("operation_generic_response"))
    .on("refresh", () => tokenAnswer())
    .on("login", () => tokenAnswer());
}

/** The options of the latest request for an operation. */
export function optionsOf(extension: FakeExtension, operation: string): FakeRequest["options"] {
  const found = extension.requestsOf(operation).at(-1);
  if (found === undefined) throw new Error(`Nobody asked for ${operation}.`);
  return found.options;
}
