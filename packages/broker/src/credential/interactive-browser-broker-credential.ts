import type { AccessToken, GetTokenOptions, TokenCredential } from "@azure/core-auth";
import type { BrokerAccount } from "@x/broker-contract";
import type { SignInRoute } from "../fallback/fallback-kind.js";
import { sharedPlatformBroker } from "../loader/shared-broker.js";
import type { AuthenticationRecord } from "./authentication-record.js";
import type { CredentialCalls } from "./credential-calls.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "./options.js";
import type { CredentialOperationOptions } from "./read-call.js";
import { readOptions, type Settings } from "./read-options.js";

/** An access token, with the way it came. */
export interface RoutedAccessToken extends AccessToken {
  readonly route: SignInRoute;
}

/**
 * Signs in through the authentication broker of the operating system, and gives tokens to any Azure SDK
 * client. Asks without UI first where it knows an account, and opens a sign-in window only when the user alone
 * can get any further. Tokens are cached in memory, for as long as the credential lives.
 *
 * Failures are told by `name` and `code`: `CredentialUnavailableError` (no broker here, a locked keyring,
 * a default account where nobody is signed in) and `AuthenticationRequiredError` (UI is needed and not allowed) let a
 * `ChainedTokenCredential` go on; a `BrokerError` (cancelled by the user, no network, …) and an `AbortError`
 * stop it.
 *
 * ```ts
 * const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });
 * const client = new BlobServiceClient("https://<account>.blob.core.windows.net", credential);
 * ```
 */
export class InteractiveBrowserBrokerCredential implements TokenCredential {
  readonly #settings: Settings;
  /** What carries out the calls, once it is there. */
  #calls: CredentialCalls | undefined;
  #loading: Promise<CredentialCalls> | undefined;

  /**
   * Checks the options; needs no broker.
   * @throws TypeError or RangeError that names the option and what is expected of it.
   */
  constructor(options?: InteractiveBrowserBrokerCredentialOptions) {
    this.#settings = readOptions(options);
  }

  /**
   * The way that the credential's latest token came, and why it was not the broker; `undefined` before the first. A
   * token's own `route` says the same of that token.
   */
  get lastSignIn(): SignInRoute | undefined {
    return this.#calls?.lastSignIn;
  }

  /**
   * Gets a token: from memory, from the broker without UI, or by asking the user.
   * @param scopes - Scopes of one resource, e.g. `"https://storage.azure.com/.default"`.
   * @param options - `claims` (of a claims challenge; bypasses the cache), `enableCae`, `tenantId`,
   * `proofOfPossessionOptions`, `abortSignal`, `requestOptions.timeout` in milliseconds, `tracingOptions`.
   * @throws CredentialUnavailableError when there is no broker to use here.
   * @throws AuthenticationRequiredError when the user is needed and UI is not allowed.
   * @throws BrokerError for every other failure; decide by its `code`.
   * @throws AbortError when `abortSignal` fired.
   */
  async getToken(scopes: string | string[], options?: GetTokenOptions): Promise<RoutedAccessToken> {
    const calls = this.#calls ?? (await this.#load());
    return calls.cachedToken(scopes, options) ?? (await calls.getToken(scopes, options));
  }

  /**
   * Signs the user in, with UI if need be, whatever `disableAutomaticAuthentication` and
   * `disableInteractiveFallback` say, and remembers the account for `getToken()`. An account this credential
   * knows already (a record's, or one that signed in before) is kept: call {@link signOut} first to change it.
   * @param scopes - Scopes the app is about to ask for.
   * @returns What names the account later, as option `authenticationRecord`.
   * @throws The same errors as {@link getToken}.
   */
  async authenticate(scopes: string | string[], options?: GetTokenOptions): Promise<AuthenticationRecord> {
    const calls = this.#calls ?? (await this.#load());
    return calls.authenticate(scopes, options);
  }

  /**
   * The accounts the operating system's broker knows, in its own order; never shows UI.
   * @throws BrokerError `broker_unavailable`, `keyring_locked`, …
   * @throws AbortError when `abortSignal` fired.
   */
  async getAccounts(options?: CredentialOperationOptions): Promise<BrokerAccount[]> {
    const calls = this.#calls ?? (await this.#load());
    return calls.getAccounts(options);
  }

  /**
   * Signs an account out of this app and forgets its tokens, which happens even if the broker refuses. Tokens that
   * are asked for meanwhile are not kept either.
   * @param account - An account of {@link getAccounts}, or the record of one. Default: the account this
   * credential signed in.
   * @throws BrokerError `account_not_found` when there is no such account, `not_supported` when this broker
   * lets no app sign out.
   * @throws AbortError when `abortSignal` fired.
   */
  async signOut(
    account?: BrokerAccount | AuthenticationRecord,
    options?: CredentialOperationOptions,
  ): Promise<void> {
    const calls = this.#calls ?? (await this.#load());
    return calls.signOut(account, options);
  }

  /**
   * Loads the code that carries out calls, with the first of them: it is most of this package, and an app should not
   * wait for it that only imports the class. Calls made meanwhile go on in their order.
   */
  #load(): Promise<CredentialCalls> {
    this.#loading ??= import("./credential-calls.js").then(
      ({ CredentialCalls }) => {
        this.#calls = new CredentialCalls(this.#settings, sharedPlatformBroker);
        return this.#calls;
      },
      (error: unknown) => {
        // Too many open files, say: the next call tries again.
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
  }
}
