import type { Broker } from "@x/broker-contract";
import {
  defaultFallback,
  type FallbackKind,
  fallbackKinds,
  type SignInRoute,
} from "../fallback/fallback-kind.js";
import type { BrowserCustomizationOptions } from "../fallback/loopback-pages.js";
import { type DeviceCodePromptCallback, promptOnStandardError } from "../fallback/prompt.js";
import { type AuthenticationRecord, readAuthenticationRecord } from "./authentication-record.js";
import { isHostOfEnvironment, resolveAuthorityHost } from "./authority-host.js";
import { developerSignOnClientId, readClientId } from "./client-id.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "./options.js";
import { readTenantId, type TenantRules } from "./tenant.js";
import { type ParentWindowReader, readParentWindowHandle } from "./window-handle.js";

const defaultTimeoutInMs = 300_000;
/** What a timer can hold. */
const longestTimeoutInMs = 2 ** 31 - 1;

/** The options of a credential, checked and with their defaults. */
export interface Settings {
  readonly clientId: string;
  readonly authorityHost: string;
  /** Whether `AZURE_AUTHORITY_HOST` named it. */
  readonly authorityHostOfEnvironment: boolean;
  readonly tenants: TenantRules;
  readonly readParentWindow: ParentWindowReader;
  readonly useDefaultBrokerAccount: boolean;
  readonly disableInteractiveFallback: boolean;
  readonly disableAutomaticAuthentication: boolean;
  readonly enableMsaPassthrough: boolean;
  readonly enableSupportLogging: boolean;
  readonly disableInstanceDiscovery: boolean;
  readonly loginHint: string | undefined;
  readonly authenticationRecord: AuthenticationRecord | undefined;
  readonly redirectUri: string | undefined;
  readonly timeoutInMs: number;
  readonly broker: Broker | undefined;
  readonly fallback: FallbackKind;
  readonly userPromptCallback: DeviceCodePromptCallback;
  /** Whether the app shows device codes itself. */
  readonly hasPrompt: boolean;
  readonly browserCustomizationOptions: BrowserCustomizationOptions;
  readonly onFallback: ((route: SignInRoute) => void) | undefined;
}

/**
 * Checks every option of a credential.
 * @throws TypeError for the wrong type or form, RangeError for a number that is out of range.
 */
export function readOptions(given: InteractiveBrowserBrokerCredentialOptions | undefined): Settings {
  if (given !== undefined && (typeof given !== "object" || given === null || Array.isArray(given)))
    throw new TypeError(`The options must be an object, got ${typeName(given)}.`);
  const options: Partial<Record<keyof InteractiveBrowserBrokerCredentialOptions, unknown>> = given ?? {};
  const record =
    options.authenticationRecord === undefined
      ? undefined
      : readAuthenticationRecord(options.authenticationRecord, 'The option "authenticationRecord"');
  const clientId =
    options.clientId === undefined
      ? (record?.clientId ?? developerSignOnClientId)
      : readClientId(options.clientId, 'The option "clientId"');
  const tenantId =
    options.tenantId === undefined ? undefined : readTenantId(options.tenantId, 'The option "tenantId"');
  return {
    clientId,
    authorityHost: resolveAuthorityHost(options.authorityHost, record?.authority, process.env),
    authorityHostOfEnvironment: isHostOfEnvironment(options.authorityHost, process.env),
    tenants: {
      defaultTenantId:
        tenantId ?? record?.tenantId ?? (clientId === developerSignOnClientId ? "organizations" : "common"),
      restricted: tenantId !== undefined,
      additionallyAllowed: readTenants(options.additionallyAllowedTenants),
    },
    readParentWindow: readParentWindowHandle(options.parentWindowHandle),
    useDefaultBrokerAccount: readFlag(options, "useDefaultBrokerAccount"),
    disableInteractiveFallback: readFlag(options, "disableInteractiveFallback"),
    disableAutomaticAuthentication: readFlag(options, "disableAutomaticAuthentication"),
    enableMsaPassthrough: readFlag(options, "enableMsaPassthrough"),
    enableSupportLogging: readFlag(options, "enableSupportLogging"),
    disableInstanceDiscovery: readFlag(options, "disableInstanceDiscovery"),
    loginHint: readLoginHint(options.loginHint, 'The option "loginHint"'),
    authenticationRecord: record,
    redirectUri: readRedirectUri(options.redirectUri),
    timeoutInMs: readTimeout(options.timeoutInMs, 'The option "timeoutInMs"') ?? defaultTimeoutInMs,
    broker: readBroker(options.broker),
    fallback: readFallback(options.fallback, 'The option "fallback"') ?? defaultFallback(process.platform),
    userPromptCallback:
      readCallback<DeviceCodePromptCallback>(options, "userPromptCallback") ?? promptOnStandardError,
    hasPrompt: options.userPromptCallback !== undefined,
    browserCustomizationOptions: readBrowserPages(options.browserCustomizationOptions),
    onFallback: readCallback<(route: SignInRoute) => void>(options, "onFallback"),
  };
}

/** Reads a time limit in milliseconds; `0` means no limit. */
export function readTimeout(value: unknown, what: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number")
    throw new TypeError(`${what} must be a number of milliseconds, got ${typeName(value)}.`);
  if (!(value >= 0 && value <= longestTimeoutInMs))
    throw new RangeError(
      `${what} must be between 0 (no limit) and ${longestTimeoutInMs} milliseconds, got ${value}.`,
    );
  return value;
}

export function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value;
}

function readTenants(value: unknown): ReadonlySet<string> {
  if (value === undefined) return new Set();
  const what = 'The option "additionallyAllowedTenants"';
  if (!Array.isArray(value))
    throw new TypeError(`${what} must be an array of tenant ids, or of "*" for any, got ${typeName(value)}.`);
  return new Set(
    value.map((tenant: unknown) =>
      tenant === "*"
        ? "*"
        : readTenantId(tenant, 'A tenant in the option "additionallyAllowedTenants"').toLowerCase(),
    ),
  );
}

function readFlag(
  options: Partial<Record<keyof InteractiveBrowserBrokerCredentialOptions, unknown>>,
  name: keyof InteractiveBrowserBrokerCredentialOptions,
): boolean {
  const value = options[name];
  if (value === undefined) return false;
  if (typeof value !== "boolean")
    throw new TypeError(`The option "${name}" must be true or false, got ${typeName(value)}.`);
  return value;
}

/** Reads a user name to start with. */
export function readLoginHint(value: unknown, what: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string")
    throw new TypeError(`${what} must be a user name as a string, got ${typeName(value)}.`);
  if (value.trim() === "")
    throw new TypeError(`${what} is empty: expected a user name, or leave the option out.`);
  return value;
}

/** Reads the way to sign in without a broker. */
export function readFallback(value: unknown, what: string): FallbackKind | undefined {
  if (value === undefined) return undefined;
  const found = fallbackKinds.find((kind) => kind === value);
  if (found === undefined) throw new TypeError(`${what} must be one of ${fallbackKinds.join(", ")}.`);
  return found;
}

function readCallback<Callback>(
  options: Partial<Record<keyof InteractiveBrowserBrokerCredentialOptions, unknown>>,
  name: "userPromptCallback" | "onFallback",
): Callback | undefined {
  const value = options[name];
  if (value !== undefined && typeof value !== "function")
    throw new TypeError(`The option "${name}" must be a function, got ${typeName(value)}.`);
  return value as Callback | undefined;
}

function readBrowserPages(value: unknown): BrowserCustomizationOptions {
  if (value === undefined) return {};
  const what = 'The option "browserCustomizationOptions';
  if (typeof value !== "object" || value === null)
    throw new TypeError(`${what}" must be an object, got ${typeName(value)}.`);
  const { successMessage, errorMessage } = value as Readonly<Record<string, unknown>>;
  for (const [name, page] of Object.entries({ successMessage, errorMessage }))
    if (page !== undefined && typeof page !== "string")
      throw new TypeError(`${what}.${name}" must be an HTML document as a string, got ${typeName(page)}.`);
  return {
    ...(typeof successMessage === "string" ? { successMessage } : {}),
    ...(typeof errorMessage === "string" ? { errorMessage } : {}),
  };
}

function readRedirectUri(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const what = 'The option "redirectUri"';
  if (typeof value !== "string") throw new TypeError(`${what} must be a string, got ${typeName(value)}.`);
  if (!URL.canParse(value))
    throw new TypeError(`${what} is not an absolute URI: expected it as it is registered for the app.`);
  return value;
}

const brokerMethods = [
  "probe",
  "getAccounts",
  "acquireTokenSilently",
  "acquireTokenInteractively",
  "signOut",
  "close",
] as const;

/** Reads a broker that somebody made for a test. */
export function readBroker(value: unknown): Broker | undefined {
  if (value === undefined) return undefined;
  const what = 'The option "broker"';
  if (typeof value !== "object" || value === null)
    throw new TypeError(`${what} must be a Broker, got ${typeName(value)}.`);
  const candidate = value as Readonly<Record<string, unknown>>;
  const missing = brokerMethods.filter((method) => typeof candidate[method] !== "function");
  if (missing.length > 0) throw new TypeError(`${what} is no Broker: it has no ${missing.join("(), ")}().`);
  return value as Broker;
}
