import { developerSignOnClientId } from "../credential/client-id.js";
import { guardedBroker } from "../credential/guarded-broker.js";
import { type CliIo, withBroker } from "./cli-io.js";
import { findAccount } from "./find-account.js";

export interface AccountFlags {
  readonly clientId?: string;
  readonly json?: boolean;
}

/** `broker accounts`: whom the OS knows. */
export async function accountsCommand(flags: AccountFlags, io: CliIo): Promise<void> {
  await withBroker(io, async (broker) => {
    const accounts = await guardedBroker(broker).getAccounts(
      { clientId: flags.clientId ?? developerSignOnClientId },
      { abortSignal: io.interrupted },
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
  });
}

/** `broker sign-out`: signs an account out of an app. */
export async function signOutCommand(named: string, flags: AccountFlags, io: CliIo): Promise<void> {
  await withBroker(io, async (loaded) => {
    const broker = guardedBroker(loaded);
    const clientId = flags.clientId ?? developerSignOnClientId;
    const operation = { abortSignal: io.interrupted };
    const account = findAccount(await broker.getAccounts({ clientId }, operation), named);
    await broker.signOut({ clientId, account }, operation);
    io.out(flags.json === true ? JSON.stringify({ signedOut: account.homeAccountId }) : "Signed out.");
  });
}
