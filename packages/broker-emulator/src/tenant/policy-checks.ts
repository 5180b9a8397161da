import {
  checkArgument,
  checkObject,
  oneOf,
  type Rule,
  required,
  rule,
  rules,
  type Shape,
} from "../checks.js";
import type { BrokerMethod, PolicyEffect } from "./policy.js";
import { isResourceIdentifier } from "./resources.js";

const place = "addPolicy";

const methods: Readonly<Record<BrokerMethod | "*", true>> = {
  getAccounts: true,
  acquireTokenSilently: true,
  acquireTokenInteractively: true,
  cancelInteractiveFlow: true,
  acquirePrtSsoCookie: true,
  generateSignedHttpRequest: true,
  removeAccount: true,
  getLinuxBrokerVersion: true,
  signOutSilently: true,
  ping: true,
  "*": true,
};

const matchShape: Shape = {
  clientId: rules.text,
  username: rules.username,
  resource: rule("an API's identifier such as 'https://storage.azure.com'", isResourceIdentifier, "string"),
  method: oneOf(Object.keys(methods)),
};

const afterSignIn = oneOf(["satisfied", "still_required"]);

const effectShapes: Readonly<Record<PolicyEffect["kind"], Shape>> = {
  interaction_required: { suberror: rules.text, aadsts: rules.text, afterSignIn },
  consent_required: { afterSignIn },
  claims_challenge: {
    claims: required(rule("the JSON text of a claims request, an object", isJsonObject, "string")),
  },
  no_network: {},
  temporarily_unavailable: {},
  account_unusable: {},
  not_enrolled: {},
  keyring_locked: {},
  slow: { delayInMs: required(rules.delay) },
  never_answers: {},
  dies: { comesBack: rules.flag },
  garbage: { text: required(rules.anyText) },
  raw_reply: { json: required(rules.anything) },
  wire_error: {
    status: required(rule("a number, numeric text, or null to leave it out", isStatus)),
    context: rules.anything,
    errorCode: rules.anything,
    subStatus: rules.anything,
    tag: rules.anything,
    diagnostics: rules.anything,
    place: oneOf(["brokerTokenResponse", "top"]),
  },
  dbus_error: { name: required(rules.text), message: required(rules.anyText) },
  dbus_reply: { signature: required(rules.anyText), body: required(rules.list) },
  extension_error: { error: required(rule("an NSError: a domain and a code", isNSError)) },
  wam_error: {
    code: required(rule("an unsigned 32-bit number", isUint32, "number")),
    message: rules.anyText,
    status: oneOf([1, 2, 3, 4, 5]),
    failsCall: rules.flag,
  },
  wrong_account: { username: required(rules.username) },
  expires_in: { seconds: required(rules.finite) },
  patch_response: { patch: required(rules.callback) },
};

const timesRule: Rule = rule(
  "a whole number of at least 1, or Infinity",
  (value) => value === Number.POSITIVE_INFINITY || rules.wholeCount.accepts(value),
  "number",
);

/** @throws TypeError or RangeError for a policy that could not do what its author meant. */
export function checkPolicy(match: unknown, effect: unknown, options: unknown): void {
  checkObject(place, "match", match, matchShape, "match.");
  const wanted = rule('an object such as { kind: "no_network" }', (value) => Object(value) === value);
  checkArgument(place, "effect", effect, wanted);
  const { kind } = effect as { kind?: unknown };
  const kindRule = oneOf(Object.keys(effectShapes));
  checkArgument(place, "effect.kind", kind, kindRule);
  const shape = effectShapes[kind as PolicyEffect["kind"]];
  checkObject(place, "effect", effect, { kind: required(kindRule), ...shape }, "effect.");
  checkObject(place, "options", options, { times: timesRule }, "options.");
}

function isJsonObject(value: unknown): boolean {
  if (typeof value !== "string") return false;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

function isNSError(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { domain, code, underlying } = value as Record<string, unknown>;
  const isWhole = typeof domain === "string" && Number.isInteger(code);
  return isWhole && (underlying === undefined || isNSError(underlying));
}

function isUint32(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff_ffff;
}

function isStatus(value: unknown): boolean {
  return value === null || typeof value === "number" || typeof value === "string";
}
