import type { Broker } from "@x/broker-contract";
import { recordOf } from "../credential/authentication-record.js";
import { developerSignOnClientId } from "../credential/client-id.js";
import { InteractiveBrowserBrokerCredential } from "../credential/interactive-browser-broker-credential.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "../credential/options.js";
import { readOptions } from "../credential/read-options.js";
import { checkScopes } from "../credential/scopes.js";
import type { FallbackKind, SignInRoute } from "../fallback/fallback-kind.js";
import { whatHappened } from "../what-happened.js";
import { type CliIo, withAnyBroker, withBroker } from "./cli-io.js";
import { inCliWords } from "./cli-words.js";
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
  readonly fallback: FallbackKind;
  /** In seconds. */
  readonly timeout: number;
  readonly json?: boolean;
}

/** `broker token`: the token alone on standard output, so that it can be piped. */
export async function tokenCommand(flags: TokenFlags, io: CliIo): Promise<void> {
  const options = asWritten(() => readFlags(flags));
  const run = flags.fallback === "none" ? withBroker : withAnyBroker;
  await run(io, async (broker) => {
    const credential = new InteractiveBrowserBrokerCredential({
      ...(flags.account === undefined ? options : await pinnedTo(flags.account, options, broker, io)),
      broker: announceWindow(broker, io),
      onFallback: (route) => io.note(announcementOf(route)),
      ...(showsCodes(flags, io) ? { userPromptCallback: ({ message }) => io.note(message) } : {}),
    });
    const token = await credential.getToken(flags.scope, {
      abortSignal: io.interrupted,
      ...(flags.claims === undefined ? {} : { claims: flags.claims }),
    });
    if (flags.json !== true) return io.out(token.token);
    const { token: accessToken, tokenType, expiresOnTimestamp, route } = token;
    const expiresOn = new Date(expiresOnTimestamp).toISOString();
    io.out(JSON.stringify({ accessToken, tokenType, expiresOn, through: route.through }));
  });
}

/** Checks all flags before any broker is asked. */
function readFlags(flags: TokenFlags): InteractiveBrowserBrokerCredentialOptions {
  const { scope, tenant, clientId, loginHint, silent, fallback, timeout } = flags;
  const options: InteractiveBrowserBrokerCredentialOptions = {
    useDefaultBrokerAccount: true,
    disableInteractiveFallback: silent === true,
    fallback,
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

/** Whether a person sees a code: at a terminal, or where they said that they look. */
function showsCodes({ fallback }: TokenFlags, io: CliIo): boolean {
  return fallback === "device-code" || io.readSurroundings().isTerminal;
}

function announcementOf({ through, fallbackReason }: SignInRoute): string {
  const why = fallbackReason === undefined ? "" : `${inCliWords(whatHappened(fallbackReason))}\n`;
  return through === "browser"
    ? `${why}Your browser opens, for you to sign in there… (Ctrl+C cancels)`
    : `${why}Sign in on another device… (Ctrl+C cancels)`;
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
