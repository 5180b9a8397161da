import type { Broker } from "@x/broker-contract";
import type { FallbackKind, SignInRoute } from "../fallback/fallback-kind.js";
import type { BrowserCustomizationOptions } from "../fallback/loopback-pages.js";
import type { DeviceCodePromptCallback } from "../fallback/prompt.js";
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
   * Never show UI from `getToken()`, that of a `fallback` included. Where only the user can get any further it throws
   * `AuthenticationRequiredError`, also where no account is known yet, which is told without asking the broker; with
   * `useDefaultBrokerAccount` on a machine where nobody is signed in or that has no broker, `CredentialUnavailableError`.
   * Default `false`.
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
   * Do not look the authority up at Microsoft first, for private clouds: sends `validateAuthority=no`, and has the
   * fallback trust the host. Default `false`.
   */
  disableInstanceDiscovery?: boolean;
  /**
   * Redirect URI registered for the app; its case matters. The fallback `"browser"` has one of its own,
   * `http://localhost`. Default: the one the platform's broker expects.
   */
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
  /**
   * How to sign in where there is no broker to use: the broker is not installed, its device is not enrolled, its
   * keyring is locked, or it does not sign in to this kind of authority. Never after anything else, as a lost network
   * or the user's own no. Each time the user is needed the broker is asked first.
   * - `"browser"`: in the system's browser. The app needs the redirect URI `http://localhost`. Where no browser opens
   *   before the user's eyes (SSH, no display, root, a service) `"device-code"`, if somebody would see the code.
   * - `"device-code"`: with a code that the user enters on another device, shown by `userPromptCallback`.
   * - `"none"`: not at all; `getToken()` throws `CredentialUnavailableError`.
   *
   * The package `@azure/msal-node` has to be installed for the first two. Not for proof of possession, which takes a
   * broker. Default: `"none"` on Windows, where a broker is part of the system, else `"browser"`.
   */
  fallback?: FallbackKind;
  /**
   * Shows the user the code of the fallback `"device-code"`. May give a promise. Default: writes the message to standard
   * error.
   */
  userPromptCallback?: DeviceCodePromptCallback;
  /** What the fallback `"browser"` shows when the browser comes back. Default: pages that say how it ended. */
  browserCustomizationOptions?: BrowserCustomizationOptions;
  /**
   * Called when the fallback is about to ask the user: with the way it does, and why it was not the broker. For an app
   * that wants to say that its browser has been opened. The token's own `route` says the same. Default: none.
   */
  onFallback?: (route: SignInRoute) => void;
}
