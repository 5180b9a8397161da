import { randomUUID } from "node:crypto";
import {
  AbortError,
  type Broker,
  type BrokerAccount,
  BrokerError,
  type BrokerErrorCode,
  type BrokerErrorOptions,
  type BrokerPlatform,
  type BrokerStatus,
  type BrokerToken,
  type InteractiveTokenRequest,
  type OperationOptions,
  type ProofOfPossession,
  type SilentTokenRequest,
} from "@x/broker-contract";
import { checkArgument, checkObject, oneOf, rule } from "./checks.js";
import type { EmulatedAccount } from "./tenant/accounts.js";
import { type EmulatedTenant, isTenant, nativeClientRedirectUri } from "./tenant/emulated-tenant.js";
import { endOfMany, untilAborted, wait } from "./tenant/emulated-user.js";
import type { BrokerMethod, PolicyEffect } from "./tenant/policy.js";
import type { PopRequest } from "./tenant/proof-of-possession.js";
import { Refusal, type RefusalKind } from "./tenant/refusal.js";
import {
  type EmulatedTokenRequest,
  refuseFor,
  type TokenGrant,
  TokenService,
} from "./tenant/token-service.js";

export interface EmulatedBrokerOptions {
  /** Which operating system's broker to pass for. Default `linux`. */
  readonly platform?: BrokerPlatform;
}

/** A call in progress: whose id it has, and what can end it early. */
interface OperationContext {
  readonly correlationId: string;
  readonly signal: AbortSignal;
  readonly keepProcessAlive: boolean;
}

/** What of a request an error may repeat. */
interface AskedFor {
  readonly scopes?: readonly string[];
  readonly redirectUri?: string;
}

type TokenMethod = EmulatedTokenRequest["method"];

/** Query parameters that belong to the protocol; Microsoft's client refuses them as extra ones, too. */
const protocolParameters: ReadonlySet<string> = new Set([
  "client_id",
  "code_challenge",
  "dc",
  "domain_hint",
  "grant_type",
  "mkt",
  "nonce",
  "password",
  "prompt",
  "redirect_uri",
  "refresh_token",
  "response_type",
  "scope",
  "username",
]);

const platforms: readonly BrokerPlatform[] = ["linux", "macos", "windows", "wsl"];

const brokerVersion = "0.1.0-emulator";

/** What a refusal is to a caller of the contract. */
const refusals: Readonly<
  Record<RefusalKind, { code: BrokerErrorCode; hint: string; reason?: string; retryable?: boolean }>
> = {
  interaction_required: { code: "interaction_required", hint: "Sign in interactively." },
  account_unusable: {
    code: "interaction_required",
    reason: "account_unusable",
    hint: "Sign in interactively.",
  },
  account_not_found: {
    code: "account_not_found",
    hint: "Ask the broker for its accounts, or sign in interactively.",
  },
  user_canceled: { code: "user_canceled", hint: "Ask again only if the user wants it." },
  no_network: { code: "no_network", hint: "Connect to the network and try again.", retryable: true },
  temporarily_unavailable: {
    code: "temporarily_unavailable",
    hint: "Try again a little later.",
    retryable: true,
  },
  not_enrolled: { code: "broker_unavailable", reason: "not_enrolled", hint: "Register the device." },
  untrusted_authority: { code: "untrusted_authority", hint: "Use an authority of Microsoft Entra." },
  incorrect_configuration: {
    code: "invalid_request",
    reason: "incorrect_configuration",
    hint: "Check the app registration in the emulated tenant (registerApp, registerResource).",
  },
  redirect_uri_mismatch: {
    code: "redirect_uri_mismatch",
    hint: "Register exactly this redirect URI for the app in the emulated tenant (registerApp).",
  },
  invalid_request: { code: "invalid_request", hint: "Correct the request." },
  not_supported: { code: "not_supported", hint: "This broker cannot do that." },
};

/**
 * The contract's `Broker`, answered by an emulated tenant in this process: no bus, no addon, any operating system.
 * For an app's own unit tests. Policies and the person's script apply as they do behind the D-Bus door; effects that
 * are about the wire end in the errors that a platform package makes of them.
 * @throws TypeError for arguments of another kind.
 */
export function createEmulatedBroker(tenant: EmulatedTenant, options: EmulatedBrokerOptions = {}): Broker {
  checkArgument("createEmulatedBroker", "tenant", tenant, rule("an EmulatedTenant", isTenant));
  checkObject("createEmulatedBroker", "options", options, { platform: oneOf(platforms) });
  return new EmulatedBroker(tenant, options.platform ?? "linux");
}

class EmulatedBroker implements Broker {
  readonly platform: BrokerPlatform;
  readonly #tenant: EmulatedTenant;
  readonly #tokens: TokenService;
  #dialogTurn: Promise<unknown> = Promise.resolve();
  #open = endOfMany();

  constructor(tenant: EmulatedTenant, platform: BrokerPlatform) {
    this.platform = platform;
    this.#tenant = tenant;
    this.#tokens = new TokenService(tenant);
  }

  probe(options?: OperationOptions): Promise<BrokerStatus> {
    return this.#operation("probe", options, async () => ({
      available: true,
      platform: this.platform,
      brokerVersion,
      emulated: true,
      capabilities: {
        interactiveWithoutAccount: true,
        proofOfPossession: true,
        claims: true,
        ssoCookies: true,
        signOut: true,
      },
      facts: { tenant: this.#tenant.tenantId },
    }));
  }

  getAccounts(request: { readonly clientId: string }, options?: OperationOptions): Promise<BrokerAccount[]> {
    return this.#operation("getAccounts", options, async (context) => {
      requireText("clientId", request.clientId);
      const effects = this.#tenant.policies.take({ method: "getAccounts", clientId: request.clientId });
      await this.#meet(effects, context);
      // A device that is not enrolled has no accounts: that is no error.
      const isEmpty = effects.some(({ kind }) => kind === "not_enrolled");
      for (const effect of effects) if (!isEmpty) refuseFor(effect);
      return isEmpty ? [] : this.#tenant.accounts.map(brokerAccount);
    });
  }

  acquireTokenSilently(request: SilentTokenRequest, options?: OperationOptions): Promise<BrokerToken> {
    return this.#operation(
      "acquireTokenSilently",
      options,
      (context) =>
        this.#acquireToken("acquireTokenSilently", request, context, {
          accessTokenToRenew: "",
          forceRefresh: request.forceRefresh ?? false,
        }),
      askedFor(request),
    );
  }

  acquireTokenInteractively(
    request: InteractiveTokenRequest,
    options?: OperationOptions,
  ): Promise<BrokerToken> {
    return this.#operation(
      "acquireTokenInteractively",
      options,
      (context) =>
        this.#inTurn(context.signal, () =>
          this.#tenant.user.during(() =>
            this.#acquireToken("acquireTokenInteractively", request, context, {
              accessTokenToRenew: "",
              ...(request.prompt === undefined ? {} : { prompt: request.prompt }),
            }),
          ),
        ),
      askedFor(request),
    );
  }

  signOut(
    request: { readonly clientId: string; readonly account: BrokerAccount },
    options?: OperationOptions,
  ): Promise<void> {
    return this.#operation("signOut", options, async (context) => {
      await this.#takeAndMeet("removeAccount", request.clientId, context);
      const account = this.#requireSignedIn(request.account.homeAccountId);
      this.#tenant.setSignedIn(account.homeAccountId, false);
    });
  }

  acquireSsoCookies(
    request: { readonly clientId: string; readonly ssoUrl: string; readonly account?: BrokerAccount },
    options?: OperationOptions,
  ): Promise<{ name: string; value: string }[]> {
    return this.#operation("acquireSsoCookies", options, async (context) => {
      requireText("ssoUrl", request.ssoUrl);
      this.#tokens.requireApp(request.clientId);
      await this.#takeAndMeet("acquirePrtSsoCookie", request.clientId, context);
      const account =
        request.account === undefined
          ? this.#tenant.accounts[0]
          : this.#requireSignedIn(request.account.homeAccountId);
      if (account === undefined)
        throw new Refusal("account_not_found", "No account is signed in to the broker.");
      const { name, content } = this.#tokens.ssoCookie(account, request.ssoUrl);
      return [{ name, value: content }];
    });
  }

  signHttpRequest(
    request: {
      readonly clientId: string;
      readonly account: BrokerAccount;
      readonly proofOfPossession: ProofOfPossession;
      readonly clientClaims?: string;
    },
    options?: OperationOptions,
  ): Promise<{ signedHttpRequest: string }> {
    return this.#operation("signHttpRequest", options, async (context) => {
      this.#tokens.requireApp(request.clientId);
      await this.#takeAndMeet("generateSignedHttpRequest", request.clientId, context);
      this.#requireSignedIn(request.account.homeAccountId);
      const pop = popRequest(request.proofOfPossession, request.clientClaims);
      return { signedHttpRequest: this.#tokens.signHttpRequest(pop, {}) };
    });
  }

  async close(): Promise<void> {
    this.#open.abort(
      new BrokerError("broker_unavailable", {
        message: "The connection to the broker was closed.",
        hint: "Call again to connect afresh.",
        reason: "connection_closed",
        platform: this.platform,
      }),
    );
    this.#open = endOfMany();
  }

  async #acquireToken(
    method: TokenMethod,
    request: SilentTokenRequest | InteractiveTokenRequest,
    context: OperationContext,
    more: Pick<EmulatedTokenRequest, "accessTokenToRenew" | "forceRefresh" | "prompt">,
  ): Promise<BrokerToken> {
    requireText("clientId", request.clientId);
    for (const name of Object.keys(request.extraParameters ?? {})) {
      if (!protocolParameters.has(name.toLowerCase())) continue;
      throw new Refusal("invalid_request", `The extra parameter '${name}' belongs to the protocol.`);
    }
    const { account, proofOfPossession, scopes } = request;
    const claims = mergedClaims(request.claims, request.clientCapabilities);
    const prepared = this.#tokens.prepare({
      method,
      correlationId: context.correlationId,
      clientId: request.clientId,
      redirectUri: request.redirectUri ?? nativeClientRedirectUri,
      authority: request.authority,
      scopes,
      claims,
      username: account?.username ?? request.loginHint ?? "",
      ...more,
      ...(account === undefined ? {} : { homeAccountId: account.homeAccountId }),
      ...(proofOfPossession === undefined ? {} : { pop: popRequest(proofOfPossession) }),
    });
    const effects = this.#tokens.effectsFor(prepared);
    await this.#meet(effects, context);
    const grant = await this.#tokens.grant(prepared, effects, context.signal);
    this.#checkAccount(grant, request, method, context);
    if (grant.expiresOn <= this.#tenant.now()) {
      throw this.#error("protocol_error", context.correlationId, {
        message: "The broker answered with a token that has expired.",
        hint: "Report it.",
      });
    }
    return {
      accessToken: grant.accessToken,
      tokenType: grant.isPop ? "pop" : "Bearer",
      expiresOn: grant.expiresOn,
      scopes: grant.grantedScopes,
      idToken: grant.idToken,
      idTokenClaims: this.#tenant.signingKey.verifyJwt(grant.idToken).claims,
      account: brokerAccount(grant.account),
      tenantId: grant.tenantId,
      authority: request.authority,
      correlationId: context.correlationId,
      silent: method === "acquireTokenSilently",
      telemetry: { broker_version: brokerVersion, ui_visible: String(grant.dialogShown) },
    };
  }

  /**
   * An answer for somebody else is never handed on: the contract promises it. A login hint is only where a person
   * starts, who may choose another account in the window.
   */
  #checkAccount(
    { account }: TokenGrant,
    request: SilentTokenRequest | InteractiveTokenRequest,
    method: TokenMethod,
    { correlationId }: OperationContext,
  ): void {
    const { loginHint = "" } = request;
    const isOther =
      request.account === undefined
        ? method === "acquireTokenSilently" &&
          loginHint !== "" &&
          loginHint.toLowerCase() !== account.username.toLowerCase()
        : request.account.homeAccountId.toLowerCase() !== account.homeAccountId;
    if (!isOther) return;
    throw this.#error("account_mismatch", correlationId, {
      message: "The broker answered for another account than the one asked for.",
      hint: "Sign in with the account the app asked for, or ask for no account.",
    });
  }

  async #takeAndMeet(method: BrokerMethod, clientId: string, context: OperationContext): Promise<void> {
    requireText("clientId", clientId);
    const effects = this.#tenant.policies.take({ method, clientId });
    await this.#meet(effects, context);
    for (const effect of effects) refuseFor(effect);
  }

  /** Effects that are about the way of an answer: here they end as a platform package would let them end. */
  async #meet(
    effects: readonly PolicyEffect[],
    { correlationId, signal, keepProcessAlive }: OperationContext,
  ): Promise<void> {
    for (const effect of effects) {
      if (effect.kind === "slow") await wait(effect.delayInMs, signal, keepProcessAlive);
    }
    for (const effect of effects) {
      switch (effect.kind) {
        case "never_answers":
          return untilAborted(signal);
        case "dies":
          throw this.#error("broker_unavailable", correlationId, {
            message: "The broker went away in the middle of the call.",
            hint: "Try again.",
            reason: "broker_died",
            retryable: true,
          });
        case "keyring_locked":
          throw this.#error("keyring_locked", correlationId, {
            message: "The keyring that holds the broker's secrets is locked.",
            hint: "Unlock it, then try again.",
          });
        case "garbage":
        case "raw_reply":
        case "dbus_reply":
          throw this.#error("protocol_error", correlationId, {
            message: "The broker's answer made no sense.",
            hint: "Report it.",
          });
        case "dbus_error":
        case "extension_error":
        case "wam_error":
        case "wire_error":
          throw this.#error("broker_failed", correlationId, {
            message: "The broker failed for a reason of its own.",
            hint: "Try again.",
          });
        default:
      }
    }
  }

  #requireSignedIn(homeAccountId: string): EmulatedAccount {
    const account = this.#tenant.findAccount(homeAccountId);
    if (account?.signedIn === true) return account;
    throw new Refusal("account_not_found", "The account was not found in the broker.");
  }

  /** One dialog at a time, in the order of the calls. Who gives up waiting lets the others pass. */
  async #inTurn<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const before = this.#dialogTurn;
    let done: (() => void) | undefined;
    this.#dialogTurn = new Promise<void>((resolve) => {
      done = resolve;
    });
    try {
      await Promise.race([before, untilAborted(signal)]);
      return await call();
    } finally {
      // Whoever comes next waits for those before as well, also when this one gave up early.
      void before.then(done);
    }
  }

  async #operation<T>(
    name: string,
    options: OperationOptions | undefined,
    run: (context: OperationContext) => Promise<T>,
    asked: AskedFor = {},
  ): Promise<T> {
    const { abortSignal, timeoutInMs = 0, correlationId = randomUUID(), logger } = options ?? {};
    const { keepProcessAlive = true } = options ?? {};
    const ended = new AbortController();
    const onAbort = () =>
      ended.abort(new AbortError(undefined, { correlationId, cause: abortSignal?.reason }));
    if (abortSignal?.aborted) onAbort();
    abortSignal?.addEventListener("abort", onAbort, { once: true });
    const open = this.#open.signal;
    const onClose = () => ended.abort(open.reason);
    open.addEventListener("abort", onClose, { once: true });
    const timer =
      timeoutInMs > 0
        ? setTimeout(() => ended.abort(this.#timedOut(correlationId, timeoutInMs)), timeoutInMs)
        : undefined;
    if (!keepProcessAlive) timer?.unref();
    try {
      ended.signal.throwIfAborted();
      const answer = await Promise.race([
        run({ correlationId, signal: ended.signal, keepProcessAlive }),
        untilAborted(ended.signal),
      ]);
      logger?.info(`Emulated broker: ${name} answered (correlation id: ${correlationId})`);
      return answer;
    } catch (error) {
      const told = error instanceof Refusal ? this.#refused(error, correlationId, asked) : error;
      const why = told instanceof BrokerError ? told.code : "failed";
      logger?.info(`Emulated broker: ${name} ended with ${why} (correlation id: ${correlationId})`);
      throw told;
    } finally {
      clearTimeout(timer);
      abortSignal?.removeEventListener("abort", onAbort);
      open.removeEventListener("abort", onClose);
    }
  }

  #timedOut(correlationId: string, timeoutInMs: number): BrokerError {
    return this.#error("timed_out", correlationId, {
      message: `The broker did not answer within ${timeoutInMs} ms.`,
      hint: "Allow more time, or look why the broker is slow.",
      retryable: true,
    });
  }

  #refused({ kind, message, details }: Refusal, correlationId: string, asked: AskedFor): BrokerError {
    const { code, hint, reason, retryable = false } = refusals[kind];
    const { scopes, redirectUri } = asked;
    // The texts of real brokers do not all end in a full stop.
    const ended = /[.!?]$/.test(message) ? message : `${message}.`;
    const subject = scopes === undefined || scopes.length === 0 ? "" : ` It was about ${scopes.join(" ")}.`;
    return this.#error(code, correlationId, {
      message: `${ended}${subject}`,
      hint,
      retryable,
      ...(reason === undefined ? {} : { reason }),
      ...(details.aadsts === undefined ? {} : { aadsts: details.aadsts }),
      ...(scopes === undefined ? {} : { scopes }),
      ...(redirectUri === undefined || code !== "redirect_uri_mismatch" ? {} : { redirectUri }),
      ...(details.claims === undefined ? {} : { claims: details.claims }),
      native: { broker: "emulator" },
    });
  }

  #error(code: BrokerErrorCode, correlationId: string, options: BrokerErrorOptions): BrokerError {
    return new BrokerError(code, { ...options, platform: this.platform, correlationId });
  }
}

function askedFor(request: SilentTokenRequest | InteractiveTokenRequest): AskedFor {
  return { scopes: request.scopes, redirectUri: request.redirectUri ?? nativeClientRedirectUri };
}

function brokerAccount(account: EmulatedAccount): BrokerAccount {
  return {
    homeAccountId: account.homeAccountId,
    localAccountId: account.localAccountId,
    tenantId: account.tenantId,
    environment: "login.microsoftonline.com",
    username: account.username,
    name: account.name,
  };
}

function popRequest(
  pop: ProofOfPossession,
  clientClaims = "",
): Extract<PopRequest, { kind: "signed_request" }> {
  let url: URL;
  try {
    url = new URL(pop.resourceRequestUrl);
  } catch {
    throw new Refusal("invalid_request", "`resourceRequestUrl` is not an absolute URL.");
  }
  return {
    kind: "signed_request",
    httpMethod: pop.resourceRequestMethod,
    uriHost: url.host,
    uriPath: url.pathname,
    nonce: pop.nonce ?? "",
    clientClaims,
  };
}

/** Declares the capabilities in the claims request, beside whatever else it asks for. */
function mergedClaims(claims: string | undefined, capabilities: readonly string[] = []): string {
  if (capabilities.length === 0) return claims ?? "";
  let request: Record<string, unknown>;
  try {
    request = JSON.parse(claims === undefined || claims === "" ? "{}" : claims) as Record<string, unknown>;
  } catch {
    throw new Refusal("invalid_request", "The claims request is not a JSON object.");
  }
  const accessToken = request["access_token"] as Record<string, unknown> | undefined;
  return JSON.stringify({
    ...request,
    access_token: { ...accessToken, xms_cc: { values: capabilities } },
  });
}

function requireText(name: string, value: unknown): void {
  if (typeof value === "string" && value !== "") return;
  throw new Refusal("invalid_request", `\`${name}\` must be a non-empty string.`);
}
