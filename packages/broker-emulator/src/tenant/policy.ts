import type { ExtensionError } from "../sso-extension-door/extension-calls.js";
import { checkPolicy } from "./policy-checks.js";
import { normalizeResource, resourceNamed } from "./resources.js";

/** The broker's methods, by their names on D-Bus; the last two are those that only WSL's proxy has. */
export type BrokerMethod =
  | "getAccounts"
  | "acquireTokenSilently"
  | "acquireTokenInteractively"
  | "cancelInteractiveFlow"
  | "acquirePrtSsoCookie"
  | "generateSignedHttpRequest"
  | "removeAccount"
  | "getLinuxBrokerVersion"
  | "signOutSilently"
  | "ping";

/** Which requests a policy is for. Everything that is left out matches. */
export interface PolicyMatch {
  readonly clientId?: string;
  /** The account's user name; letter case does not matter. */
  readonly username?: string;
  /** The API, e.g. `https://storage.azure.com`; its `.default` scope means the same. */
  readonly resource?: string;
  /** A method by its name, or `"*"` for all. Default: depends on the effect, see {@link PolicyEffect}. */
  readonly method?: BrokerMethod | "*";
}

/**
 * What happens to a request. Where the match names no method, an effect is for the two token methods, except as
 * said below.
 *
 * - `interaction_required`: only the user can get any further. For `acquireTokenSilently`; a finished interactive
 *   sign-in of the same app, account and resource satisfies it, unless `afterSignIn` is `"still_required"`.
 * - `consent_required`: the same with the sub-error of missing consent.
 * - `claims_challenge`: refused until a request of the same app, account and resource carries these claims (JSON text).
 * - `no_network`, `temporarily_unavailable`, `account_unusable`: the status says so.
 * - `not_enrolled`: the device is not registered. For token methods, cookies and `getAccounts` (an empty list).
 * - `keyring_locked`: what the broker does then: an empty account list, token calls end with the broker leaving the
 *   bus. (`setKeyring("locked")` of the emulator does this and makes the Secret Service say so.)
 * - `slow`: answers after a while. Goes together with other effects.
 * - `never_answers`: no answer, ever.
 * - `dies`: the broker leaves the bus in the middle of the call; with `comesBack` it is there again right after.
 * - `garbage`: this text instead of JSON. `raw_reply`: this JSON.
 * - `wire_error`: an error object with this status; the other parts may be set, or left out with `null`.
 * - `dbus_error`: a D-Bus error instead of an answer. `dbus_reply`: a reply with this signature and body.
 * - `extension_error`: an `NSError` of macOS' SSO extension; behind other doors the call just fails.
 * - `wam_error`: what an account provider of Windows says instead of giving a token; behind other doors the call
 *   just fails.
 * - `wrong_account`: the answer is for somebody else.
 * - `expires_in`: the token lives this long. Goes together with other effects.
 * - `patch_response`: changes the finished JSON. Goes together with other effects.
 */
export type PolicyEffect =
  | {
      readonly kind: "interaction_required";
      readonly suberror?: string;
      readonly aadsts?: string;
      readonly afterSignIn?: "satisfied" | "still_required";
    }
  | { readonly kind: "consent_required"; readonly afterSignIn?: "satisfied" | "still_required" }
  | { readonly kind: "claims_challenge"; readonly claims: string }
  | { readonly kind: "no_network" }
  | { readonly kind: "temporarily_unavailable" }
  | { readonly kind: "account_unusable" }
  | { readonly kind: "not_enrolled" }
  | { readonly kind: "keyring_locked" }
  | { readonly kind: "slow"; readonly delayInMs: number }
  | { readonly kind: "never_answers" }
  | { readonly kind: "dies"; readonly comesBack?: boolean }
  | { readonly kind: "garbage"; readonly text: string }
  | { readonly kind: "raw_reply"; readonly json: unknown }
  | {
      readonly kind: "wire_error";
      /** Number or numeric text, see the protocol's status table; `null` leaves it out. */
      readonly status: number | string | null;
      readonly context?: unknown;
      readonly errorCode?: unknown;
      readonly subStatus?: unknown;
      readonly tag?: unknown;
      readonly diagnostics?: unknown;
      /** Where the error object goes. Default: inside `brokerTokenResponse` for token methods. */
      readonly place?: "brokerTokenResponse" | "top";
    }
  | { readonly kind: "dbus_error"; readonly name: string; readonly message: string }
  | { readonly kind: "dbus_reply"; readonly signature: string; readonly body: readonly unknown[] }
  | { readonly kind: "extension_error"; readonly error: ExtensionError }
  | {
      readonly kind: "wam_error";
      /** The error code, an unsigned 32-bit number, e.g. `0xcaa20003`. */
      readonly code: number;
      readonly message?: string;
      /** `WebTokenRequestStatus`. Default 5, ProviderError. */
      readonly status?: 1 | 2 | 3 | 4 | 5;
      /** The operation itself fails with the code as its HRESULT. Default `false`. */
      readonly failsCall?: boolean;
    }
  | { readonly kind: "wrong_account"; readonly username: string }
  | { readonly kind: "expires_in"; readonly seconds: number }
  | {
      readonly kind: "patch_response";
      readonly patch: (json: Record<string, unknown>) => unknown;
    };

/** Takes a policy away again. */
export interface PolicyHandle {
  /** How often it has applied. */
  readonly applied: number;
  remove(): void;
}

/** A request, as far as policies look at it. */
export interface PolicySubject {
  readonly method: BrokerMethod;
  readonly clientId?: string;
  readonly username?: string;
  readonly resource?: string;
}

type EffectKind = PolicyEffect["kind"];

const tokenMethods: readonly BrokerMethod[] = ["acquireTokenSilently", "acquireTokenInteractively"];
const silentOnly: readonly BrokerMethod[] = ["acquireTokenSilently"];
const signedInStateMethods: readonly BrokerMethod[] = [...tokenMethods, "acquirePrtSsoCookie", "getAccounts"];

const defaultMethods: Partial<Record<EffectKind, readonly BrokerMethod[]>> = {
  interaction_required: silentOnly,
  consent_required: silentOnly,
  not_enrolled: signedInStateMethods,
  keyring_locked: signedInStateMethods,
};

const combinable: ReadonlySet<EffectKind> = new Set<EffectKind>(["slow", "expires_in", "patch_response"]);

interface StoredPolicy {
  readonly match: PolicyMatch;
  readonly effect: PolicyEffect;
  left: number;
  applied: number;
  readonly satisfiedFor: Set<string>;
}

/** The rules a tenant's administrator, and misfortune, made. */
export class PolicyBook {
  #policies: StoredPolicy[] = [];

  /** @throws TypeError or RangeError for a policy that could not do what its author meant. */
  add(match: PolicyMatch, effect: PolicyEffect, options: { readonly times?: number } = {}): PolicyHandle {
    checkPolicy(match, effect, options);
    const { times = Number.POSITIVE_INFINITY } = options;
    const policy: StoredPolicy = { match, effect, left: times, applied: 0, satisfiedFor: new Set() };
    this.#policies.unshift(policy);
    return {
      get applied() {
        return policy.applied;
      },
      remove: () => {
        this.#policies = this.#policies.filter((candidate) => candidate !== policy);
      },
    };
  }

  clear(): void {
    this.#policies = [];
  }

  /**
   * The effects for a request: the combinable ones, and the latest added of the others.
   * `isMet` tells which of the others this request satisfies (a claims challenge): those are not used up, and from
   * then on satisfied for the same app, account and resource.
   */
  take(subject: PolicySubject, isMet: (effect: PolicyEffect) => boolean = () => false): PolicyEffect[] {
    const taken: PolicyEffect[] = [];
    let decided = false;
    for (const policy of this.#policies) {
      const { effect } = policy;
      const isCombinable = combinable.has(effect.kind);
      if ((decided && !isCombinable) || policy.left === 0 || !matches(policy, subject)) continue;
      const key = subjectKey(subject);
      if (isMet(effect)) policy.satisfiedFor.add(key);
      if (policy.satisfiedFor.has(key)) continue;
      policy.left -= 1;
      policy.applied += 1;
      taken.push(effect);
      decided ||= !isCombinable;
    }
    return taken;
  }

  /** Whether a silent request like this one would be refused until the user acts. Uses nothing up. */
  demandsUser(subject: Omit<PolicySubject, "method">): boolean {
    const silent: PolicySubject = { ...subject, method: "acquireTokenSilently" };
    return this.#policies.some(
      (policy) =>
        isUserDemand(policy.effect) &&
        policy.left > 0 &&
        matches(policy, silent) &&
        !policy.satisfiedFor.has(subjectKey(silent)),
    );
  }

  /** The user has just signed in to this app for this resource: what only waited for that is satisfied. */
  satisfy(subject: Omit<PolicySubject, "method">): void {
    const silent: PolicySubject = { ...subject, method: "acquireTokenSilently" };
    for (const policy of this.#policies) {
      const { effect } = policy;
      if (isUserDemand(effect) && effect.afterSignIn !== "still_required" && matches(policy, silent)) {
        policy.satisfiedFor.add(subjectKey(silent));
      }
    }
  }
}

function isUserDemand(
  effect: PolicyEffect,
): effect is Extract<PolicyEffect, { kind: "interaction_required" | "consent_required" }> {
  return effect.kind === "interaction_required" || effect.kind === "consent_required";
}

function matches({ match, effect }: StoredPolicy, subject: PolicySubject): boolean {
  if (match.method === undefined) {
    if (!(defaultMethods[effect.kind] ?? tokenMethods).includes(subject.method)) return false;
  } else if (match.method !== "*" && match.method !== subject.method) {
    return false;
  }
  return (
    sameText(match.clientId, subject.clientId) &&
    sameText(match.username, subject.username) &&
    (match.resource === undefined ||
      (subject.resource !== undefined &&
        resourceNamed(match.resource) === normalizeResource(subject.resource)))
  );
}

function sameText(wanted: string | undefined, actual: string | undefined): boolean {
  return wanted === undefined || wanted.toLowerCase() === actual?.toLowerCase();
}

function subjectKey({ clientId, username, resource }: PolicySubject): string {
  return JSON.stringify([
    clientId?.toLowerCase(),
    username?.toLowerCase(),
    resource === undefined ? undefined : normalizeResource(resource),
  ]);
}
