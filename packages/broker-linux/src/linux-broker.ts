import {
  type AccountsRequest,
  type Broker,
  type BrokerAccount,
  BrokerError,
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
import { personalDataOf, readAccount, sameId } from "./account.js";
import {
  accountsRequest,
  keyringLocked,
  readAccountsAnswer,
  removeAccountRequest,
} from "./accounts-request.js";
import { parseAnswer } from "./broker-answer.js";
import { brokerCapabilities, isEmulator, readVersion } from "./broker-version.js";
import type { Environment } from "./bus-address.js";
import { type CallFacts, callError } from "./call-facts.js";
import { CallLog } from "./call-log.js";
import { Deadline } from "./deadline.js";
import {
  checks,
  displayCheck,
  emulatorNeedsNoDisplay,
  keyringCheck,
  redirectUriCheck,
  skipped,
  versionCheck,
} from "./diagnose.js";
import { canonicalJson, parseObject } from "./json.js";
import { type BrokerMethod, brokerRedirectUri } from "./protocol.js";
import { readSignedHttpRequest, signedHttpRequestRequest } from "./signed-http-request.js";
import { readSsoCookies, ssoCookieRequest } from "./sso-cookies.js";
import { interactiveTokenRequest, type PreparedTokenRequest, silentTokenRequest } from "./token-request.js";
import { readTokenAnswer } from "./token-response.js";
import type { BrokerTransport, KeyringState } from "./transport.js";
import { findWireError, wireError } from "./wire-errors.js";

/** How long a call without UI may take when the caller does not say, in milliseconds. */
export const defaultTimeoutInMs = 30_000;

/** Default of an interactive call: no limit, since a person takes as long as a person takes. */
const interactiveTimeoutInMs = 0;

/** One public call: whose patience it is, what its errors say, where it logs. */
interface Call {
  readonly deadline: Deadline;
  readonly facts: CallFacts;
  readonly log: CallLog;
}

/** The account a call without one goes by. */
interface DefaultAccount {
  readonly account: BrokerAccount | undefined;
  /** Whether the broker said that it knows nobody at all. */
  readonly noneKnown: boolean;
}

/** The broker's protocol over whichever transport reaches it. */
export class LinuxBroker implements Broker {
  readonly platform;
  readonly #transport: BrokerTransport;
  readonly #env: Environment;

  constructor(transport: BrokerTransport, env: Environment) {
    this.platform = transport.platform;
    this.#transport = transport;
    this.#env = env;
  }

  async probe(options: OperationOptions = {}): Promise<BrokerStatus> {
    const { platform } = this;
    try {
      return await this.#run("probe", options, {}, defaultTimeoutInMs, async (call) => {
        await this.#transport.reach(call.deadline, call.facts);
        const version = await this.#askVersion(call);
        return {
          available: true,
          platform,
          ...(version !== undefined && { brokerVersion: version }),
          emulated: version !== undefined && isEmulator(version),
          capabilities: brokerCapabilities(version, this.#transport.brokerProcess()?.program),
          facts: this.#transport.describe(),
        };
      });
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return { available: false, platform, error, facts: this.#transport.describe() };
    }
  }

  async getAccounts(request: AccountsRequest, options: OperationOptions = {}): Promise<BrokerAccount[]> {
    requireRequest(request);
    return await this.#run("getAccounts", options, {}, defaultTimeoutInMs, async (call) => {
      const accounts = await this.#accounts(request.clientId, call);
      call.log.note(`The broker knows ${accounts.length} account(s).`);
      return accounts;
    });
  }

  async acquireTokenSilently(
    request: SilentTokenRequest,
    options: OperationOptions = {},
  ): Promise<BrokerToken> {
    requireRequest(request);
    const about = aboutToken(request);
    return await this.#run("acquireTokenSilently", options, about, defaultTimeoutInMs, async (call) => {
      checkAccountOption(request.account);
      // Bad input is refused before anything is asked.
      silentTokenRequest(request, request.account, call.facts);
      const chosen =
        request.account === undefined
          ? await this.#defaultAccount(request, call)
          : { account: request.account, noneKnown: false };
      const facts = { ...call.facts, personalData: personalDataOf(chosen.account, request.loginHint) };
      const prepared = silentTokenRequest(request, chosen.account, facts);
      try {
        return await this.#token("acquireTokenSilently", prepared, { ...call, facts });
      } catch (error) {
        const notFound = error instanceof BrokerError && error.code === "account_not_found";
        throw notFound && chosen.noneKnown ? await this.#noAccount(call) : error;
      }
    });
  }

  async acquireTokenInteractively(
    request: InteractiveTokenRequest,
    options: OperationOptions = {},
  ): Promise<BrokerToken> {
    requireRequest(request);
    const about = aboutToken(request);
    const operation = "acquireTokenInteractively";
    return await this.#run(operation, options, about, interactiveTimeoutInMs, async (call) => {
      checkAccountOption(request.account);
      const prepared = interactiveTokenRequest(request, request.account, this.#env, call.facts);
      try {
        return await this.#token(operation, prepared, call);
      } catch (error) {
        if (!(error instanceof BrokerError && error.reason === "account_needed")) throw error;
        if (request.account !== undefined) throw error;
        const { account } = await this.#defaultAccount(request, call);
        if (account === undefined) throw error;
        call.log.note("This broker needs an account: asking once more with the one it knows.");
        const facts = { ...call.facts, personalData: personalDataOf(account, request.loginHint) };
        return await this.#token(operation, interactiveTokenRequest(request, account, this.#env, facts), {
          ...call,
          facts,
        });
      }
    });
  }

  async signOut(request: SignOutRequest, options: OperationOptions = {}): Promise<void> {
    requireRequest(request);
    const about = { personalData: personalDataOf(request.account, undefined) };
    await this.#run("signOut", options, about, defaultTimeoutInMs, async (call) => {
      const account = requiredAccount(request.account);
      const json = removeAccountRequest(request.clientId, account, call.facts);
      // What a broker answers to a successful removal is not known: anything but an error will do.
      const answer = parseObject(await this.#ask("removeAccount", json, call));
      const error = answer && findWireError(answer);
      if (error !== undefined) throw wireError(error, call.facts);
    });
  }

  async acquireSsoCookies(request: SsoCookieRequest, options: OperationOptions = {}): Promise<SsoCookie[]> {
    requireRequest(request);
    const about = { personalData: personalDataOf(request.account, undefined) };
    return await this.#run("acquireSsoCookies", options, about, defaultTimeoutInMs, async (call) => {
      checkAccountOption(request.account);
      const account = request.account ?? (await this.#onlyAccount(request.clientId, call));
      const facts = { ...call.facts, personalData: personalDataOf(account, undefined) };
      const json = ssoCookieRequest(request, account, facts);
      const answer = parseAnswer(await this.#ask("acquirePrtSsoCookie", json, { ...call, facts }), facts);
      return readSsoCookies(answer, account, facts);
    });
  }

  async signHttpRequest(
    request: HttpRequestSigningRequest,
    options: OperationOptions = {},
  ): Promise<SignedHttpRequest> {
    requireRequest(request);
    const about = { personalData: personalDataOf(request.account, undefined) };
    return await this.#run("signHttpRequest", options, about, defaultTimeoutInMs, async (call) => {
      requiredAccount(request.account);
      const json = signedHttpRequestRequest(request, call.facts);
      const answer = parseAnswer(await this.#ask("generateSignedHttpRequest", json, call), call.facts);
      return readSignedHttpRequest(answer, call.facts);
    });
  }

  async *diagnose(options: DiagnoseOptions = {}): AsyncGenerator<DiagnosticCheck> {
    const operation = "diagnose";
    const deadline = new Deadline(operation, this.platform, options, defaultTimeoutInMs);
    const facts = { operation, platform: this.platform, correlationId: deadline.correlationId };
    let last: DiagnosticCheck | undefined;
    for await (const found of this.#transport.diagnose(deadline, facts)) {
      yield found;
      last = found;
    }
    const failed = last?.outcome === "fail" ? last : undefined;
    let emulated = false;
    const ground = [checks.sessionBus, checks.broker];
    if (failed !== undefined) {
      for (const one of ground.slice(ground.findIndex(({ id }) => id === failed.id) + 1))
        yield skipped(one, failed);
      yield skipped(checks.brokerVersion, failed);
    } else {
      const status = await this.probe({ ...options, correlationId: deadline.correlationId });
      emulated = status.available && status.emulated;
      yield versionCheck(status);
    }
    if (failed !== undefined && failed.id !== checks.broker.id) yield skipped(checks.keyring, failed);
    else yield keyringCheck(await this.#keyringState(deadline, facts));
    yield emulated ? emulatorNeedsNoDisplay : displayCheck(this.#transport.brokerProcess(), this.#env);
    yield redirectUriCheck(brokerRedirectUri);
  }

  async close(): Promise<void> {
    this.#transport.close();
  }

  async #run<T>(
    operation: string,
    options: OperationOptions,
    about: Partial<CallFacts>,
    timeoutInMs: number,
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    const deadline = new Deadline(operation, this.platform, options, timeoutInMs);
    const log = new CallLog(operation, deadline.correlationId, options);
    const facts = { operation, platform: this.platform, correlationId: deadline.correlationId, ...about };
    try {
      const result = await work({ deadline, facts, log });
      log.succeeded(deadline.elapsedInMs);
      return result;
    } catch (error) {
      log.failed(error, deadline.elapsedInMs);
      throw error;
    }
  }

  /** Sends one request; a broker that died of a locked keyring is told apart from one that just died. */
  async #ask(method: BrokerMethod, requestJson: string, call: Call): Promise<string> {
    const interactive = method === "acquireTokenInteractively";
    try {
      return await this.#transport.request({ method, requestJson, interactive }, call.deadline, call.facts);
    } catch (error) {
      if (
        error instanceof BrokerError &&
        mayBeKeyring.has(error.reason ?? "") &&
        (await this.#isKeyringLocked(call))
      ) {
        throw keyringLocked(call.facts);
      }
      throw error;
    }
  }

  async #token(method: BrokerMethod, prepared: PreparedTokenRequest, call: Call): Promise<BrokerToken> {
    call.log.note(`Asking for ${prepared.scopes.join(" ")} from ${prepared.authority.url}.`);
    call.log.notePersonal(() => `Account: ${prepared.account?.username ?? prepared.loginHint ?? "any"}.`);
    const answer = parseAnswer(await this.#ask(method, prepared.json, call), call.facts);
    return readTokenAnswer(answer, prepared, call.facts);
  }

  async #accounts(clientId: string, call: Call): Promise<BrokerAccount[]> {
    const json = accountsRequest(clientId, call.facts);
    const answer = parseAnswer(await this.#ask("getAccounts", json, call), call.facts);
    const accounts = readAccountsAnswer(answer, call.facts);
    if (accounts.length === 0 && (await this.#isKeyringLocked(call))) throw keyringLocked(call.facts);
    return accounts;
  }

  /**
   * The account to use when none is given, as Microsoft's client chooses: the one with the hinted user name, or
   * the only one. `undefined` leaves the choice to the broker.
   * @throws BrokerError `account_not_found`, reason `several_accounts`, where the hint means more than one: whose
   * token it is must not be a matter of their order.
   */
  async #defaultAccount(request: TokenRequest, call: Call): Promise<DefaultAccount> {
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
    if (loginHint === undefined || loginHint === "")
      return { account: accounts.length === 1 ? accounts[0] : undefined, noneKnown };
    const hinted = accounts.filter(({ username }) => sameId(username, loginHint));
    const [account] = hinted;
    // One account may be listed once for every tenant it visits.
    if (account !== undefined && hinted.some((one) => !sameId(one.homeAccountId, account.homeAccountId)))
      throw severalAccounts("The broker knows several accounts with the user name of the login hint.", call);
    return { account, noneKnown };
  }

  async #onlyAccount(clientId: string, call: Call): Promise<BrokerAccount> {
    const accounts = await this.#accounts(clientId, call);
    const [account] = accounts;
    if (account !== undefined && accounts.length === 1) return account;
    if (account === undefined) throw await this.#noAccount(call);
    throw severalAccounts("The broker knows several accounts.", call);
  }

  /** The error for a broker that knows nobody; without a keyring it could not remember anybody. */
  async #noAccount(call: Call): Promise<BrokerError> {
    const noKeyring = (await this.#keyringState(call.deadline, call.facts)) === "none";
    const signIn = "Sign in interactively, or register the device with the Company Portal (`intune-portal`).";
    return callError("account_not_found", call.facts, {
      reason: noKeyring ? "no_keyring" : "not_signed_in",
      message: "The broker knows no account.",
      hint: noKeyring
        ? `No Secret Service (such as GNOME Keyring) runs on this bus, and Microsoft's broker keeps its accounts in one: start it first. ${signIn}`
        : signIn,
    });
  }

  async #isKeyringLocked(call: Call): Promise<boolean> {
    const state = await this.#keyringState(call.deadline, call.facts);
    call.log.note(`Keyring: ${state}.`);
    return state === "locked";
  }

  /** The keyring's state; where it cannot be asked, that is nobody's error. */
  async #keyringState(deadline: Deadline, facts: CallFacts): Promise<KeyringState> {
    try {
      return await this.#transport.keyringState(deadline, facts);
    } catch (error) {
      if (error instanceof BrokerError) return "unknown";
      throw error;
    }
  }

  /** The broker's version; `undefined` from one that is there but does not tell. */
  async #askVersion(call: Call): Promise<string | undefined> {
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

function severalAccounts(message: string, call: Call): BrokerError {
  const hint = "Pass the account to use (see getAccounts).";
  return callError("account_not_found", call.facts, { reason: "several_accounts", message, hint });
}

/** @throws TypeError for fields of the wrong type that would end up in errors */
function aboutToken(request: TokenRequest): Partial<CallFacts> {
  for (const key of ["redirectUri", "loginHint"] as const) {
    const value = request[key];
    if (value !== undefined && typeof value !== "string") throw new TypeError(`${key} must be a string.`);
  }
  return {
    scopes: Array.isArray(request.scopes) ? request.scopes.map(String) : [],
    redirectUri: request.redirectUri ?? brokerRedirectUri,
    personalData: personalDataOf(request.account, request.loginHint),
  };
}

function requireRequest(request: object): void {
  if (typeof request !== "object" || request === null) throw new TypeError("The request must be an object.");
}

function checkAccountOption(account: BrokerAccount | undefined): void {
  if (account === undefined) return;
  requiredAccount(account);
}

function requiredAccount(account: BrokerAccount): BrokerAccount {
  const { homeAccountId, localAccountId, tenantId: realm, environment, username } = account ?? {};
  if (readAccount({ homeAccountId, localAccountId, realm, environment, username }) === undefined) {
    throw new TypeError(
      "account must have homeAccountId, localAccountId, tenantId, environment and username, as getAccounts gives it.",
    );
  }
  return account;
}

/** How a broker fails that cannot read its secrets. */
const mayBeKeyring: ReadonlySet<string> = new Set(["broker_died", "activation_failed"]);
