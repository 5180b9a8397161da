import {
  type AccountsRequest,
  type Broker,
  type BrokerAccount,
  BrokerError,
  type BrokerPlatform,
  type BrokerStatus,
  type BrokerToken,
  type DiagnoseOptions,
  type DiagnosticCheck,
  type HttpRequestSigningRequest,
  type InteractiveTokenRequest,
  type OperationOptions,
  type SignedHttpRequest,
  type SignOutRequest,
  type SilentTokenRequest,
  type SsoCookie,
  type SsoCookieRequest,
  type TokenRequest,
} from "@x/broker-contract";
import {
  type AboutRequest,
  aboutAccount,
  aboutRequest,
  aboutToken,
  type Call,
  type CallFacts,
  callError,
  canonicalJson,
  checkedAccount,
  checkedAccountOption,
  checkedClientId,
  chosenAccount,
  Deadline,
  isEmulator,
  parseObject,
  personalDataOf,
  redirectUriCheck,
  runCall,
  runProbe,
  severalAccounts,
  skipped,
  versionCheck,
} from "@x/broker-protocol";
import {
  accountsRequest,
  keyringLocked,
  readAccountsAnswer,
  readSignOutAnswer,
  removeAccountRequest,
  signOutSilentlyRequest,
} from "./accounts-request.js";
import { parseAnswer, readTelemetry } from "./broker-answer.js";
import { brokerCapabilities, readVersion } from "./broker-version.js";
import type { Environment } from "./bus-address.js";
import { checks, displayCheck, emulatorNeedsNoDisplay, keyringCheck, passedOver } from "./diagnose.js";
import type { BrokerMethod } from "./protocol.js";
import { readSignedHttpRequest, signedHttpRequestRequest } from "./signed-http-request.js";
import { readSsoCookies, ssoCookieRequest } from "./sso-cookies.js";
import { interactiveTokenRequest, type PreparedTokenRequest, silentTokenRequest } from "./token-request.js";
import { readTokenAnswer } from "./token-response.js";
import type { BrokerGreeting, BrokerRoute, BrokerTransport, KeyringState } from "./transport.js";
import { findWireError, wireError } from "./wire-errors.js";

/** How long a call without UI may take when the caller does not say, in milliseconds. */
export const defaultTimeoutInMs = 30_000;

/** How long one check of a broker that was found may take: the checks after it need their time, too. */
const checkTimeoutInMs = 5_000;

/** Default of an interactive call: no limit, since a person takes as long as a person takes. */
const interactiveTimeoutInMs = 0;

/** A call of which it is known how it reaches a broker: all of its requests go the same way. */
interface RoutedCall extends Call {
  readonly transport: BrokerTransport;
}

/** The account a call without one goes by. */
interface DefaultAccount {
  readonly account: BrokerAccount | undefined;
  /** Whether the broker said that it knows nobody at all. */
  readonly noneKnown: boolean;
}

/** The broker's protocol over whichever transport reaches it. */
export class ProtocolBroker implements Broker {
  readonly #route: BrokerRoute;
  readonly #env: Environment;

  constructor(route: BrokerRoute, env: Environment) {
    this.#route = route;
    this.#env = env;
  }

  /** Whose broker answers; from within WSL a probe may change that. */
  get platform(): BrokerPlatform {
    return this.#route.current.dialect.platform;
  }

  probe(options: OperationOptions = {}): Promise<BrokerStatus> {
    return runProbe(
      {
        platform: () => this.platform,
        facts: () => this.#route.current.describe(),
        timeoutInMs: defaultTimeoutInMs,
      },
      options,
      async (call) => {
        const routed = await this.#routed(call, undefined, "afresh");
        const { transport } = routed;
        const { platform } = transport.dialect;
        const version = await this.#version(await transport.reach(call.deadline, routed.facts), routed);
        return {
          available: true,
          platform,
          ...(version !== undefined && { brokerVersion: version }),
          emulated: version !== undefined && isEmulator(version),
          capabilities: brokerCapabilities(platform, version, transport.brokerProcess()?.program),
          facts: transport.describe(),
        };
      },
    );
  }

  getAccounts(request: AccountsRequest, options: OperationOptions = {}): Promise<BrokerAccount[]> {
    const about = () => aboutRequest(request);
    return this.#run("getAccounts", options, about, defaultTimeoutInMs, async (call) => {
      checkedClientId(request.clientId, call.facts);
      const accounts = await this.#accounts(request.clientId, await this.#routed(call, request));
      call.log.note(`The broker knows ${accounts.length} account(s).`);
      return accounts;
    });
  }

  acquireTokenSilently(request: SilentTokenRequest, options: OperationOptions = {}): Promise<BrokerToken> {
    const about = () => aboutToken(request);
    return this.#run("acquireTokenSilently", options, about, defaultTimeoutInMs, async (call) => {
      checkedAccountOption(request.account);
      // Bad input is refused before anything is asked.
      const expected = this.#route.current.dialect;
      const checked = silentTokenRequest(request, request.account, expected, call.facts);
      const routed = await this.#routed(call, request);
      const { dialect } = routed.transport;
      if (request.forceRefresh === true && !dialect.carriesAccessTokens) {
        call.log.note("The token to renew is not passed on: others could read it. The broker may repeat it.");
      }
      if (request.account !== undefined && dialect === expected)
        return await this.#token("acquireTokenSilently", checked, routed);
      const chosen =
        request.account === undefined
          ? await this.#defaultAccount(request, routed)
          : { account: request.account, noneKnown: false };
      const facts = { ...routed.facts, personalData: personalDataOf(chosen.account, request.loginHint) };
      const prepared = silentTokenRequest(request, chosen.account, dialect, facts);
      try {
        return await this.#token("acquireTokenSilently", prepared, { ...routed, facts });
      } catch (error) {
        const forNobody = chosen.noneKnown && error instanceof BrokerError && mayLackAccount(error);
        throw forNobody ? await this.#noAccount(routed, error) : error;
      }
    });
  }

  acquireTokenInteractively(
    request: InteractiveTokenRequest,
    options: OperationOptions = {},
  ): Promise<BrokerToken> {
    const about = () => aboutToken(request);
    const operation = "acquireTokenInteractively";
    return this.#run(operation, options, about, interactiveTimeoutInMs, async (call) => {
      checkedAccountOption(request.account);
      const prepare = (transport: BrokerTransport, account: BrokerAccount | undefined, facts: CallFacts) =>
        interactiveTokenRequest(request, account, transport.dialect, this.#env, facts);
      prepare(this.#route.current, request.account, call.facts);
      const routed = await this.#routed(call, request);
      const { transport } = routed;
      try {
        return await this.#token(operation, prepare(transport, request.account, routed.facts), routed);
      } catch (error) {
        if (!(error instanceof BrokerError && error.reason === "account_needed")) throw error;
        if (request.account !== undefined) throw error;
        const { account } = await this.#defaultAccount(request, routed);
        if (account === undefined) throw error;
        call.log.note("This broker needs an account: asking once more with the one it knows.");
        const facts = { ...routed.facts, personalData: personalDataOf(account, request.loginHint) };
        return await this.#token(operation, prepare(transport, account, facts), { ...routed, facts });
      }
    });
  }

  signOut(request: SignOutRequest, options: OperationOptions = {}): Promise<void> {
    const about = () => aboutAccount(request);
    return this.#run("signOut", options, about, defaultTimeoutInMs, async (call) => {
      const account = checkedAccount(request.account);
      checkedClientId(request.clientId, call.facts);
      const routed = await this.#routed(call, request);
      if (routed.transport.dialect.signOutMethod === "signOutSilently") {
        const json = signOutSilentlyRequest(request.clientId, account, routed.facts);
        const answer = parseAnswer(await this.#ask("signOutSilently", json, routed), routed.facts);
        readSignOutAnswer(answer, routed.facts);
        return;
      }
      const json = removeAccountRequest(request.clientId, account, routed.facts);
      // What a broker answers to a successful removal is not known: anything but an error will do.
      const answer = parseObject(await this.#ask("removeAccount", json, routed));
      const error = answer && findWireError(answer);
      if (error !== undefined) throw wireError(error, routed.facts);
    });
  }

  acquireSsoCookies(request: SsoCookieRequest, options: OperationOptions = {}): Promise<SsoCookie[]> {
    const about = () => aboutAccount(request);
    return this.#run("acquireSsoCookies", options, about, defaultTimeoutInMs, async (call) => {
      checkedAccountOption(request.account);
      const routed = await this.#local(call, request);
      const account = request.account ?? (await this.#onlyAccount(request.clientId, routed));
      const facts = { ...routed.facts, personalData: personalDataOf(account, undefined) };
      const json = ssoCookieRequest(request, account, facts);
      const answer = parseAnswer(await this.#ask("acquirePrtSsoCookie", json, { ...routed, facts }), facts);
      return readSsoCookies(answer, account, facts);
    });
  }

  signHttpRequest(
    request: HttpRequestSigningRequest,
    options: OperationOptions = {},
  ): Promise<SignedHttpRequest> {
    const about = () => aboutAccount(request);
    return this.#run("signHttpRequest", options, about, defaultTimeoutInMs, async (call) => {
      checkedAccount(request.account);
      const json = signedHttpRequestRequest(request, call.facts);
      const routed = await this.#local(call, request);
      const answer = parseAnswer(await this.#ask("generateSignedHttpRequest", json, routed), routed.facts);
      return readSignedHttpRequest(answer, routed.facts);
    });
  }

  async *diagnose(options: DiagnoseOptions = {}): AsyncGenerator<DiagnosticCheck> {
    const operation = "diagnose";
    const deadline = new Deadline(operation, this.platform, options, defaultTimeoutInMs);
    const { correlationId } = deadline;
    const facts = { operation, platform: this.platform, correlationId };
    const timeoutInMs = Math.min(options.timeoutInMs || checkTimeoutInMs, checkTimeoutInMs);
    const oneCheck = { ...options, correlationId, timeoutInMs };
    const transport = await this.#routeToDiagnose(deadline, facts);
    const { dialect, groundwork } = transport;
    if (this.#route.passedOver !== undefined) yield passedOver(this.#route.passedOver);
    let last: DiagnosticCheck | undefined;
    for await (const found of transport.diagnose(deadline, facts)) {
      yield found;
      last = found;
    }
    const failed = last?.outcome === "fail" ? last : undefined;
    let emulated = false;
    if (failed !== undefined) {
      for (const one of groundwork.slice(groundwork.findIndex(({ id }) => id === failed.id) + 1))
        yield skipped(one, failed);
      yield skipped(checks.brokerVersion, failed);
    } else {
      // Over D-Bus the broker was reached just now: what is left is one question.
      const status = await this.probe(dialect.isLocal ? oneCheck : { ...options, correlationId });
      emulated = status.available && status.emulated;
      yield versionCheck(checks.brokerVersion, status);
    }
    if (dialect.isLocal) {
      if (failed !== undefined && failed.id !== checks.broker.id) yield skipped(checks.keyring, failed);
      else {
        const own = new Deadline(operation, this.platform, oneCheck, checkTimeoutInMs);
        yield keyringCheck(await this.#keyringState(transport, own, facts));
      }
      yield emulated ? emulatorNeedsNoDisplay : displayCheck(transport.brokerProcess(), this.#env);
    }
    const { clientId } = options;
    yield redirectUriCheck(
      checks.redirectUri,
      clientId === undefined ? undefined : dialect.redirectUri(clientId),
    );
  }

  async close(): Promise<void> {
    this.#route.close();
  }

  #run<T>(
    operation: string,
    options: OperationOptions,
    about: () => AboutRequest,
    timeoutInMs: number,
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    return runCall({ operation, platform: this.platform, about, timeoutInMs }, options, work);
  }

  /**
   * The call, once it is known how it reaches a broker: its errors then name what that broker wants.
   * @throws BrokerError when no broker is in reach
   */
  async #routed(
    call: Call,
    request: { readonly clientId: string; readonly redirectUri?: string } | undefined,
    afresh?: "afresh",
  ): Promise<RoutedCall> {
    const { deadline, log } = call;
    const transport = await this.#route.choose(deadline, call.facts, afresh);
    const { operation, correlationId, scopes, personalData } = call.facts;
    const { platform } = transport.dialect;
    const redirectUri = request && (request.redirectUri ?? transport.dialect.redirectUri(request.clientId));
    const facts = { operation, platform, correlationId, scopes, redirectUri, personalData };
    return { deadline, facts, log, transport };
  }

  /** The same for what only a broker of this session does. */
  async #local(call: Call, request: { readonly clientId: string }): Promise<RoutedCall> {
    const routed = await this.#routed(call, request);
    if (routed.transport.dialect.isLocal) return routed;
    throw callError("not_supported", routed.facts, {
      reason: "not_over_wsl",
      message: `WSL's broker proxy has no way to ${call.facts.operation}.`,
      hint: "Do this in Windows, or through a broker of this distribution (X_BROKER_TRANSPORT=dbus).",
    });
  }

  /** The transport whose checks tell most: the one in use, or the first choice where none can be used. */
  async #routeToDiagnose(deadline: Deadline, facts: CallFacts): Promise<BrokerTransport> {
    try {
      return await this.#route.choose(deadline, facts, "afresh");
    } catch (error) {
      if (error instanceof BrokerError) return this.#route.current;
      throw error;
    }
  }

  /** Sends one request; a broker that died of a locked keyring is told apart from one that just died. */
  #ask(method: BrokerMethod, requestJson: string, call: RoutedCall): Promise<string> {
    const interactive = method === "acquireTokenInteractively";
    return call.transport
      .request({ method, requestJson, interactive }, call.deadline, call.facts)
      .catch(async (error: unknown) => {
        const mayBeLocked = error instanceof BrokerError && mayBeKeyring.has(error.reason ?? "");
        throw mayBeLocked && (await this.#isKeyringLocked(call)) ? keyringLocked(call.facts) : error;
      });
  }

  async #token(method: BrokerMethod, prepared: PreparedTokenRequest, call: RoutedCall): Promise<BrokerToken> {
    call.log.note(`Asking for ${prepared.scopes.join(" ")} from ${prepared.authority.url}.`);
    call.log.notePersonal(() => `Account: ${prepared.account?.username ?? prepared.loginHint ?? "any"}.`);
    const answer = parseAnswer(await this.#ask(method, prepared.json, call), call.facts);
    return readTokenAnswer(answer, prepared, call.facts);
  }

  async #accounts(clientId: string, call: RoutedCall): Promise<BrokerAccount[]> {
    const json = accountsRequest(clientId, call.facts);
    const answer = parseAnswer(await this.#ask("getAccounts", json, call), call.facts);
    const accounts = readAccountsAnswer(answer, call.facts);
    if (accounts.length === 0 && (await this.#isKeyringLocked(call))) throw keyringLocked(call.facts);
    return accounts;
  }

  /**
   * The account to use when none is given; `undefined` leaves the choice to the broker.
   * @throws BrokerError `account_not_found`, reason `several_accounts`, where the hint means more than one
   */
  async #defaultAccount(request: TokenRequest, call: RoutedCall): Promise<DefaultAccount> {
    const { clientId, loginHint } = request;
    let accounts: BrokerAccount[];
    try {
      accounts = await this.#accounts(clientId, call);
    } catch (error) {
      // A broker that cannot list its accounts may know a default one all the same.
      if (!(error instanceof BrokerError) || !toleratedWithoutAccounts.has(error.code)) throw error;
      call.log.warn(`The broker does not list its accounts (${error.code}).`);
      return { account: undefined, noneKnown: false };
    }
    const noneKnown = accounts.length === 0;
    return { account: chosenAccount(accounts, loginHint, call.facts), noneKnown };
  }

  async #onlyAccount(clientId: string, call: RoutedCall): Promise<BrokerAccount> {
    const accounts = await this.#accounts(clientId, call);
    const [account] = accounts;
    if (account !== undefined && accounts.length === 1) return account;
    if (account === undefined) throw await this.#noAccount(call);
    throw severalAccounts("The broker knows several accounts.", call.facts);
  }

  /** The error for a broker that knows nobody; without a keyring it could not remember anybody. */
  async #noAccount(call: RoutedCall, cause?: BrokerError): Promise<BrokerError> {
    const said = cause === undefined ? {} : { native: cause.native, cause };
    if (!call.transport.dialect.isLocal) {
      return callError("account_not_found", call.facts, {
        ...said,
        reason: "not_signed_in",
        message: "Windows' broker knows no account.",
        hint: "Sign in interactively, or add the account in Windows (Settings > Accounts > Access work or school).",
      });
    }
    const state = await this.#keyringState(call.transport, call.deadline, call.facts);
    const signIn = "Sign in interactively, or register the device with the Company Portal (`intune-portal`).";
    return callError("account_not_found", call.facts, {
      ...said,
      reason: state === "none" ? "no_keyring" : "not_signed_in",
      message: "The broker knows no account.",
      hint:
        state === "none"
          ? `No Secret Service (such as GNOME Keyring) runs on this bus, and Microsoft's broker keeps its accounts in one: start it first. ${signIn}`
          : signIn,
    });
  }

  async #isKeyringLocked(call: RoutedCall): Promise<boolean> {
    if (!call.transport.dialect.isLocal) return false;
    const state = await this.#keyringState(call.transport, call.deadline, call.facts);
    call.log.note(`Keyring: ${state}.`);
    return state === "locked";
  }

  /** The keyring's state; where it cannot be asked, that is nobody's error. */
  async #keyringState(
    transport: BrokerTransport,
    deadline: Deadline,
    facts: CallFacts,
  ): Promise<KeyringState> {
    try {
      return await transport.keyringState(deadline, facts);
    } catch (error) {
      if (error instanceof BrokerError) return "unknown";
      throw error;
    }
  }

  /** The broker's version; `undefined` from one that is there but does not tell. */
  async #version(greeting: BrokerGreeting, call: RoutedCall): Promise<string | undefined> {
    if (!call.transport.dialect.isLocal) {
      const answer = greeting.text === undefined ? undefined : parseObject(greeting.text);
      return answer && readTelemetry(answer)["broker_version"];
    }
    try {
      // Any text will do for the client's version.
      const json = canonicalJson({ msalCppVersion: "1.28.0" });
      return readVersion(parseObject(await this.#ask("getLinuxBrokerVersion", json, call)));
    } catch (error) {
      if (!(error instanceof BrokerError) || !aliveCodes.has(error.code)) throw error;
      call.log.note(`The broker does not tell its version (${error.code}).`);
      return undefined;
    }
  }
}

const toleratedWithoutAccounts = new Set([
  "broker_failed",
  "not_supported",
  "account_not_found",
  "protocol_error",
]);

/** Errors that only a broker that is there can give. */
const aliveCodes = new Set([
  "broker_failed",
  "not_supported",
  "invalid_request",
  "protocol_error",
  "account_not_found",
]);

/**
 * Whether a broker that knows nobody may have failed for that very reason: himmelblau's says so in free text alone,
 * with status 0 or a plain D-Bus error.
 */
function mayLackAccount({ code, reason, aadsts, native }: BrokerError): boolean {
  if (code === "account_not_found" || reason === "account_needed") return true;
  if (code !== "broker_failed" || reason !== undefined || aadsts !== undefined) return false;
  if (native["rawErrorCode"] !== undefined) return false;
  return native["status"] === 0 || native["dbusError"] === "org.freedesktop.DBus.Error.Failed";
}

/** How a broker fails that cannot read its secrets. */
const mayBeKeyring: ReadonlySet<string> = new Set(["broker_died", "activation_failed"]);
