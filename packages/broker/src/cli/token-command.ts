import type { Broker } from "@x/broker-contract";
import { recordOf } from "../credential/authentication-record.js";
import { developerSignOnClientId } from "../credential/client-id.js";
import { InteractiveBrowserBrokerCredential } from "../credential/interactive-browser-broker-credential.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "../credential/options.js";
import { readOptions } from "../credential/read-options.js";
import { checkScopes } from "../credential/scopes.js";
import { type CliIo, withBroker } from "./cli-io.js";
import { asWritten } from "./exit-codes.js";
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
  const options = asWritten(() => readFlags(flags));
  await withBroker(io, async (broker) => {
    const credential = new InteractiveBrowserBrokerCredential({
      ...(flags.account === undefined ? options : await pinnedTo(flags.account, options, broker, io)),
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

/** Checks all flags before any broker is asked. */
function readFlags(flags: TokenFlags): InteractiveBrowserBrokerCredentialOptions {
  const { scope, tenant, clientId, loginHint, silent, timeout } = flags;
  const options: InteractiveBrowserBrokerCredentialOptions = {
    useDefaultBrokerAccount: true,
    disableInteractiveFallback: silent === true,
    timeoutInMs: timeout * 1000,
    ...(clientId === undefined ? {} : { clientId }),
    ...(loginHint === undefined ? {} : { loginHint }),
    ...(tenant === undefined ? {} : { tenantId: tenant }),
  };
  readOptions(options);
  checkScopes(scope, {
    what: "--scope",
    several: "Write several scopes as several words, or give --scope twice.",
  });
  return options;
}

/** Looks the account up, which is part of what `--timeout` allows. */
async function pinnedTo(
  named: string,
  options: InteractiveBrowserBrokerCredentialOptions,
  broker: Broker,
  io: CliIo,
): Promise<InteractiveBrowserBrokerCredentialOptions> {
  const startedAt = performance.now();
  const accounts = await new InteractiveBrowserBrokerCredential({ ...options, broker }).getAccounts({
    abortSignal: io.interrupted,
  });
  const { clientId = developerSignOnClientId, timeoutInMs = 0 } = options;
  const left = Math.max(1, timeoutInMs - (performance.now() - startedAt));
  return {
    ...options,
    authenticationRecord: recordOf(findAccount(accounts, named), clientId),
    timeoutInMs: timeoutInMs === 0 ? 0 : left,
  };
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
