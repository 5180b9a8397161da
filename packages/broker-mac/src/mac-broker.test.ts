import { describe, expect, it, vi } from "vitest";
import { createMacBroker, unsignedRedirectUri } from "./index.js";
import {
  brokerOn,
  failure,
  optionsOf,
  rejection,
  request,
  requestForAccount,
  usualExtension,
} from "./testing/protocol/broker.js";
import { type FakeExtension, nativeError, never } from "./testing/protocol/fake-extension.js";
import {
  account,
  accountsAnswer,
  answer,
  clientId,
  clientInfo,
  errorAnswer,
  extensionAccount,
  homeAccountId,
  objectId,
  otherExtensionAccount,
  otherObjectId,
  otherTenantId,
  tenantId,
  username,
} from "./testing/protocol/people.js";

describe("probe", () => {
  it("finds the extension and says what it is", async () => {
    const status = await brokerOn(usualExtension()).probe();
    expect(status).toEqual({
      available: true,
      platform: "macos",
      brokerVersion: "5.2604.2",
      emulated: false,
      capabilities: {
        interactiveWithoutAccount: true,
        proofOfPossession: true,
        claims: true,
        ssoCookies: true,
        signOut: true,
      },
      facts: {
        redirectUri: unsignedRedirectUri,
        broker_version: "5.2604.2",
        device_mode: "personal",
        sso_extension_mode: "full",
        wpj_status: "joined",
        platform_sso_status: "platformSSONotEnabled",
        sso_provider_type: "companyPortal",
      },
    });
  });

  it("tells an emulator by its version", async () => {
    const extension = usualExtension().on(
      "get_device_info",
      answer("operation_generic_response", { broker_version: "5.2603.0-emulator" }),
    );
    expect(await brokerOn(extension).probe()).toMatchObject({ emulated: true });
  });

  it("keeps the device's ids to itself", async () => {
    const extension = usualExtension().on(
      "get_device_info",
      answer("operation_generic_response", { extraDeviceInfo: '{"mdm_id":"m-1","object_id":"o-1"}' }),
    );
    expect(JSON.stringify(await brokerOn(extension).probe())).not.toMatch(/m-1|o-1/);
  });

  it.each([
    ["an error", errorAnswer({ error: "invalid_request" })],
    ["nonsense", { hello: "world" }],
    ["no version", answer("operation_generic_response", { broker_version: undefined })],
  ])("takes an extension that answers with %s for available, without a version", async (_what, told) => {
    const status = await brokerOn(usualExtension().on("get_device_info", told)).probe();
    expect(status.available).toBe(true);
    expect(status).not.toHaveProperty("brokerVersion");
  });

  it("never rejects because there is none: the status says why, anew each time", async () => {
    const extension = usualExtension();
    extension.available = false;
    const broker = brokerOn(extension);
    expect(await broker.probe()).toMatchObject({
      available: false,
      error: { code: "broker_unavailable", reason: "extension_not_configured" },
    });
    expect(extension.requests).toEqual([]);
    extension.available = true;
    expect((await broker.probe()).available).toBe(true);
  });

  it("is bounded and can be aborted", async () => {
    const extension = usualExtension().on("get_device_info", never);
    const status = await brokerOn(extension).probe({ timeoutInMs: 20 });
    expect(status).toMatchObject({ available: false, error: { code: "timed_out" } });
    const aborted = await failure(brokerOn(usualExtension()).probe({ abortSignal: AbortSignal.abort() }));
    expect(aborted.name).toBe("AbortError");
  });
});

describe("without an extension", () => {
  const calls: [string, (extension: FakeExtension) => Promise<unknown>][] = [
    ["getAccounts", (extension) => brokerOn(extension).getAccounts({ clientId })],
    ["acquireTokenSilently", (extension) => brokerOn(extension).acquireTokenSilently(requestForAccount)],
    ["acquireTokenInteractively", (extension) => brokerOn(extension).acquireTokenInteractively(request)],
    ["signOut", (extension) => brokerOn(extension).signOut({ clientId, account: account() })],
    [
      "acquireSsoCookies",
      (extension) =>
        brokerOn(extension).acquireSsoCookies({
          clientId,
          authority: request.authority,
          ssoUrl: "https://login.microsoftonline.com/",
          account: account(),
        }),
    ],
  ];

  it.each(calls)("%s never reaches AuthenticationServices", async (_name, call) => {
    const extension = usualExtension();
    extension.available = false;
    expect(await rejection(call(extension))).toMatchObject({
      code: "broker_unavailable",
      reason: "extension_not_configured",
      platform: "macos",
    });
    expect(extension.asked).toBe(1);
    expect(extension.requests).toEqual([]);
  });

  it.each(calls)("%s is refused in a worker thread, with the reason", async (_name, call) => {
    const extension = usualExtension();
    extension.mainThread = false;
    const error = await rejection(call(extension));
    expect(error).toMatchObject({ code: "broker_unavailable", reason: "not_main_thread" });
    expect(error.message).toContain("worker thread");
    expect(extension.requests).toEqual([]);
  });

  it("an exception while it is looked for is an error like others", async () => {
    const extension = usualExtension();
    extension.available = nativeError("platform_exception", { exceptionName: "NSRangeException" });
    expect(await rejection(brokerOn(extension).getAccounts({ clientId }))).toMatchObject({
      code: "broker_failed",
      native: { exceptionName: "NSRangeException" },
    });
  });
});

describe("getAccounts", () => {
  it("asks for those that are signed in, for the app", async () => {
    const extension = usualExtension();
    const accounts = await brokerOn(extension).getAccounts({ clientId });
    expect(accounts).toEqual([
      {
        homeAccountId,
        localAccountId: objectId,
        tenantId,
        environment: "login.windows.net",
        username,
        name: "Test User",
        native: expect.objectContaining({ home_account_id: homeAccountId }),
      },
    ]);
    expect(optionsOf(extension, "get_accounts_operation")).toMatchObject({
      msg_protocol_ver: "4",
      client_id: clientId,
      signed_in_accounts_only: "1",
    });
    expect(extension.requests[0]?.native.userInterfaceEnabled).toBe(false);
  });

  it.each([
    ["no field", answer("operation_get_accounts_response")],
    ["an empty one", answer("operation_get_accounts_response", { accounts: " " })],
    ["an empty list", accountsAnswer([])],
  ])("%s means nobody", async (_what, told) => {
    const extension = usualExtension().on("get_accounts_operation", told);
    expect(await brokerOn(extension).getAccounts({ clientId })).toEqual([]);
  });

  it.each(["{", '{"accounts":[]}', "null", '[],"more":[1]'])(
    "%s for a list is nonsense",
    async (accounts) => {
      const extension = usualExtension().on(
        "get_accounts_operation",
        answer("operation_get_accounts_response", { accounts }),
      );
      const told = brokerOn(extension).getAccounts({ clientId });
      expect((await rejection(told)).code).toBe("protocol_error");
    },
  );

  it("keeps the extension's order, leaves out what is no account, and lists each once, as it is at home", async () => {
    const guest = extensionAccount({ realm: otherTenantId, local_account_id: "guest-id" });
    const extension = usualExtension().on(
      "get_accounts_operation",
      accountsAnswer([
        { username: "half@contoso.example" },
        { home_account_id: homeAccountId },
        otherExtensionAccount(),
        guest,
        null,
        "x",
        extensionAccount(),
        extensionAccount({ home_account_id: "no-dot", username: "odd@contoso.example" }),
      ]),
    );
    const accounts = await brokerOn(extension).getAccounts({ clientId });
    expect(accounts.map((one) => [one.username, one.tenantId, one.localAccountId])).toEqual([
      ["other@contoso.example", tenantId, otherObjectId],
      [username, tenantId, objectId],
    ]);
  });

  it("fills in what an account leaves out from its home account id", async () => {
    const bare = { client_info: clientInfo(objectId, tenantId), username };
    const extension = usualExtension().on("get_accounts_operation", accountsAnswer([bare]));
    expect(await brokerOn(extension).getAccounts({ clientId })).toEqual([
      {
        homeAccountId,
        localAccountId: objectId,
        tenantId,
        environment: "login.microsoftonline.com",
        username,
        native: bare,
      },
    ]);
  });
});

describe("signOut", () => {
  it("signs the account out of this app, and wipes nothing that others share", async () => {
    const extension = usualExtension();
    await brokerOn(extension).signOut({ clientId, account: account() });
    expect(optionsOf(extension, "signout_account_operation")).toMatchObject({
      authority: `https://login.microsoftonline.com/${tenantId}`,
      provider_type: "provider_aad_v2",
      client_id: clientId,
      redirect_uri: unsignedRedirectUri,
      home_account_id: homeAccountId,
      username,
      signout_from_browser: "0",
      clear_sso_extension_cookies: "0",
      wipe_account: "0",
      wipe_cache_all_accounts: "0",
    });
    expect(extension.requests[0]?.native.userInterfaceEnabled).toBe(false);
  });

  it("says what went wrong", async () => {
    const extension = usualExtension().on(
      "signout_account_operation",
      errorAnswer({ error: "server_error" }),
    );
    const call = brokerOn(extension).signOut({ clientId, account: account() });
    expect((await rejection(call)).code).toBe("temporarily_unavailable");
  });
});

describe("acquireSsoCookies", () => {
  const ssoUrl = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?sso_nonce=n";
  const wish = { clientId, authority: request.authority, ssoUrl };
  const cookies = (headers: unknown) =>
    answer("operation_get_sso_cookies_response", { sso_cookies: JSON.stringify(headers) });
  const own = {
    header: { "x-ms-RefreshTokenCredential": "c1" },
    home_account_id: homeAccountId.toUpperCase(),
  };
  const other = {
    header: { "x-ms-RefreshTokenCredential": "c2" },
    home_account_id: `${otherObjectId}.${tenantId}`,
  };

  it("asks for those of the only account, and takes nobody else's", async () => {
    const extension = usualExtension().on("get_sso_cookies", cookies({ prt_headers: [other, own] }));
    expect(await brokerOn(extension).acquireSsoCookies(wish)).toEqual([
      { name: "x-ms-RefreshTokenCredential", value: "c1" },
    ]);
    expect(optionsOf(extension, "get_sso_cookies")).toMatchObject({
      sso_url: ssoUrl,
      types_of_header: "1",
      home_account_id: homeAccountId,
    });
  });

  it.each([
    ["somebody else's alone", cookies({ prt_headers: [other] }), "account_mismatch"],
    ["an empty list", cookies({ prt_headers: [] }), "protocol_error"],
    ["a header without a value", cookies({ prt_headers: [{ header: { a: "" } }] }), "protocol_error"],
    ["no JSON", answer("operation_get_sso_cookies_response", { sso_cookies: "x" }), "protocol_error"],
    ["nothing", answer("operation_get_sso_cookies_response"), "protocol_error"],
  ])("%s is no cookie", async (_what, told, code) => {
    const extension = usualExtension().on("get_sso_cookies", told);
    expect((await rejection(brokerOn(extension).acquireSsoCookies(wish))).code).toBe(code);
  });

  it.each([
    [[], "not_signed_in"],
    [[extensionAccount(), otherExtensionAccount()], "several_accounts"],
  ])("wants to know whose where it is not clear", async (accounts, reason) => {
    const extension = usualExtension().on("get_accounts_operation", accountsAnswer(accounts));
    expect(await rejection(brokerOn(extension).acquireSsoCookies(wish))).toMatchObject({
      code: "account_not_found",
      reason,
    });
  });

  it("refuses a URL that is none before anybody is asked", async () => {
    const extension = usualExtension();
    const call = brokerOn(extension).acquireSsoCookies({ ...wish, ssoUrl: "http://insecure.example" });
    expect((await rejection(call)).reason).toBe("invalid_sso_url");
    expect(extension.asked).toBe(0);
  });
});

it("nothing is loaded before the first call", () => {
  const load = vi.fn<() => FakeExtension>(() => usualExtension());
  createMacBroker({ loadBinding: load });
  expect(load).not.toHaveBeenCalled();
});
