import { developerSignOnClientId } from "../credential/client-id.js";
import { guardedBroker } from "../credential/guarded-broker.js";
import { type CliIo, withBroker } from "./cli-io.js";
import { findAccount } from "./find-account.js";
import { type TimeoutFlag, withPatience } from "./patience.js";

export interface AccountFlags extends TimeoutFlag {
  readonly clientId?: string;
  readonly json?: boolean;
}

const forAccounts = "the broker to list its accounts";

/** `broker accounts`: whom the OS knows. */
export async function accountsCommand(flags: AccountFlags, io: CliIo): Promise<void> {
  const clientId = flags.clientId ?? developerSignOnClientId;
  const accounts = await withBroker(io, (broker) =>
    withPatience(io, flags, "Listing the accounts", ({ signal, waitFor }) => {
      waitFor(forAccounts);
      return guardedBroker(broker).getAccounts({ clientId }, { abortSignal: signal, timeoutInMs: 0 });
    }),
  );
  if (flags.json === true)
    return io.out(
      JSON.stringify(
        accounts.map(({ username, name, tenantId, homeAccountId, environment }) => ({
          username,
          name,
          tenantId,
          homeAccountId,
          environment,
        })),
      ),
    );
  if (accounts.length === 0) return io.note("Nobody is signed in to the broker.");
  const width = Math.max(...accounts.map(({ username }) => username.length));
  for (const { username, tenantId, homeAccountId } of accounts)
    io.out(`${username.padEnd(width)}  tenant ${tenantId}  home account id ${homeAccountId}`);
}

/** `broker sign-out`: signs an account out of an app. */
export async function signOutCommand(named: string, flags: AccountFlags, io: CliIo): Promise<void> {
  const clientId = flags.clientId ?? developerSignOnClientId;
  const account = await withBroker(io, (loaded) =>
    withPatience(io, flags, "Signing out", async ({ signal, waitFor }) => {
      const broker = guardedBroker(loaded);
      const operation = { abortSignal: signal, timeoutInMs: 0 };
      waitFor(forAccounts);
      const found = findAccount(await broker.getAccounts({ clientId }, operation), named);
      waitFor("the broker to sign the account out");
      await broker.signOut({ clientId, account: found }, operation);
      return found;
    }),
  );
  io.out(flags.json === true ? JSON.stringify({ signedOut: account.homeAccountId }) : "Signed out.");
}
