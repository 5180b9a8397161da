import {
  type AccountsRequest,
  type Broker,
  type BrokerAccount,
  BrokerError,
  type BrokerStatus,
  type BrokerToken,
  type DiagnoseOptions,
  type DiagnosticCheck,
  type InteractiveTokenRequest,
  type OperationOptions,
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
  callError,
  checkedAccount,
  checkedAccountOption,
  checkedClientId,
  checkedSsoUrl,
  chosenAccount,
  isEmulator,
  ProofKey,
  personalDataOf,
  runCall,
  runProbe,
  sameId,
  severalAccounts,
  textField,
} from "@x/broker-protocol";
import {
  accountsRequest,
  defaultAccountRequest,
  readAccountsAnswer,
  readDefaultAccount,
  signOutRequest,
} from "./accounts-request.js";
import { type AnswerFields, readAnswer } from "./answer.js";
import { deviceFacts, deviceInfoRequest, isUnregistered } from "./device-info.js";
import { diagnose } from "./diagnose.js";
import type { MacFacts } from "./mac-facts.js";
import { type Operation, unsignedRedirectUri } from "./protocol.js";
import type { ExtensionRequest } from "./request-options.js";
import { readSsoCookies, ssoCookiesRequest } from "./sso-cookies.js";
import { type Delivery, SsoExtension, type SsoExtensionOptions } from "./sso-extension.js";
import {
  interactiveTokenRequest,
  type PreparedTokenRequest,
  silentTokenRequest,
  type TokenRequestParts,
} from "./token-request.js";
import { readTokenAnswer } from "./token-response.js";

/**
 * How long a call without UI may take when the caller does not say, in milliseconds. The extension has no limit of its
 * own.
 */
export const defaultTimeoutInMs = 60_000;

/** Default of an interactive call: no limit, since a person takes as long as a person takes. */
const interactiveTimeoutInMs = 0;

const withoutWindow: Delivery = { interactive: false };

/** A call of which it is known which program asks. */
interface MacCall extends Call {
  readonly facts: MacFacts;
}

/** What the extension says about its accounts. */
interface KnownAccounts {
  readonly accounts: readonly BrokerAccount[];
  readonly isUnregistered: boolean;
}

/** The protocol of Microsoft's SSO extension. */
export class SsoExtensionBroker implements Broker {
  readonly platform = "macos";
  readonly #extension: SsoExtension;
  readonly #companyPortal: SsoExtensionOptions["companyPortal"];
  #proofKey: Promise<ProofKey> | undefined;

  constructor(options: SsoExtensionOptions) {
    this.#extension = new SsoExtension(options);
    this.#companyPortal = options.companyPortal;
  }

  probe(options: OperationOptions = {}): Promise<BrokerStatus> {
    return runProbe(
      {
        platform: () => this.platform,
        facts: () => ({}),
        timeoutInMs: defaultTimeoutInMs,
      },
      options,
      async (call) => {
        const known = this.#known(call);
        await this.#extension.require(this.#extension.binding(), known.facts, call.deadline);
        const fields = await this.#deviceInfo(known);
        const version = fields && textField(fields, "broker_version");
        return {
          available: true,
          platform: this.platform,
          ...(version !== undefined && { brokerVersion: version }),
          emulated: version !== undefined && isEmulator(version),
          capabilities: {
            interactiveWithoutAccount: true,
            proofOfPossession: true,
            claims: true,
            ssoCookies: true,
            signOut: true,
          },
          facts: { redirectUri: known.facts.expectedRedirectUri, ...(fields && deviceFacts(fields)) },
        };
      },
    );
  }

  getAccounts(request: AccountsRequest, options: OperationOptions = {}): Promise<BrokerAccount[]> {
    const about = () => aboutRequest(request);
    return this.#run("getAccounts", options, about, defaultTimeoutInMs, async (call) => {
      checkedClientId(request.clientId, call.facts);
      const { accounts } = await this.#accounts(request.clientId, this.#known(call));
      call.log.note(`The broker knows ${accounts.length} account(s).`);
      return [...accounts];
    });
  }

  acquireTokenSilently(request: SilentTokenRequest, options: OperationOptions = {}): Promise<BrokerToken> {
    const about = () => aboutToken(request);
    return this.#run("acquireTokenSilently", options, about, defaultTimeoutInMs, async (call) => {
      checkedAccountOption(request.account);
      // Bad input is refused before anything is asked.
      silentTokenRequest(request, placeholders(request.account), call.facts);
      const known = this.#known(call, request);
      const account = request.account ?? (await this.#defaultAccount(request, known));
      const facts = { ...known.facts, personalData: personalDataOf(account, request.loginHint) };
      const signer = await this.#signer(request, call);
      const prepared = silentTokenRequest(request, parts(account, signer, facts), facts);
      try {
        return await this.#token(prepared, signer, withoutWindow, { ...known, facts });
      } catch (error) {
        throw await this.#unlessUnknown(error, request, { ...known, facts });
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
      const account = checkedAccountOption(request.account);
      interactiveTokenRequest(request, placeholders(account), call.facts);
      const known = this.#known(call, request, true);
      const signer = await this.#signer(request, call);
      const prepared = interactiveTokenRequest(request, parts(account, signer, known.facts), known.facts);
      const { anchorView } = prepared;
      return await this.#token(prepared, signer, { interactive: true, anchorView }, known);
    });
  }

  signOut(request: SignOutRequest, options: OperationOptions = {}): Promise<void> {
    const about = () => aboutAccount(request);
    return this.#run("signOut", options, about, defaultTimeoutInMs, async (call) => {
      const { clientId } = request;
      const account = checkedAccount(request.account);
      signOutRequest(clientId, account, unsignedRedirectUri, call.facts);
      const known = this.#known(call);
      const { expectedRedirectUri } = known.facts;
      await this.#ask(signOutRequest(clientId, account, expectedRedirectUri, known.facts), known);
    });
  }

  acquireSsoCookies(request: SsoCookieRequest, options: OperationOptions = {}): Promise<SsoCookie[]> {
    const about = () => aboutAccount(request);
    return this.#run("acquireSsoCookies", options, about, defaultTimeoutInMs, async (call) => {
      const { clientId, ssoUrl } = request;
      checkedAccountOption(request.account);
      checkedClientId(clientId, call.facts);
      checkedSsoUrl(ssoUrl, call.facts);
      const known = this.#known(call, request);
      const account = request.account ?? (await this.#onlyAccount(clientId, known));
      const facts = { ...known.facts, personalData: personalDataOf(account, undefined) };
      const fields = await this.#ask(ssoCookiesRequest({ clientId, ssoUrl }, account, facts), {
        ...known,
        facts,
      });
      return readSsoCookies(fields, account, facts);
    });
  }

  async *diagnose(options: DiagnoseOptions = {}): AsyncGenerator<DiagnosticCheck> {
    const sources = {
      extension: this.#extension,
      companyPortal: this.#companyPortal,
      probe: (one: OperationOptions) => this.probe(one),
    };
    yield* diagnose(sources, options);
  }

  async close(): Promise<void> {
    this.#extension.close();
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

  /** The call, once it is known which program asks. */
  #known(call: Call, request: { readonly redirectUri?: string } = {}, interactive = false): MacCall {
    return { ...call, facts: this.#extension.facts(call, request, interactive) };
  }

  async #ask(
    request: ExtensionRequest<Operation>,
    { deadline, facts }: MacCall,
    delivery = withoutWindow,
  ): Promise<AnswerFields> {
    const response = await this.#extension.ask(request, delivery, deadline, facts);
    return readAnswer(response, request.operation, facts);
  }

  async #token(
    prepared: PreparedTokenRequest,
    signer: ProofKey | undefined,
    delivery: Delivery,
    call: MacCall,
  ): Promise<BrokerToken> {
    if (prepared.msaPassthrough) call.log.note("This broker knows no passthrough for personal accounts.");
    call.log.note(`Asking for ${prepared.scopes.join(" ")} from ${prepared.authority.url}.`);
    call.log.notePersonal(() => `Account: ${prepared.account?.username ?? prepared.loginHint ?? "any"}.`);
    const fields = await this.#ask(prepared, call, delivery);
    return await readTokenAnswer(fields, prepared, signer, call.facts);
  }

  /** The key to bind a token to; one for as long as this broker lives, so that the extension may cache tokens for it. */
  async #signer(request: TokenRequest, { deadline }: Call): Promise<ProofKey | undefined> {
    if (request.proofOfPossession === undefined) return undefined;
    this.#proofKey ??= ProofKey.create();
    return await deadline.race(this.#proofKey, () => {});
  }

  async #accounts(clientId: string, call: MacCall): Promise<KnownAccounts> {
    const fields = await this.#ask(accountsRequest(clientId, call.facts), call);
    return {
      accounts: readAccountsAnswer(fields, call.facts),
      isUnregistered: isUnregistered(fields),
    };
  }

  /**
   * The account to ask for when none is given: the extension answers for nobody in particular never. `undefined` asks
   * by the login hint alone, for an account that may be known although it is not listed.
   * @throws BrokerError `account_not_found` where there is no account, or several and no way to choose
   */
  async #defaultAccount(request: TokenRequest, call: MacCall): Promise<BrokerAccount | undefined> {
    const { clientId, loginHint = "" } = request;
    let known: KnownAccounts;
    try {
      known = await this.#accounts(clientId, call);
    } catch (error) {
      const isTolerable = error instanceof BrokerError && toleratedWithoutAccounts.has(error.code);
      if (!isTolerable || loginHint === "") throw error;
      call.log.warn(`The broker does not list its accounts (${error.code}).`);
      return undefined;
    }
    const account = chosenAccount(known.accounts, loginHint, call.facts);
    if (account !== undefined || loginHint !== "") return account;
    if (known.accounts.length === 0) throw noAccount(known, call.facts);
    return await this.#systemAccount(known.accounts, call);
  }

  /** Of several accounts that which the extension holds for the default one. */
  async #systemAccount(accounts: readonly BrokerAccount[], call: MacCall): Promise<BrokerAccount> {
    let told: BrokerAccount | undefined;
    try {
      told = readDefaultAccount(await this.#ask(defaultAccountRequest(call.facts), call));
    } catch (error) {
      if (!(error instanceof BrokerError) || !toleratedWithoutAccounts.has(error.code)) throw error;
      call.log.note(`The broker tells no default account (${error.code}).`);
    }
    const account = accounts.find(
      (one) => told !== undefined && sameId(one.homeAccountId, told.homeAccountId),
    );
    if (account !== undefined) return account;
    throw severalAccounts("The broker knows several accounts, and none as the default one.", call.facts);
  }

  async #onlyAccount(clientId: string, call: MacCall): Promise<BrokerAccount> {
    const known = await this.#accounts(clientId, call);
    const [account] = known.accounts;
    if (account === undefined) throw noAccount(known, call.facts);
    if (known.accounts.length === 1) return account;
    throw severalAccounts("The broker knows several accounts.", call.facts);
  }

  /**
   * Tells an account that the extension does not know from one that it cannot get a token for: it asks for the user
   * either way.
   */
  async #unlessUnknown(error: unknown, { account, clientId }: TokenRequest, call: MacCall): Promise<unknown> {
    const maybeUnknown =
      error instanceof BrokerError &&
      error.code === "interaction_required" &&
      error.reason === undefined &&
      error.aadsts === undefined &&
      error.native["oauthError"] === undefined;
    if (!maybeUnknown || account === undefined) return error;
    try {
      const { accounts } = await this.#accounts(clientId, call);
      if (accounts.some((one) => sameId(one.homeAccountId, account.homeAccountId))) return error;
    } catch (failure) {
      if (failure instanceof BrokerError && failure.code !== "timed_out") return error;
      throw failure;
    }
    return callError("account_not_found", call.facts, {
      message: "The broker does not know the account.",
      hint: "Ask the broker for its accounts, or sign in interactively.",
      native: error.native,
      cause: error,
    });
  }

  /** What the extension tells about itself; `undefined` from one that answers, but refuses to tell. */
  async #deviceInfo(call: MacCall): Promise<AnswerFields | undefined> {
    try {
      return await this.#ask(deviceInfoRequest(call.facts), call);
    } catch (error) {
      if (!(error instanceof BrokerError) || !aliveCodes.has(error.code)) throw error;
      call.log.note(`The broker does not tell about itself (${error.code}).`);
      return undefined;
    }
  }
}

/** What stands for what is not known yet, while a request is only checked. */
function placeholders(account: BrokerAccount | undefined): TokenRequestParts {
  return { account, redirectUri: unsignedRedirectUri, proofKeyId: "" };
}

function parts(
  account: BrokerAccount | undefined,
  signer: ProofKey | undefined,
  { redirectUri, expectedRedirectUri }: MacFacts,
): TokenRequestParts {
  return { account, redirectUri: redirectUri ?? expectedRedirectUri, proofKeyId: signer?.id ?? "" };
}

/** The error for an extension that knows nobody. */
function noAccount(known: KnownAccounts, facts: MacFacts): BrokerError {
  return callError("account_not_found", facts, {
    reason: "not_signed_in",
    message: known.isUnregistered
      ? "The broker knows no account, and this Mac is not registered with any tenant."
      : "The broker knows no account.",
    hint: known.isUnregistered
      ? "Register this Mac with the Company Portal, or sign in interactively."
      : "Sign in interactively.",
  });
}

const toleratedWithoutAccounts: ReadonlySet<string> = new Set([
  "broker_failed",
  "interaction_required",
  "invalid_request",
  "not_supported",
  "account_not_found",
  "protocol_error",
]);

/** Errors that only an extension that is there can give. */
const aliveCodes: ReadonlySet<string> = new Set([
  "broker_failed",
  "interaction_required",
  "not_supported",
  "invalid_request",
  "protocol_error",
  "account_not_found",
  "redirect_uri_mismatch",
]);
