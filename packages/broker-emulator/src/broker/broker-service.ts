import type { EmulatedTenant } from "../tenant/emulated-tenant.js";
import { untilAborted, wait } from "../tenant/emulated-user.js";
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
  readSignOut,
  readTokenRequest,
  requiredString,
} from "./broker-request.js";
import type { BrokerGeneration, GenerationTraits } from "./generations.js";

/** What the broker answers, before a door puts it into its own form. */
export type BrokerReply =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "dbus_error"; readonly name: string; readonly message: string }
  | { readonly kind: "dbus_reply"; readonly signature: string; readonly body: readonly unknown[] };

/** A request as it came through a door. */
export interface IncomingRequest {
  readonly method: BrokerMethod;
  readonly correlationId: string;
  /** Where the door insists on the right one. */
  readonly protocolVersion?: string;
  readonly rawRequest: string;
  /** Fires when the broker goes away, or whoever asked. */
  readonly signal: AbortSignal;
}

export interface BrokerServiceOptions {
  readonly tenant: EmulatedTenant;
  readonly generation: BrokerGeneration;
  readonly traits: GenerationTraits;
  /** What happens when the broker dies in the middle of a call. */
  readonly die: (comesBack: boolean) => Promise<void>;
}

/** A request on its way through the service. */
interface BrokerCall {
  readonly method: BrokerMethod;
  readonly correlationId: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Fires when the broker goes away, or the call's dialog is taken away. */
  readonly signal: AbortSignal;
}

const supportedProtocolVersion = "0.0";

/** The broker itself: checks requests and answers them as the chosen generation does, whichever door they came by. */
export class BrokerService {
  /** What a locked keyring does to a broker: no accounts, and no token call survives. */
  keyringLocked = false;

  readonly #tenant: EmulatedTenant;
  readonly #tokens: TokenService;
  readonly #generation: BrokerGeneration;
  readonly #traits: GenerationTraits;
  readonly #dieAtDoor: (comesBack: boolean) => Promise<void>;
  readonly #dialogs = new Set<AbortController>();

  constructor({ tenant, generation, traits, die }: BrokerServiceOptions) {
    this.#tenant = tenant;
    this.#tokens = new TokenService(tenant);
    this.#generation = generation;
    this.#traits = traits;
    this.#dieAtDoor = die;
  }

  /** Carries a request out; `undefined` when there is no answer. */
  async answer(request: IncomingRequest): Promise<BrokerReply | undefined> {
    const { method, correlationId, protocolVersion = supportedProtocolVersion, rawRequest, signal } = request;
    if (this.#generation === "himmelblau" && notImplementedByHimmelblau.has(method)) {
      return dbusError("org.freedesktop.DBus.Error.Failed", "Not implemented");
    }
    // A real 3.0.2 does not survive this.
    if (method === "cancelInteractiveFlow" && rawRequest.trim() === "") return this.#die(false);
    try {
      if (protocolVersion !== supportedProtocolVersion) {
        throw new MalformedRequest(`The protocol version '${protocolVersion}' is not supported.`);
      }
      // The ping is the one request that is no JSON.
      const body = method === "ping" ? {} : parseRequest(rawRequest);
      return await this.#dispatch({ method, correlationId, body, signal });
    } catch (error) {
      return this.#refuse(error, method, correlationId);
    }
  }

  #dispatch(call: BrokerCall): Promise<BrokerReply | undefined> {
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
      case "signOutSilently": {
        const { clientId, homeAccountId } = readSignOut(call.body);
        return this.#simple(call, clientId, () => {
          this.#requireSignedIn(homeAccountId);
          this.#tenant.setSignedIn(homeAccountId, false);
          return { isSignOutComplete: true };
        });
      }
      case "ping":
        // What the real one answers is not on record: Microsoft's client only looks at whether it ran.
        return this.#simple(call, undefined, () => ({ telemetry: telemetry(this.#traits) }));
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

  async #acquireTokenInDialog(call: BrokerCall): Promise<BrokerReply | undefined> {
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
  ): Promise<BrokerReply | undefined> {
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

  async #acquireCookie(call: BrokerCall): Promise<BrokerReply | undefined> {
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
  ): Promise<BrokerReply | undefined> {
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
  ): Promise<BrokerReply | undefined | "none"> {
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
        case "extension_error":
          // Another platform's: here it is a broker that fails for a reason of its own.
          return dbusError(
            "org.freedesktop.DBus.Error.Failed",
            `${effect.error.domain} ${effect.error.code}`,
          );
        case "wam_error":
          return dbusError("org.freedesktop.DBus.Error.Failed", effect.message ?? "The broker failed.");
        case "dbus_reply":
          return { kind: "dbus_reply", signature: effect.signature, body: effect.body };
        case "wire_error":
          return reply(errorJson(policyError(effect), effect.place ?? errorPlace(method), this.#traits));
        default:
      }
    }
    return "none";
  }

  #refuse(error: unknown, method: BrokerMethod, correlationId: string): BrokerReply {
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
    await this.#dieAtDoor(comesBack);
    return undefined;
  }
}

const notImplementedByHimmelblau: ReadonlySet<BrokerMethod> = new Set<BrokerMethod>([
  "cancelInteractiveFlow",
  "generateSignedHttpRequest",
  "removeAccount",
]);

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

function reply(json: unknown): BrokerReply {
  return text(JSON.stringify(json) ?? "");
}

function text(value: string): BrokerReply {
  return { kind: "text", text: value };
}

function dbusError(name: string, message: string): BrokerReply {
  return { kind: "dbus_error", name, message };
}
