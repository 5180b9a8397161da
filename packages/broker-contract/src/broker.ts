import type { DiagnoseOptions, DiagnosticCheck } from "./diagnostics.js";
import type { OperationOptions } from "./operation.js";
import type {
  AccountsRequest,
  HttpRequestSigningRequest,
  InteractiveTokenRequest,
  SignOutRequest,
  SilentTokenRequest,
  SsoCookieRequest,
} from "./requests.js";
import type { BrokerAccount, BrokerToken, SignedHttpRequest, SsoCookie } from "./results.js";
import type { BrokerPlatform, BrokerStatus } from "./status.js";

/**
 * The authentication broker of one operating system.
 *
 * Every method rejects with a {@link BrokerError} whose `code` says what happened, or with an
 * {@link AbortError} when `options.abortSignal` fired. Bad input is refused with a `TypeError` or with
 * `invalid_request` before the OS is asked. Any number of calls may be in flight; interactive calls are
 * carried out one at a time per process, in the order they were made.
 */
export interface Broker {
  readonly platform: BrokerPlatform;

  /** Asks whether a broker is there. Never rejects because there is none: the status says why. */
  probe(options?: OperationOptions): Promise<BrokerStatus>;

  /**
   * The accounts the OS knows, in its own order. Empty when nobody is signed in.
   * @throws BrokerError `keyring_locked` where an empty answer only means that the keyring is locked.
   */
  getAccounts(request: AccountsRequest, options?: OperationOptions): Promise<BrokerAccount[]>;

  /**
   * Gets a token without showing any UI.
   * @throws BrokerError `interaction_required` when only the user can get any further.
   */
  acquireTokenSilently(request: SilentTokenRequest, options?: OperationOptions): Promise<BrokerToken>;

  /**
   * Gets a token and may show UI to do so.
   * @throws BrokerError `user_canceled` when the user closed the dialog.
   */
  acquireTokenInteractively(
    request: InteractiveTokenRequest,
    options?: OperationOptions,
  ): Promise<BrokerToken>;

  /**
   * Signs an account out of this app.
   * @throws BrokerError `not_supported` when this broker lets no app do that.
   */
  signOut(request: SignOutRequest, options?: OperationOptions): Promise<void>;

  /** Gets cookies that sign a browser in. Absent where the OS has no such thing. */
  acquireSsoCookies?(request: SsoCookieRequest, options?: OperationOptions): Promise<SsoCookie[]>;

  /** Signs an HTTP request with the broker's key. Absent where the OS has no such thing. */
  signHttpRequest?(
    request: HttpRequestSigningRequest,
    options?: OperationOptions,
  ): Promise<SignedHttpRequest>;

  /**
   * Looks at what this platform needs, from the ground up, for `broker doctor`: each check is given as soon
   * as it is done. Usual ids, in this order, on Linux: `native-addon`, `session-bus`, `broker`, `broker-version`,
   * `keyring`, `display`, `redirect-uri`; on Windows: `native-addon`, `session`, `elevation`, `wam`,
   * `personal-accounts`, `default-account`, `parent-window`, `redirect-uri`. A check that an earlier failure makes
   * pointless is given as `"skip"`. Accounts are left to the caller, who asks `getAccounts`. Rejects only when aborted: whatever
   * else goes wrong is a failed check.
   */
  diagnose?(options?: DiagnoseOptions): AsyncIterable<DiagnosticCheck>;

  /** Lets go of connections. Calls in flight reject with `broker_unavailable`; a later call connects afresh. */
  close(): Promise<void>;
}
