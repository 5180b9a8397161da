import { describe, expect, it } from "vitest";
import { acquire, clientId, populate, storageScope, tokenRequest } from "../testing/token-requests.js";
import { EmulatedTenant } from "./emulated-tenant.js";
import { Refusal, type RefusalKind } from "./refusal.js";
import type { EmulatedTokenRequest } from "./token-service.js";

const guestTenant = "99999999-8888-4777-8666-555555555555";

function world() {
  const clock = { now: Date.now() };
  const tenant = new EmulatedTenant({ now: () => clock.now });
  return { clock, tenant, ...populate(tenant) };
}

async function refusalOf(promise: Promise<unknown>): Promise<Refusal> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refusal)) throw new Error(`expected a refusal, got ${String(error)}`);
  return error;
}

describe("tokens", () => {
  it.each([
    {
      scope: storageScope,
      claims: { ver: "1.0", aud: "https://storage.azure.com", scp: "user_impersonation" },
      granted: ["https://storage.azure.com/user_impersonation", storageScope],
    },
    {
      scope: "User.Read",
      claims: { ver: "1.0", aud: "https://graph.microsoft.com", scp: "User.Read" },
      granted: ["User.Read"],
    },
    {
      scope: "api://orders/Orders.Read",
      claims: { ver: "2.0", aud: "api://orders", scp: "Orders.Read" },
      granted: ["api://orders/Orders.Read"],
    },
    {
      scope: "api://12345678-1234-4234-8234-123456789abc/.default",
      claims: { ver: "2.0", aud: "12345678-1234-4234-8234-123456789abc", scp: "user_impersonation" },
      granted: [
        "api://12345678-1234-4234-8234-123456789abc/user_impersonation",
        "api://12345678-1234-4234-8234-123456789abc/.default",
      ],
    },
    {
      scope: "https://ada.blob.core.windows.net/.default",
      claims: { ver: "1.0", aud: "https://ada.blob.core.windows.net", scp: "user_impersonation" },
      granted: [
        "https://ada.blob.core.windows.net/user_impersonation",
        "https://ada.blob.core.windows.net/.default",
      ],
    },
    {
      scope: "00000003-0000-0000-c000-000000000000/Mail.Read",
      claims: { ver: "1.0", aud: "00000003-0000-0000-c000-000000000000", scp: "Mail.Read" },
      granted: ["00000003-0000-0000-c000-000000000000/Mail.Read"],
    },
    {
      scope: "https://shop.contoso.example/.default",
      claims: { ver: "2.0", aud: "12345678-1234-4234-8234-123456789abc", scp: "user_impersonation" },
      granted: ["https://shop.contoso.example/user_impersonation", "https://shop.contoso.example/.default"],
    },
    // A Graph permission that nobody has ever heard of, as Microsoft's own client is tested with.
    {
      scope: "Scope.0.42671137636152934",
      claims: { ver: "1.0", aud: "https://graph.microsoft.com", scp: "Scope.0.42671137636152934" },
      granted: ["Scope.0.42671137636152934"],
    },
  ])("are of the resource's kind: $scope", async ({ scope, claims, granted }) => {
    const { tenant, service, account } = world();
    tenant.registerResource({ identifier: "api://orders" });
    tenant.registerApp({
      clientId: "12345678-1234-4234-8234-123456789abc",
      identifierUris: ["https://shop.contoso.example"],
    });
    const grant = await acquire(
      service,
      tokenRequest({ scopes: [scope, "openid", "profile", "offline_access"] }),
    );
    const token = tenant.verify(grant.accessToken);
    expect(token).toMatchObject({ ...claims, oid: account.localAccountId, tid: tenant.tenantId });
    expect(token["iss"]).toBe(claims.ver === "1.0" ? tenant.issuerV1 : tenant.issuerV2);
    expect(token[claims.ver === "1.0" ? "upn" : "preferred_username"]).toBe("ada@contoso.example");
    expect(token[claims.ver === "1.0" ? "appid" : "azp"]).toBe(clientId);
    expect(grant.grantedScopes).toEqual(granted);
    expect(grant.expiresOn).toBe(Number(token["exp"]) * 1000);
  });

  it("follow what is registered about a resource", async () => {
    const { tenant, service } = world();
    tenant.registerResource({
      identifier: "https://orders.contoso.example",
      accessTokenVersion: 2,
      audience: "orders",
      scopes: ["Read", "Write"],
    });
    const { accessToken } = await acquire(
      service,
      tokenRequest({ scopes: ["https://orders.contoso.example/.default"] }),
    );
    expect(tenant.verify(accessToken)).toMatchObject({ aud: "orders", ver: "2.0", scp: "Read Write" });
    const refusal = await refusalOf(
      acquire(service, tokenRequest({ scopes: ["https://orders.contoso.example/Burn"] })),
    );
    expect(refusal.details.aadsts).toBe("AADSTS650053");
  });

  it("prefer what is registered about a resource to what is known of its app, in either order", async () => {
    const { tenant, service } = world();
    const identifier = `api://${clientId}`;
    tenant.registerResource({ identifier, scopes: ["Read"] });
    tenant.registerApp({ clientId });
    const { accessToken } = await acquire(service, tokenRequest({ scopes: [`${identifier}/.default`] }));
    expect(tenant.verify(accessToken)["scp"]).toBe("Read");
  });

  it("are not given for names that an app's registration has no more", async () => {
    const { tenant, service } = world();
    const request = tokenRequest({ scopes: ["https://shop.contoso.example/Buy"] });
    tenant.registerApp({ clientId, identifierUris: ["https://shop.contoso.example"] });
    await acquire(service, request);
    tenant.registerApp({ clientId });
    expect((await refusalOf(acquire(service, request))).message).toContain(
      "named https://shop.contoso.example was not found in the tenant named contoso.example.",
    );
  });

  it("are of the tenant that the authority names, with the account's object id there", async () => {
    const { tenant, service } = world();
    const guest = tenant.addAccount({ username: "guest@fabrikam.example", guestTenants: [guestTenant] });
    const inGuestTenant = tokenRequest({
      homeAccountId: guest.homeAccountId,
      authority: `https://login.microsoftonline.com/${guestTenant}`,
    });
    const grant = await acquire(service, inGuestTenant);
    const claims = tenant.verify(grant.accessToken);
    expect(grant.tenantId).toBe(guestTenant);
    expect(claims).toMatchObject({ tid: guestTenant, iss: `https://sts.windows.net/${guestTenant}/` });
    expect(claims["oid"]).not.toBe(guest.localAccountId);
    expect(tenant.verify((await acquire(service, inGuestTenant)).accessToken)["oid"]).toBe(claims["oid"]);
  });

  it("take the tenant's domain for its id", async () => {
    const { tenant, service } = world();
    const authority = `https://login.microsoftonline.com/${tenant.domain}`;
    expect((await acquire(service, tokenRequest({ authority }))).tenantId).toBe(tenant.tenantId);
  });

  it("carry CP1 and live a day with continuous access evaluation", async () => {
    const { tenant, service } = world();
    const claims = '{"access_token":{"xms_cc":{"values":["cp1"]}}}';
    const grant = await acquire(service, tokenRequest({ claims }));
    expect(tenant.verify(grant.accessToken)["xms_cc"]).toEqual(["CP1"]);
    expect(grant.lifetimeInSeconds).toBe(86_400);
    const plain = await acquire(service, tokenRequest());
    expect(tenant.verify(plain.accessToken)).not.toHaveProperty("xms_cc");
    expect(plain.lifetimeInSeconds).toBe(3600);
  });

  it("carry the authentication context that a claims request asks for", async () => {
    const { tenant, service } = world();
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    expect(tenant.verify((await acquire(service, tokenRequest({ claims }))).accessToken)["acrs"]).toEqual([
      "c1",
    ]);
  });

  it("are bound to the app's own key when it names one", async () => {
    const { tenant, service } = world();
    const grant = await acquire(service, tokenRequest({ pop: { kind: "key_id", keyId: "abc" } }));
    expect(grant.isPop).toBe(false);
    expect(tenant.verify(grant.accessToken)["cnf"]).toEqual({ kid: "abc" });
  });
});

describe("the broker's cache", () => {
  it("hands out the same token until it is about to end", async () => {
    const { clock, service } = world();
    const first = await acquire(service, tokenRequest());
    clock.now += 3_299_000;
    expect((await acquire(service, tokenRequest())).accessToken).toBe(first.accessToken);
    clock.now += 2_000;
    const next = await acquire(service, tokenRequest());
    expect(next.accessToken).not.toBe(first.accessToken);
    expect(next.expiresOn).toBeGreaterThan(first.expiresOn);
  });

  it.each<[string, (token: string) => Partial<EmulatedTokenRequest>]>([
    ["the caller wants the token replaced", (token) => ({ accessTokenToRenew: token })],
    ["a refresh is forced", () => ({ forceRefresh: true })],
    ["a claims challenge comes with it", () => ({ claims: '{"access_token":{"nbf":{"value":"1"}}}' })],
    ["the user was asked", () => ({ method: "acquireTokenInteractively" })],
    ["another scope is wanted", () => ({ scopes: ["https://storage.azure.com/user_impersonation"] })],
    ["another app asks", () => ({ clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46" })],
  ])("is passed over when %s", async (_why, changes) => {
    const { service } = world();
    const first = await acquire(service, tokenRequest());
    const next = await acquire(service, tokenRequest(changes(first.accessToken)));
    expect(next.accessToken).not.toBe(first.accessToken);
  });

  it("keeps what replaced a token", async () => {
    const { service } = world();
    const first = await acquire(service, tokenRequest());
    const next = await acquire(service, tokenRequest({ accessTokenToRenew: first.accessToken }));
    expect((await acquire(service, tokenRequest())).accessToken).toBe(next.accessToken);
    // Somebody else's old token is no reason to fetch another one.
    const again = await acquire(service, tokenRequest({ accessTokenToRenew: first.accessToken }));
    expect(again.accessToken).toBe(next.accessToken);
  });

  it("never holds proof-of-possession tokens", async () => {
    const { service } = world();
    const pop = { kind: "key_id", keyId: "abc" } as const;
    const first = await acquire(service, tokenRequest({ pop }));
    expect((await acquire(service, tokenRequest({ pop }))).accessToken).not.toBe(first.accessToken);
  });
});

describe("refusals", () => {
  const cases: [string, Partial<EmulatedTokenRequest>, RefusalKind, string | undefined][] = [
    ["an unknown app", { clientId: "nobody" }, "incorrect_configuration", "AADSTS700016"],
    ["another redirect URI", { redirectUri: "http://localhost" }, "redirect_uri_mismatch", "AADSTS50011"],
    ["no scope", { scopes: [] }, "invalid_request", undefined],
    ["a scope with a space", { scopes: ["a b"] }, "incorrect_configuration", "AADSTS70011"],
    [
      "a resource without scope",
      { scopes: ["https://storage.azure.com/"] },
      "incorrect_configuration",
      "AADSTS70011",
    ],
    [
      "an unknown API",
      { scopes: ["https://nope.example/.default"] },
      "incorrect_configuration",
      "AADSTS500011",
    ],
    ["an API nobody registered", { scopes: ["api://unknown/x"] }, "incorrect_configuration", "AADSTS500011"],
    ["an app nobody registered", { scopes: [`${guestTenant}/x`] }, "incorrect_configuration", "AADSTS500011"],
    ["what Graph does not have", { scopes: ["x"] }, "incorrect_configuration", "AADSTS650053"],
    [
      "what Storage does not have",
      { scopes: ["https://storage.azure.com/x"] },
      "incorrect_configuration",
      "AADSTS650053",
    ],
    ["scopes with a comma", { scopes: ["a,b"] }, "incorrect_configuration", "AADSTS70011"],
    ["an app's name for an API", { scopes: ["my-app/.default"] }, "incorrect_configuration", "AADSTS70011"],
    ["two resources", { scopes: ["User.Read", storageScope] }, "incorrect_configuration", "AADSTS28000"],
    ["no URL for authority", { authority: "contoso" }, "invalid_request", undefined],
    [
      "plain http",
      { authority: "http://login.microsoftonline.com/common" },
      "untrusted_authority",
      undefined,
    ],
    [
      "a foreign authority",
      { authority: "https://login.evil.example/common" },
      "untrusted_authority",
      undefined,
    ],
    ["no tenant", { authority: "https://login.microsoftonline.com/" }, "untrusted_authority", undefined],
    [
      "an unknown tenant",
      { authority: `https://login.microsoftonline.com/${guestTenant}` },
      "incorrect_configuration",
      "AADSTS90002",
    ],
    [
      "personal accounts",
      { authority: "https://login.microsoftonline.com/consumers" },
      "interaction_required",
      undefined,
    ],
    ["claims that are no JSON", { claims: "{" }, "invalid_request", undefined],
    ["claims that are no object", { claims: "[]" }, "invalid_request", undefined],
    ["an unknown account", { homeAccountId: "x.y" }, "account_not_found", undefined],
    ["an unknown user name", { username: "who@contoso.example" }, "interaction_required", undefined],
  ];
  it.each(cases)("meet %s", async (_what, changes, kind, aadsts) => {
    const { service } = world();
    const refusal = await refusalOf(acquire(service, tokenRequest(changes)));
    expect(refusal.kind).toBe(kind);
    expect(refusal.details.aadsts).toBe(aadsts);
  });

  it("meet an account that is no member of the tenant", async () => {
    const { tenant, service, account } = world();
    tenant.addAccount({ username: "guest@fabrikam.example", guestTenants: [guestTenant] });
    const request = tokenRequest({
      homeAccountId: account.homeAccountId,
      authority: `https://login.microsoftonline.com/${guestTenant}`,
    });
    const refusal = await refusalOf(acquire(service, request));
    expect(refusal).toMatchObject({ kind: "interaction_required", details: { aadsts: "AADSTS50020" } });
  });

  it("meet a silent request when nobody is signed in", async () => {
    const { tenant, service, account } = world();
    tenant.setSignedIn(account.homeAccountId, false);
    expect((await refusalOf(acquire(service, tokenRequest()))).kind).toBe("interaction_required");
    const named = tokenRequest({ homeAccountId: account.homeAccountId });
    expect((await refusalOf(acquire(service, named))).kind).toBe("account_not_found");
  });
});

describe("which account", () => {
  it("is the one named, the one of the user name, or the first", async () => {
    const { tenant, service, account } = world();
    const grace = tenant.addAccount({ username: "grace@contoso.example" });
    const who = async (changes: Partial<EmulatedTokenRequest>) =>
      (await acquire(service, tokenRequest(changes))).account.username;
    expect(await who({})).toBe(account.username);
    expect(await who({ username: "GRACE@contoso.example" })).toBe(grace.username);
    expect(await who({ homeAccountId: grace.homeAccountId })).toBe(grace.username);
  });
});

describe("interactive requests", () => {
  const interactive = (changes: Partial<EmulatedTokenRequest> = {}) =>
    tokenRequest({ method: "acquireTokenInteractively", ...changes });

  it("show no dialog when the broker can answer without", async () => {
    const { tenant, service, account } = world();
    const grant = await acquire(service, interactive({ homeAccountId: account.homeAccountId }));
    expect(grant.dialogShown).toBe(false);
    expect(tenant.user.dialogs).toEqual([]);
  });

  it.each<[string, (tenant: EmulatedTenant) => void, Partial<EmulatedTokenRequest>]>([
    ["nobody is named", () => {}, {}],
    ["a prompt is asked for", () => {}, { username: "ada@contoso.example", prompt: "login" }],
    [
      "a policy demands the user",
      (tenant) => tenant.addPolicy({}, { kind: "interaction_required" }),
      { username: "ada@contoso.example" },
    ],
    [
      "the person is scripted",
      (tenant) => tenant.user.script.push({ kind: "signs_in" }),
      { username: "ada@contoso.example" },
    ],
    ["the named person is not signed in", () => {}, { username: "new@contoso.example" }],
  ])("show one when %s", async (_why, arrange, changes) => {
    const { tenant, service } = world();
    tenant.addAccount({ username: "new@contoso.example", signedIn: false });
    arrange(tenant);
    const grant = await acquire(service, interactive(changes));
    expect(grant.dialogShown).toBe(true);
    expect(tenant.user.dialogs).toMatchObject([{ clientId, prompt: changes.prompt }]);
    expect(grant.account.username).toBe(changes.username ?? "ada@contoso.example");
  });

  it("bring whoever signed in onto the broker's list", async () => {
    const { tenant, service } = world();
    tenant.addAccount({ username: "new@contoso.example", signedIn: false });
    tenant.user.script = [{ kind: "signs_in", as: "new@contoso.example", delayInMs: 1 }];
    expect((await acquire(service, interactive())).account.username).toBe("new@contoso.example");
    expect(tenant.accounts.map(({ username }) => username)).toContain("new@contoso.example");
  });

  it("end when the person closes the window", async () => {
    const { tenant, service } = world();
    tenant.user.script = [{ kind: "cancels" }];
    expect((await refusalOf(acquire(service, interactive()))).kind).toBe("user_canceled");
    expect(tenant.user.script).toEqual([]);
  });

  it("stay until the dialog is taken away when the person never acts", async () => {
    const { tenant, service } = world();
    tenant.user.script = [{ kind: "never_acts" }];
    const dialog = new AbortController();
    const pending = acquire(service, interactive(), dialog.signal);
    expect(tenant.user.dialogs).toHaveLength(1);
    dialog.abort(new Error("taken away"));
    await expect(pending).rejects.toThrow("taken away");
  });

  it("say which script was wrong without naming anybody", async () => {
    const { tenant, service } = world();
    tenant.user.script = [{ kind: "signs_in", as: "stranger@contoso.example" }];
    await expect(acquire(service, interactive())).rejects.toThrow(/addAccount/);
    tenant.user.script = [{ kind: "signs_in", as: "stranger@contoso.example" }];
    await expect(acquire(service, interactive())).rejects.not.toThrow(/stranger/);
  });
});
