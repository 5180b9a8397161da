import { type RecordedRequest, RequestLog } from "../broker/request-log.js";
import { checkArgument, checkObject, rule, rules, type Shape } from "../checks.js";
import { type EmulatedTenant, isTenant, unsignedAppRedirectUri } from "../tenant/emulated-tenant.js";
import { untilAborted, wait } from "../tenant/emulated-user.js";
import type { BrokerMethod, PolicyEffect } from "../tenant/policy.js";
import { Refusal } from "../tenant/refusal.js";
import { type EmulatedTokenRequest, refuseFor, TokenService } from "../tenant/token-service.js";
import {
  accountFields,
  accountList,
  answerFields,
  appleCodes,
  appleError,
  type Fields,
  microsoftCodes,
  microsoftError,
  refusalAnswer,
  tokenFields,
} from "./extension-answers.js";
import type { ExtensionAnswer, ExtensionCall, ExtensionCaller } from "./extension-calls.js";
import {
  type Options,
  readConfiguration,
  readOptions,
  readTokenRequest,
  required,
  requiredIdentity,
  UnreadableRequest,
} from "./extension-request.js";

export interface SsoExtensionDoorOptions {
  /** The program that asks, as macOS tells the extension. Default: a plain `node` that no team signed. */
  readonly caller?: ExtensionCaller;
  /** How many requests `requests` keeps at least. Default 4000. */
  readonly keepRequests?: number;
}

/** Microsoft's SSO extension of an emulated Mac, one request at a time. */
export interface SsoExtensionDoor {
  /** Decides what a request gets. Rejects when the call's signal fires: then nobody waits for the answer any more. */
  answer(call: ExtensionCall): Promise<ExtensionAnswer>;
  /** The latest requests, oldest first, refused ones too; `method` is the operation, `request` the options. */
  readonly requests: readonly RecordedRequest[];
  countRequests(operation?: string): number;
  clearRequests(): void;
}

/**
 * A door to the tenant in the words of Microsoft's SSO extension for macOS, for test doubles of AuthenticationServices:
 * they hand on what a client asks, and answer what they are told. The door itself is plain TypeScript and runs anywhere.
 * @throws TypeError or RangeError for arguments of another kind.
 */
export function createSsoExtensionDoor(
  tenant: EmulatedTenant,
  options: SsoExtensionDoorOptions = {},
): SsoExtensionDoor {
  const place = "createSsoExtensionDoor";
  checkArgument(place, "tenant", tenant, rule("an EmulatedTenant", isTenant));
  checkObject(place, "options", options, {
    caller: rule("an object", (value) => Object(value) === value),
    keepRequests: rules.wholeCount,
  });
  if (options.caller !== undefined) checkObject(place, "caller", options.caller, callerShape, "caller.");
  return new TenantExtensionDoor(tenant, options);
}

const callerShape: Shape = {
  bundleIdentifier: rules.text,
  signingIdentifier: rules.text,
  teamIdentifier: rules.text,
};

/** URL the extension is configured for; requests to others do not reach it. */
const identityProviderUrl = "https://login.microsoftonline.com/common";

/** The operations, by the method that policies know them by. */
const methods: ReadonlyMap<string, BrokerMethod> = new Map([
  ["refresh", "acquireTokenSilently"],
  ["login", "acquireTokenInteractively"],
  ["get_accounts_operation", "getAccounts"],
  ["get_default_account", "getAccounts"],
  ["signout_account_operation", "removeAccount"],
  ["get_device_info", "getLinuxBrokerVersion"],
  ["get_sso_cookies", "acquirePrtSsoCookie"],
] as const);

/** A request on its way. */
interface Asked {
  readonly call: ExtensionCall;
  readonly method: BrokerMethod;
  readonly options: Options;
  readonly correlationId: string;
  readonly signal: AbortSignal;
}

class TenantExtensionDoor implements SsoExtensionDoor {
  readonly #tenant: EmulatedTenant;
  readonly #tokens: TokenService;
  readonly #caller: ExtensionCaller;
  readonly #requests: RequestLog;

  constructor(tenant: EmulatedTenant, { caller, keepRequests = 4000 }: SsoExtensionDoorOptions) {
    this.#tenant = tenant;
    this.#tokens = new TokenService(tenant);
    this.#caller = caller ?? { signingIdentifier: "node" };
    this.#requests = new RequestLog(keepRequests);
  }

  get requests(): readonly RecordedRequest[] {
    return this.#requests.all;
  }

  countRequests(operation?: string): number {
    return this.#requests.count(operation);
  }

  clearRequests(): void {
    this.#requests.clear();
  }

  async answer(call: ExtensionCall): Promise<ExtensionAnswer> {
    this.#record(call);
    if (call.identityProviderUrl !== identityProviderUrl) return appleError(appleCodes.failed);
    const correlationId = call.options.find(([name]) => name === "correlation_id")?.[1] ?? "";
    try {
      const method = methods.get(call.operation);
      if (method === undefined) throw new UnreadableRequest(`There is no operation '${call.operation}'.`);
      const options = readOptions(call);
      const signal = call.signal ?? new AbortController().signal;
      return await this.#dispatch({ call, method, options, correlationId, signal });
    } catch (error) {
      if (error instanceof UnreadableRequest) {
        return microsoftError(microsoftCodes.invalidParameter, error.message, correlationId);
      }
      if (!(error instanceof Refusal)) throw error;
      const isToken = call.operation === "refresh" || call.operation === "login";
      const type = isToken ? "operation_token_response" : "operation_generic_response";
      return refusalAnswer(error, correlationId, (fields) =>
        answerFields(call.operation, type, false, fields, this.#tenant.now()),
      );
    }
  }

  #record({ operation, options }: ExtensionCall): void {
    const fields = Object.fromEntries(options);
    this.#requests.add({
      method: operation,
      correlationId: fields["correlation_id"] ?? "",
      protocolVersion: fields["msg_protocol_ver"] ?? "",
      rawRequest: JSON.stringify(fields),
      sender: this.#caller.bundleIdentifier ?? this.#caller.signingIdentifier ?? "",
    });
  }

  #dispatch(asked: Asked): Promise<ExtensionAnswer> {
    const { operation } = asked.call;
    const { options } = asked;
    const tenant = this.#tenant;
    switch (operation) {
      case "refresh":
        return this.#acquireToken("acquireTokenSilently", asked);
      case "login":
        // macOS itself says so, before the extension puts up a window.
        if (!asked.call.userInterfaceEnabled) return Promise.resolve(appleError(appleCodes.notInteractive));
        return tenant.user.during(() => this.#acquireToken("acquireTokenInteractively", asked));
      case "get_accounts_operation": {
        const clientId = required(options, "client_id");
        return this.#simple(asked, clientId, "operation_get_accounts_response", (isRegistered) => ({
          accounts: accountList(isRegistered ? tenant.accounts : []),
        }));
      }
      case "get_default_account":
        return this.#simple(asked, undefined, "operation_get_default_account_response", (isRegistered) => {
          const account = isRegistered ? tenant.accounts[0] : undefined;
          return account === undefined ? {} : accountFields(account);
        });
      case "signout_account_operation": {
        const { clientId, redirectUri } = readConfiguration(options);
        const identity = requiredIdentity(options);
        this.#requireRedirectUri(redirectUri);
        return this.#simple(asked, clientId, "operation_generic_response", () => {
          tenant.setSignedIn(this.#requireSignedIn(identity).homeAccountId, false);
          return {};
        });
      }
      case "get_sso_cookies":
        return this.#ssoCookies(asked);
      default:
        return this.#simple(asked, undefined, "operation_generic_response", () => ({}));
    }
  }

  async #acquireToken(method: EmulatedTokenRequest["method"], asked: Asked): Promise<ExtensionAnswer> {
    const { call, correlationId, signal } = asked;
    const request = readTokenRequest(method, asked.options);
    this.#requireRedirectUri(request.redirectUri);
    const prepared = this.#tokens.prepare(request);
    const effects = this.#tokens.effectsFor(prepared);
    const early = await this.#transportEffect(effects, asked);
    if (early !== undefined) return early;
    const grant = await this.#tokens.grant(prepared, effects, signal);
    const keyId = request.pop?.kind === "key_id" ? request.pop.keyId : undefined;
    const fields = tokenFields(grant, correlationId, keyId);
    return patched(
      answerFields(call.operation, "operation_token_response", true, fields, this.#tenant.now()),
      effects,
    );
  }

  #ssoCookies(asked: Asked): Promise<ExtensionAnswer> {
    const { options } = asked;
    const ssoUrl = required(options, "sso_url");
    const types = required(options, "types_of_header").split(", ");
    if (!types.every((type) => /^[012]$/.test(type))) {
      throw new UnreadableRequest("'types_of_header' is no list of numbers.");
    }
    const wants = (type: string) => types.includes("0") || types.includes(type);
    return this.#simple(asked, options.get("client_id"), "operation_get_sso_cookies_response", () => {
      const homeAccountId = options.get("home_account_id");
      const accounts =
        homeAccountId === undefined
          ? this.#tenant.accounts
          : [this.#requireSignedIn({ homeAccountId, username: "" })];
      const cookieOf = (account: (typeof accounts)[number]) => {
        const { name, content } = this.#tokens.ssoCookie(account, ssoUrl);
        return { [name]: content };
      };
      return {
        sso_cookies: JSON.stringify({
          prt_headers: (wants("1") ? accounts : []).map((account) => ({
            header: cookieOf(account),
            home_account_id: account.homeAccountId,
            displayable_id: account.username,
          })),
          device_headers: [],
        }),
      };
    });
  }

  /** An operation that is neither about tokens nor needs the user. */
  async #simple(
    asked: Asked,
    clientId: string | undefined,
    type: string,
    answer: (isRegistered: boolean) => Fields,
  ): Promise<ExtensionAnswer> {
    const { call, method } = asked;
    const effects = this.#tenant.policies.take({ method, ...(clientId === undefined ? {} : { clientId }) });
    const early = await this.#transportEffect(effects, asked);
    if (early !== undefined) return early;
    const isRegistered = effects.every(({ kind }) => kind !== "not_enrolled");
    for (const effect of effects) {
      // A device that is not enrolled has no accounts: that is no error.
      if (method !== "getAccounts" || effect.kind !== "not_enrolled") refuseFor(effect);
    }
    const fields = answer(isRegistered);
    return patched(
      answerFields(call.operation, type, true, fields, this.#tenant.now(), isRegistered),
      effects,
    );
  }

  /** Effects that are about the answer's way, not about its content. */
  async #transportEffect(
    effects: readonly PolicyEffect[],
    { correlationId, signal }: Asked,
  ): Promise<ExtensionAnswer | undefined> {
    for (const effect of effects) {
      if (effect.kind === "slow") await wait(effect.delayInMs, signal);
    }
    for (const effect of effects) {
      switch (effect.kind) {
        case "never_answers":
          return untilAborted(signal);
        case "dies":
          return appleError(appleCodes.failed);
        case "extension_error":
          return { error: effect.error };
        case "garbage":
          return { headers: { garbage: effect.text } };
        case "raw_reply":
          return { headers: textFields(effect.json) };
        case "dbus_reply":
          return { headers: {} };
        case "wire_error":
          return microsoftError(
            [Number(effect.status) || microsoftCodes.internal[0]],
            String(effect.context ?? "An error made by a policy of the emulator"),
            correlationId,
          );
        case "dbus_error":
          return microsoftError(microsoftCodes.internal, `${effect.name}: ${effect.message}`, correlationId);
        case "keyring_locked":
          return microsoftError(microsoftCodes.internal, "The keychain is locked.", correlationId);
        default:
      }
    }
    return undefined;
  }

  /** As people reported it: whom macOS names decides which redirect URI the extension takes. */
  #requireRedirectUri(redirectUri: string): void {
    const { bundleIdentifier, signingIdentifier, teamIdentifier } = this.#caller;
    if (bundleIdentifier === undefined && signingIdentifier === undefined) {
      throw new UnreadableRequest("SourceApplication is invalid.");
    }
    if (teamIdentifier === undefined && redirectUri !== unsignedAppRedirectUri) {
      throw new UnreadableRequest(
        "Application's teamId is missing, and redirectUri is not matching unsigned format.",
      );
    }
    const own =
      teamIdentifier !== undefined && bundleIdentifier !== undefined
        ? `msauth.${bundleIdentifier}://auth`
        : unsignedAppRedirectUri;
    if (redirectUri === own) return;
    throw new UnreadableRequest(
      `redirect uri has incorrect scheme - it must be in the form of msauth.<app_bundle_id>://auth. Source application does not match redirect uri host. Invalid source app.`,
    );
  }

  #requireSignedIn({ homeAccountId, username }: { homeAccountId: string | undefined; username: string }) {
    const account =
      homeAccountId === undefined
        ? this.#tenant.findAccountByUsername(username)
        : this.#tenant.findAccount(homeAccountId);
    if (account?.signedIn === true) return account;
    throw new Refusal("account_not_found", "The account was not found.");
  }
}

function patched(fields: Fields, effects: readonly PolicyEffect[]): ExtensionAnswer {
  const whole = effects.reduce<unknown>(
    (result, effect) =>
      effect.kind === "patch_response" ? effect.patch(result as Record<string, unknown>) : result,
    { ...fields },
  );
  return { headers: textFields(whole) };
}

/** Whatever it is, as header fields can carry it. */
function textFields(value: unknown): Fields {
  if (typeof value !== "object" || value === null) return { value: JSON.stringify(value) ?? "" };
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      typeof one === "string" ? one : (JSON.stringify(one) ?? ""),
    ]),
  );
}
