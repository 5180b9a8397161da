import { describe, expect, it } from "vitest";
import { brokerIn, failure, onlyTokenCall, request, tokenCalls } from "./testing/broker.js";
import { nativeError, type WamAnswer } from "./testing/fake-wam.js";
import {
  account,
  clientId,
  clientInfo,
  graphScope,
  idTokenOf,
  inAnHour,
  jane,
  jwt,
  objectId,
  pat,
  personalAccount,
  personalObjectId,
  personalResponse,
  personalTenantId,
  tenantId,
  username,
  workResponse,
} from "./testing/people.js";

const common = "https://login.microsoftonline.com/common";
const consumers = "https://login.microsoftonline.com/consumers";
const native = { provider: "organizations", wamAccountIds: { [clientId]: "aad-web-account-id" } };
const knownAccount = account({ native });

describe("whose token a silent call asks for", () => {
  it("finds an account by the id it carries, without listing", async () => {
    const { broker, wam } = brokerIn();
    const token = await broker.acquireTokenSilently(request({ account: knownAccount }));
    expect(token).toMatchObject({ silent: true, tokenType: "Bearer", account: knownAccount, tenantId });
    expect(wam.names).toEqual([
      "FindAccountProviderWithAuthorityAsync",
      "FindAccountAsync",
      "GetTokenSilentlyWithWebAccountAsync",
    ]);
    // An account stands for its tenant.
    expect(wam.calls[0]).toMatchObject({ authority: `https://login.microsoftonline.com/${tenantId}` });
    expect(onlyTokenCall(wam)).toMatchObject({ webAccount: "aad-web-account-id", promptType: 0 });
  });

  it("does not use the id of another app", async () => {
    const { broker, wam } = brokerIn();
    const other = account({ native: { wamAccountIds: { "another-app": "another-id" } } });
    const token = await broker.acquireTokenSilently(request({ account: other }));
    expect(wam.names).not.toContain("FindAccountAsync");
    expect(token.account.native).toEqual({
      provider: "organizations",
      wamAccountIds: { "another-app": "another-id", [clientId]: "aad-web-account-id" },
    });
  });

  it("finds the account of an authentication record in the list, and remembers its id", async () => {
    const { broker, wam } = brokerIn();
    const token = await broker.acquireTokenSilently(request({ account: account() }));
    expect(wam.names).toContain("FindAllAccountsWithClientIdAsync");
    expect(onlyTokenCall(wam).webAccount).toBe("aad-web-account-id");
    expect(token.account).toEqual({ ...account(), native });
    wam.calls.length = 0;
    await broker.acquireTokenSilently(request({ account: account() }));
    expect(wam.names).not.toContain("FindAllAccountsWithClientIdAsync");
  });

  it("finds a guest's account by its user name: WAM's ids are those of the tenant visited", async () => {
    const visited = "11111111-aaaa-4bbb-8ccc-222222222222";
    const guest = jane({ properties: { OID: "99999999-0000-4000-8000-000000000000", TenantId: visited } });
    const { broker, wam } = brokerIn({
      accounts: [jane({ id: "other", userName: "other@contoso.com", properties: {} }), guest],
    });
    const token = await broker.acquireTokenSilently(request({ account: account() }));
    expect(onlyTokenCall(wam).webAccount).toBe("aad-web-account-id");
    expect(token.account.homeAccountId).toBe(`${objectId}.${tenantId}`);
  });

  it("looks through the list when WAM no longer knows the id", async () => {
    const stale = account({ native: { wamAccountIds: { [clientId]: "gone" } } });
    const { broker, wam } = brokerIn();
    const token = await broker.acquireTokenSilently(request({ account: stale }));
    expect(wam.names).toEqual([
      "FindAccountProviderWithAuthorityAsync",
      "FindAccountAsync",
      "FindAllAccountsWithClientIdAsync",
      "GetTokenSilentlyWithWebAccountAsync",
    ]);
    expect(token.account.native).toEqual(native);
  });

  it.each([0x80070490, 0x80070057])(
    "takes an id that is none to WAM (%i) for an unknown one",
    async (hresult) => {
      const { broker, wam } = brokerIn({
        first: ({ call }) =>
          call === "FindAccountAsync" ? nativeError("failed", { hresult, stage: call }) : undefined,
      });
      await broker.acquireTokenSilently(request({ account: knownAccount }));
      expect(wam.names).toContain("FindAllAccountsWithClientIdAsync");
    },
  );

  it("asks the plug-in that an account came from, wherever its home is", async () => {
    const visitor = account({ homeAccountId: `${personalObjectId}.${personalTenantId}`, native });
    const { broker, wam } = brokerIn({
      response: () =>
        workResponse({
          wamcompat_client_info: clientInfo(personalObjectId, personalTenantId),
          wamcompat_id_token: idTokenOf({ oid: "guest-object" }),
        }),
    });
    await broker.acquireTokenSilently(request({ account: visitor }));
    await broker.signOut({ clientId, account: { ...visitor, tenantId: personalTenantId } });
    expect(wam.calls.map(({ authority }) => authority)).not.toContain("consumers");
  });

  it("says that an account is unknown, and asks for no token", async () => {
    const { broker, wam } = brokerIn({ accounts: [], found: [] });
    const error = await failure(broker.acquireTokenSilently(request({ account: knownAccount })));
    expect(error).toMatchObject({ code: "account_not_found", reason: "unknown_account" });
    expect(tokenCalls(wam)).toEqual([]);
  });

  it.each([
    ["the plug-in lists to nobody", { status: 1 } as WamAnswer],
    ["WAM lists nobody to an app that it has not met", { status: 0, accounts: [] } as WamAnswer],
    [
      "Windows is too old to list",
      nativeError("unavailable", { hresult: 0x80004002, stage: "FindAllAccountsAsync" }),
    ],
  ])("tries the default account where %s", async (_why, answer) => {
    const { broker, wam } = brokerIn({
      first: ({ call }) => (call === "FindAllAccountsWithClientIdAsync" ? answer : undefined),
    });
    const token = await broker.acquireTokenSilently(request({ account: account() }));
    expect(token.account.homeAccountId).toBe(account().homeAccountId);
    expect(onlyTokenCall(wam)).toMatchObject({ call: "GetTokenSilentlyAsync", webAccount: "" });
  });

  it("tries it, too, where WAM has lost an id and lists nobody to tell more", async () => {
    const { broker, wam } = brokerIn({
      found: [],
      first: ({ call }) => (call === "FindAllAccountsWithClientIdAsync" ? { status: 1 } : undefined),
    });
    await broker.acquireTokenSilently(request({ account: knownAccount }));
    expect(onlyTokenCall(wam).webAccount).toBe("");
  });

  it("does not take another default account for the one asked for", async () => {
    const eve = "eeeeeeee-0000-4000-8000-000000000000";
    const { broker } = brokerIn({
      first: ({ call }) => (call === "FindAllAccountsWithClientIdAsync" ? { status: 1 } : undefined),
      response: () =>
        workResponse(
          {
            wamcompat_id_token: idTokenOf({ oid: eve, preferred_username: "eve@contoso.com" }),
            wamcompat_client_info: clientInfo(eve, tenantId),
          },
          { account: jane({ id: "eve", userName: "eve@contoso.com" }) },
        ),
    });
    const error = await failure(broker.acquireTokenSilently(request({ account: account() })));
    expect(error).toMatchObject({ code: "account_not_found", cause: { code: "account_mismatch" } });
  });

  it("asks the plug-in for personal accounts for a personal account, whatever the authority leaves open", async () => {
    const { broker, wam } = brokerIn();
    const token = await broker.acquireTokenSilently(
      request({ authority: common, account: personalAccount() }),
    );
    expect(token.account.homeAccountId).toBe(`${personalObjectId}.${personalTenantId}`);
    expect(onlyTokenCall(wam)).toMatchObject({ scope: `${graphScope} openid profile` });
    expect(wam.names).not.toContain("FindAccountProviderAsync");
  });

  it.each(["JANE@contoso.com", username])("finds the account a login hint means: %s", async (loginHint) => {
    const { broker, wam } = brokerIn();
    await broker.acquireTokenSilently(request({ loginHint }));
    expect(onlyTokenCall(wam)).toMatchObject({
      call: "GetTokenSilentlyWithWebAccountAsync",
      webAccount: "aad-web-account-id",
    });
    expect(onlyTokenCall(wam).properties).not.toHaveProperty("LoginHint");
  });

  it("goes by WAM's user name for a hint: the token may have another", async () => {
    const renamed = jane({ userName: "jane.roe@contoso.com" });
    const { broker } = brokerIn({
      accounts: [renamed],
      response: () => workResponse({}, { account: renamed }),
    });
    const token = await broker.acquireTokenSilently(request({ loginHint: "jane.roe@contoso.com" }));
    expect(token.account.username).toBe(username);
  });

  it("does not answer an unknown login hint with the default account", async () => {
    const { broker } = brokerIn();
    const error = await failure(broker.acquireTokenSilently(request({ loginHint: "eve@contoso.com" })));
    expect(error).toMatchObject({ code: "account_not_found", reason: "unknown_account" });
    expect(JSON.stringify(error)).not.toContain("eve@");
  });

  it("does not choose between two accounts with one user name", async () => {
    const { broker, wam } = brokerIn({ accounts: [jane(), jane({ id: "twin" })] });
    await broker.acquireTokenSilently(request({ loginHint: username }));
    expect(onlyTokenCall(wam).webAccount).toBe("");
  });

  it("finds a work account by its hint although the user logged on with a personal one", async () => {
    const { broker, wam } = brokerIn({ defaultKind: "consumers" });
    const token = await broker.acquireTokenSilently(request({ authority: common, loginHint: username }));
    expect(token.account.tenantId).toBe(tenantId);
    expect(onlyTokenCall(wam).webAccount).toBe("aad-web-account-id");
  });
});

describe("what an answer of the plug-in for work accounts becomes", () => {
  const silently = (response: ReturnType<typeof workResponse>, changes = {}) =>
    brokerIn({ response: () => response }).broker.acquireTokenSilently(request(changes));

  it("reads the end of the token from seconds since 1601", async () => {
    const end = inAnHour();
    const token = await silently(workResponse({ TokenExpiresOn: String(end + 11_644_473_600) }));
    expect(token.expiresOn).toBe(end * 1000);
  });

  it("goes by the client info for who it is: a guest has another id in the tenant visited", async () => {
    const home = "33333333-aaaa-4bbb-8ccc-444444444444";
    const token = await silently(workResponse({ wamcompat_client_info: clientInfo("home-object", home) }), {
      authority: `https://login.microsoftonline.com/${tenantId}`,
    });
    expect(token.account).toMatchObject({
      homeAccountId: `home-object.${home}`,
      localAccountId: "home-object",
      tenantId: home,
      username,
      name: "Jane Roe",
    });
    expect(token.tenantId).toBe(tenantId);
  });

  it("takes the account's cloud from the answer", async () => {
    const token = await silently(workResponse({ Authority: "https://login.microsoftonline.us/x" }), {
      extraParameters: { instance_aware: "true" },
    });
    expect(token.account.environment).toBe("login.microsoftonline.us");
  });

  it.each([
    ["no id token", { wamcompat_id_token: undefined }],
    ["no client info", { wamcompat_client_info: undefined }],
    ["client info that is none", { wamcompat_client_info: "bm9uc2Vuc2U" }],
    ["an id token that is none", { wamcompat_id_token: "nonsense" }],
  ])("refuses %s", async (_what, changes) => {
    expect((await failure(silently(workResponse(changes)))).code).toBe("protocol_error");
  });

  it("refuses a success without a token, in either form", async () => {
    expect((await failure(silently({ token: "" }))).code).toBe("protocol_error");
    const { broker } = brokerIn({ silent: { status: 0, responses: [] } });
    expect((await failure(broker.acquireTokenSilently(request()))).code).toBe("protocol_error");
  });

  it("refuses a token that lacks a scope, or grants what was asked where it names none", async () => {
    const error = await failure(silently(workResponse({ wamcompat_scopes: "openid Mail.Read" })));
    expect(error).toMatchObject({ code: "interaction_required", reason: "declined_scopes" });
    expect((await silently(workResponse({ wamcompat_scopes: "User.Read openid" }))).scopes).toEqual([
      "User.Read",
      "openid",
    ]);
    expect((await silently(workResponse())).scopes).toEqual([graphScope]);
  });

  it("refuses a token of another tenant than the authority's", async () => {
    const other = "https://login.microsoftonline.com/7e7b7d34-6a33-4b6e-9a3c-000000000001";
    expect(await failure(silently(workResponse(), { authority: other }))).toMatchObject({
      code: "account_mismatch",
      reason: "wrong_tenant",
    });
  });

  it("refuses a token for another account", async () => {
    const someoneElse = {
      account: account({ homeAccountId: `other.${tenantId}`, native }),
    };
    expect(await failure(silently(workResponse(), someoneElse))).toMatchObject({
      code: "account_mismatch",
      reason: "wrong_account",
    });
  });

  it("does not take a silent switch to another account for a success", async () => {
    const { broker } = brokerIn({ silent: { status: 2, responses: [workResponse()] } });
    expect(await failure(broker.acquireTokenSilently(request()))).toMatchObject({
      code: "account_mismatch",
      reason: "user_switch",
    });
  });
});

describe("what an answer of the plug-in for personal accounts becomes", () => {
  const world = (response = personalResponse()) => ({
    silent: { status: 0, responses: [response] },
    found: [pat()],
  });
  const personally = (response = personalResponse()) =>
    brokerIn(world(response)).broker.acquireTokenSilently(request({ authority: consumers }));

  it("reads all of it from the token's text", async () => {
    const token = await personally(personalResponse({ access_token: "a+/b==", scope: "User.Read openid" }));
    expect(token).toMatchObject({
      accessToken: "a+/b==",
      tenantId: personalTenantId,
      scopes: ["User.Read", "openid"],
      account: {
        homeAccountId: `${personalObjectId}.${personalTenantId}`,
        native: { provider: "consumers", wamAccountIds: { [clientId]: "msa-web-account-id" } },
      },
    });
    expect(token.expiresOn).toBeGreaterThan(Date.now() + 3_500_000);
  });

  it.each([
    ["no client info", { client_info: undefined }],
    ["no access token", { access_token: undefined }],
    ["no time", { expires_in: undefined }],
    ["another token type", { token_type: "pop" }],
  ])("refuses %s", async (_what, changes) => {
    expect((await failure(personally(personalResponse(changes)))).code).toBe("protocol_error");
  });

  it("refuses a work account's token", async () => {
    const other = personalResponse({
      id_token: idTokenOf(),
      client_info: clientInfo(objectId, tenantId),
    });
    expect((await failure(personally(other))).code).toBe("account_mismatch");
  });
});

describe("a token that shall be a new one", () => {
  const answers = (...tokens: string[]) => {
    let count = 0;
    return () => workResponse({}, { token: tokens[Math.min(count++, tokens.length - 1)] ?? "" });
  };

  it("has WAM forget the one it holds, and asks again", async () => {
    const { broker, wam } = brokerIn({ response: answers("old", "new") });
    const token = await broker.acquireTokenSilently(
      request({ forceRefresh: true, accessTokenToRenew: "old" }),
    );
    expect(token.accessToken).toBe("new");
    expect(wam.names.slice(-3)).toEqual([
      "GetTokenSilentlyAsync",
      "result.InvalidateCacheAsync",
      "GetTokenSilentlyAsync",
    ]);
    expect(wam.calls.find(({ call }) => call.startsWith("result."))?.tokens).toEqual(["old"]);
  });

  it("is new already where WAM holds another than the one to replace", async () => {
    const { broker, wam } = brokerIn({ response: answers("newer") });
    const token = await broker.acquireTokenSilently(
      request({ forceRefresh: true, accessTokenToRenew: "old" }),
    );
    expect(token.accessToken).toBe("newer");
    expect(wam.names).not.toContain("result.InvalidateCacheAsync");
  });

  it("replaces whichever WAM holds when the caller has none", async () => {
    const { broker, wam } = brokerIn({ response: answers("held", "new") });
    expect((await broker.acquireTokenSilently(request({ forceRefresh: true }))).accessToken).toBe("new");
    expect(wam.names).toContain("result.InvalidateCacheAsync");
  });

  it("compares a personal account's token by itself", async () => {
    const { broker, wam } = brokerIn();
    const changes = {
      authority: consumers,
      forceRefresh: true,
      accessTokenToRenew: "fake-msa-access-token",
    };
    await broker.acquireTokenSilently(request(changes));
    expect(wam.names).toContain("result.InvalidateCacheAsync");
  });

  it("is not asked for where none could be had in the first place", async () => {
    const { broker, wam } = brokerIn({ silent: { status: 3 } });
    const error = await failure(broker.acquireTokenSilently(request({ forceRefresh: true })));
    expect(error.code).toBe("interaction_required");
    expect(wam.names).not.toContain("result.InvalidateCacheAsync");
  });
});

describe("MSA passthrough, silently", () => {
  it("is only for who asks for it: else a personal account is asked for as such", async () => {
    const { broker, wam } = brokerIn();
    const known = personalAccount({ native: { wamAccountIds: { [clientId]: "msa-web-account-id" } } });
    await broker.acquireTokenSilently(request({ account: known }));
    expect(onlyTokenCall(wam)).toMatchObject({
      provider: { authority: "consumers" },
      webAccount: "msa-web-account-id",
    });
  });

  const passthrough = { msaPassthrough: true };

  it("has the plug-in for personal accounts vouch for the user", async () => {
    const { broker, wam } = brokerIn({ defaultKind: "consumers" });
    const token = await broker.acquireTokenSilently(request(passthrough));
    const [first, second] = tokenCalls(wam);
    expect(first).toMatchObject({
      provider: { authority: "consumers" },
      scope: "openid service::login.microsoftonline.com::PURPOSE_AAD_WAM_TRANSFER email profile",
    });
    expect(second).toMatchObject({
      provider: { authority: "organizations" },
      webAccount: "",
      properties: { SamlAssertion: "fake-transfer-code", SamlAssertionType: "SAMLV1", wam_compat: "2.0" },
    });
    expect(second?.properties).not.toHaveProperty("authority");
    expect(token.accessToken).toBe("fake-aad-access-token");
  });

  it("may give a token of another tenant: the personal account's own is none for such apps", async () => {
    const { broker } = brokerIn({ defaultKind: "consumers" });
    const authority = "https://login.microsoftonline.com/7e7b7d34-6a33-4b6e-9a3c-000000000001";
    const token = await broker.acquireTokenSilently(request({ ...passthrough, authority }));
    expect(token.tenantId).toBe(tenantId);
  });

  it("is not needed for a user who logged on with a work account", async () => {
    const { broker, wam } = brokerIn();
    await broker.acquireTokenSilently(
      request({ extraParameters: { msal_request_type: "consumer_passthrough" } }),
    );
    expect(onlyTokenCall(wam).properties).not.toHaveProperty("SamlAssertion");
  });

  it("never brings the personal account to the other plug-in", async () => {
    const { broker, wam } = brokerIn({
      response: () => workResponse({ wamcompat_client_info: clientInfo(personalObjectId, personalTenantId) }),
    });
    const known = personalAccount({ native: { wamAccountIds: { [clientId]: "msa-web-account-id" } } });
    await broker.acquireTokenSilently(request({ ...passthrough, account: known })).catch(() => {});
    expect(tokenCalls(wam).map(({ webAccount }) => webAccount)).toEqual(["msa-web-account-id", ""]);
    const authorities = wam.calls.map(({ authority }) => authority).filter((one) => one !== undefined);
    // The tenant that gives the token is the request's, not the account's own.
    expect(authorities).toEqual(["consumers", "https://login.microsoftonline.com/organizations"]);
  });

  it("says that there was no code", async () => {
    const { broker } = brokerIn({
      defaultKind: "consumers",
      silent: { status: 0, responses: [personalResponse()] },
    });
    expect((await failure(broker.acquireTokenSilently(request(passthrough)))).code).toBe("protocol_error");
  });
});

describe("a token that can be read", () => {
  it("tells its end itself where WAM does not", async () => {
    const exp = inAnHour();
    const { broker } = brokerIn({
      response: () =>
        workResponse({ TokenExpiresOn: undefined }, { token: jwt({ exp, oid: objectId, tid: tenantId }) }),
    });
    expect((await broker.acquireTokenSilently(request())).expiresOn).toBe(exp * 1000);
  });
});
