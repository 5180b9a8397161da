import { type Answer, DBusConnection, type IncomingCall, unknownMethod } from "../bus/dbus-connection.js";
import type { EmulatedTenant } from "../tenant/emulated-tenant.js";
import { endOfMany, untilAborted, wait } from "../tenant/emulated-user.js";
import type { BrokerMethod, PolicyEffect } from "../tenant/policy.js";
import { Refusal } from "../tenant/refusal.js";
import { refuseFor, TokenService } from "../tenant/token-service.js";
import {
  accountJson,
  errorJson,
  type Json,
  malformedError,
  policyError,
  refusalError,
  telemetry,
  tokenJson,
} from "./broker-answers.js";
import {
  invalidRequestJson,
  isObject,
  MalformedRequest,
  parseRequest,
  readCookieRequest,
  readRemoval,
  readSigningRequest,
  readTokenRequest,
  requiredString,
} from "./broker-request.js";
import { type BrokerGeneration, type GenerationTraits, generations } from "./generations.js";
import { RequestLog } from "./request-log.js";

export const brokerName = "com.microsoft.identity.broker1";
export const brokerPath = "/com/microsoft/identity/broker1";
export const brokerInterface = "com.microsoft.identity.Broker1";

export interface DBusDoorOptions {
  readonly tenant: EmulatedTenant;
  readonly generation: BrokerGeneration;
  /** How many requests are kept for looking at. */
  readonly keepRequests: number;
}

/** A call on its way through the door. */
interface BrokerCall {
  readonly method: BrokerMethod;
  readonly correlationId: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Fires when the broker leaves the bus, or the call's dialog is taken away. */
  readonly signal: AbortSignal;
}

/** The broker is gone in the middle of a call. */
class LeftTheBus extends Error {
  override readonly name = "LeftTheBus";
}

const supportedProtocolVersion = "0.0";

/** Emulates the broker's D-Bus service: owns its name, checks requests, answers as the chosen generation does. */
export class DBusDoor {
  readonly requests: RequestLog;
  /** What a locked keyring does to a broker: no accounts, and no token call survives. */
  keyringLocked = false;

  readonly #tenant: EmulatedTenant;
  readonly #tokens: TokenService;
  readonly #generation: BrokerGeneration;
  readonly #traits: GenerationTraits;
  readonly #dialogs = new Set<AbortController>();
  #connection: DBusConnection | undefined;
  #presence = endOfMany();
  #address: string | undefined;

  constructor({ tenant, generation, keepRequests }: DBusDoorOptions) {
    this.#tenant = tenant;
    this.#tokens = new TokenService(tenant);
    this.#generation = generation;
    this.#traits = generations[generation];
    this.requests = new RequestLog(keepRequests);
  }

  get isOnBus(): boolean {
    return this.#connection?.isOpen === true;
  }

  /** The broker's unique name on the bus, while it is there. */
  get uniqueName(): string | undefined {
    return this.isOnBus ? this.#connection?.uniqueName : undefined;
  }

  /** Connects and takes the broker's name. Does nothing when it is there already. */
  async join(busAddress: string): Promise<void> {
    this.#address = busAddress;
    if (this.isOnBus) return;
    const presence = endOfMany();
    const connection = await DBusConnection.open(busAddress, (call) => this.#serve(call));
    // Installed before the name is taken: the first call may follow at once.
    this.#presence = presence;
    this.#connection = connection;
    void connection.closed.then(() => presence.abort(new LeftTheBus()));
    try {
      await connection.own(brokerName);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** Leaves the bus at once, as if crashed: pending calls are never answered. */
  async leave(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#presence.abort(new LeftTheBus());
    await connection?.close();
  }

  async #serve(call: IncomingCall): Promise<Answer | undefined> {
    if (call.interface === "org.freedesktop.DBus.Peer") return peer(call);
    if (call.interface === "org.freedesktop.DBus.Introspectable" && this.#traits.introspectable) {
      return introspection(call);
    }
    if (call.path !== brokerPath) {
      return dbusError("org.freedesktop.DBus.Error.UnknownObject", `There is no object at '${call.path}'.`);
    }
    if (call.interface !== undefined && call.interface !== brokerInterface) {
      return dbusError(
        "org.freedesktop.DBus.Error.UnknownInterface",
        `Unknown interface '${call.interface}'.`,
      );
    }
    if (!isBrokerMethod(call.member)) return unknownMethod(call);
    if (call.signature !== "sss") {
      return dbusError(
        "org.freedesktop.DBus.Error.InvalidArgs",
        `Invalid arguments '${call.signature}' to call ${call.member}, expecting 'sss'.`,
      );
    }
    const [protocolVersion = "", correlationId = "", rawRequest = ""] = call.body as readonly string[];
    this.requests.add({
      method: call.member,
      correlationId,
      protocolVersion,
      rawRequest,
      sender: call.sender,
    });
    try {
      return await this.#carryOut(call.member, protocolVersion, correlationId, rawRequest);
    } catch (error) {
      if (error instanceof LeftTheBus) return undefined;
      throw error;
    }
  }

  async #carryOut(
    method: BrokerMethod,
    protocolVersion: string,
    correlationId: string,
    rawRequest: string,
  ): Promise<Answer | undefined> {
    const { signal } = this.#presence;
    if (this.#generation === "himmelblau" && notImplementedByHimmelblau.has(method)) {
      return dbusError("org.freedesktop.DBus.Error.Failed", "Not implemented");
    }
    // A real 3.0.2 does not survive this.
    if (method === "cancelInteractiveFlow" && rawRequest.trim() === "") return this.#die(false);
    try {
      if (protocolVersion !== supportedProtocolVersion) {
        throw new MalformedRequest(`The protocol version '${protocolVersion}' is not supported.`);
      }
      const body = parseRequest(rawRequest);
      return await this.#dispatch({ method, correlationId, body, signal });
    } catch (error) {
      return this.#refuse(error, method, correlationId);
    }
  }

  #dispatch(call: BrokerCall): Promise<Answer | undefined> {
    switch (call.method) {
      case "acquireTokenSilently":
        return this.#acquireToken(call.method, call);
      case "acquireTokenInteractively":
        return this.#tenant.user.during(() => this.#acquireTokenInDialog(call));
      case "getAccounts":
        return this.#simple(call, requiredString(call.body, "clientId"), (effects) => {
          const isEmpty =
            this.keyringLocked || hasEffect(effects, "not_enrolled") || hasEffect(effects, "keyring_locked");
          const known = isEmpty ? [] : this.#tenant.accounts;
          // himmelblau has one user: whoever is logged in to the machine.
          const listed = this.#generation === "himmelblau" ? known.slice(0, 1) : known;
          return { accounts: listed.map((account) => accountJson(account, this.#generation)) };
        });
      case "getLinuxBrokerVersion":
        return this.#simple(call, undefined, () => ({ linuxBrokerVersion: this.#traits.version }));
      case "acquirePrtSsoCookie":
        return this.#acquireCookie(call);
      case "generateSignedHttpRequest": {
        const { clientId, homeAccountId, pop } = readSigningRequest(call.body);
        return this.#simple(call, clientId, () => {
          this.#tokens.requireApp(clientId);
          this.#requireSignedIn(homeAccountId);
          return { signedHttpRequest: this.#tokens.signHttpRequest(pop, {}) };
        });
      }
      case "removeAccount": {
        const { clientId, homeAccountId } = readRemoval(call.body);
        return this.#simple(call, clientId, () => {
          this.#requireSignedIn(homeAccountId);
          this.#tenant.setSignedIn(homeAccountId, false);
          // No source shows a real answer; the emulator says no more than that it worked.
          return {};
        });
      }
      case "cancelInteractiveFlow":
        return this.#simple(call, undefined, () => {
          if (!isObject(call.body["error"])) throw invalidRequestJson();
          // Whether a real broker matches by correlation id or sender is not known; there is one user, so all go.
          const canceled = new Refusal("user_canceled", "The InteractiveRequest was canceled by the user");
          for (const dialog of this.#dialogs) dialog.abort(canceled);
          return {};
        });
    }
  }

  async #acquireTokenInDialog(call: BrokerCall): Promise<Answer | undefined> {
    const dialog = new AbortController();
    const onLeave = () => dialog.abort(call.signal.reason);
    call.signal.addEventListener("abort", onLeave, { once: true });
    this.#dialogs.add(dialog);
    try {
      return await this.#acquireToken("acquireTokenInteractively", { ...call, signal: dialog.signal });
    } finally {
      this.#dialogs.delete(dialog);
      call.signal.removeEventListener("abort", onLeave);
    }
  }

  async #acquireToken(
    method: "acquireTokenSilently" | "acquireTokenInteractively",
    { correlationId, body, signal }: BrokerCall,
  ): Promise<Answer | undefined> {
    const isHimmelblau = this.#generation === "himmelblau";
    const raw = readTokenRequest(method, correlationId, body, this.#traits);
    if (isHimmelblau && method === "acquireTokenInteractively" && raw.homeAccountId === undefined) {
      throw new Refusal("invalid_request", "Missing account username in request");
    }
    // himmelblau looks neither at claims nor at the authority.
    const prepared = this.#tokens.prepare(
      isHimmelblau
        ? {
            ...raw,
            claims: "",
            authority: "https://login.microsoftonline.com/common",
            accessTokenToRenew: "",
          }
        : raw,
    );
    if (this.keyringLocked) return this.#die(true);
    const effects = this.#tokens.effectsFor(prepared);
    const early = await this.#transportEffect(effects, method, signal);
    if (early !== "none") return early;
    const grant = await this.#tokens.grant(prepared, effects, signal);
    return reply(patched(tokenJson(grant, this.#generation, this.#traits, this.#tenant.now()), effects));
  }

  async #acquireCookie(call: BrokerCall): Promise<Answer | undefined> {
    const { clientId, homeAccountId, ssoUrl } = readCookieRequest(call.body, this.#traits);
    if (clientId !== "") this.#tokens.requireApp(clientId);
    if (this.keyringLocked) return this.#die(true);
    return this.#simple(call, clientId, () => {
      const account =
        homeAccountId === undefined ? this.#tenant.accounts[0] : this.#requireSignedIn(homeAccountId);
      if (account === undefined) {
        throw new Refusal("account_not_found", "No account is signed in to the broker.");
      }
      const { name, content } = this.#tokens.ssoCookie(account, ssoUrl);
      const cookie = { cookieName: name, cookieContent: content };
      return {
        ...(this.#traits.cookieShape === "flat"
          ? { account: accountJson(account, this.#generation), ...cookie }
          : { cookieItems: [cookie] }),
        telemetry: telemetry(this.#traits),
      };
    });
  }

  /** A method that is neither about tokens nor needs the user. */
  async #simple(
    { method, signal }: BrokerCall,
    clientId: string | undefined,
    answer: (effects: readonly PolicyEffect[]) => Json,
  ): Promise<Answer | undefined> {
    const effects = this.#tenant.policies.take({ method, ...(clientId === undefined ? {} : { clientId }) });
    const early = await this.#transportEffect(effects, method, signal);
    if (early !== "none") return early;
    for (const effect of effects) {
      // A device that is not enrolled has no accounts: that is no error.
      if (method !== "getAccounts" || effect.kind !== "not_enrolled") refuseFor(effect);
    }
    return reply(patched(answer(effects), effects));
  }

  /** Effects that are about the answer's way, not about its content. */
  async #transportEffect(
    effects: readonly PolicyEffect[],
    method: BrokerMethod,
    signal: AbortSignal,
  ): Promise<Answer | undefined | "none"> {
    for (const effect of effects) {
      if (effect.kind === "slow") await wait(effect.delayInMs, signal);
    }
    for (const effect of effects) {
      switch (effect.kind) {
        case "never_answers":
          return untilAborted(signal);
        case "dies":
          return this.#die(effect.comesBack ?? false);
        case "keyring_locked":
          // With a locked keyring the real broker lists no accounts, and drops everything else.
          return method === "getAccounts" ? "none" : this.#die(true);
        case "garbage":
          return text(effect.text);
        case "raw_reply":
          return reply(effect.json);
        case "dbus_error":
          return dbusError(effect.name, effect.message);
        case "dbus_reply":
          return { kind: "return", signature: effect.signature, body: effect.body };
        case "wire_error":
          return reply(errorJson(policyError(effect), effect.place ?? errorPlace(method), this.#traits));
        default:
      }
    }
    return "none";
  }

  #refuse(error: unknown, method: BrokerMethod, correlationId: string): Answer {
    if (error instanceof MalformedRequest) {
      return reply(errorJson(malformedError(error, this.#traits), "top", this.#traits));
    }
    if (error instanceof Refusal) {
      const wireError = refusalError(error, correlationId, this.#traits);
      return reply(errorJson(wireError, errorPlace(method), this.#traits));
    }
    throw error;
  }

  #requireSignedIn(homeAccountId: string) {
    const account = this.#tenant.findAccount(homeAccountId);
    if (account?.signedIn === true) return account;
    throw new Refusal("account_not_found", "The account was not found in the broker.");
  }

  async #die(comesBack: boolean): Promise<undefined> {
    const address = this.#address;
    await this.leave();
    if (comesBack && address !== undefined) await this.join(address);
    return undefined;
  }
}

const brokerMethods: Readonly<Record<BrokerMethod, true>> = {
  getAccounts: true,
  acquireTokenSilently: true,
  acquireTokenInteractively: true,
  cancelInteractiveFlow: true,
  acquirePrtSsoCookie: true,
  generateSignedHttpRequest: true,
  removeAccount: true,
  getLinuxBrokerVersion: true,
};

const notImplementedByHimmelblau: ReadonlySet<BrokerMethod> = new Set<BrokerMethod>([
  "cancelInteractiveFlow",
  "generateSignedHttpRequest",
  "removeAccount",
]);

function isBrokerMethod(name: string): name is BrokerMethod {
  return Object.hasOwn(brokerMethods, name);
}

function errorPlace(method: BrokerMethod): "brokerTokenResponse" | "top" {
  return method === "acquireTokenSilently" || method === "acquireTokenInteractively"
    ? "brokerTokenResponse"
    : "top";
}

function hasEffect(effects: readonly PolicyEffect[], kind: PolicyEffect["kind"]): boolean {
  return effects.some((effect) => effect.kind === kind);
}

function patched(json: Json, effects: readonly PolicyEffect[]): unknown {
  return effects.reduce<unknown>(
    (result, effect) => (effect.kind === "patch_response" ? effect.patch(result as Json) : result),
    json,
  );
}

function reply(json: unknown): Answer {
  return text(JSON.stringify(json) ?? "");
}

function text(value: string): Answer {
  return { kind: "return", signature: "s", body: [value] };
}

function dbusError(name: string, message: string): Answer {
  return { kind: "error", name, message };
}

function peer(call: IncomingCall): Answer {
  return call.member === "Ping" ? { kind: "return", signature: "", body: [] } : unknownMethod(call);
}

function introspection(call: IncomingCall): Answer {
  const methods = Object.keys(brokerMethods).map(
    (name) =>
      `<method name="${name}">${'<arg type="s" direction="in"/>'.repeat(3)}<arg type="s" direction="out"/></method>`,
  );
  const content =
    call.path === brokerPath ? `<interface name="${brokerInterface}">${methods.join("")}</interface>` : "";
  return text(`<node>${content}</node>`);
}
