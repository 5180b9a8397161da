import type { Broker } from "@x/broker-contract";
import { recordOf } from "../credential/authentication-record.js";
import { developerSignOnClientId } from "../credential/client-id.js";
import { InteractiveBrowserBrokerCredential } from "../credential/interactive-browser-broker-credential.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "../credential/options.js";
import { type CliIo, withBroker } from "./cli-io.js";
import { findAccount } from "./find-account.js";

export interface TokenFlags {
  readonly scope: string[];
  readonly tenant?: string;
  readonly clientId?: string;
  readonly account?: string;
  readonly loginHint?: string;
  readonly claims?: string;
  readonly silent?: boolean;
  /** In seconds. */
  readonly timeout: number;
  readonly json?: boolean;
}

/** `broker token`: the token alone on standard output, so that it can be piped. */
export async function tokenCommand(flags: TokenFlags, io: CliIo): Promise<void> {
  await withBroker(io, async (broker) => {
    const credential = new InteractiveBrowserBrokerCredential({
      ...(await credentialOptions(flags, broker, io)),
      broker: announceWindow(broker, io),
    });
    const token = await credential.getToken(flags.scope, {
      abortSignal: io.interrupted,
      ...(flags.claims === undefined ? {} : { claims: flags.claims }),
    });
    if (flags.json !== true) return io.out(token.token);
    const { token: accessToken, tokenType, expiresOnTimestamp } = token;
    io.out(JSON.stringify({ accessToken, tokenType, expiresOn: new Date(expiresOnTimestamp).toISOString() }));
  });
}

async function credentialOptions(
  flags: TokenFlags,
  broker: Broker,
  io: CliIo,
): Promise<InteractiveBrowserBrokerCredentialOptions> {
  const { tenant, clientId, account, loginHint, silent, timeout } = flags;
  const options: InteractiveBrowserBrokerCredentialOptions = {
    useDefaultBrokerAccount: true,
    disableInteractiveFallback: silent === true,
    timeoutInMs: timeout * 1000,
  };
  if (clientId !== undefined) options.clientId = clientId;
  if (loginHint !== undefined) options.loginHint = loginHint;
  if (tenant !== undefined) options.tenantId = tenant;
  if (account === undefined) return options;
  const asking = clientId ?? developerSignOnClientId;
  const accounts = await broker.getAccounts({ clientId: asking }, { abortSignal: io.interrupted });
  options.authenticationRecord = recordOf(findAccount(accounts, account), asking);
  return options;
}

/** The same broker, which tells the person at the terminal that a window wants them. */
function announceWindow(broker: Broker, io: CliIo): Broker {
  return {
    platform: broker.platform,
    probe: (options) => broker.probe(options),
    getAccounts: (request, options) => broker.getAccounts(request, options),
    acquireTokenSilently: (request, options) => broker.acquireTokenSilently(request, options),
    acquireTokenInteractively: (request, options) => {
      io.note("Waiting for you to finish signing in… (Ctrl+C cancels)");
      return broker.acquireTokenInteractively(request, options);
    },
    signOut: (request, options) => broker.signOut(request, options),
    close: () => broker.close(),
  };
}
