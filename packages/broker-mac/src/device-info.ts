import { type CallFacts, textField } from "@x/broker-protocol";
import type { AnswerFields } from "./answer.js";
import { operations } from "./protocol.js";
import { type ExtensionRequest, requestOptions } from "./request-options.js";

/** Request of `get_device_info`: the cheapest sign of life. */
export function deviceInfoRequest(facts: CallFacts): ExtensionRequest<typeof operations.deviceInfo> {
  return { operation: operations.deviceInfo, options: requestOptions(facts, {}) };
}

/** What the extension tells about itself and the device, in every answer. Nothing in it names a person or a device. */
const deviceKeys = [
  "broker_version",
  "device_mode",
  "sso_extension_mode",
  "wpj_status",
  "platform_sso_status",
  "sso_provider_type",
  "preferred_auth_config",
] as const;

/** Times the extension tells, and names of the request in the tenant's logs. */
const requestKeys = [
  "request_received_timestamp",
  "response_gen_timestamp",
  "ccs-requestid",
  "ccs-request-sequence",
] as const;

export function deviceFacts(fields: AnswerFields): Record<string, string> {
  return told(fields, deviceKeys);
}

export function telemetryOf(fields: AnswerFields): Record<string, string> {
  return told(fields, [...deviceKeys, ...requestKeys]);
}

function told(fields: AnswerFields, keys: readonly string[]): Record<string, string> {
  const facts: Record<string, string> = {};
  for (const key of keys) {
    const value = textField(fields, key);
    if (value !== undefined && value.length <= 200) facts[key] = value;
  }
  return facts;
}

/** Whether the extension says that this device is not registered with any tenant. */
export function isUnregistered(fields: AnswerFields): boolean {
  return /^not_?joined$/i.test(textField(fields, "wpj_status") ?? "");
}
