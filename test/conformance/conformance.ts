import type {
  Broker,
  BrokerAccount,
  BrokerError,
  BrokerLogger,
  InteractiveTokenRequest,
  SilentTokenRequest,
} from "@x/broker-contract";
import type { EmulatedAccount, EmulatedTenant } from "@x/broker-emulator";
import { afterAll, beforeEach, describe, expect, it, type TestContext } from "vitest";
import type { Harness, Limits, Stage } from "./harness.js";

const clientId = "5b1f4a10-4f2e-4c39-9d2b-3f5c0a6f7e21";
const graph = "https://graph.microsoft.com";
const storage = "https://storage.azure.com";
const uuid = "9f1c2d3e-0000-4000-8000-00000000000a";

/**
 * The contract of a broker, as cases that any platform must pass. They use the contract and the emulated tenant
 * only: nothing in here knows which operating system answers.
 */
export function describeConformance(harness: Harness): void {
  describe(`${harness.name} keeps the contract`, () => {
    let stage: Stage | undefined;
    let broker: Broker;
    let tenant: EmulatedTenant;
    let ann: EmulatedAccount;

    afterAll(() => stage?.stop());
    beforeEach(async (ctx) => {
      harness.need?.(ctx);
      if (stage === undefined) {
        stage = await harness.start();
        ({ broker, tenant } = stage);
        tenant.registerApp({ clientId });
      }
      tenant.clearPolicies();
      tenant.user.script = [];
      tenant.user.dialogs.length = 0;
      for (const account of tenant.directory) tenant.removeAccount(account.homeAccountId);
      ann = tenant.addAccount({ username: "ann@contoso.example", name: "Ann" });
    });

    const authority = (tenantId = "organizations") => `https://login.microsoftonline.com/${tenantId}`;
    const request = (changes: Partial<InteractiveTokenRequest & SilentTokenRequest> = {}) => ({
      authority: authority(),
      clientId,
      scopes: [`${graph}/User.Read`],
      ...changes,
    });
    const accountOf = async (username: string): Promise<BrokerAccount> => {
      const found = (await broker.getAccounts({ clientId })).find((account) => account.username === username);
      if (found === undefined) throw new Error("The broker does not list the account.");
      return found;
    };
    const need = (ctx: TestContext, limit: keyof Limits) => {
      const reason = harness.limits?.[limit];
      if (reason !== undefined) ctx.skip(`${harness.name}: ${reason}`);
    };

    describe("probe", () => {
      it("says that a broker is there, and that it is an emulator", async () => {
        const status = await broker.probe();
        expect(status).toMatchObject({ available: true, platform: harness.platform, emulated: true });
        expect(broker.platform).toBe(harness.platform);
      });

      it("says why there is none instead of rejecting, and finds the broker again later", async (ctx) => {
        need(ctx, "absence");
        await stage?.breakDown();
        try {
          const status = await broker.probe();
          expect(status).toMatchObject({ available: false, error: { code: "broker_unavailable" } });
          const failure = await failureOf(broker.acquireTokenSilently(request()));
          expect(failure.code).toBe("broker_unavailable");
          expect(failure.hint).not.toBe("");
        } finally {
          await stage?.recover();
        }
        expect((await broker.probe()).available).toBe(true);
        expect((await broker.acquireTokenSilently(request())).account.username).toBe(ann.username);
      });
    });

    describe("getAccounts", () => {
      it("lists nobody when nobody is signed in", async () => {
        tenant.removeAccount(ann.homeAccountId);
        expect(await broker.getAccounts({ clientId })).toEqual([]);
      });

      it("tells each account's identity", async () => {
        const bob = tenant.addAccount({ username: "bob@contoso.example", name: "Bob" });
        const accounts = await broker.getAccounts({ clientId });
        expect(accounts.map(({ native: _native, ...known }) => known)).toEqual(
          [ann, bob].map((account) => ({
            homeAccountId: account.homeAccountId,
            localAccountId: account.localAccountId,
            tenantId: account.tenantId,
            environment: expect.stringMatching(/^login\.(microsoftonline\.com|windows\.net)$/),
            username: account.username,
            name: account.name,
          })),
        );
      });

      it("never shows a dialog", async () => {
        await broker.getAccounts({ clientId });
        expect(tenant.user.dialogs).toEqual([]);
      });
    });

    describe("acquireTokenSilently", () => {
      it("gets a token for the account, checked", async () => {
        const before = Date.now();
        const account = await accountOf(ann.username);
        const token = await broker.acquireTokenSilently(request({ account }), { correlationId: uuid });
        const claims = tenant.verify(token.accessToken);
        expect(claims).toMatchObject({ oid: ann.localAccountId, tid: ann.tenantId, scp: "User.Read" });
        expect(token).toMatchObject({
          tokenType: "Bearer",
          silent: true,
          correlationId: uuid,
          tenantId: ann.tenantId,
          authority: expect.stringContaining("https://login.microsoftonline.com/"),
          account: { homeAccountId: ann.homeAccountId, username: ann.username },
        });
        expect(token.scopes.length).toBeGreaterThan(0);
        expect(token.expiresOn).toBe((claims["exp"] as number) * 1000);
        expect(token.expiresOn).toBeGreaterThan(before);
        expect(token.idTokenClaims).toMatchObject({
          oid: ann.localAccountId,
          tid: ann.tenantId,
          aud: clientId,
        });
        expect(tenant.user.dialogs).toEqual([]);
      });

      it("issues what the resource is asked for", async () => {
        const token = await broker.acquireTokenSilently(request({ scopes: [`${storage}/.default`] }));
        expect(tenant.verify(token.accessToken)).toMatchObject({ aud: storage, iss: tenant.issuerV1 });
      });

      it("uses the only account when none is named", async () => {
        expect((await broker.acquireTokenSilently(request())).account.homeAccountId).toBe(ann.homeAccountId);
      });

      it("finds the account a login hint means, in any letter case", async () => {
        const bob = tenant.addAccount({ username: "bob@contoso.example" });
        const token = await broker.acquireTokenSilently(request({ loginHint: "BOB@contoso.example" }));
        expect(tenant.verify(token.accessToken)["oid"]).toBe(bob.localAccountId);
      });

      it("does not answer a login hint with somebody else's token", async () => {
        const failure = await failureOf(
          broker.acquireTokenSilently(request({ loginHint: "eve@contoso.example" })),
        );
        expect(["account_not_found", "account_mismatch", "interaction_required"]).toContain(failure.code);
      });

      it("serves every tenant it is asked for, each time", async () => {
        const guestTenant = "7e7b7d34-6a33-4b6e-9a3c-000000000001";
        const guest = tenant.addAccount({ username: "guest@contoso.example", guestTenants: [guestTenant] });
        const account = await accountOf(guest.username);
        for (const tenantId of [guestTenant, guest.tenantId, guestTenant]) {
          const token = await broker.acquireTokenSilently(
            request({ account, authority: authority(tenantId) }),
          );
          expect(token.tenantId).toBe(tenantId);
          expect(tenant.verify(token.accessToken)["tid"]).toBe(tenantId);
        }
      });

      it("gets a new token when told to refresh", async (ctx) => {
        need(ctx, "forceRefresh");
        const first = await broker.acquireTokenSilently(request());
        const again = await broker.acquireTokenSilently(
          request({ forceRefresh: true, accessTokenToRenew: first.accessToken }),
        );
        expect(again.accessToken).not.toBe(first.accessToken);
      });

      it("carries claims and capabilities to the tenant", async (ctx) => {
        need(ctx, "claims");
        const challenge = { access_token: { acrs: { essential: true, value: "c1" } } };
        const policy = tenant.addPolicy({}, { kind: "claims_challenge", claims: JSON.stringify(challenge) });
        expect((await failureOf(broker.acquireTokenSilently(request()))).code).toBe("interaction_required");
        const token = await broker.acquireTokenSilently(
          request({ claims: JSON.stringify(challenge), clientCapabilities: ["CP1"] }),
        );
        expect(tenant.verify(token.accessToken)).toMatchObject({ xms_cc: [expect.stringMatching(/^cp1$/i)] });
        policy.remove();
      });

      it("asks for the user, naming the scope, and shows nothing", async () => {
        tenant.addPolicy({ resource: graph }, { kind: "interaction_required" });
        const failure = await failureOf(broker.acquireTokenSilently(request(), { correlationId: uuid }));
        expect(failure).toMatchObject({ code: "interaction_required", correlationId: uuid });
        expect(failure.scopes).toEqual([`${graph}/User.Read`]);
        expect(failure.message).toContain(`${graph}/User.Read`);
        expect(tenant.user.dialogs).toEqual([]);
        const other = await broker.acquireTokenSilently(request({ scopes: [`${storage}/.default`] }));
        expect(tenant.verify(other.accessToken)["aud"]).toBe(storage);
      });

      it.each([
        [{ kind: "no_network" }, "no_network"],
        [{ kind: "temporarily_unavailable" }, "temporarily_unavailable"],
        [{ kind: "account_unusable" }, "interaction_required"],
        [{ kind: "wrong_account", username: "eve@contoso.example" }, "account_mismatch"],
        [{ kind: "expires_in", seconds: -60 }, "protocol_error"],
      ] as const)("says what went wrong: %o is %s", async (effect, code) => {
        tenant.addAccount({ username: "eve@contoso.example" });
        tenant.addPolicy({}, effect);
        const account = await accountOf(ann.username);
        const failure = await failureOf(broker.acquireTokenSilently(request({ account })));
        expect(failure.code).toBe(code);
        expect(failure.message).toMatch(/^[A-Z]/);
        expect(failure.hint).toMatch(/[.!]$/);
      });

      it("refuses an account the broker does not know", async () => {
        const account = await accountOf(ann.username);
        tenant.removeAccount(ann.homeAccountId);
        tenant.addAccount({ username: "bob@contoso.example" });
        const failure = await failureOf(broker.acquireTokenSilently(request({ account })));
        expect(failure.code).toBe("account_not_found");
      });

      it("prints the redirect URI to register", async () => {
        const other = "9b2d2f6e-1111-4c39-9d2b-3f5c0a6f7e22";
        tenant.registerApp({ clientId: other, redirectUris: ["https://elsewhere.example/"] });
        const failure = await failureOf(broker.acquireTokenSilently(request({ clientId: other })));
        expect(failure.code).toBe("redirect_uri_mismatch");
        expect(failure.redirectUri).toMatch(/^[a-z][a-z.-]*:\/\//);
        expect(failure.message).toContain(failure.redirectUri);
      });

      it("keeps the tenant's own code for an app it does not know", async () => {
        const failure = await failureOf(
          broker.acquireTokenSilently(request({ clientId: "00000000-1111-4222-8333-444444444444" })),
        );
        expect(failure.aadsts).toBe("AADSTS700016");
      });

      it("proves possession of a key, or says that it cannot", async (ctx) => {
        need(ctx, "proofOfPossession");
        const token = await broker.acquireTokenSilently(
          request({
            proofOfPossession: {
              resourceRequestMethod: "GET",
              resourceRequestUrl: "https://graph.microsoft.com/v1.0/me",
              nonce: "nonce-1",
            },
          }),
        );
        expect(token.tokenType).toBe("pop");
        const signed = tenant.verifySignedHttpRequest(token.accessToken);
        expect(signed.request).toMatchObject({
          m: "GET",
          u: "graph.microsoft.com",
          p: "/v1.0/me",
          nonce: "nonce-1",
        });
      });

      it("answers many calls at once, each with its own", async () => {
        const people = Array.from({ length: 20 }, (_, i) =>
          tenant.addAccount({ username: `p${i}@contoso.example` }),
        );
        const accounts = await broker.getAccounts({ clientId });
        const calls = Array.from(
          { length: harness.manyCalls ?? 200 },
          (_, i) => people[i % people.length] as EmulatedAccount,
        ).map(async (person) => {
          const account = accounts.find((known) => known.homeAccountId === person.homeAccountId);
          const token = await broker.acquireTokenSilently(request(account ? { account } : {}));
          return tenant.verify(token.accessToken)["oid"] === person.localAccountId;
        });
        expect(await Promise.all(calls)).toEqual(calls.map(() => true));
      });
    });

    describe("acquireTokenInteractively", () => {
      it("signs in whom the user chooses", async () => {
        tenant.addAccount({ username: "bob@contoso.example", signedIn: false });
        tenant.user.script = [{ kind: "signs_in", as: "bob@contoso.example" }];
        const token = await broker.acquireTokenInteractively(request({ prompt: "select_account" }));
        expect(token).toMatchObject({ silent: false, account: { username: "bob@contoso.example" } });
        expect(tenant.verify(token.accessToken)["upn"] ?? token.account.username).toBe("bob@contoso.example");
        expect(tenant.user.dialogs).toHaveLength(1);
      });

      it("clears what silent calls were refused for", async () => {
        tenant.addPolicy({}, { kind: "interaction_required" });
        const account = await accountOf(ann.username);
        expect((await failureOf(broker.acquireTokenSilently(request({ account })))).code).toBe(
          "interaction_required",
        );
        await broker.acquireTokenInteractively(request({ account }));
        expect((await broker.acquireTokenSilently(request({ account }))).silent).toBe(true);
      });

      it("starts with the login hint", async () => {
        tenant.addAccount({ username: "bob@contoso.example" });
        tenant.user.script = [{ kind: "signs_in" }];
        const token = await broker.acquireTokenInteractively(request({ loginHint: "bob@contoso.example" }));
        expect(token.account.username).toBe("bob@contoso.example");
        expect(tenant.user.dialogs.at(-1)?.username).toBe("bob@contoso.example");
      });

      it("lets the user choose another account than the login hint's", async () => {
        tenant.addAccount({ username: "bob@contoso.example" });
        tenant.user.script = [{ kind: "signs_in", as: "bob@contoso.example" }];
        const token = await broker.acquireTokenInteractively(request({ loginHint: ann.username }));
        expect(token.account.username).toBe("bob@contoso.example");
      });

      it("says that the user closed the window", async () => {
        tenant.user.script = [{ kind: "cancels" }];
        expect((await failureOf(broker.acquireTokenInteractively(request({ prompt: "login" })))).code).toBe(
          "user_canceled",
        );
      });

      it("refuses another account than the one asked for", async () => {
        tenant.addAccount({ username: "eve@contoso.example" });
        const account = await accountOf(ann.username);
        tenant.user.script = [{ kind: "signs_in", as: "eve@contoso.example" }];
        const failure = await failureOf(
          broker.acquireTokenInteractively(request({ account, prompt: "login" })),
        );
        expect(failure.code).toBe("account_mismatch");
      });

      it("shows one dialog at a time, and lets those that wait be aborted", async () => {
        tenant.user.script = [{ kind: "signs_in", delayInMs: 200 }, { kind: "signs_in" }];
        const waiting = new AbortController();
        const calls = [
          broker.acquireTokenInteractively(request({ prompt: "login", loginHint: ann.username })),
          broker.acquireTokenInteractively(request({ prompt: "login" }), { abortSignal: waiting.signal }),
          broker.acquireTokenInteractively(request({ prompt: "login", loginHint: ann.username })),
        ];
        const settled = Promise.allSettled(calls);
        waiting.abort();
        expect((await settled).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
        await expect(calls[1]).rejects.toMatchObject({ name: "AbortError" });
        expect(tenant.user.maxConcurrentDialogs).toBe(1);
        expect(tenant.user.dialogs).toHaveLength(2);
      });
    });

    describe("abort and time limits", () => {
      const operations: [
        string,
        () => (options: { abortSignal?: AbortSignal; timeoutInMs?: number }) => Promise<unknown>,
      ][] = [
        ["getAccounts", () => (options) => broker.getAccounts({ clientId }, options)],
        ["acquireTokenSilently", () => (options) => broker.acquireTokenSilently(request(), options)],
        [
          "acquireTokenInteractively",
          () => (options) => broker.acquireTokenInteractively(request(), options),
        ],
      ];

      it.each(operations)("%s refuses a signal that has already fired", async (_name, operation) => {
        await expect(operation()({ abortSignal: AbortSignal.abort() })).rejects.toMatchObject({
          name: "AbortError",
        });
      });

      it.each(operations)("%s is aborted in the middle", async (_name, operation) => {
        tenant.addPolicy({ method: "*" }, { kind: "never_answers" });
        const controller = new AbortController();
        const call = operation()({ abortSignal: controller.signal });
        setTimeout(() => controller.abort(), 50);
        await expect(call).rejects.toMatchObject({ name: "AbortError" });
      });

      it.each(operations)("%s ends when its time is up", async (_name, operation) => {
        const policy = tenant.addPolicy({ method: "*" }, { kind: "never_answers" });
        expect((await failureOf(operation()({ timeoutInMs: 100 }))).code).toBe("timed_out");
        policy.remove();
        await expect(operation()({ timeoutInMs: 20_000 })).resolves.toBeDefined();
      });
    });

    describe("signOut", () => {
      it("takes the account off, or says that no app may", async (ctx) => {
        need(ctx, "signOut");
        await broker.signOut({ clientId, account: await accountOf(ann.username) });
        expect(await broker.getAccounts({ clientId })).toEqual([]);
      });
    });

    describe("acquireSsoCookies", () => {
      it("gets a cookie that signs a browser in", async (ctx) => {
        need(ctx, "ssoCookies");
        const cookies = await broker.acquireSsoCookies?.({
          clientId,
          authority: authority(),
          ssoUrl: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?sso_nonce=abc",
        });
        expect(cookies).toEqual([
          { name: "x-ms-RefreshTokenCredential", value: expect.stringMatching(/^ey/) },
        ]);
      });
    });

    describe("bad input", () => {
      it.each<[string, Partial<SilentTokenRequest>]>([
        ["no scope", { scopes: [] }],
        ["an empty scope", { scopes: [""] }],
        ["an authority that is no URL", { authority: "contoso" }],
        ["no client id", { clientId: "" }],
        ["claims that are not JSON", { claims: "{" }],
        ["a parameter the protocol owns", { extraParameters: { redirect_uri: "https://evil.example" } }],
        ["a B2C authority", { authority: "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_in" }],
      ])("refuses %s before anybody is asked", async (_what, changes) => {
        const failure = await failureOf(broker.acquireTokenSilently(request(changes)));
        expect(["invalid_request", "untrusted_authority"]).toContain(failure.code ?? "");
        expect(failure.hint).not.toBe("");
      });
    });

    it("keeps tokens and user names out of logs and errors", async () => {
      const lines: string[] = [];
      const write = (message: string) => void lines.push(message);
      const logger: BrokerLogger = { error: write, warning: write, info: write, verbose: write };
      const token = await broker.acquireTokenSilently(request(), { logger });
      tenant.addPolicy(
        {},
        { kind: "wire_error", status: 0, context: `AADSTS1: ${ann.username} ${token.accessToken}` },
      );
      const failure = await failureOf(
        broker.acquireTokenSilently(request({ loginHint: ann.username }), { logger }),
      );
      const told = [...lines, failure.message, failure.stack, JSON.stringify(failure)].join("\n");
      expect(lines.length).toBeGreaterThan(0);
      for (const secret of [token.accessToken, token.idToken ?? token.accessToken, ann.username]) {
        expect(told.includes(secret), "a secret was told").toBe(false);
      }
    });
  });
}

async function failureOf(call: Promise<unknown>): Promise<BrokerError> {
  try {
    await call;
  } catch (error) {
    expect((error as Error).name).toBe("BrokerError");
    return error as BrokerError;
  }
  throw new Error("The call succeeded; it should have failed.");
}
