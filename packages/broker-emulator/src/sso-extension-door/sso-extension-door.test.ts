import { beforeEach, describe, expect, it } from "vitest";
import { createEmulatedBroker } from "../emulated-broker.js";
import type { EmulatedAccount } from "../tenant/accounts.js";
import { EmulatedTenant, unsignedAppRedirectUri } from "../tenant/emulated-tenant.js";
import type { PolicyEffect } from "../tenant/policy.js";
import {
  call,
  clientId,
  correlationId,
  fieldsOf,
  microsoftErrorOf,
  populated,
  tokenOptions,
} from "../testing/extension-client.js";
import { createSsoExtensionDoor, type SsoExtensionDoor } from "./sso-extension-door.js";

describe("the SSO extension's door", () => {
  let tenant: EmulatedTenant;
  let door: SsoExtensionDoor;
  let ada: EmulatedAccount;

  beforeEach(() => {
    tenant = new EmulatedTenant();
    ada = populated(tenant);
    door = createSsoExtensionDoor(tenant);
  });

  const refresh = (changes: Record<string, string | undefined> = {}) =>
    door.answer(call("refresh", tokenOptions({ home_account_id: ada.homeAccountId, ...changes })));
  const login = (changes: Record<string, string | undefined> = {}) =>
    door.answer(call("login", tokenOptions({ prompt: "", ...changes })));

  describe("answers", () => {
    it("with a token, every field of it text, and with the device's state", async () => {
      const fields = fieldsOf(await refresh());
      for (const value of Object.values(fields)) expect(typeof value).toBe("string");
      const claims = tenant.verify(fields["access_token"] ?? "");
      expect(claims).toMatchObject({ oid: ada.localAccountId, tid: tenant.tenantId });
      expect(fields).toMatchObject({
        operation: "refresh",
        success: "1",
        operation_response_type: "operation_token_response",
        authority: `https://login.microsoftonline.com/${tenant.tenantId}`,
        provider_type: "provider_aad_v2",
        client_info: ada.clientInfo,
        token_type: "Bearer",
        expires_on: String(claims["exp"]),
        refresh_on: "0",
        correlation_id: correlationId,
        broker_version: expect.stringContaining("emulator"),
        wpj_status: "joined",
        sso_extension_mode: "full",
      });
    });

    it("by user name as well", async () => {
      const fields = fieldsOf(await refresh({ home_account_id: undefined, username: "ADA@contoso.example" }));
      expect(tenant.verify(fields["access_token"] ?? "")["oid"]).toBe(ada.localAccountId);
    });

    it("with the token it has, unless told to refresh", async () => {
      const first = fieldsOf(await refresh())["access_token"];
      expect(fieldsOf(await refresh())["access_token"]).toBe(first);
      expect(fieldsOf(await refresh({ force_refresh: "1" }))["access_token"]).not.toBe(first);
    });

    it("with what claims and capabilities ask for, though they come apart", async () => {
      const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
      const fields = fieldsOf(await refresh({ claims, client_capabilities: "CP1,x" }));
      expect(tenant.verify(fields["access_token"] ?? "")).toMatchObject({ acrs: ["c1"], xms_cc: ["CP1"] });
    });

    it("with a token for the client's own key", async () => {
      const req_cnf = Buffer.from('{"kid":"my-key"}').toString("base64url");
      const fields = fieldsOf(await refresh({ token_type: "Pop", req_cnf }));
      expect(fields["token_type"]).toBe("Pop");
      expect(tenant.verify(fields["access_token"] ?? "")["cnf"]).toEqual({ kid: "my-key" });
    });

    it("with whoever signs in, once a person did", async () => {
      tenant.addAccount({ username: "bob@contoso.example", signedIn: false });
      tenant.user.script = [{ kind: "signs_in", as: "bob@contoso.example" }];
      const fields = fieldsOf(await login({ prompt: "select_account", username: "ada@contoso.example" }));
      expect(tenant.verify(fields["access_token"] ?? "")["upn"]).toBe("bob@contoso.example");
      expect(tenant.user.dialogs).toMatchObject([
        { prompt: "select_account", username: "ada@contoso.example" },
      ]);
    });

    it("without a window where none is needed", async () => {
      fieldsOf(await login({ username: "ada@contoso.example" }));
      expect(tenant.user.dialogs).toEqual([]);
    });

    it("with the accounts as JSON text, each once per tenant", async () => {
      const guestTenant = "7e7b7d34-6a33-4b6e-9a3c-000000000001";
      tenant.addAccount({ username: "guest@contoso.example", guestTenants: [guestTenant] });
      const fields = fieldsOf(await door.answer(call("get_accounts_operation", { client_id: clientId })));
      expect(fields["operation_response_type"]).toBe("operation_get_accounts_response");
      const accounts = JSON.parse(fields["accounts"] ?? "") as Record<string, string>[];
      expect(accounts.map(({ username, realm }) => [username, realm])).toEqual([
        ["ada@contoso.example", tenant.tenantId],
        ["guest@contoso.example", tenant.tenantId],
        ["guest@contoso.example", guestTenant],
      ]);
      expect(accounts[0]).toMatchObject({ home_account_id: ada.homeAccountId, account_type: "MSSTS" });
    });

    it("with the default account among its own fields", async () => {
      const fields = fieldsOf(await door.answer(call("get_default_account")));
      expect(fields).toMatchObject({
        success: "1",
        home_account_id: ada.homeAccountId,
        username: ada.username,
      });
    });

    it("about itself", async () => {
      expect(fieldsOf(await door.answer(call("get_device_info")))).toMatchObject({
        operation: "get_device_info",
        operation_response_type: "operation_generic_response",
        device_mode: "personal",
        sso_provider_type: "companyPortal",
      });
    });

    it("by taking an account off", async () => {
      const options = tokenOptions({ home_account_id: ada.homeAccountId, scope: undefined });
      expect(fieldsOf(await door.answer(call("signout_account_operation", options)))["success"]).toBe("1");
      expect(tenant.accounts).toEqual([]);
      expect(microsoftErrorOf(await refresh()).code).toBe(-50002);
    });

    it("with cookies of one account, or of all", async () => {
      tenant.addAccount({ username: "bob@contoso.example" });
      const cookies = async (options: Record<string, string>) => {
        const fields = fieldsOf(
          await door.answer(
            call("get_sso_cookies", {
              sso_url: "https://login.microsoftonline.com/?sso_nonce=n",
              ...options,
            }),
          ),
        );
        return JSON.parse(fields["sso_cookies"] ?? "") as {
          prt_headers: { header: Record<string, string>; home_account_id: string }[];
          device_headers: unknown[];
        };
      };
      const own = await cookies({ types_of_header: "1", home_account_id: ada.homeAccountId });
      expect(own.prt_headers).toMatchObject([
        {
          header: { "x-ms-RefreshTokenCredential": expect.stringMatching(/^ey/) },
          home_account_id: ada.homeAccountId,
        },
      ]);
      expect((await cookies({ types_of_header: "0" })).prt_headers).toHaveLength(2);
      expect((await cookies({ types_of_header: "2" })).prt_headers).toEqual([]);
    });
  });

  describe("refuses what the extension's parser refuses:", () => {
    it.each<[string, string, Record<string, string | undefined>]>([
      ["no protocol version", "get_device_info", { msg_protocol_ver: undefined }],
      ["another protocol version", "get_device_info", { msg_protocol_ver: "3" }],
      ["a correlation id that is none", "get_device_info", { correlation_id: "x" }],
      ["an operation that there is not", "get_prt", {}],
      ["no authority", "login", tokenOptions({ authority: undefined })],
      ["an authority that is no URL", "login", tokenOptions({ authority: "contoso" })],
      ["no provider type", "login", tokenOptions({ provider_type: undefined })],
      ["an unknown provider type", "login", tokenOptions({ provider_type: "provider_adfs" })],
      ["another provider type", "login", tokenOptions({ provider_type: "provider_b2c" })],
      ["no client id", "login", tokenOptions({ client_id: undefined })],
      ["no redirect URI", "login", tokenOptions({ redirect_uri: "" })],
      ["a flag that is none", "login", tokenOptions({ instance_aware: "false" })],
      ["an unknown prompt", "login", tokenOptions({ prompt: "always" })],
      ["claims that are no JSON", "login", tokenOptions({ claims: "{" })],
      ["a key without its token type", "login", tokenOptions({ req_cnf: "e30" })],
      ["a token type without its key", "login", tokenOptions({ token_type: "Pop" })],
      ["a key that is none", "login", tokenOptions({ token_type: "Pop", req_cnf: "e30" })],
      ["extra parameters that are not form-encoded", "login", tokenOptions({ extra_query_param: "a b" })],
      ["a silent request for nobody", "refresh", tokenOptions()],
      ["accounts for no app", "get_accounts_operation", {}],
      ["a sign-out of nobody", "signout_account_operation", tokenOptions()],
      [
        "a sign-out without authority",
        "signout_account_operation",
        tokenOptions({ authority: undefined, username: "a" }),
      ],
      ["cookies for no URL", "get_sso_cookies", { types_of_header: "1" }],
      ["cookies of no type", "get_sso_cookies", { sso_url: "https://x.example" }],
      [
        "cookies of an unknown type",
        "get_sso_cookies",
        { sso_url: "https://x.example", types_of_header: "7" },
      ],
    ])("%s", async (_what, operation, options) => {
      const error = microsoftErrorOf(await door.answer(call(operation, options)));
      expect(error).toMatchObject({
        domain: "MSALErrorDomain",
        code: -50000,
        userInfo: { MSALInternalErrorCodeKey: -42000, MSALErrorDescriptionKey: expect.stringMatching(/\.$/) },
      });
    });

    it.each([1, null, undefined, true])("a value that is no text: %s", async (value) => {
      const options = [
        ...call("get_device_info").options,
        ["broker_key", value as unknown as string],
      ] as const;
      const error = microsoftErrorOf(await door.answer({ ...call("get_device_info"), options }));
      expect(error.userInfo?.["MSALErrorDescriptionKey"]).toContain("'broker_key' is no text");
    });

    it("an option that is there twice", async () => {
      const options = [...call("get_device_info").options, ["msg_protocol_ver", "4"]] as const;
      const error = microsoftErrorOf(await door.answer({ ...call("get_device_info"), options }));
      expect(error.userInfo?.["MSALErrorDescriptionKey"]).toContain("twice");
    });

    it("a URL that it is not configured for", async () => {
      const answer = await door.answer({
        ...call("get_device_info"),
        identityProviderUrl: "https://login.example/common",
      });
      expect(answer).toEqual({
        error: { domain: "com.apple.AuthenticationServices.AuthorizationError", code: 1004 },
      });
    });

    it("a sign-in that may show no window", async () => {
      const answer = await door.answer(call("login", tokenOptions(), { userInterfaceEnabled: false }));
      expect(answer).toMatchObject({ error: { code: 1005 } });
      expect(tenant.user.dialogs).toEqual([]);
    });
  });

  describe("looks at who asks, as macOS tells it:", () => {
    const bundle = "msauth.com.contoso.app://auth";
    const team = {
      bundleIdentifier: "com.contoso.app",
      signingIdentifier: "com.contoso.app",
      teamIdentifier: "T1",
    };
    it.each([
      ["a signed bundle with its own redirect URI", team, bundle, undefined],
      ["a signed bundle with the unsigned one", team, unsignedAppRedirectUri, "Invalid source app"],
      ["a signed bundle with another's", team, "msauth.com.other://auth", "Invalid source app"],
      [
        "a signed program that is no bundle",
        { signingIdentifier: "node", teamIdentifier: "HX7739G8FX" },
        unsignedAppRedirectUri,
        undefined,
      ],
      ["a bundle without a team", { bundleIdentifier: "com.contoso.app" }, unsignedAppRedirectUri, undefined],
      [
        "a bundle without a team, with its own",
        { bundleIdentifier: "com.contoso.app" },
        bundle,
        "teamId is missing",
      ],
      ["an unsigned program", {}, unsignedAppRedirectUri, "SourceApplication is invalid"],
    ])("%s", async (_what, caller, redirect_uri, refusal) => {
      tenant.registerApp({ clientId, redirectUris: [redirect_uri] });
      const asked = createSsoExtensionDoor(tenant, { caller });
      const answer = await asked.answer(
        call("refresh", tokenOptions({ home_account_id: ada.homeAccountId, redirect_uri })),
      );
      if (refusal === undefined) expect(fieldsOf(answer)["success"]).toBe("1");
      else expect(microsoftErrorOf(answer).userInfo?.["MSALErrorDescriptionKey"]).toContain(refusal);
    });
  });

  describe("says what went wrong in both of the extension's shapes:", () => {
    it("the tenant's own errors as an answer, its text percent-encoded", async () => {
      tenant.addPolicy({}, { kind: "interaction_required" });
      const fields = fieldsOf(await refresh());
      expect(fields).toMatchObject({
        success: "0",
        operation_response_type: "operation_token_response",
        error: "interaction_required",
        suberror: "token_expired",
        error_codes: "50078",
        broker_version: expect.any(String),
      });
      expect(fields["error_description"]).not.toContain(" ");
      expect(decodeURIComponent(fields["error_description"] ?? "")).toMatch(/^AADSTS50078: /);
    });

    it.each<[PolicyEffect, number]>([
      [{ kind: "account_unusable" }, -50002],
      [{ kind: "not_enrolled" }, -50001],
      [{ kind: "no_network" }, -50000],
      [{ kind: "keyring_locked" }, -50000],
      [{ kind: "dbus_error", name: "a.b", message: "c" }, -50000],
      [{ kind: "wire_error", status: -50005, context: "closed" }, -50005],
      [{ kind: "wire_error", status: 0 }, -50000],
    ])("%j as an error", async (effect, code) => {
      tenant.addPolicy({}, effect);
      expect(microsoftErrorOf(await refresh()).code).toBe(code);
    });

    it("without a network, what macOS says of that", async () => {
      tenant.addPolicy({}, { kind: "no_network" });
      expect(microsoftErrorOf(await refresh()).underlying).toEqual({
        domain: "NSURLErrorDomain",
        code: -1009,
      });
    });

    it("a window that the user closed", async () => {
      tenant.user.script = [{ kind: "cancels" }];
      expect(microsoftErrorOf(await login())).toMatchObject({
        code: -50005,
        userInfo: { MSALCorrelationIDKey: correlationId },
      });
    });

    it("an app, or a redirect URI, that the tenant does not know", async () => {
      tenant.registerApp({ clientId, redirectUris: ["https://elsewhere.example/"] });
      expect(decodeURIComponent(fieldsOf(await refresh())["error_description"] ?? "")).toContain(
        "AADSTS50011",
      );
      const fields = fieldsOf(await refresh({ client_id: "00000000-1111-4222-8333-444444444444" }));
      expect(fields).toMatchObject({ error: "unauthorized_client", error_codes: "700016" });
    });

    it("an NSError of a test's own", async () => {
      const error = { domain: "com.apple.AppSSO.AuthorizationError", code: -5 };
      tenant.addPolicy({ method: "*" }, { kind: "extension_error", error });
      expect(await door.answer(call("get_device_info"))).toEqual({ error });
      const others = createEmulatedBroker(tenant).getAccounts({ clientId });
      await expect(others).rejects.toMatchObject({ code: "broker_failed" });
    });
  });

  describe("misbehaves when it is told to:", () => {
    it.each<[PolicyEffect, unknown]>([
      [{ kind: "garbage", text: "x" }, { headers: { garbage: "x" } }],
      [{ kind: "raw_reply", json: { success: "1", n: 5 } }, { headers: { success: "1", n: "5" } }],
      [{ kind: "raw_reply", json: "text" }, { headers: { value: '"text"' } }],
      [{ kind: "dbus_reply", signature: "s", body: [] }, { headers: {} }],
      [{ kind: "dies" }, { error: { domain: expect.any(String), code: 1004 } }],
    ])("%j", async (effect, expected) => {
      tenant.addPolicy({}, effect);
      expect(await refresh()).toEqual(expected);
    });

    it("a finished answer is changed", async () => {
      tenant.addPolicy({}, { kind: "patch_response", patch: ({ success: _success, ...rest }) => rest });
      expect(fieldsOf(await refresh())).not.toHaveProperty("success");
    });

    it("never answers, until nobody waits any more", async () => {
      tenant.addPolicy({ method: "*" }, { kind: "never_answers" });
      const leaving = new AbortController();
      const waiting = door.answer(call("get_device_info", {}, { signal: leaving.signal }));
      leaving.abort(new Error("gone"));
      await expect(waiting).rejects.toThrow("gone");
    });

    it("a Mac that is not registered has no accounts, and says so", async () => {
      tenant.addPolicy({}, { kind: "not_enrolled" });
      const fields = fieldsOf(await door.answer(call("get_accounts_operation", { client_id: clientId })));
      expect(fields).toMatchObject({ accounts: "[]", wpj_status: "notJoined" });
    });

    it("a script that makes no sense is the test's mistake, not an answer", async () => {
      tenant.addPolicy({}, { kind: "wrong_account", username: "nobody@contoso.example" });
      await expect(refresh()).rejects.toThrow("addAccount()");
    });
  });

  it("keeps the requests, refused ones too", async () => {
    await refresh();
    await door.answer(call("get_prt"));
    expect(
      door.requests.map(({ method, protocolVersion, sender }) => [method, protocolVersion, sender]),
    ).toEqual([
      ["refresh", "4", "node"],
      ["get_prt", "4", "node"],
    ]);
    expect(door.requests[0]?.request).toMatchObject({ home_account_id: ada.homeAccountId });
    expect([door.countRequests(), door.countRequests("refresh")]).toEqual([2, 1]);
    door.clearRequests();
    expect(door.countRequests()).toBe(0);
  });

  it.each<[string, () => unknown]>([
    ["a tenant that is none", () => createSsoExtensionDoor({} as EmulatedTenant)],
    ["an option that there is not", () => createSsoExtensionDoor(tenant, { calller: {} } as object)],
    ["a caller that is none", () => createSsoExtensionDoor(tenant, { caller: { bundle: "x" } as object })],
  ])("refuses %s", (_what, make) => {
    expect(make).toThrow(TypeError);
  });
});
