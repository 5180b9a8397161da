import type { InteractiveTokenRequest, Prompt, SilentTokenRequest } from "@x/broker-contract";
import { describe, expect, it, vi } from "vitest";
import { unsignedRedirectUri } from "./index.js";
import {
  brokerOn,
  failure,
  optionsOf,
  rejection,
  request,
  requestForAccount,
  usualExtension,
} from "./testing/protocol/broker.js";
import { chain, never } from "./testing/protocol/fake-extension.js";
import {
  account,
  accountsAnswer,
  answer,
  clientId,
  errorAnswer,
  extensionAccount,
  homeAccountId,
  idTokenOf,
  otherExtensionAccount,
  otherObjectId,
  otherTenantId,
  tenantId,
  tokenAnswer,
  username,
} from "./testing/protocol/people.js";

const interactionNeeded = () =>
  chain(
    { domain: "com.apple.AuthenticationServices.AuthorizationError", code: -6000 },
    { domain: "MSALErrorDomain", code: -50002 },
  );

describe("acquireTokenSilently", () => {
  it("asks for the account, with every option", async () => {
    const extension = usualExtension();
    const correlationId = "9f1c2d3e-0000-4000-8000-00000000000a";
    const before = Date.now() / 1000;
    const token = await brokerOn(extension).acquireTokenSilently(
      {
        ...requestForAccount,
        claims: '{"access_token":{"nbf":{"essential":true}}}',
        clientCapabilities: ["CP1", "other"],
        extraParameters: { slice: "test slice", dc2: "a&b" },
        forceRefresh: true,
      },
      { correlationId },
    );
    expect(token).toMatchObject({
      tokenType: "Bearer",
      silent: true,
      correlationId,
      tenantId,
      scopes: ["User.Read", "Mail.Read"],
      account: { homeAccountId, username },
      telemetry: { broker_version: "5.2604.2", wpj_status: "joined" },
    });
    const { request_sent_timestamp: sent, ...options } = optionsOf(extension, "refresh");
    expect(options).toEqual({
      msg_protocol_ver: "4",
      client_version: "0.1.0",
      correlation_id: correlationId.toUpperCase(),
      "x-client-xtra-sku": "@x/broker-mac|0.1.0,|,|,|,|",
      authority: `https://login.microsoftonline.com/${tenantId}`,
      provider_type: "provider_aad_v2",
      client_id: clientId,
      redirect_uri: unsignedRedirectUri,
      scope: "User.Read Mail.Read",
      extra_oidc_scopes: "openid profile offline_access",
      extra_query_param: "slice=test+slice&dc2=a%26b",
      instance_aware: "0",
      claims: '{"access_token":{"nbf":{"essential":true}}}',
      client_capabilities: "CP1,other",
      client_sku: "@x/broker-mac",
      skip_validate_result_account: "0",
      force_refresh: "1",
      home_account_id: homeAccountId,
      username,
    });
    expect(sent).toMatch(/^\d{10}\.\d{10}$/);
    expect(Number(sent)).toBeGreaterThanOrEqual(before);
  });

  it("sends what has an option of its own as that", async () => {
    const extension = usualExtension();
    const extraParameters = {
      instance_aware: "true",
      brk_client_id: "b",
      brk_redirect_uri: "brk://b",
      a: "1",
    };
    await brokerOn(extension).acquireTokenSilently({ ...requestForAccount, extraParameters });
    expect(optionsOf(extension, "refresh")).toMatchObject({
      instance_aware: "1",
      brk_client_id: "b",
      brk_redirect_uri: "brk://b",
      extra_query_param: "a=1",
    });
  });

  it("has no key of Microsoft's broker, and never looks like Microsoft's client", async () => {
    const extension = usualExtension();
    await brokerOn(extension).acquireTokenSilently(requestForAccount);
    const options = optionsOf(extension, "refresh");
    expect(options).not.toHaveProperty("broker_key");
    expect(JSON.stringify(options)).not.toMatch(/MSAL/i);
  });

  it("writes the home account id in lower case", async () => {
    const extension = usualExtension();
    const shouting = { ...account(), homeAccountId: ` ${homeAccountId.toUpperCase()} ` };
    await failure(brokerOn(extension).acquireTokenSilently({ ...request, account: shouting }));
    expect(optionsOf(extension, "refresh")["home_account_id"]).toBe(homeAccountId);
  });

  it("without an account asks for the only one there is", async () => {
    const extension = usualExtension();
    const token = await brokerOn(extension).acquireTokenSilently(request);
    expect(token.account.homeAccountId).toBe(homeAccountId);
    expect(extension.requests.map(({ operation }) => operation)).toEqual([
      "get_accounts_operation",
      "refresh",
    ]);
    expect(optionsOf(extension, "refresh")).toMatchObject({ home_account_id: homeAccountId, username });
  });

  it("of several takes the one with the login hint's name", async () => {
    const extension = usualExtension().on(
      "get_accounts_operation",
      accountsAnswer([otherExtensionAccount(), extensionAccount()]),
    );
    await brokerOn(extension).acquireTokenSilently({ ...request, loginHint: username.toUpperCase() });
    expect(optionsOf(extension, "refresh")["home_account_id"]).toBe(homeAccountId);
  });

  it("of several without a hint takes the one that the extension holds for the default", async () => {
    const extension = usualExtension()
      .on("get_accounts_operation", accountsAnswer([otherExtensionAccount(), extensionAccount()]))
      .on(
        "get_default_account",
        answer(
          "operation_get_default_account_response",
          extensionAccount() as Readonly<Record<string, string>>,
        ),
      );
    await brokerOn(extension).acquireTokenSilently(request);
    expect(optionsOf(extension, "refresh")["home_account_id"]).toBe(homeAccountId);
  });

  it.each([
    ["tells none", answer("operation_get_default_account_response")],
    ["does not know what that is", errorAnswer({ error: "invalid_request" })],
    [
      "names one that it does not list",
      answer("operation_get_default_account_response", {
        home_account_id: `${otherTenantId}.${tenantId}`,
        username: "third@contoso.example",
      }),
    ],
  ])("of several asks nobody where the extension %s", async (_what, told) => {
    const extension = usualExtension()
      .on("get_accounts_operation", accountsAnswer([otherExtensionAccount(), extensionAccount()]))
      .on("get_default_account", told);
    expect(await rejection(brokerOn(extension).acquireTokenSilently(request))).toMatchObject({
      code: "account_not_found",
      reason: "several_accounts",
    });
    expect(extension.requestsOf("refresh")).toEqual([]);
  });

  it.each([
    ["joined", "Sign in interactively."],
    ["notJoined", "Register this Mac"],
  ])("says that nobody is signed in on a Mac that is %s", async (wpj_status, hint) => {
    const extension = usualExtension().on("get_accounts_operation", accountsAnswer([], { wpj_status }));
    const error = await rejection(brokerOn(extension).acquireTokenSilently(request));
    expect(error).toMatchObject({ code: "account_not_found", reason: "not_signed_in" });
    expect(error.hint).toContain(hint);
    expect(extension.requestsOf("refresh")).toEqual([]);
  });

  it("asks by the login hint alone for an account that is not listed", async () => {
    const loginHint = "hidden@contoso.example";
    const extension = usualExtension().on("refresh", () =>
      tokenAnswer({ id_token: idTokenOf({ preferred_username: loginHint }) }),
    );
    const token = await brokerOn(extension).acquireTokenSilently({ ...request, loginHint });
    expect(token.account.username).toBe(loginHint);
    const options = optionsOf(extension, "refresh");
    expect(options["username"]).toBe(loginHint);
    expect(options).not.toHaveProperty("home_account_id");
  });

  it("asks by the login hint where the extension does not list accounts", async () => {
    const extension = usualExtension().on(
      "get_accounts_operation",
      errorAnswer({ error: "invalid_request" }),
    );
    const token = await brokerOn(extension).acquireTokenSilently({ ...request, loginHint: username });
    expect(token.account.homeAccountId).toBe(homeAccountId);
    const error = await rejection(brokerOn(extension).acquireTokenSilently(request));
    expect(error.code).toBe("invalid_request");
  });

  it("takes no answer for somebody else than the hint's", async () => {
    const loginHint = "hidden@contoso.example";
    const error = await rejection(brokerOn(usualExtension()).acquireTokenSilently({ ...request, loginHint }));
    expect(error.code).toBe("account_mismatch");
  });

  it("tells an account that the extension does not know from one that needs the user", async () => {
    const extension = usualExtension().on("refresh", interactionNeeded);
    const broker = brokerOn(extension);
    expect((await rejection(broker.acquireTokenSilently(requestForAccount))).code).toBe(
      "interaction_required",
    );
    extension.on("get_accounts_operation", accountsAnswer([otherExtensionAccount()]));
    const error = await rejection(broker.acquireTokenSilently(requestForAccount));
    expect(error).toMatchObject({ code: "account_not_found", native: { errorCode: -50002 } });
    // The tenant's own word needs no second opinion.
    extension.requests.length = 0;
    extension.on("refresh", errorAnswer({ error: "interaction_required", error_description: "AADSTS50076" }));
    expect((await rejection(broker.acquireTokenSilently(requestForAccount))).aadsts).toBe("AADSTS50076");
    expect(extension.requests.map(({ operation }) => operation)).toEqual(["refresh"]);
  });

  it("asks no second question about an error that names its reason", async () => {
    const extension = usualExtension().on(
      "refresh",
      chain(
        { domain: "com.apple.AuthenticationServices.AuthorizationError", code: -6000 },
        { domain: "MSALErrorDomain", code: -50142 },
      ),
    );
    expect(await rejection(brokerOn(extension).acquireTokenSilently(requestForAccount))).toMatchObject({
      code: "interaction_required",
      reason: "password_reset",
    });
    expect(extension.requests).toHaveLength(1);
  });

  it("the second question is asked in the caller's time, too", async () => {
    const extension = usualExtension().on("refresh", interactionNeeded).on("get_accounts_operation", never);
    const call = brokerOn(extension).acquireTokenSilently(requestForAccount, { timeoutInMs: 50 });
    expect((await rejection(call)).code).toBe("timed_out");
    expect(extension.canceled).toHaveLength(1);
  });

  it("keeps the first error where the second question fails", async () => {
    const extension = usualExtension()
      .on("refresh", interactionNeeded)
      .on("get_accounts_operation", errorAnswer({ error: "server_error" }));
    const error = await rejection(brokerOn(extension).acquireTokenSilently(requestForAccount));
    expect(error.code).toBe("interaction_required");
  });

  it("keeps the redirect URI that the app names", async () => {
    const extension = usualExtension();
    await brokerOn(extension).acquireTokenSilently({ ...requestForAccount, redirectUri: "msauth.x://auth" });
    expect(optionsOf(extension, "refresh")["redirect_uri"]).toBe("msauth.x://auth");
  });

  it.each([
    [{ bundleIdentifier: "com.contoso.app", teamIdentifier: "T1" }, "msauth.com.contoso.app://auth"],
    [{ bundleIdentifier: "com.contoso.app", signingIdentifier: "com.contoso.app" }, unsignedRedirectUri],
    [{ signingIdentifier: "node", teamIdentifier: "HX7739G8FX" }, unsignedRedirectUri],
    [{ signingIdentifier: "node" }, unsignedRedirectUri],
    [{}, unsignedRedirectUri],
  ])("for %j the redirect URI is %s", async (identity, redirectUri) => {
    const extension = usualExtension();
    extension.identity = identity;
    await brokerOn(extension).acquireTokenSilently(requestForAccount);
    expect(optionsOf(extension, "refresh")["redirect_uri"]).toBe(redirectUri);
  });

  it.each<[string, Partial<SilentTokenRequest>]>([
    ["no scope", { scopes: [] }],
    ["only OpenID scopes", { scopes: ["openid"] }],
    ["an authority that is no URL", { authority: "contoso" }],
    ["a B2C authority", { authority: "https://contoso.b2clogin.com/contoso.example/B2C_1_in" }],
    ["an AD FS authority", { authority: "https://fs.contoso.example/adfs" }],
    ["personal accounts", { authority: "https://login.microsoftonline.com/consumers" }],
    ["no client id", { clientId: " " }],
    ["claims that are no JSON", { claims: "{" }],
    ["a parameter the protocol owns", { extraParameters: { Redirect_URI: "x" } }],
    ["a key of the app's own", { extraParameters: { req_cnf: "x" } }],
    ["a capability with a comma", { clientCapabilities: ["CP1,CP2"] }],
    ["an empty capability", { clientCapabilities: [""] }],
    [
      "a request that is none to sign",
      { proofOfPossession: { resourceRequestMethod: "GET", resourceRequestUrl: "/me" } },
    ],
  ])("refuses %s before anybody is asked", async (_what, changes) => {
    const extension = usualExtension();
    const error = await rejection(brokerOn(extension).acquireTokenSilently({ ...request, ...changes }));
    expect(["invalid_request", "untrusted_authority"]).toContain(error.code);
    expect(extension.asked).toBe(0);
  });

  it.each<[string, unknown]>([
    ["no request", undefined],
    ["scopes that are a text", { ...request, scopes: "User.Read" }],
    ["claims that are an object", { ...request, claims: {} }],
    ["a login hint that is none", { ...request, loginHint: 5 }],
    ["half an account", { ...request, account: { homeAccountId } }],
    ["capabilities that are a text", { ...request, clientCapabilities: "CP1" }],
  ])("refuses %s as a mistake in the program", async (_what, input) => {
    const call = brokerOn(usualExtension()).acquireTokenSilently(input as SilentTokenRequest);
    expect(await failure(call)).toBeInstanceOf(TypeError);
  });
});

describe("acquireTokenInteractively", () => {
  it("may show a window, and says so", async () => {
    const extension = usualExtension();
    const token = await brokerOn(extension).acquireTokenInteractively(request);
    expect(token).toMatchObject({ silent: false, account: { homeAccountId, username } });
    const { native } = extension.requestsOf("login")[0] ?? {};
    expect(native).toMatchObject({ userInterfaceEnabled: true, keepAlive: true });
    expect(native).not.toHaveProperty("anchorView");
    expect(extension.requests).toHaveLength(1);
  });

  it.each<[Prompt | undefined, string]>([
    [undefined, ""],
    ["login", "login"],
    ["select_account", "select_account"],
    ["consent", "consent"],
    ["create", "create"],
  ])("sends the prompt %s as %j", async (prompt, sent) => {
    const extension = usualExtension();
    await brokerOn(extension).acquireTokenInteractively({
      ...request,
      ...(prompt !== undefined && { prompt }),
    });
    expect(optionsOf(extension, "login")["prompt"]).toBe(sent);
  });

  it("starts with the login hint, and lets the user choose somebody else", async () => {
    const extension = usualExtension();
    const token = await brokerOn(extension).acquireTokenInteractively({
      ...request,
      loginHint: "a@b.example",
    });
    expect(optionsOf(extension, "login")["username"]).toBe("a@b.example");
    expect(token.account.username).toBe(username);
  });

  it("is for the account it is given, and for no other", async () => {
    const extension = usualExtension();
    const other = account({
      home_account_id: `${otherObjectId}.${tenantId}`,
      local_account_id: otherObjectId,
      username: "other@contoso.example",
    });
    const call = brokerOn(extension).acquireTokenInteractively({ ...request, account: other });
    expect((await rejection(call)).code).toBe("account_mismatch");
    expect(optionsOf(extension, "login")).toMatchObject({
      home_account_id: `${otherObjectId}.${tenantId}`,
      username: "other@contoso.example",
    });
  });

  it("hands the view's address on", async () => {
    const extension = usualExtension();
    const broker = brokerOn(extension);
    await broker.acquireTokenInteractively({ ...request, parentWindow: 0x600000123456n });
    expect(extension.requests[0]?.native.anchorView).toBe(0x600000123456n);
    await broker.acquireTokenInteractively({ ...request, parentWindow: 0n });
    await broker.acquireTokenInteractively({ ...request, parentWindow: 1n });
    await broker.acquireTokenInteractively({ ...request, parentWindow: "auto" });
    for (const { native } of extension.requests.slice(1)) expect(native).not.toHaveProperty("anchorView");
  });

  it.each<[string, Partial<InteractiveTokenRequest>]>([
    ["a prompt that there is not", { prompt: "none" as Prompt }],
    ["a negative address", { parentWindow: -1n }],
    ["an address with more than 64 bits", { parentWindow: 2n ** 64n }],
  ])("refuses %s before anybody is asked", async (_what, changes) => {
    const extension = usualExtension();
    const call = brokerOn(extension).acquireTokenInteractively({ ...request, ...changes });
    expect((await rejection(call)).code).toBe("invalid_request");
    expect(extension.asked).toBe(0);
  });

  it("shows one window at a time, in the order of the calls; who waits can give up", async () => {
    const extension = usualExtension();
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    extension.on("login", async () => {
      await gate;
      return tokenAnswer();
    });
    const broker = brokerOn(extension);
    const copy = brokerOn(extension);
    const impatient = new AbortController();
    const calls = [
      broker.acquireTokenInteractively(request),
      copy.acquireTokenInteractively(request, { abortSignal: impatient.signal }),
      copy.acquireTokenInteractively(request),
    ];
    const settled = Promise.allSettled(calls);
    await vi.waitFor(() => expect(extension.requests).toHaveLength(1));
    // Silent calls pass by.
    expect((await broker.acquireTokenSilently(requestForAccount)).silent).toBe(true);
    impatient.abort();
    open();
    expect((await settled).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(extension.maxWindows).toBe(1);
    expect(extension.requestsOf("login")).toHaveLength(2);
  });

  it("has no time limit of its own", async () => {
    const extension = usualExtension().on("login", never);
    vi.useFakeTimers();
    try {
      let ended = false;
      const stop = new AbortController();
      const call = failure(
        brokerOn(extension).acquireTokenInteractively(request, { abortSignal: stop.signal }),
      ).finally(() => {
        ended = true;
      });
      await vi.advanceTimersByTimeAsync(30 * 60_000);
      expect(ended).toBe(false);
      stop.abort();
      expect((await call).name).toBe("AbortError");
    } finally {
      vi.useRealTimers();
    }
  });
});
