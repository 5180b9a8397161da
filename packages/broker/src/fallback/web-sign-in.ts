import type {
  AccountInfo,
  AuthenticationResult,
  DeviceCodeRequest,
  PublicClientApplication,
} from "@azure/msal-node";
import {
  type BrokerAccount,
  BrokerError,
  type BrokerToken,
  type InteractiveTokenRequest,
  type OperationOptions,
  type SilentTokenRequest,
  type TokenRequest,
} from "@x/broker-contract";
import { mergeClaims } from "../credential/claims.js";
import { throwIfAborted, untilAborted } from "../credential/flight.js";
import type { GuardedBroker } from "../credential/guarded-broker.js";
import { sameId } from "../credential/ids.js";
import type { CredentialLogger } from "../credential/logging.js";
import type { Settings } from "../credential/read-options.js";
import type { OpenWay } from "./choose-way.js";
import { DevicePace } from "./device-pace.js";
import type { Msal } from "./load-msal.js";
import { LoopbackListener } from "./loopback-listener.js";
import { loopbackPages } from "./loopback-pages.js";
import { duringCall, msalNetwork, type NetworkCall } from "./msal-network.js";
import { openBrowser } from "./open-browser.js";
import type { DeviceCodeInfo } from "./prompt.js";
import { AuthorizeRefusal, webError } from "./web-errors.js";

/**
 * Signs in at the tenant itself, through msal-node: in a browser, or with a code on another device. Answers as a broker
 * does, so that who asks has one kind of answer to check. Tokens and accounts are in msal-node's memory, for as long as
 * the credential lives.
 */
export class WebSignIn {
  readonly #settings: Settings;
  readonly #msal: Msal;
  readonly #app: PublicClientApplication;

  constructor(msal: Msal, settings: Settings, log: CredentialLogger) {
    this.#msal = msal;
    this.#settings = settings;
    this.#app = new msal.PublicClientApplication({
      auth: {
        clientId: settings.clientId,
        authority: `${settings.authorityHost}/${settings.tenants.defaultTenantId}`,
        knownAuthorities: knownAuthorities(settings),
      },
      system: {
        networkClient: msalNetwork,
        loggerOptions: {
          logLevel: msal.LogLevel.Verbose,
          piiLoggingEnabled: false,
          loggerCallback: (_level, message) => log.step(`msal-node: ${message}`),
        },
      },
    });
  }

  /** Whether this credential signed the account in here, so that its tokens can be renewed without the user. */
  async holds(homeAccountId: string): Promise<boolean> {
    return (await this.#find(homeAccountId)) !== undefined;
  }

  /** Forgets an account and its tokens. `false` when there was none. */
  async forget(homeAccountId: string): Promise<boolean> {
    const account = await this.#find(homeAccountId);
    if (account === undefined) return false;
    await this.#app.getTokenCache().removeAccount(account);
    return true;
  }

  /**
   * Stands in for the broker.
   * @param chosen How the user is asked.
   */
  asBroker(chosen: OpenWay): GuardedBroker {
    return {
      getAccounts: async () => (await this.#app.getTokenCache().getAllAccounts()).map(toBrokerAccount),
      acquireTokenSilently: (request, operation) => this.#silently(chosen.way, request, operation),
      acquireTokenInteractively: (request, operation) => this.#interactively(chosen, request, operation),
      signOut: async ({ account }) => {
        await this.forget(account.homeAccountId);
      },
    };
  }

  async #find(homeAccountId: string): Promise<AccountInfo | undefined> {
    const accounts = await this.#app.getTokenCache().getAllAccounts();
    return accounts.find((account) => sameId(account.homeAccountId, homeAccountId));
  }

  async #silently(
    way: OpenWay["way"],
    request: SilentTokenRequest,
    operation: OperationOptions = {},
  ): Promise<BrokerToken> {
    const account =
      request.account === undefined ? undefined : await this.#find(request.account.homeAccountId);
    if (account === undefined) throw notSignedInHere(operation);
    const call = networkCall(operation);
    // Always from the tenant: whoever asks has a memory of their own, which knows tokens for continuous access
    // evaluation from others, as that of msal-node does not.
    const silent = { ...this.#shared(request, operation), account, forceRefresh: true };
    return this.#carriedOut(way, request, operation, call, () => this.#app.acquireTokenSilent(silent), true);
  }

  #interactively(
    chosen: OpenWay,
    request: InteractiveTokenRequest,
    operation: OperationOptions = {},
  ): Promise<BrokerToken> {
    const call = networkCall(operation);
    if (chosen.way === "browser") {
      const ask = () => this.#inBrowser(chosen, request, operation, call);
      return this.#carriedOut("browser", request, operation, call, ask, false);
    }
    const paced: NetworkCall = { ...call, pace: new DevicePace(call.signal) };
    const ask = () => this.#elsewhere(request, operation, paced);
    return this.#carriedOut("device-code", request, operation, paced, ask, false);
  }

  async #carriedOut(
    way: OpenWay["way"],
    request: TokenRequest,
    operation: OperationOptions,
    call: NetworkCall,
    ask: () => Promise<AuthenticationResult>,
    silent: boolean,
  ): Promise<BrokerToken> {
    const { correlationId = "" } = operation;
    try {
      if (request.proofOfPossession !== undefined) throw noProofOfPossession(operation);
      const token = toBrokerToken(await duringCall(call, ask), request, correlationId, silent);
      const { homeAccountId } = token.account;
      // Whoever asked throws the token away; nothing of somebody else's stays here either.
      if (request.account !== undefined && !sameId(request.account.homeAccountId, homeAccountId))
        await this.forget(homeAccountId);
      return token;
    } catch (error) {
      const { clientId, scopes } = request;
      throw webError(error, { way, correlationId, clientId, scopes, call });
    }
  }

  async #inBrowser(
    { command }: Extract<OpenWay, { readonly way: "browser" }>,
    request: InteractiveTokenRequest,
    operation: OperationOptions,
    { signal }: NetworkCall,
  ): Promise<AuthenticationResult> {
    const listener = await LoopbackListener.start(loopbackPages(this.#settings.browserCustomizationOptions));
    try {
      const { verifier, challenge } = await new this.#msal.CryptoProvider().generatePkceCodes();
      const { redirectUri, state } = listener;
      const shared = this.#shared(request, operation);
      const nonce = crypto.randomUUID();
      const loginHint = request.account?.username ?? request.loginHint;
      const url = await this.#app.getAuthCodeUrl({
        ...shared,
        redirectUri,
        state,
        nonce,
        codeChallenge: challenge,
        codeChallengeMethod: "S256",
        responseMode: "form_post",
        ...(loginHint === undefined ? {} : { loginHint }),
        ...(request.prompt === undefined ? {} : { prompt: request.prompt }),
      });
      // Nobody is to see a browser for a call that has ended.
      throwIfAborted(signal);
      const answer = await untilAborted(
        firstOf(listener.answer, this.#open(command, listener.startUrlFor(url), operation)),
        signal,
      );
      const code = answer.get("code");
      if (code === undefined || answer.has("error")) throw new AuthorizeRefusal(answer);
      return await this.#app.acquireTokenByCode(
        { ...shared, code, redirectUri, codeVerifier: verifier },
        { code, nonce },
      );
    } finally {
      listener.close();
    }
  }

  /** Rejects when the browser does not open; whether it did, only the answer tells. */
  async #open(
    command: Parameters<typeof openBrowser>[0],
    url: string,
    { correlationId }: OperationOptions,
  ): Promise<never> {
    try {
      await openBrowser(command, url);
    } catch (error) {
      throw new BrokerError("broker_failed", {
        reason: "browser_not_opened",
        message: `The browser did not open: ${(error as Error).message}.`,
        hint: 'Sign in elsewhere with the option fallback set to "device-code", or name a browser in the environment variable BROWSER.',
        ...(correlationId === undefined ? {} : { correlationId }),
      });
    }
    return new Promise(() => {});
  }

  #elsewhere(
    request: InteractiveTokenRequest,
    operation: OperationOptions,
    { signal }: NetworkCall,
  ): Promise<AuthenticationResult> {
    return new Promise((resolve, reject) => {
      const tell = (info: DeviceCodeInfo): void => {
        const { userCode, verificationUri, message } = info;
        // In its own time: what it throws must not end in msal-node.
        Promise.resolve()
          .then(() => this.#settings.userPromptCallback({ userCode, verificationUri, message }))
          .catch((error: unknown) => {
            deviceCode.cancel = true;
            reject(promptFailed(error, operation));
          });
      };
      const deviceCode: DeviceCodeRequest = {
        ...this.#shared(request, operation),
        deviceCodeCallback: tell,
      };
      untilAborted(this.#app.acquireTokenByDeviceCode(deviceCode), signal).then((result) => {
        if (result === null) reject(new Error("msal-node gave no token."));
        else resolve(result);
      }, reject);
      signal.addEventListener("abort", () => {
        deviceCode.cancel = true;
      });
    });
  }

  /** What every request to msal-node says. */
  #shared({ authority, scopes, claims, clientCapabilities = [] }: TokenRequest, operation: OperationOptions) {
    // In the request and not in the app's configuration: one sign-in is for both kinds of token.
    const capabilities =
      clientCapabilities.length === 0
        ? undefined
        : JSON.stringify({ access_token: { xms_cc: { values: clientCapabilities } } });
    const allClaims = mergeClaims(capabilities, claims);
    return {
      authority,
      scopes: [...scopes],
      correlationId: operation.correlationId ?? crypto.randomUUID(),
      ...(allClaims === undefined ? {} : { claims: allClaims }),
    };
  }
}

/** Hosts that are not looked up at Microsoft first: nobody there knows loopback, a private cloud, or AD FS. */
function knownAuthorities({ authorityHost, disableInstanceDiscovery, tenants }: Settings): string[] {
  const { host, hostname } = new URL(authorityHost);
  const isLoopback = hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
  return disableInstanceDiscovery || isLoopback || tenants.defaultTenantId === "adfs" ? [host] : [];
}

function networkCall({ abortSignal, keepProcessAlive = true }: OperationOptions): NetworkCall {
  const signal = abortSignal instanceof AbortSignal ? abortSignal : new AbortController().signal;
  return { signal, keepProcessAlive };
}

/** The first to settle; what the other comes to later is nobody's concern. */
function firstOf<T>(answer: Promise<T>, failure: Promise<never>): Promise<T> {
  failure.catch(() => {});
  return Promise.race([answer, failure]);
}

function toBrokerAccount(account: AccountInfo): BrokerAccount {
  const { homeAccountId, localAccountId, tenantId, environment, username, name } = account;
  const ids = { homeAccountId, localAccountId, tenantId, environment, username };
  return name === undefined ? ids : { ...ids, name };
}

function toBrokerToken(
  result: AuthenticationResult,
  request: TokenRequest,
  correlationId: string,
  silent: boolean,
): BrokerToken {
  const { account, accessToken, expiresOn, refreshOn, scopes, idToken, idTokenClaims, tenantId } = result;
  if (account === null || accessToken === "")
    throw new BrokerError("protocol_error", {
      message: "The tenant answered without an account or an access token; the answer was thrown away.",
      hint: "See that the app asks for scopes of an API.",
      correlationId,
    });
  return {
    accessToken,
    tokenType: "Bearer",
    expiresOn: expiresOn?.getTime() ?? Number.NaN,
    ...(refreshOn === undefined ? {} : { refreshOn: refreshOn.getTime() }),
    scopes,
    idToken,
    idTokenClaims: idTokenClaims as Readonly<Record<string, unknown>>,
    account: toBrokerAccount(account),
    tenantId: tenantId === "" ? account.tenantId : tenantId,
    authority: request.authority,
    correlationId,
    silent,
    telemetry: {},
  };
}

function notSignedInHere({ correlationId }: OperationOptions): BrokerError {
  return new BrokerError("account_not_found", {
    message: "The account has not signed in through this credential's fallback yet.",
    hint: "Sign in interactively.",
    ...(correlationId === undefined ? {} : { correlationId }),
  });
}

function noProofOfPossession({ correlationId }: OperationOptions): BrokerError {
  return new BrokerError("not_supported", {
    message: "Proof of possession takes a broker: neither a browser nor a device code gives such tokens.",
    hint: "Ask for a bearer token here.",
    ...(correlationId === undefined ? {} : { correlationId }),
  });
}

function promptFailed(error: unknown, { correlationId }: OperationOptions): BrokerError {
  return new BrokerError("invalid_request", {
    reason: "prompt_failed",
    message: "The option userPromptCallback failed, so that nobody could see the code to sign in with.",
    hint: "See the error's cause.",
    cause: error,
    ...(correlationId === undefined ? {} : { correlationId }),
  });
}
