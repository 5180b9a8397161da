import type { BrokerError } from "@x/broker-contract";
import { type CallFacts, callError } from "./call-facts.js";
import { asObject, canonicalJson, type JsonObject, type JsonValue, objectField } from "./json.js";

/**
 * The claims request as the broker takes it: a claims challenge and the app's capabilities (`xms_cc`) in one
 * JSON text, keys sorted; `""` if there is neither.
 * @throws BrokerError `invalid_request` if `claims` is not the JSON of an object
 */
export function mergedClaims(
  claims: string | undefined,
  clientCapabilities: readonly string[] | undefined,
  facts: CallFacts,
): string {
  if (claims !== undefined && typeof claims !== "string") throw new TypeError("claims must be a string.");
  const capabilities = checkedCapabilities(clientCapabilities);
  const asked = claims === undefined || claims === "" ? undefined : parseClaims(claims, facts);
  if (asked === undefined && capabilities.length === 0) return "";
  const merged: Record<string, JsonValue> = { ...asked };
  if (capabilities.length > 0) {
    const accessToken = (asked && objectField(asked, "access_token")) ?? {};
    merged["access_token"] = {
      ...(accessToken as Record<string, JsonValue>),
      xms_cc: { values: capabilities },
    };
  }
  try {
    return canonicalJson(merged);
  } catch {
    throw notClaims(facts);
  }
}

/**
 * The app's capabilities; none where they are not given.
 * @throws TypeError for anything but a list of strings
 */
export function checkedCapabilities(clientCapabilities: readonly string[] | undefined): readonly string[] {
  if (clientCapabilities === undefined) return [];
  if (Array.isArray(clientCapabilities) && clientCapabilities.every((one) => typeof one === "string")) {
    return clientCapabilities;
  }
  throw new TypeError("clientCapabilities must be an array of strings.");
}

function parseClaims(text: string, facts: CallFacts): JsonObject & Readonly<Record<string, JsonValue>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notClaims(facts);
  }
  const object = asObject(value);
  if (object === undefined) throw notClaims(facts);
  return object as JsonObject & Readonly<Record<string, JsonValue>>;
}

function notClaims(facts: CallFacts): BrokerError {
  return callError("invalid_request", facts, {
    reason: "invalid_claims",
    message: "The claims are not the JSON text of an object.",
    hint: 'Pass the claims of a challenge decoded (they come base64 in WWW-Authenticate), e.g. {"access_token":{…}}.',
  });
}
