import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EmulatedTenant } from "../tenant/emulated-tenant.js";
import { ask, askJson } from "../testing/web-client.js";
import { startWebTenant, type WebTenant, type WebTenantOptions } from "./start-web-tenant.js";

const storage = "https://storage.azure.com/.default";
const scope = `${storage} openid profile offline_access`;
const clientId = "11111111-2222-4333-8444-555555555555";
const redirectUri = "http://localhost:49152";
const verifier = randomBytes(32).toString("base64url");
const challenge = createHash("sha256").update(verifier).digest("base64url");

let tenant: EmulatedTenant;
let web: WebTenant;
let now: number;

async function start(options: WebTenantOptions = {}): Promise<void> {
  tenant = new EmulatedTenant({ now: () => now });
  tenant.registerApp({ clientId, name: "Ledger", redirectUris: ["http://localhost"] });
  tenant.addAccount({ username: "ada@contoso.example", name: "Ada Lovelace" });
  tenant.addAccount({ username: "bob@contoso.example", signedIn: false });
  web = await startWebTenant({ tenant, ...options });
}

beforeEach(() => {
  now = Date.now();
});
afterEach(() => web.stop());

type Fields = Readonly<Record<string, string | undefined>>;

function authorizePath(changes: Fields = {}, segment = "organizations"): string {
  const fields: Fields = {
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    scope,
    state: "s-1",
    nonce: "n-1",
    client_info: "1",
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...changes,
  };
  return `/${segment}/oauth2/v2.0/authorize?${new URLSearchParams(given(fields))}`;
}

function given(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter((field) => field[1] !== undefined)) as Record<
    string,
    string
  >;
}

function redirectOf({ headers }: { headers: Readonly<Record<string, unknown>> }): URLSearchParams {
  return new URL(String(headers["location"])).searchParams;
}

/** A code, with nobody to click through pages. */
async function codeOf(changes: Fields = {}): Promise<string> {
  return redirectOf(await ask(web, authorizePath(changes))).get("code") ?? "";
}

function redeem(code: string, changes: Fields = {}) {
  const form = {
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    client_info: "1",
    ...changes,
  };
  return askJson(web, "/organizations/oauth2/v2.0/token", given(form));
}

function refresh(refreshToken: unknown, changes: Fields = {}) {
  const form = {
    grant_type: "refresh_token",
    client_id: clientId,
    refresh_token: String(refreshToken),
    scope,
    ...changes,
  };
  return askJson(web, "/organizations/oauth2/v2.0/token", given(form));
}

function startDevice(changes: Fields = {}) {
  return askJson(
    web,
    "/organizations/oauth2/v2.0/devicecode",
    given({ client_id: clientId, scope, ...changes }),
  );
}

function poll(deviceCode: unknown) {
  return askJson(web, "/organizations/oauth2/v2.0/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    client_id: clientId,
    device_code: String(deviceCode),
  });
}

/** The sign-in's secret in a page's form. */
function signInOf(page: string): string {
  return /name="signIn" value="([^"]+)"/.exec(page)?.[1] ?? "";
}

const ada = () => tenant.findAccountByUsername("ada@contoso.example")?.homeAccountId ?? "";

describe("what is published", () => {
  beforeEach(() => start());

  it("names its own endpoints, on loopback and with TLS", async () => {
    const { body } = await askJson(web, "/organizations/v2.0/.well-known/openid-configuration");
    expect(body).toMatchObject({
      issuer: tenant.issuerV2,
      token_endpoint: `${web.authorityHost}/organizations/oauth2/v2.0/token`,
      device_authorization_endpoint: `${web.authorityHost}/organizations/oauth2/v2.0/devicecode`,
      emulated: "@x/broker-emulator",
    });
    expect(new URL(web.authorityHost)).toMatchObject({ protocol: "https:", hostname: "localhost" });
    const keys = await askJson(web, new URL(String(body["jwks_uri"])).pathname);
    expect(keys.body).toEqual(JSON.parse(JSON.stringify(tenant.keySet())));
  });

  it("has nothing elsewhere, and leaves nothing behind", async () => {
    expect((await ask(web, "/organizations/oauth2/v2.0/other")).status).toBe(404);
    expect((await ask(web, "/organizations/oauth2/v2.0/token")).status).toBe(404);
    expect(existsSync(web.certificateFile)).toBe(true);
    await web.stop();
    expect(existsSync(web.certificateFile)).toBe(false);
    await start();
  });

  it("refuses options that there are not", async () => {
    await expect(startWebTenant({ attnded: true } as WebTenantOptions)).rejects.toThrow(/unknown property/);
  });
});

describe("the emulated user, where nobody looks at the pages", () => {
  beforeEach(() => start({ attended: false }));

  it("signs in: a code, then tokens that the tenant's key signed", async () => {
    const { headers, status } = await ask(web, authorizePath());
    expect(status).toBe(302);
    expect(String(headers["location"])).toMatch(/^http:\/\/localhost:49152\/\?code=/);
    const answer = redirectOf({ headers });
    expect(answer.get("state")).toBe("s-1");
    const { body } = await redeem(answer.get("code") ?? "");
    expect(tenant.verify(String(body["access_token"]))).toMatchObject({
      upn: "ada@contoso.example",
      aud: "https://storage.azure.com",
      scp: "user_impersonation",
      appid: clientId,
    });
    expect(tenant.verify(String(body["id_token"]))).toMatchObject({ aud: clientId, nonce: "n-1" });
    expect(JSON.parse(Buffer.from(String(body["client_info"]), "base64url").toString())).toEqual({
      uid: tenant.accounts[0]?.localAccountId,
      utid: tenant.tenantId,
    });
    expect(tenant.user.dialogs).toMatchObject([{ clientId, username: undefined }]);
  });

  it("is who the hint names, whether or not the broker knows them", async () => {
    const { body } = await redeem(await codeOf({ login_hint: "bob@contoso.example" }));
    expect(tenant.verify(String(body["access_token"]))).toMatchObject({ upn: "bob@contoso.example" });
    expect(tenant.accounts.map(({ username }) => username)).toEqual(["ada@contoso.example"]);
  });

  it("does what the script says", async () => {
    tenant.user.script = [{ kind: "cancels" }, { kind: "signs_in", as: "bob@contoso.example" }];
    expect(redirectOf(await ask(web, authorizePath())).get("error")).toBe("access_denied");
    const { body } = await redeem(await codeOf());
    expect(tenant.verify(String(body["access_token"]))).toMatchObject({ upn: "bob@contoso.example" });
  });

  it("enters the code of another device", async () => {
    const { body } = await startDevice();
    const tokens = await poll(body["device_code"]);
    expect(tenant.verify(String(tokens.body["access_token"]))).toMatchObject({ upn: "ada@contoso.example" });
    expect((await poll(body["device_code"])).body).toMatchObject({ error: "invalid_grant" });
  });

  it("renews tokens without anybody, for another resource as well", async () => {
    const { body } = await redeem(await codeOf());
    const renewed = await refresh(body["refresh_token"], {
      scope: "https://storage.azure.com/user_impersonation openid",
    });
    expect(tenant.verify(String(renewed.body["access_token"]))).toMatchObject({ upn: "ada@contoso.example" });
    expect(renewed.body).not.toHaveProperty("refresh_token");
    const dialogs = tenant.user.dialogs.length;
    const graph = "https://graph.microsoft.com/User.Read";
    expect((await refresh(body["refresh_token"], { scope: graph })).body).toMatchObject({
      error: "invalid_grant",
      suberror: "consent_required",
      error_codes: [65001],
    });
    await codeOf({ scope: graph });
    expect((await refresh(body["refresh_token"], { scope: graph })).status).toBe(200);
    expect(tenant.user.dialogs).toHaveLength(dialogs + 1);
  });

  it("declares continuous access evaluation where the request does", async () => {
    const claims = '{"access_token":{"xms_cc":{"values":["CP1"]}}}';
    const { body } = await redeem(await codeOf({ claims }));
    expect(tenant.verify(String(body["access_token"]))).toMatchObject({ xms_cc: ["CP1"] });
    expect(body).toMatchObject({ expires_in: 86_400, refresh_in: 43_200 });
  });
});

describe("what Entra refuses", () => {
  beforeEach(() => start({ attended: false }));

  it.each<[string, Fields, RegExp]>([
    ["an app that there is not", { client_id: "nobody" }, /AADSTS700016/],
    ["a redirect URI that is not registered", { redirect_uri: "http://localhost:1/other" }, /AADSTS50011/],
    [
      "a loopback address that is not the registered one",
      { redirect_uri: "http://127.0.0.1:1" },
      /AADSTS50011/,
    ],
    ["another host", { redirect_uri: "http://localhost.evil.example:1" }, /AADSTS50011/],
    ["no redirect URI", { redirect_uri: undefined }, /AADSTS900144/],
  ])("%s, on a page of its own", async (_what, changes, text) => {
    const answer = await ask(web, authorizePath(changes));
    expect(answer.status).toBe(400);
    expect(answer.headers["location"]).toBeUndefined();
    expect(answer.text).toMatch(text);
  });

  it.each<[string, Fields, string, RegExp]>([
    ["a scope that is none", { scope: "a,b" }, "invalid_scope", /^AADSTS70011/],
    [
      "a resource nobody knows",
      { scope: "https://nowhere.example/.default" },
      "invalid_resource",
      /^AADSTS500011/,
    ],
    [
      "two resources",
      { scope: `${storage} https://graph.microsoft.com/.default` },
      "invalid_request",
      /^AADSTS28000/,
    ],
    ["a sign-in without anybody", { prompt: "none" }, "login_required", /^AADSTS50058/],
    ["another response type", { response_type: "token" }, "unsupported_response_type", /response_type/],
    ["a plain code challenge", { code_challenge_method: "plain" }, "invalid_request", /S256/],
    ["a challenge that is no hash", { code_challenge: "short" }, "invalid_request", /^AADSTS501491/],
  ])("%s, and tells the app", async (_what, changes, error, description) => {
    const answer = redirectOf(await ask(web, authorizePath(changes)));
    expect(answer.get("error")).toBe(error);
    expect(answer.get("error_description")).toMatch(description);
    expect(answer.get("state")).toBe("s-1");
  });

  it("a tenant that there is not", async () => {
    const path = authorizePath({}, "99999999-8888-4777-8666-555555555555");
    expect(redirectOf(await ask(web, path)).get("error_description")).toMatch(/^AADSTS90002/);
  });

  it.each<[string, Fields, number]>([
    ["another verifier", { code_verifier: "x".repeat(43) }, 501481],
    ["no verifier", { code_verifier: undefined }, 501481],
    ["another redirect URI", { redirect_uri: "http://localhost:49153" }, 500112],
    ["another app", { client_id: "04b07795-8ddb-461a-bbee-02f9e1bf7b46" }, 9002313],
    ["an app that there is not", { client_id: "nobody" }, 700016],
    ["no code", { code: undefined }, 900144],
    ["a code that was made up", { code: "emulated-code.x" }, 9002313],
    ["another grant type", { grant_type: "password" }, 70003],
  ])("a code with %s", async (_what, changes, code) => {
    expect(await redeem(await codeOf(), changes)).toMatchObject({
      status: 400,
      body: { error_codes: [code] },
    });
  });

  it("a code that was used before, and ends what it gave", async () => {
    const code = await codeOf();
    const { body } = await redeem(code);
    expect((await redeem(code)).body).toMatchObject({ error: "invalid_grant", error_codes: [54005] });
    expect((await refresh(body["refresh_token"])).body).toMatchObject({ error: "invalid_grant" });
  });

  it("a code that has expired", async () => {
    const code = await codeOf();
    now += 11 * 60_000;
    expect((await redeem(code)).body).toMatchObject({ error: "invalid_grant", error_codes: [70008] });
  });

  it("a refresh token that was revoked, or of an account that is gone", async () => {
    const first = await redeem(await codeOf());
    web.revokeRefreshTokens(ada());
    expect((await refresh(first.body["refresh_token"])).body).toMatchObject({ error: "invalid_grant" });
    const second = await redeem(await codeOf());
    tenant.removeAccount(ada());
    expect((await refresh(second.body["refresh_token"])).body).toMatchObject({ error_codes: [50034] });
  });
});

describe("policies", () => {
  beforeEach(() => start({ attended: false }));

  it("interaction_required is for renewals, until the user signed in", async () => {
    const { body } = await redeem(await codeOf());
    tenant.addPolicy({ resource: "https://storage.azure.com" }, { kind: "interaction_required" });
    expect((await refresh(body["refresh_token"])).body).toMatchObject({
      error: "interaction_required",
      error_codes: [50078],
    });
    await codeOf();
    expect((await refresh(body["refresh_token"])).status).toBe(200);
  });

  it("a claims challenge carries its claims, and is met by them", async () => {
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    const { body } = await redeem(await codeOf());
    tenant.addPolicy({}, { kind: "claims_challenge", claims });
    expect((await refresh(body["refresh_token"])).body).toMatchObject({ claims });
    const met = await refresh(body["refresh_token"], { claims });
    expect(tenant.verify(String(met.body["access_token"]))).toMatchObject({ acrs: ["c1"] });
  });

  it("misfortune comes as a status, as a cut connection, or as another lifetime", async () => {
    const { body } = await redeem(await codeOf());
    const once = { times: 1 };
    tenant.addPolicy({}, { kind: "temporarily_unavailable" }, once);
    expect(await refresh(body["refresh_token"])).toMatchObject({ status: 503 });
    tenant.addPolicy({}, { kind: "no_network" }, once);
    await expect(refresh(body["refresh_token"])).rejects.toThrow();
    tenant.addPolicy({}, { kind: "dies" }, once);
    await expect(refresh(body["refresh_token"])).rejects.toThrow();
    tenant.addPolicy({}, { kind: "expires_in", seconds: 30 }, once);
    expect((await refresh(body["refresh_token"])).body).toMatchObject({ expires_in: 30 });
    expect(web.requests.at(-1)).toEqual({
      method: "POST",
      path: "/organizations/oauth2/v2.0/token",
      grantType: "refresh_token",
      clientId,
      scope,
      status: 200,
    });
  });
});

describe("the pages", () => {
  beforeEach(() => start());

  const submit = (fields: Record<string, string>) => ask(web, "/emulator/sign-in", fields);

  it("say that they are an emulator's, and run nothing of anybody else's", async () => {
    const { text, headers } = await ask(web, authorizePath());
    expect(text).toContain("Emulated tenant, for tests: nothing here is real.");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'/);
    expect(tenant.user.dialogs).toHaveLength(1);
  });

  it("write names as text, never as HTML", async () => {
    tenant.addAccount({ username: "eve@contoso.example", name: '<img src=x onerror="alert(1)">' });
    const { text } = await ask(web, authorizePath());
    expect(text).not.toContain("<img");
    expect(text).toContain("&#60;img");
  });

  it("offer everybody, or whom the app hinted at", async () => {
    const all = await ask(web, authorizePath());
    expect(all.text).toContain("ada@contoso.example");
    expect(all.text).toContain("bob@contoso.example");
    const hinted = await ask(web, authorizePath({ login_hint: "bob@contoso.example" }));
    expect(hinted.text).not.toContain("ada@contoso.example");
    const others = await submit({ signIn: signInOf(hinted.text), action: "others" });
    expect(others.text).toContain("ada@contoso.example");
  });

  it("ask for consent once per app, person and resource; never for Microsoft's own apps", async () => {
    const first = signInOf((await ask(web, authorizePath())).text);
    const consent = await submit({ signIn: first, account: ada() });
    expect(consent.text).toContain("Use https://storage.azure.com as you: user_impersonation");
    expect(consent.text).toContain("Ledger");
    expect(redirectOf(await submit({ signIn: first, action: "accept" })).get("code")).not.toBeNull();

    const second = signInOf((await ask(web, authorizePath())).text);
    expect((await submit({ signIn: second, account: ada() })).status).toBe(302);

    const again = signInOf((await ask(web, authorizePath({ prompt: "consent" }))).text);
    expect((await submit({ signIn: again, account: ada() })).text).toContain("Permissions requested");

    const azureCli = { client_id: "04b07795-8ddb-461a-bbee-02f9e1bf7b46" };
    const own = signInOf((await ask(web, authorizePath(azureCli))).text);
    expect((await submit({ signIn: own, account: ada() })).status).toBe(302);
  });

  it.each([
    ["cancel", /cancelled/],
    ["decline", /^AADSTS65004/],
  ])("take no for an answer: %s", async (action, description) => {
    const signIn = signInOf((await ask(web, authorizePath())).text);
    const answer = redirectOf(await submit({ signIn, action }));
    expect(answer.get("error")).toBe("access_denied");
    expect(answer.get("error_description")).toMatch(description);
    expect((await submit({ signIn, account: ada() })).text).toContain("This sign-in has ended");
  });

  it("do not let in whom the tenant does not know", async () => {
    const signIn = signInOf((await ask(web, authorizePath())).text);
    expect((await submit({ signIn, account: "x.y" })).status).toBe(400);
    const guestTenant = "99999999-8888-4777-8666-555555555555";
    tenant.addAccount({ username: "guest@fabrikam.example", guestTenants: [guestTenant] });
    const elsewhere = signInOf((await ask(web, authorizePath({}, guestTenant))).text);
    const refused = redirectOf(await submit({ signIn: elsewhere, account: ada() }));
    expect(refused.get("error_description")).toMatch(/^AADSTS50020/);
  });

  it("hand the answer over in the body where the app wants that", async () => {
    const signIn = signInOf((await ask(web, authorizePath({ response_mode: "form_post" }))).text);
    await submit({ signIn, account: ada() });
    const { text, headers } = await submit({ signIn, action: "accept" });
    expect(headers["location"]).toBeUndefined();
    expect(text).toContain(`action="${redirectUri}"`);
    expect(text).toMatch(/name="code" value="emulated-code\./);
  });
});

describe("a code for another device", () => {
  beforeEach(() => start({ deviceCodeIntervalInSeconds: 5, deviceCodeLifetimeInSeconds: 60 }));

  const enter = async (userCode: unknown) => ask(web, "/devicelogin", { code: String(userCode) });

  it("is pending until it is entered, agreed to, and then gives tokens once", async () => {
    const { body } = await startDevice();
    expect(body["message"]).toBe(
      `To sign in, use a web browser to open the page ${web.authorityHost}/devicelogin and enter the code ${body["user_code"]} to authenticate.`,
    );
    expect((await poll(body["device_code"])).body).toMatchObject({ error: "authorization_pending" });
    const signIn = signInOf((await enter(String(body["user_code"]).toLowerCase())).text);
    const device = await ask(web, "/emulator/sign-in", { signIn, account: ada() });
    expect(device.text).toContain("Are you trying to sign in to Ledger?");
    const consent = await ask(web, "/emulator/sign-in", { signIn, action: "accept" });
    expect(consent.text).toContain("Permissions requested");
    const done = await ask(web, "/emulator/sign-in", { signIn, action: "accept" });
    expect(done.text).toContain("You may now close this window");
    expect((await poll(body["device_code"])).status).toBe(200);
    expect((await poll(body["device_code"])).body).toMatchObject({ error: "invalid_grant" });
    expect((await enter(body["user_code"])).text).toMatch(/That code didn(?:'|&#39;)t work/);
  });

  it("is asked about too often", async () => {
    const { body } = await startDevice();
    await poll(body["device_code"]);
    now += 1_000;
    expect((await poll(body["device_code"])).body).toMatchObject({ error: "slow_down" });
    now += 5_000;
    expect((await poll(body["device_code"])).body).toMatchObject({ error: "authorization_pending" });
  });

  it("is declined", async () => {
    const { body } = await startDevice();
    const signIn = signInOf((await enter(body["user_code"])).text);
    await ask(web, "/emulator/sign-in", { signIn, account: ada() });
    await ask(web, "/emulator/sign-in", { signIn, action: "decline" });
    expect((await poll(body["device_code"])).body).toMatchObject({ error: "authorization_declined" });
  });

  it("expires", async () => {
    const { body } = await startDevice();
    now += 61_000;
    expect((await poll(body["device_code"])).body).toMatchObject({ error: "expired_token" });
    expect((await enter(body["user_code"])).text).toContain("That code didn");
  });

  it.each<[string, Fields, number]>([
    ["an app that there is not", { client_id: "nobody" }, 700016],
    ["a scope that is none", { scope: "a,b" }, 70011],
    ["no scope", { scope: undefined }, 900144],
  ])("is refused for %s", async (_what, changes, code) => {
    expect(await startDevice(changes)).toMatchObject({ status: 400, body: { error_codes: [code] } });
  });

  it("is nobody's", async () => {
    expect((await poll("made-up")).body).toMatchObject({ error: "bad_verification_code" });
    expect((await enter("XXXXXXXXX")).text).toContain("That code didn");
  });
});
