import { readFileSync } from "node:fs";
import type { BrokerErrorCode } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import type { NativeTokenResult } from "./native.js";
import { statusAnswer } from "./testing/captured-scenarios.js";
import { nativeError } from "./testing/fake-wam.js";
import { clientId, graphScope, username } from "./testing/people.js";
import { type AccountKind, windowsRedirectUri } from "./wam-constants.js";
import { nativeFailure, resultError } from "./wam-errors.js";
import { classifyFailure, type WamFailure } from "./wam-failure.js";

const facts = {
  operation: "acquireTokenSilently",
  platform: "windows",
  correlationId: "6f0c1a52-0000-4000-8000-000000000001",
  scopes: [graphScope],
  redirectUri: windowsRedirectUri(clientId),
  personalData: [username, "Jane Roe"],
} as const;

interface MapRow {
  /** As `statusAnswer` takes it, or a code. */
  readonly asked: string;
  readonly status: string;
}

/** The statuses that Microsoft's client gave for the answers of one plug-in. */
function errorMap(name: "work" | "personal"): MapRow[] {
  const text = readFileSync(new URL(`../test-data/error-map-${name}.txt`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [asked = "", told = ""] = line.split("\t");
      return { asked, status: /^(?:\d+ )?(?:17:)?(\w+)/.exec(told)?.[1] ?? "" };
    });
}

function answerOf(asked: string) {
  const answer = statusAnswer(asked.startsWith("0x") ? `error-${asked}` : asked);
  if (answer instanceof Error || answer.status === undefined) throw new Error("No answer.");
  return { status: answer.status, code: answer.error?.code ?? 0 };
}

describe.each([
  // The recording program asked silently for work accounts and in a window for personal ones.
  ["work", "organizations", true],
  ["personal", "consumers", false],
] as const)("the captured error map of the plug-in for %s accounts", (name, kind: AccountKind, silent) => {
  const rows = errorMap(name).filter(({ asked }) => asked !== "success");

  it("has hundreds of rows", () => {
    expect(rows.length).toBeGreaterThan(400);
    expect(new Set(rows.map(({ status }) => status)).size).toBeGreaterThan(3);
  });

  it.each([...new Set(rows.map(({ status }) => status))])("agrees in every row with %s", (status) => {
    const ours = rows
      .filter((row) => row.status === status)
      .map(({ asked }) => {
        const answer = answerOf(asked);
        return [asked, classifyFailure(kind, silent, answer.status, answer.code)];
      });
    expect(ours.filter(([, failure]) => failure !== status)).toEqual([]);
  });
});

describe("what a failure becomes", () => {
  const result = (status: number, code: number, message = "said"): NativeTokenResult => ({
    status,
    responses: [],
    error: { code, message, properties: {} },
  });

  it.each<[WamFailure, NativeTokenResult, BrokerErrorCode]>([
    ["Unexpected", result(5, 0xcaa90018), "broker_failed"],
    ["Unexpected", result(4, 0), "broker_failed"],
    ["Unexpected", result(77, 0), "broker_failed"],
    ["InteractionRequired", result(3, 0xcaa2000c), "interaction_required"],
    ["InteractionRequired", result(5, 0xcaa20003), "interaction_required"],
    ["NoNetwork", result(5, 0xcaa82ee7), "no_network"],
    ["ServerTemporarilyUnavailable", result(5, 0xcaa20005), "temporarily_unavailable"],
    ["ApiContractViolation", result(5, 0xcaa20009), "invalid_request"],
    ["UserCanceled", result(1, 0), "user_canceled"],
    ["IncorrectConfiguration", result(5, 0xcaa20001), "invalid_request"],
    ["UserSwitched", result(2, 0), "account_mismatch"],
    ["TransientError", result(5, 0xcaad0001), "temporarily_unavailable"],
  ])("%s", (_failure, answer, code) => {
    const error = resultError(answer, { kind: "organizations", silent: true }, facts);
    expect(error).toMatchObject({
      code,
      platform: "windows",
      correlationId: facts.correlationId,
      scopes: [graphScope],
      native: { wamStatus: answer.status, provider: "organizations" },
    });
    expect(error.native["wamErrorCode"]).toMatch(/^0x[0-9a-f]{8}$/);
    expect(error.message).toContain('Windows says: "said".');
    expect(error.hint).toMatch(/[.]$/);
  });

  it("reads an error that stands in the response", () => {
    const answer: NativeTokenResult = {
      status: 5,
      responses: [
        { token: "", properties: {}, providerError: { code: 0xcaa20005, message: "", properties: {} } },
      ],
    };
    expect(resultError(answer, { kind: "organizations", silent: true }, facts).code).toBe(
      "temporarily_unavailable",
    );
  });

  it("prints the redirect URI to register", () => {
    const said = "AADSTS50011: The redirect URI specified in the request does not match.";
    const error = resultError(result(5, 0xcaa20001, said), { kind: "organizations", silent: true }, facts);
    expect(error).toMatchObject({
      code: "redirect_uri_mismatch",
      aadsts: "AADSTS50011",
      redirectUri: `ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId}`,
    });
    expect(error.message).toContain(`Add exactly ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId} `);
  });

  it("keeps the redirect URI beside a registration that does not fit", () => {
    const error = resultError(result(5, 0xcaa20002), { kind: "organizations", silent: true }, facts);
    expect(error.reason).toBe("incorrect_configuration");
    expect(error.hint).toContain("ms-appx-web://");
  });

  it("asks for the user where only the tenant's code says so", () => {
    const error = resultError(
      result(5, 0xcaa90018, "AADSTS50076: you must use multi-factor authentication"),
      { kind: "organizations", silent: true },
      facts,
    );
    expect(error).toMatchObject({ code: "interaction_required", aadsts: "AADSTS50076" });
    expect(error.message).toContain(graphScope);
  });

  it("believes WAM's own code before the tenant's", () => {
    const said = "AADSTS50076: you must use multi-factor authentication";
    const error = resultError(result(5, 0xcaa20005, said), { kind: "organizations", silent: true }, facts);
    expect(error).toMatchObject({ code: "temporarily_unavailable", aadsts: "AADSTS50076", retryable: true });
  });

  it("hands the tenant's claims on", () => {
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    const answer = { ...result(3, 0), error: { code: 0, message: "", properties: { claims } } };
    expect(resultError(answer, { kind: "organizations", silent: true }, facts).claims).toBe(claims);
  });

  it("names nobody", () => {
    const said = `jane@CONTOSO.com (Jane Roe) cannot, token eyJ0eXAiOiJKV1Qi.eyJhIjoxfQ.c2ln`;
    const error = resultError(result(3, 0, said), { kind: "organizations", silent: true }, facts);
    expect(JSON.stringify(error)).not.toMatch(/jane|roe|eyJ/i);
  });
});

describe("a call of the addon that failed", () => {
  it.each([
    [nativeError("unavailable", { hresult: 0x80040154, stage: "RoGetActivationFactory" }), "wam_missing"],
    [nativeError("failed", { hresult: 0x800706ba, stage: "GetTokenSilentlyAsync" }), "broker_died"],
  ])("%s is %s", (error, reason) => {
    expect(nativeFailure(error, facts)).toMatchObject({ code: "broker_unavailable", reason });
  });

  it("keeps Windows' own code and the call", () => {
    const error = nativeFailure(
      nativeError("failed", { hresult: 0x80070490, stage: "FindAccountAsync" }),
      facts,
    );
    expect(error).toMatchObject({
      code: "broker_failed",
      native: { hresult: "0x80070490", stage: "FindAccountAsync" },
    });
    expect(error.message).toContain("failed in FindAccountAsync: 0x80070490.");
  });

  it.each([
    [0x80070520, "as the user who is logged on"],
    [0x80070005, "Windows denied access"],
  ])("0x%s has advice of its own", (hresult, advice) => {
    expect(nativeFailure(nativeError("failed", { hresult, stage: "x" }), facts).hint).toContain(advice);
  });

  it.each([
    nativeError("failed", { hresult: 0x800704c7, stage: "ShowManageAccountsForWindowAsync" }),
    nativeError("canceled", { stage: "RequestTokenForWindowAsync" }),
  ])("a cancellation that was not ours is the user's: $stage", (error) => {
    expect(nativeFailure(error, facts).code).toBe("user_canceled");
  });

  it("a call that Windows gave up may be repeated", () => {
    const error = nativeFailure(nativeError("canceled", { stage: "FindAccountProviderAsync" }), facts);
    expect(error).toMatchObject({ code: "temporarily_unavailable", retryable: true });
  });

  it("refuses what Windows' strings cannot carry", () => {
    const error = nativeFailure(nativeError("invalid_argument", { message: "scope: has a NUL" }), facts);
    expect(error).toMatchObject({ code: "invalid_request", reason: "invalid_argument" });
  });
});
