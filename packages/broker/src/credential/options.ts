import type { Broker } from "@x/broker-contract";
import type { AuthenticationRecord } from "./authentication-record.js";
import type { ParentWindowHandle } from "./window-handle.js";

/** Options of {@link InteractiveBrowserBrokerCredential}. All are optional. */
export interface InteractiveBrowserBrokerCredentialOptions {
  /**
   * Application (client) id of the app registration to sign in to. The broker's redirect URI has to be
   * registered there; an error names it. Default: that of `authenticationRecord`, else the Azure developer
   * sign-on app (`04b07795-8ddb-461a-bbee-02f9e1bf7b46`).
   */
  clientId?: string;
  /**
   * Tenant id or domain to sign in to. Default: that of `authenticationRecord`, else `organizations` for the
   * developer sign-on app and `common` for an app of your own.
   */
  tenantId?: string;
  /**
   * Host of the cloud to sign in to, as an https URL; see {@link AzureAuthorityHosts}. Default: the environment
   * variable `AZURE_AUTHORITY_HOST`, else that of `authenticationRecord`, else the public cloud.
   */
  authorityHost?: string;
  /**
   * The window a sign-in dialog belongs to: Electron's `getNativeWindowHandle()` buffer (a little-endian
   * pointer; no bytes or zero mean `"auto"`), a bigint, a number, or a function that gives one when a dialog is
   * about to open. Default `"auto"`: the window of this app, or of the terminal it runs in. Brokers on Linux are
   * handed it but probably do not honour it: the dialog may open apart from the window.
   */
  parentWindowHandle?: ParentWindowHandle;
  /**
   * Start with the account that is signed in to the operating system, without UI where that works, instead of
   * with the account picker. Default `false`.
   */
  useDefaultBrokerAccount?: boolean;
  /**
   * Never show UI from `getToken()`. Where only the user can get any further it throws
   * `AuthenticationRequiredError`; with `useDefaultBrokerAccount` on a machine where nobody is signed in,
   * `CredentialUnavailableError`. Default `false`.
   */
  disableInteractiveFallback?: boolean;
  /** Legacy Microsoft-account passthrough, for Microsoft's own apps only. Default `false`. */
  enableMsaPassthrough?: boolean;
  /**
   * Lets log messages name accounts, for a support case. Tokens are never logged. Default `false`.
   */
  enableSupportLogging?: boolean;
  /**
   * User name to start with. If the broker knows one account of that name it is first tried without UI, and no
   * other account is; it never forces the user to type a password again. In a window it only fills in the name:
   * whoever signs in there is then this credential's account. To pin an account use `authenticationRecord`.
   * Default: none.
   */
  loginHint?: string;
  /**
   * Pins the credential to the account of an earlier `authenticate()`, of this package or of another Azure
   * Identity library. An answer for another account is refused. Default: none.
   */
  authenticationRecord?: AuthenticationRecord;
  /**
   * Never show UI from `getToken()`, because the app calls `authenticate()` at a moment of its own choice:
   * `getToken()` throws `AuthenticationRequiredError` instead. Default `false`.
   */
  disableAutomaticAuthentication?: boolean;
  /**
   * Tenants beside `tenantId` that a call may ask for with its own `tenantId`; `"*"` allows any. Means nothing
   * unless `tenantId` is set: then any tenant may be asked for. Default: none.
   */
  additionallyAllowedTenants?: string[];
  /**
   * Do not look the authority up at Microsoft first, for private clouds: sends `validateAuthority=no`.
   * Default `false`.
   */
  disableInstanceDiscovery?: boolean;
  /** Redirect URI registered for the app; its case matters. Default: the one the platform's broker expects. */
  redirectUri?: string;
  /**
   * The longest `getToken()`, `authenticate()`, `getAccounts()` and `signOut()` may take, in milliseconds, the
   * user's part included; `0` for no limit. A call's `requestOptions.timeout` can only shorten it.
   * Default 300,000.
   */
  timeoutInMs?: number;
  /**
   * The broker to ask, for tests: e.g. `createEmulatedBroker(tenant)` of `@x/broker-emulator`. Default: the
   * broker of this operating system.
   */
  broker?: Broker;
}
