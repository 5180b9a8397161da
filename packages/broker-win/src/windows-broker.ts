import type {
  AccountsRequest,
  Broker,
  BrokerAccount,
  BrokerStatus,
  BrokerToken,
  DiagnoseOptions,
  DiagnosticCheck,
  InteractiveTokenRequest,
  OperationOptions,
  SignOutRequest,
  SilentTokenRequest,
} from "@x/broker-contract";
import {
  type AboutRequest,
  aboutAccount,
  aboutRequest,
  aboutToken,
  type Call,
  checkedAccount,
  checkedAccountOption,
  checkedClientId,
  isEmulator,
  runCall,
  runProbe,
} from "@x/broker-protocol";
import { findAccount, listAccounts } from "./account-lookup.js";
import { diagnose } from "./diagnose.js";
import { interactiveToken } from "./interactive-token.js";
import type { NativeSession } from "./native.js";
import type { LoadBinding } from "./native-addon.js";
import { checkedHandle } from "./parent-window.js";
import { isElevated, whyNoWindow } from "./session.js";
import { silentToken } from "./silent-token.js";
import { prepareInteractive, prepareSilent } from "./token-request.js";
import { Wam } from "./wam.js";
import { kindOf } from "./wam-account.js";
import { windowsRedirectUri } from "./wam-constants.js";
import { accountNotFound } from "./wam-errors.js";

/** How long a call without UI may take when the caller does not say, in milliseconds. */
export const defaultTimeoutInMs = 30_000;

/** Default of an interactive call: no limit, since a person takes as long as a person takes. */
const interactiveTimeoutInMs = 0;

/** The platform this package is for, as `Broker.platform` tells it. */
export const platform = "windows";

/** Windows' accounts, through the Web Account Manager (WAM). */
export class WamBroker implements Broker {
  readonly platform = platform;
  readonly #wam: Wam;
  readonly #readSession: (() => NativeSession) | undefined;

  constructor(loadBinding: LoadBinding, readSession: (() => NativeSession) | undefined) {
    this.#wam = new Wam(loadBinding);
    this.#readSession = readSession;
  }

  probe(options: OperationOptions = {}): Promise<BrokerStatus> {
    return runProbe(
      { platform: () => platform, facts: () => ({}), timeoutInMs: defaultTimeoutInMs },
      options,
      async (call) => {
        const provider = await this.#wam.provider("organizations", "organizations", call);
        return {
          available: true,
          platform,
          emulated: isEmulator(provider.displayName),
          capabilities: {
            interactiveWithoutAccount: whyNoWindow(this.#session, call.facts) === undefined,
            proofOfPossession: true,
            claims: true,
            ssoCookies: false,
            signOut: true,
          },
          facts: this.#sessionFacts(),
        };
      },
    );
  }

  getAccounts(request: AccountsRequest, options: OperationOptions = {}): Promise<BrokerAccount[]> {
    const about = () => aboutRequest(request);
    return this.#run("getAccounts", options, about, defaultTimeoutInMs, async (call) => {
      const clientId = checkedClientId(request.clientId, call.facts);
      const accounts = await listAccounts(clientId, this.#wam, call);
      call.log.note(`WAM lists ${accounts.length} account(s).`);
      return accounts;
    });
  }

  acquireTokenSilently(request: SilentTokenRequest, options: OperationOptions = {}): Promise<BrokerToken> {
    const about = () => ({ ...aboutToken(request), redirectUri: windowsRedirectUri(request.clientId) });
    return this.#run("acquireTokenSilently", options, about, defaultTimeoutInMs, async (call) => {
      checkedAccountOption(request.account);
      return await silentToken(prepareSilent(request, call.facts), this.#wam, call);
    });
  }

  acquireTokenInteractively(
    request: InteractiveTokenRequest,
    options: OperationOptions = {},
  ): Promise<BrokerToken> {
    const about = () => ({ ...aboutToken(request), redirectUri: windowsRedirectUri(request.clientId) });
    const operation = "acquireTokenInteractively";
    return this.#run(operation, options, about, interactiveTimeoutInMs, async (call) => {
      checkedAccountOption(request.account);
      const prepared = prepareInteractive(request, call.facts);
      const parentWindow = checkedHandle(request.parentWindow, call.facts);
      const session = this.#session;
      const noWindow = whyNoWindow(session, call.facts);
      if (noWindow !== undefined) throw noWindow;
      const shown = { prompt: request.prompt, parentWindow, session };
      return await interactiveToken(prepared, shown, this.#wam, call);
    });
  }

  signOut(request: SignOutRequest, options: OperationOptions = {}): Promise<void> {
    const about = () => aboutAccount(request);
    return this.#run("signOut", options, about, defaultTimeoutInMs, async (call) => {
      const account = checkedAccount(request.account);
      const clientId = checkedClientId(request.clientId, call.facts);
      const wam = this.#wam;
      const kind = kindOf(account);
      // The tenant's bare id here, captured.
      const authority = kind === "consumers" ? "consumers" : account.tenantId;
      const provider = await wam.provider(kind, authority, call);
      const found = await findAccount(account, kind, provider, clientId, wam, call);
      if (found.account === undefined) throw accountNotFound(call.facts);
      await wam.signOut(found.account, clientId, call);
      wam.memory.markSignedOut(clientId, account.homeAccountId);
    });
  }

  diagnose(options: DiagnoseOptions = {}): AsyncGenerator<DiagnosticCheck> {
    return diagnose(this.#wam, () => this.#session, options);
  }

  async close(): Promise<void> {
    this.#wam.close();
  }

  get #session(): NativeSession {
    return this.#readSession === undefined ? this.#wam.binding.session() : this.#readSession();
  }

  #sessionFacts(): Record<string, string> {
    const session = this.#session;
    const { sessionId } = session;
    return {
      ...(sessionId !== undefined && { sessionId: String(sessionId) }),
      elevated: String(isElevated(session)),
    };
  }

  #run<T>(
    operation: string,
    options: OperationOptions,
    about: () => AboutRequest,
    timeoutInMs: number,
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    return runCall({ operation, platform, timeoutInMs, about }, options, work);
  }
}
