import { brokerErrorCodes } from "@x/broker-contract";
import type { CallFacts } from "@x/broker-protocol";
import { describe, expect, it } from "vitest";
import { brokerOn, rejection, request } from "./testing/protocol/broker.js";
import { testData } from "./testing/protocol/captures.js";
import { busError, FakeBus } from "./testing/protocol/fake-bus.js";
import { account, errorAnswer, tokenAnswer } from "./testing/protocol/people.js";
import { wireError, wireStatuses } from "./wire-errors.js";

const facts: CallFacts = {
  operation: "acquireTokenSilently",
  platform: "linux",
  correlationId: "00000000-0000-4000-8000-000000000001",
  scopes: ["User.Read"],
};

interface StatusMap {
  readonly statuses: readonly { readonly wireStatus: number; readonly name: string }[];
}

interface ShapeTest {
  readonly response: {
    readonly json?: unknown;
    readonly raw?: string;
    readonly over?: Record<string, unknown>;
    readonly mode?: "dbuserror" | "sig" | "voidreply";
    readonly name?: string;
    readonly message?: string;
    readonly signature?: string;
    readonly body?: (string | number)[];
  };
  readonly outcome: "ok" | "error" | "CRASH";
}

describe("the status table", () => {
  const { statuses } = testData<StatusMap>("error-status-map.json");

  it.each(statuses.filter(({ wireStatus }) => wireStatus < 24))(
    "knows wire status $wireStatus by its captured name $name",
    ({ wireStatus, name }) => {
      expect(wireStatuses[wireStatus]?.name).toBe(name);
    },
  );

  it.each([
    [0, "broker_failed", undefined],
    [1, "broker_failed", undefined],
    [2, "interaction_required", undefined],
    [3, "no_network", undefined],
    [4, "no_network", undefined],
    [5, "temporarily_unavailable", undefined],
    [6, "invalid_request", undefined],
    [7, "user_canceled", undefined],
    [8, "broker_failed", "application_canceled"],
    [9, "invalid_request", "incorrect_configuration"],
    [10, "broker_failed", undefined],
    [11, "untrusted_authority", undefined],
    [12, "account_mismatch", "user_switch"],
    [13, "interaction_required", "account_unusable"],
    [14, "broker_failed", "user_data_removal_required"],
    [15, "temporarily_unavailable", undefined],
    [16, "account_mismatch", "account_switch"],
    [17, "broker_unavailable", "not_enrolled"],
    [18, "broker_failed", "key_not_found"],
    [19, "account_not_found", undefined],
    [20, "broker_unavailable", "required_broker_missing"],
    [21, "not_supported", "fallback_to_native_msal"],
    [22, "broker_failed", "certificate_not_found"],
    [23, "broker_failed", "mdm_enrollment_required"],
    [24, "broker_failed", undefined],
    [-1, "broker_failed", undefined],
    [1e9, "broker_failed", undefined],
  ] as const)("status %i is %s (%s)", (status, code, reason) => {
    const error = wireError({ context: "ctx", errorCode: 77, status, subStatus: 3, tag: 1234 }, facts);
    expect(error).toMatchObject({ code, reason, platform: "linux", correlationId: facts.correlationId });
    expect(error.native).toMatchObject({ status, tag: 1234, errorCode: 77, subStatus: 3 });
    expect(error.message).toContain('"ctx"');
    expect(error.hint.length).toBeGreaterThan(10);
    expect(brokerErrorCodes).toHaveProperty(error.code);
  });

  it.each([3, 4, 5, 15])("says of status %i that trying again may help", (status) => {
    expect(wireError({ status }, facts).retryable).toBe(true);
  });

  it.each([2, 7, 11, 13, 17, 19, 23])("does not say so of status %i", (status) => {
    expect(wireError({ status }, facts).retryable).toBe(false);
  });
});

describe("the text of an error", () => {
  it.each([
    ["AADSTS50011: The redirect URI does not match", 9, "redirect_uri_mismatch"],
    ["AADSTS50011: The redirect URI does not match", 2, "redirect_uri_mismatch"],
    ["AADSTS7000218: needs client_secret", 0, "redirect_uri_mismatch"],
  ])("prints the exact redirect URI to add for %s", (context, status, code) => {
    const redirectUri = "https://login.microsoftonline.com/common/oauth2/nativeclient";
    const error = wireError({ context, status }, facts);
    expect(error).toMatchObject({ code, redirectUri, aadsts: /AADSTS\d+/.exec(context)?.[0] });
    expect(error.message).toContain(`Add exactly ${redirectUri}`);
    expect(error.message).toContain("Mobile and desktop applications");
    const own = wireError({ context, status }, { ...facts, redirectUri: "http://localhost" });
    expect(own.message).toContain("Add exactly http://localhost ");
  });

  it.each([
    ["AADSTS53003: Access has been blocked", 6, "invalid_request", "conditional access"],
    ["AADSTS530084: token protection", 2, "interaction_required", "token protection"],
    ["AADSTS65001: consent", 2, "interaction_required", "consent"],
    ["AADSTS50076: MFA", 2, "interaction_required", "second factor"],
    ["AADSTS50079: MFA", 2, "interaction_required", "second factor"],
    ["AADSTS50078: expired", 2, "interaction_required", "second factor"],
    ["AADSTS700016: no app", 0, "invalid_request", "client id"],
    ["AADSTS90072: not a member", 0, "broker_failed", "guest"],
    ["AADSTS50105: not assigned", 2, "interaction_required", "assign"],
    ["AADSTS53000: not compliant", 2, "interaction_required", "comply"],
  ] as const)("knows what to do about %s", (context, status, code, hint) => {
    const error = wireError({ context, status }, facts);
    expect(error.code).toBe(code);
    expect(error.aadsts).toBe(/AADSTS\d+/.exec(context)?.[0]);
    expect(error.hint).toContain(hint);
  });

  it.each([50072, 50074, 50076, 50078, 50079, 50173, 65001, 700082])(
    "asks for the user on AADSTS%i where the status says nothing",
    (number) => {
      const context = `AADSTS${number}: something`;
      expect(wireError({ context, status: 0 }, facts).code).toBe("interaction_required");
      expect(wireError({ context }, facts).code).toBe("interaction_required");
      expect(wireError({ context, status: 3 }, facts).code).toBe("no_network");
    },
  );

  it("names the scope when only the user can get any further, since the refusal is per resource", () => {
    const error = wireError({ context: "suberror: 'token_expired'", status: 2, tag: 593819521 }, facts);
    expect(error.code).toBe("interaction_required");
    expect(error.message).toContain("User.Read");
    expect(error.scopes).toEqual(["User.Read"]);
  });

  it("reads declined scopes as a reason to ask the user, whatever the status", () => {
    const error = wireError({ context: "declined scopes are present", status: 6, tag: 593794722 }, facts);
    expect(error).toMatchObject({ code: "interaction_required", reason: "declined_scopes" });
  });

  it("believes a status that says something over a text about accounts", () => {
    const context = "Missing account username in request";
    expect(wireError({ context, status: 2 }, facts).code).toBe("interaction_required");
    expect(wireError({ context, status: 0 }, facts).code).toBe("not_supported");
  });

  it("hands on the claims the tenant wants next", () => {
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    expect(wireError({ status: 2, diagnostics: { claims } }, facts).claims).toBe(claims);
  });

  it("shows nobody's name and no token of what the broker wrote", () => {
    const personal = { ...facts, personalData: ["susanna", "Susanna Example"] };
    const context =
      "User susanna (Susanna Example, ada@contoso.example) with eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln";
    const told = JSON.stringify(wireError({ context, status: 0 }, personal));
    expect(told).not.toMatch(/susanna|Susanna|ada@|eyJ/);
    expect(told).toContain("[user]");
  });

  it("is cut when it is long", () => {
    expect(wireError({ context: "word ".repeat(100_000), status: 0 }, facts).message.length).toBeLessThan(
      1500,
    );
  });
});

describe("Java brokers' raw error codes refine status 0", () => {
  it.each([
    ["no_account_found", "account_not_found"],
    ["device_network_not_available", "no_network"],
    ["io_error", "no_network"],
    ["User cancelled", "user_canceled"],
    ["auth_cancelled_by_sdk", "broker_failed"],
    ["Device registration failed", "broker_unavailable"],
    ["device_broker_inactive", "broker_unavailable"],
    ["device_needs_to_be_managed", "broker_failed"],
    ["zzz", "broker_failed"],
    ["constructor", "broker_failed"],
  ])("%s is %s", (rawErrorCode, code) => {
    const error = wireError({ status: 0, tag: 0, diagnostics: { raw_error_code: rawErrorCode } }, facts);
    expect(error.code).toBe(code);
    expect(error.native).toMatchObject({ rawErrorCode });
  });

  it("leaves a status that says something alone", () => {
    const diagnostics = { raw_error_code: "no_account_found" };
    expect(wireError({ status: 2, diagnostics }, facts).code).toBe("interaction_required");
  });
});

/** What each captured shape of an answer is here. `ok` is a token. */
const shapes: Readonly<Record<string, string>> = {
  noCtx: "interaction_required",
  emptyCtx: "interaction_required",
  noSub: "interaction_required",
  noCode: "interaction_required",
  no_status: "broker_failed",
  status_string: "interaction_required",
  status_name: "broker_failed",
  tag_string: "interaction_required",
  tag_neg: "interaction_required",
  code_big: "interaction_required",
  ctx_num: "interaction_required",
  ctx_null: "interaction_required",
  err_empty: "broker_failed",
  err_null: "protocol_error",
  err_string: "broker_failed",
  err_and_token: "interaction_required",
  err_null_and_token: "ok",
  top_error: "interaction_required",
  top_error_and_btr_null: "interaction_required",
  minimal_ok: "interaction_required",
  min_status_tag_ctx: "interaction_required",
  rawcode_illegal_argument_exception: "invalid_request",
  rawcode_no_account_found: "account_not_found",
  rawcode_io_error: "no_network",
  rawcode_unknown_error: "broker_failed",
  rawcode_json_parse_failure: "broker_failed",
  rawcode_device_needs_to_be_managed: "broker_failed",
  rawcode_auth_cancelled_by_sdk: "broker_failed",
  rawcode_device_broker_inactive: "broker_unavailable",
  rawcode_storage_keyring_write_failure: "broker_failed",
  "rawcode_User cancelled": "user_canceled",
  "rawcode_Device registration failed": "broker_unavailable",
  rawcode_device_network_not_available: "no_network",
  rawcode_directory_error: "broker_failed",
  rawcode_zzz: "broker_failed",
  rawcode_props: "broker_failed",
  rawcode_notag: "account_not_found",
  himmelblau_err: "broker_failed",
  json_empty_obj: "protocol_error",
  btr_empty: "protocol_error",
  btr_null: "protocol_error",
  json_null: "protocol_error",
  json_array: "protocol_error",
  empty_string: "protocol_error",
  not_json: "protocol_error",
  trunc_json: "protocol_error",
  void_reply: "protocol_error",
  sig_i: "protocol_error",
  sig_ss: "protocol_error",
  dbus_Failed: "broker_failed",
  dbus_NoReply: "timed_out",
  dbus_TimedOut: "timed_out",
  dbus_Timeout: "timed_out",
  dbus_ServiceUnknown: "broker_unavailable",
  dbus_UnknownObject: "temporarily_unavailable",
  dbus_UnknownMethod: "not_supported",
  dbus_UnknownInterface: "temporarily_unavailable",
  dbus_AccessDenied: "broker_unavailable",
  dbus_NameHasNoOwner: "broker_unavailable",
  dbus_LimitsExceeded: "temporarily_unavailable",
  dbus_Disconnected: "broker_unavailable",
  dbus_Custom: "broker_failed",
  dbus_ServiceUnknown_int: "broker_unavailable",
  dbus_Failed_int: "broker_failed",
  dbus_Failed_signin: "broker_failed",
};

describe("answers that were given to Microsoft's client, which some of them crash, are read without harm", () => {
  const { cases } = testData<{ cases: Record<string, ShapeTest> }>("error-shape-tests.json");

  it("knows what to expect of every one", () => {
    expect(Object.keys(shapes).sort()).toEqual(Object.keys(cases).sort());
  });

  it.each(Object.entries(cases))("%s", async (name, { response }) => {
    const bus = new FakeBus();
    bus.on("acquireTokenSilently", () => {
      if (response.mode === "dbuserror") return busError(response.name ?? "", response.message);
      if (response.mode === "voidreply") return { signature: "", body: [] };
      if (response.mode === "sig") return { signature: response.signature ?? "", body: response.body ?? [] };
      if (response.raw !== undefined) return response.raw;
      return JSON.stringify(response.json ?? tokenAnswer(response.over));
    });
    const promise = brokerOn(bus).acquireTokenSilently({ ...request, account: account() });
    const expected = shapes[name];
    if (expected === "ok") {
      await expect(promise).resolves.toMatchObject({ tokenType: "Bearer" });
    } else {
      const error = await rejection(promise);
      expect([error.name, error.code]).toEqual(["BrokerError", expected]);
    }
    expect(bus.requestsOf("acquireTokenSilently")).toHaveLength(1);
  });

  it("shows himmelblau's text, whose errors have neither tag nor errorCode", async () => {
    const bus = new FakeBus();
    bus.on(
      "acquireTokenSilently",
      errorAnswer({ context: "Failed to authenticate", status: 0, subStatus: 0 }),
    );
    const error = await rejection(brokerOn(bus).acquireTokenSilently({ ...request, account: account() }));
    expect(error.message).toContain("Failed to authenticate");
  });
});
