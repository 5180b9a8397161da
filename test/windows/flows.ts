// What only Windows' accounts have: two kinds of them, a picker, sign-out of one app, a key of Windows' own. The cases
// run wherever a broker and a WAM door are put on stage.
import type { Broker, BrokerAccount, InteractiveTokenRequest, SilentTokenRequest } from "@x/broker-contract";
import { type EmulatedAccount, EmulatedTenant, type WamDoor } from "@x/broker-emulator";
import type { NativeSession } from "@x/broker-win";
import { afterEach, describe, expect, it } from "vitest";
import { failureOf } from "../faults/expect-failure.js";
import { usualSession } from "./windows-stage.js";

export interface FlowStage {
  readonly broker: Broker;
  readonly door: WamDoor;
  stop(): Promise<void>;
}

export interface FlowHarness {
  readonly name: string;
  /** Each with a tenant of its own, and a broker that says it is in this session. */
  start(tenant: EmulatedTenant, session: NativeSession): Promise<FlowStage>;
}

const clientId = "5b1f4a10-4f2e-4c39-9d2b-3f5c0a6f7e21";
const otherApp = "6c1f4a10-4f2e-4c39-9d2b-3f5c0a6f7e22";
const scopes = ["https://graph.microsoft.com/User.Read"];
const personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
const authority = (tenant: string) => `https://login.microsoftonline.com/${tenant}`;

const proofOfPossession = {
  resourceRequestMethod: "POST",
  resourceRequestUrl: "https://graph.microsoft.com/v1.0/me",
  nonce: "nonce-2",
};

export function describeWindowsFlows(harness: FlowHarness): void {
  describe(`${harness.name}: what only Windows' accounts have`, () => {
    let stage: FlowStage | undefined;
    let tenant: EmulatedTenant;
    let ann: EmulatedAccount;
    let pat: EmulatedAccount;

    const begin = async (session: NativeSession = usualSession) => {
      tenant = new EmulatedTenant();
      for (const id of [clientId, otherApp]) tenant.registerApp({ clientId: id });
      ann = tenant.addAccount({ username: "ann@contoso.example", name: "Ann Lee" });
      pat = tenant.addAccount({ username: "pat@outlook.example", name: "Pat Doe", personal: true });
      stage = await harness.start(tenant, session);
      return stage;
    };
    afterEach(async () => {
      await stage?.stop();
      stage = undefined;
    });

    const request = (changes: Partial<InteractiveTokenRequest & SilentTokenRequest> = {}) => ({
      authority: authority("organizations"),
      clientId,
      scopes,
      ...changes,
    });
    /** The token requests that WAM was asked, by their method. */
    const asked = (method: RegExp) =>
      (stage?.door.requests ?? [])
        .filter((one) => method.test(one.method))
        .map(({ request: call }) => call as { readonly properties: Readonly<Record<string, string>> });

    describe("personal accounts", () => {
      it("get tokens from their own provider, for consumers and by their tenant's id", async () => {
        const { broker } = await begin();
        for (const name of ["consumers", personalTenant]) {
          const token = await broker.acquireTokenSilently(request({ authority: authority(name) }));
          expect(tenant.verify(token.accessToken)).toMatchObject({
            tid: personalTenant,
            oid: pat.localAccountId,
          });
          expect(token).toMatchObject({
            tokenType: "Bearer",
            tenantId: personalTenant,
            account: { homeAccountId: pat.homeAccountId, username: pat.username },
          });
          expect(token.expiresOn).toBeGreaterThan(Date.now());
        }
        expect(asked(/^GetToken/)[0]).toMatchObject({
          provider: { authority: "consumers" },
          scope: `${scopes[0]} openid profile`,
          properties: { "api-version": "2.0", oauth2_batch: "1", "x-client-info": "1" },
        });
      });

      it("are found again by what their account carries, also by another broker", async () => {
        const { broker } = await begin();
        const { account } = await broker.acquireTokenSilently(request({ authority: authority("consumers") }));
        const kept = JSON.parse(JSON.stringify(account)) as BrokerAccount;
        const token = await broker.acquireTokenSilently(
          request({ authority: authority("consumers"), account: kept }),
        );
        expect(token.account.homeAccountId).toBe(pat.homeAccountId);
        expect(asked(/^FindAccountAsync$/)).toHaveLength(1);
      });

      it("are what `common` means when Windows was logged on to with one", async () => {
        const { broker } = await begin();
        const common = request({ authority: authority("common") });
        expect((await broker.acquireTokenSilently(common)).account.username).toBe(ann.username);
        tenant.removeAccount(ann.homeAccountId);
        expect((await broker.acquireTokenSilently(common)).account.username).toBe(pat.username);
      });

      it("are told that they are not for a work tenant", async () => {
        const { broker } = await begin();
        tenant.removeAccount(ann.homeAccountId);
        expect((await failureOf(broker.acquireTokenSilently(request()))).code).toBe("interaction_required");
      });

      it("act in a work tenant by passthrough", async () => {
        const { broker } = await begin();
        const { account } = await broker.acquireTokenSilently(request({ authority: authority("consumers") }));
        const token = await broker.acquireTokenSilently(request({ account, msaPassthrough: true }));
        expect(tenant.verify(token.accessToken)).toMatchObject({
          tid: "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
          upn: pat.username,
        });
      });
    });

    describe("the account picker", () => {
      const common = () => request({ authority: authority("common") });

      it.each([
        ["work", "ann@contoso.example", "organizations"],
        ["personal", "pat@outlook.example", "consumers"],
      ])("lets the user take a %s account", async (_kind, username, provider) => {
        const { broker } = await begin();
        tenant.user.script = [{ kind: "signs_in", as: username }];
        const token = await broker.acquireTokenInteractively(common());
        expect(token.account.username).toBe(username);
        expect(asked(/^pane/)).toMatchObject([{ providers: ["consumers", "organizations"] }]);
        expect(asked(/^RequestToken/)).toMatchObject([{ provider: { authority: provider } }]);
      });

      it("may be closed", async () => {
        const { broker } = await begin();
        tenant.user.script = [{ kind: "cancels" }];
        expect((await failureOf(broker.acquireTokenInteractively(common()))).code).toBe("user_canceled");
        expect(asked(/^RequestToken/)).toEqual([]);
      });

      it("goes away when the caller does, and the next flow has its turn", async () => {
        const { broker } = await begin();
        tenant.user.script = [{ kind: "never_acts" }];
        const controller = new AbortController();
        const call = broker.acquireTokenInteractively(common(), { abortSignal: controller.signal });
        await expect.poll(() => tenant.user.dialogs.length, { timeout: 20_000 }).toBe(1);
        controller.abort();
        await expect(call).rejects.toMatchObject({ name: "AbortError" });
        tenant.user.script = [{ kind: "signs_in", as: ann.username }];
        expect((await broker.acquireTokenInteractively(common())).account.username).toBe(ann.username);
      });

      it("is not shown by an elevated process, which can still sign in to a tenant", async () => {
        const { broker } = await begin({ ...usualSession, integrityLevel: 0x3000, elevated: true });
        const failure = await failureOf(broker.acquireTokenInteractively(common()));
        expect(failure).toMatchObject({ code: "not_supported", reason: "elevated_process" });
        expect(asked(/^pane/)).toEqual([]);
        expect((await broker.acquireTokenInteractively(request())).account.username).toBe(ann.username);
      });
    });

    it.each<[string, NativeSession, string]>([
      ["session 0", { ...usualSession, sessionId: 0 }, "session_0"],
      ["no desktop", { ...usualSession, visibleStation: false }, "no_desktop"],
    ])(
      "%s: interactive calls are refused before anything is shown, silent ones work",
      async (_what, session, reason) => {
        const { broker } = await begin(session);
        const failure = await failureOf(broker.acquireTokenInteractively(request()));
        expect(failure).toMatchObject({ code: "broker_unavailable", reason });
        expect(failure.hint).not.toBe("");
        expect(stage?.door.requests).toEqual([]);
        expect((await broker.acquireTokenSilently(request())).account.username).toBe(ann.username);
        expect(await broker.probe()).toMatchObject({ capabilities: { interactiveWithoutAccount: false } });
      },
    );

    it("sign-out is of one app, until the next sign-in; Windows keeps the account", async () => {
      const { broker } = await begin();
      const [account] = await broker.getAccounts({ clientId });
      if (account === undefined) throw new Error("There is no account.");
      await broker.signOut({ clientId, account });
      expect(asked(/SignOut/)).toMatchObject([{ call: "account.SignOutWithClientIdAsync", clientId }]);
      expect(await broker.getAccounts({ clientId })).toEqual([]);
      expect(await broker.getAccounts({ clientId: otherApp })).toHaveLength(1);
      expect((await failureOf(broker.acquireTokenSilently(request({ account })))).code).toBe(
        "interaction_required",
      );
      await broker.acquireTokenInteractively(request({ account, prompt: "login" }));
      expect((await broker.acquireTokenSilently(request({ account }))).silent).toBe(true);
      expect(await broker.getAccounts({ clientId })).toHaveLength(1);
    });

    it("a forced refresh makes WAM forget the old token", async () => {
      const { broker } = await begin();
      const first = await broker.acquireTokenSilently(request());
      expect((await broker.acquireTokenSilently(request())).accessToken).toBe(first.accessToken);
      const again = await broker.acquireTokenSilently(
        request({ forceRefresh: true, accessTokenToRenew: first.accessToken }),
      );
      expect(again.accessToken).not.toBe(first.accessToken);
      expect(asked(/InvalidateCache/)).toHaveLength(1);
    });

    it("a guest's home is asked of the token, not taken from WAM's properties", async () => {
      const { broker } = await begin();
      const [account] = await broker.getAccounts({ clientId });
      expect(account?.homeAccountId).toBe(ann.homeAccountId);
      expect(asked(/^GetToken/)).toMatchObject([{ scope: "offline_access openid profile" }]);
    });

    it("what passes by itself is tried again, what does not is told", async () => {
      const { broker } = await begin();
      const policy = tenant.addPolicy({}, { kind: "wam_error", code: 0xcaad0001 }, { times: 2 });
      expect((await broker.acquireTokenSilently(request())).account.username).toBe(ann.username);
      expect(policy.applied).toBe(2);
      tenant.addPolicy({}, { kind: "wam_error", code: 0xcaa20064, message: "Nobody knows." });
      const failure = await failureOf(broker.acquireTokenSilently(request()));
      expect(failure).toMatchObject({
        code: "broker_failed",
        native: { wamErrorCode: "0xcaa20064", wamStatus: 5 },
      });
    });

    it("a WAM whose process ends in the middle is told as such", async () => {
      const { broker } = await begin();
      tenant.addPolicy({}, { kind: "dies" });
      const failure = await failureOf(broker.acquireTokenSilently(request()));
      expect(failure).toMatchObject({
        code: "broker_unavailable",
        reason: "broker_died",
        native: { hresult: "0x800706ba" },
      });
    });

    it("requests carry the caller's correlation id, claims and extra parameters", async () => {
      const { broker } = await begin();
      const correlationId = "9f1c2d3e-0000-4000-8000-00000000000b";
      const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: "c1" } } });
      await broker.acquireTokenSilently(
        request({ claims, clientCapabilities: ["CP1"], extraParameters: { slice: "test" } }),
        { correlationId },
      );
      const [call] = asked(/^GetToken/);
      expect(call).toMatchObject({
        correlationId,
        properties: { wam_compat: "2.0", return_account_on_failure: "true", slice: "test" },
      });
      expect(JSON.parse(call?.properties["claims"] ?? "")).toEqual({
        access_token: { acrs: { essential: true, value: "c1" }, xms_cc: { values: ["CP1"] } },
      });
    });

    it("proof of possession is WAM's where it has a key", async () => {
      const { broker } = await begin();
      const token = await broker.acquireTokenSilently(request({ proofOfPossession }));
      expect(token.tokenType).toBe("pop");
      expect(tenant.verifySignedHttpRequest(token.accessToken).request).toMatchObject({
        m: "POST",
        nonce: "nonce-2",
      });
    });
  });
}
