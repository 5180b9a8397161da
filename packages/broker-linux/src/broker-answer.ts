import {
  asObject,
  type CallFacts,
  type JsonObject,
  nonsense,
  objectField,
  parseObject,
  stringField,
} from "@x/broker-protocol";

/**
 * The broker's answer as an object.
 * @throws BrokerError `protocol_error` for anything else
 */
export function parseAnswer(text: string, facts: CallFacts): JsonObject {
  const answer = parseObject(text);
  if (answer !== undefined) return answer;
  throw nonsense(text.trim() === "" ? "an empty text" : "a text that is no JSON object", facts);
}

/** Facts about itself that the broker reports, without what only identifies this device or its user. */
export function readTelemetry(answer: JsonObject): Record<string, string> {
  const telemetry = objectField(answer, "telemetry");
  const facts: Record<string, string> = {};
  for (const key of telemetryKeys) {
    const value = telemetry && stringField(telemetry, key);
    if (value !== undefined && value.length <= 200) facts[key] = value;
  }
  return facts;
}

const telemetryKeys = [
  "broker_version",
  "msal_version",
  "api_name",
  "is_cache",
  "is_successful",
  "ui_visible",
  "dbus_method_name",
  "read_token_last_error",
  "silent_code",
  "request_duration",
];

/** The token part of an answer. */
export function tokenPart(answer: JsonObject): JsonObject | undefined {
  return asObject(objectField(answer, "brokerTokenResponse"));
}
