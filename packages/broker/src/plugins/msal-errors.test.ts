import * as msalNode from "@azure/msal-node";
import { BrokerError, type BrokerErrorCode } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { type MsalErrorClasses, msalErrorOf, toMsalError } from "./msal-errors.js";

const correlationId = "6a0b3ec6-46a1-4dbd-a0e1-0d2a4e1c9f10";
const classes = msalNode as object as MsalErrorClasses;

function brokerError(
  code: BrokerErrorCode,
  more: { reason?: string; native?: Record<string, string | number> } = {},
) {
  return new BrokerError(code, { message: "It failed.", hint: "Do something.", correlationId, ...more });
}

/** The map of Microsoft's plugin, and where the codes of ours stand in it. */
const table: [BrokerErrorCode, string | undefined, string, string, string][] = [
  [
    "interaction_required",
    undefined,
    "InteractionRequiredAuthError",
    "interaction_required",
    "InteractionRequired",
  ],
  [
    "interaction_required",
    "account_unusable",
    "InteractionRequiredAuthError",
    "interaction_required",
    "AccountUnusable",
  ],
  ["no_network", undefined, "ClientAuthError", "no_network_connectivity", "NoNetwork"],
  ["temporarily_unavailable", undefined, "ServerError", "server_unavailable", "ServerTemporarilyUnavailable"],
  ["user_canceled", undefined, "ClientAuthError", "user_canceled", "UserCanceled"],
  ["untrusted_authority", undefined, "ClientConfigurationError", "untrusted_authority", "AuthorityUntrusted"],
  ["account_not_found", undefined, "ClientAuthError", "no_account_found", "AccountNotFound"],
  ["account_mismatch", undefined, "ClientAuthError", "no_account_found", "AccountNotFound"],
  ["invalid_request", undefined, "ClientAuthError", "platform_broker_error", "ApiContractViolation"],
  [
    "invalid_request",
    "incorrect_configuration",
    "ClientAuthError",
    "platform_broker_error",
    "IncorrectConfiguration",
  ],
  ["redirect_uri_mismatch", undefined, "ClientAuthError", "platform_broker_error", "IncorrectConfiguration"],
  [
    "broker_failed",
    "application_canceled",
    "ClientAuthError",
    "platform_broker_error",
    "ApplicationCanceled",
  ],
  ["broker_failed", "key_not_found", "ClientAuthError", "platform_broker_error", "KeyNotFound"],
  [
    "broker_failed",
    "user_data_removal_required",
    "ClientAuthError",
    "platform_broker_error",
    "UserDataRemovalRequired",
  ],
  ["broker_failed", undefined, "ClientAuthError", "platform_broker_error", "Unexpected"],
  ["broker_failed", "constructor", "ClientAuthError", "platform_broker_error", "Unexpected"],
  ["broker_unavailable", undefined, "ClientAuthError", "platform_broker_error", "Unexpected"],
  ["keyring_locked", undefined, "ClientAuthError", "platform_broker_error", "Unexpected"],
  ["not_supported", undefined, "ClientAuthError", "platform_broker_error", "Unexpected"],
  ["protocol_error", undefined, "ClientAuthError", "platform_broker_error", "Unexpected"],
  ["timed_out", undefined, "NativeAuthError", "timed_out", "Unexpected"],
];

describe.each([
  ["with msal-node's classes", classes],
  ["without msal-node", {} as MsalErrorClasses],
])("%s", (_, given) => {
  it.each(table)("%s (%s) is a %s: %s", (code, reason, name, errorCode, status) => {
    const cause = brokerError(code, { native: { errorCode: 5, tag: 7 }, ...(reason && { reason }) });
    const error = msalErrorOf(cause, correlationId, given);
    const message = `It failed. Do something. (code: ${code}, errorCode: 5, tag: 7, correlation id: ${correlationId})`;
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name,
      errorCode,
      errorMessage: message,
      message: `${errorCode}: ${message}`,
      subError: "",
      correlationId,
      cause,
      platformBrokerError: {
        name: "PlatformBrokerError",
        errorCode: status,
        statusCode: 5,
        tag: "aaaah",
        correlationId,
        message: `${status}: ${message} (Error Code: 5, Tag: aaaah)`,
      },
    });
  });
});

it("statuses that share a code are told apart by the broker's own name for them", () => {
  const error = brokerError("no_network", { native: { statusName: "NetworkTemporarilyUnavailable" } });
  expect(msalErrorOf(error, undefined, {})).toMatchObject({
    errorCode: "no_network_connectivity",
    platformBrokerError: { errorCode: "NetworkTemporarilyUnavailable", statusCode: 0, tag: "UNTAG" },
  });
});

it("instanceof holds with the classes of the app's msal-node", async () => {
  const wrapped = (code: BrokerErrorCode) => toMsalError(brokerError(code), correlationId);
  expect(await wrapped("interaction_required")).toBeInstanceOf(msalNode.InteractionRequiredAuthError);
  expect(await wrapped("user_canceled")).toBeInstanceOf(msalNode.ClientAuthError);
  expect(await wrapped("temporarily_unavailable")).toBeInstanceOf(msalNode.ServerError);
  expect(await wrapped("untrusted_authority")).toBeInstanceOf(msalNode.ClientConfigurationError);
  const error = await wrapped("timed_out");
  expect(error).toBeInstanceOf(msalNode.AuthError);
  expect(error).toMatchObject({ platformBrokerError: expect.any(msalNode.AuthError) });
});

it("the claims that the tenant wants are where msal-node's callers look for them", () => {
  const claims = '{"access_token":{}}';
  const error = new BrokerError("interaction_required", { message: "m", hint: "h", claims });
  expect(msalErrorOf(error, undefined, classes)).toMatchObject({ claims });
});

it("any other error stays what it is", async () => {
  for (const error of [new TypeError("x"), new DOMException("x", "AbortError"), "text"])
    expect(await toMsalError(error, undefined)).toBe(error);
});
