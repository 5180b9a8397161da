import type { OperationOptions } from "@x/broker-contract";
import { describe, expect, it, vi } from "vitest";
import { createWindowsBroker, describeNativeBinding, packageVersion, platform } from "./index.js";
import { brokerIn, failure, onlyTokenCall, request, tokenCalls } from "./testing/broker.js";
import { FakeWam, nativeError, type WamAnswer, type WamHandler } from "./testing/fake-wam.js";
import {
  account,
  clientId,
  clientInfo,
  jane,
  objectId,
  pat,
  personalAccount,
  personalObjectId,
  personalTenantId,
  tenantId,
  username,
  workResponse,
} from "./testing/people.js";
import { answering, type World } from "./testing/world.js";

const consumers = "https://login.microsoftonline.com/consumers";
const native = { provider: "organizations", wamAccountIds: { [clientId]: "aad-web-account-id" } };
const correlationId = "6f0c1a52-0000-4000-8000-000000000001";

describe("getAccounts", () => {
  it("tells who is who, and what finds them again", async () => {
    const { broker } = brokerIn({ personalAccounts: [pat()] });
    expect(await broker.getAccounts({ clientId })).toEqual([
      { ...account(), native },
      {
        ...personalAccount(),
        native: { provider: "consumers", wamAccountIds: { [clientId]: "msa-web-account-id" } },
      },
    ]);
  });

  it("asks for each account's home once: a guest's is not where WAM says", async () => {
    const home = "33333333-aaaa-4bbb-8ccc-444444444444";
    const { broker, wam } = brokerIn({
      response: () => workResponse({ wamcompat_client_info: clientInfo("home-object", home) }),
    });
    const [guest] = await broker.getAccounts({ clientId });
    expect(guest).toMatchObject({
      homeAccountId: `home-object.${home}`,
      localAccountId: objectId,
      tenantId,
    });
    expect(onlyTokenCall(wam)).toMatchObject({
      call: "GetTokenSilentlyWithWebAccountAsync",
      scope: "offline_access openid profile",
    });
    expect(await broker.getAccounts({ clientId })).toEqual([guest]);
    expect(tokenCalls(wam)).toHaveLength(1);
  });

  it.each<[string, WamAnswer | Error]>([
    ["the user is needed", { status: 3 }],
    ["the plug-in fails", nativeError("failed", { hresult: 0x80004005, stage: "GetTokenSilentlyAsync" })],
    ["the answer is about somebody else", { status: 0, responses: [workResponse({}, { account: pat() })] }],
    ["the answer makes no sense", { status: 0, responses: [{ token: "x" }] }],
  ])("goes by WAM's own ids where %s", async (_why, silent) => {
    const homeOf = jane({ properties: { ...jane().properties, HomeOID: "h", HomeTenantId: "t" } });
    const { broker } = brokerIn({ silent, accounts: [jane(), homeOf] });
    const ids = (await broker.getAccounts({ clientId })).map(({ homeAccountId }) => homeAccountId);
    expect(ids).toEqual([`${objectId}.${tenantId}`, "h.t"]);
  });

  it("does not go on without homes after close()", async () => {
    const { broker, wam } = brokerIn({
      first: ({ call }) => (call.startsWith("GetToken") ? new Promise(() => {}) : undefined),
    });
    const listing = failure(broker.getAccounts({ clientId }));
    while (tokenCalls(wam).length === 0) await new Promise((resolve) => setImmediate(resolve));
    await broker.close();
    expect((await listing).reason).toBe("connection_closed");
  });

  it("keeps the order, and leaves out what has no ids", async () => {
    const { broker } = brokerIn({
      accounts: [jane({ id: "x", properties: {} }), jane()],
      personalAccounts: [pat({ properties: { SafeCustomerId: "nonsense" } }), pat()],
    });
    const accounts = await broker.getAccounts({ clientId });
    expect(accounts.map((one) => one.username)).toEqual([username, pat().userName]);
  });

  it("lists nobody where nobody is", async () => {
    expect(await brokerIn({ accounts: [] }).broker.getAccounts({ clientId })).toEqual([]);
  });

  it("remembers a personal account, which its plug-in lists to nobody, until WAM forgets it", async () => {
    let known = true;
    const { broker, wam } = brokerIn({
      accounts: [],
      first: ({ call }) => (call === "FindAccountAsync" && !known ? { account: null } : undefined),
    });
    await broker.acquireTokenSilently(request({ authority: consumers }));
    const [personal] = await broker.getAccounts({ clientId });
    expect(personal?.homeAccountId).toBe(`${personalObjectId}.${personalTenantId}`);
    expect(await broker.getAccounts({ clientId: "another-app" })).toEqual([]);
    known = false;
    expect(await broker.getAccounts({ clientId })).toEqual([]);
    wam.calls.length = 0;
    expect(await broker.getAccounts({ clientId })).toEqual([]);
    expect(wam.names).not.toContain("FindAccountAsync");
  });

  it("says why a Windows tells none", async () => {
    const old = nativeError("unavailable", { hresult: 0x80004002, stage: "FindAllAccountsAsync" });
    const listing =
      (answer: WamAnswer | Error): WamHandler =>
      ({ call }) =>
        call.startsWith("FindAllAccounts") ? answer : undefined;
    const tooOld = brokerIn({ first: listing(old) });
    expect(await failure(tooOld.broker.getAccounts({ clientId }))).toMatchObject({
      code: "not_supported",
      reason: "windows_too_old",
    });
    const failing = brokerIn({
      first: listing({ status: 3, error: { code: 0xcaa90018, message: "no" } }),
    });
    expect(await failure(failing.broker.getAccounts({ clientId }))).toMatchObject({
      code: "broker_failed",
      native: { wamErrorCode: "0xcaa90018" },
    });
  });

  it("lists work accounts although the other plug-in fails", async () => {
    const { broker } = brokerIn({
      first: ({ call, provider }) =>
        call.startsWith("FindAllAccounts") && provider === "consumers"
          ? { status: 3, error: { code: 0x80004005 } }
          : undefined,
    });
    expect(await broker.getAccounts({ clientId })).toHaveLength(1);
  });

  it("does with one plug-in, but not without any", async () => {
    const without = (missing: (authority: string) => boolean): World => ({
      first: ({ call, authority = "" }) =>
        call === "FindAccountProviderWithAuthorityAsync" && missing(authority)
          ? { provider: null }
          : undefined,
    });
    const { broker } = brokerIn(without((authority) => authority === "consumers"));
    expect(await broker.getAccounts({ clientId })).toHaveLength(1);
    const error = await failure(brokerIn(without(() => true)).broker.getAccounts({ clientId }));
    expect(error).toMatchObject({ code: "broker_unavailable", reason: "provider_missing" });
  });
});

describe("signOut", () => {
  it("signs the account out of this app, and keeps to it", async () => {
    const { broker, wam } = brokerIn();
    await broker.signOut({ clientId, account: account({ native }) });
    expect(wam.calls.at(-1)).toMatchObject({
      call: "account.SignOutWithClientIdAsync",
      id: "aad-web-account-id",
      clientId,
    });
    expect(wam.calls[0]).toMatchObject({ authority: tenantId });

    // WAM lists the account for good; the app has signed out of it.
    expect(await broker.getAccounts({ clientId })).toEqual([]);
    wam.calls.length = 0;
    const named = await failure(broker.acquireTokenSilently(request({ account: account({ native }) })));
    expect(named).toMatchObject({ code: "interaction_required", reason: "account_unusable" });
    expect(wam.calls).toEqual([]);
    const byDefault = await failure(broker.acquireTokenSilently(request()));
    expect(byDefault).toMatchObject({ code: "interaction_required", reason: "account_unusable" });
  });

  it("holds for every broker over the same addon, but for no other app", async () => {
    const { broker, wam } = brokerIn();
    await broker.signOut({ clientId, account: account({ native }) });
    const second = createWindowsBroker({ loadBinding: () => wam });
    expect((await failure(second.acquireTokenSilently(request()))).reason).toBe("account_unusable");
    expect(await second.getAccounts({ clientId: "another-app" })).toHaveLength(1);
  });

  it("holds for another copy of the package, too", async () => {
    const { broker, wam } = brokerIn();
    await broker.signOut({ clientId, account: account({ native }) });
    vi.resetModules();
    const { createWindowsBroker: create } = await import("./index.js");
    expect(create).not.toBe(createWindowsBroker);
    const error = await failure(create({ loadBinding: () => wam }).acquireTokenSilently(request()));
    expect(error.reason).toBe("account_unusable");
  });

  it("ends when the user signs in again", async () => {
    const { broker } = brokerIn();
    await broker.signOut({ clientId, account: account({ native }) });
    await broker.acquireTokenInteractively(request({ account: account({ native }) }));
    expect((await broker.acquireTokenSilently(request())).account.username).toBe(username);
    expect(await broker.getAccounts({ clientId })).toHaveLength(1);
  });

  it("asks the plug-in for personal accounts for one of those", async () => {
    const { broker, wam } = brokerIn();
    const { account: personal } = await broker.acquireTokenSilently(request({ authority: consumers }));
    wam.calls.length = 0;
    await broker.signOut({ clientId, account: personal });
    expect(wam.calls[0]).toMatchObject({ authority: "consumers" });
    expect(wam.calls.at(-1)).toMatchObject({ id: "msa-web-account-id" });
  });

  it("says that WAM does not know the account, or failed", async () => {
    const empty = brokerIn({ accounts: [], found: [] });
    const error = await failure(empty.broker.signOut({ clientId, account: account({ native }) }));
    expect(error.code).toBe("account_not_found");
    const { broker } = brokerIn({
      first: ({ call }) =>
        call.startsWith("account.") ? nativeError("failed", { hresult: 0x80004005, stage: call }) : undefined,
    });
    expect((await failure(broker.signOut({ clientId, account: account({ native }) }))).code).toBe(
      "broker_failed",
    );
    // It did not happen.
    expect((await broker.acquireTokenSilently(request())).silent).toBe(true);
  });
});

describe("probe", () => {
  it("says what is there", async () => {
    expect(await brokerIn().broker.probe()).toEqual({
      available: true,
      platform: "windows",
      emulated: false,
      capabilities: {
        interactiveWithoutAccount: true,
        proofOfPossession: true,
        claims: true,
        ssoCookies: false,
        signOut: true,
      },
      facts: { sessionId: "1", elevated: "false" },
    });
  });

  it("tells an emulator, and a session that shows no windows", async () => {
    const { broker, wam } = brokerIn({
      first: () => ({ provider: { id: "x", displayName: "Work or school account (emulator)" } }),
    });
    wam.sessionFacts = { sessionId: 0 };
    expect(await broker.probe()).toMatchObject({
      emulated: true,
      capabilities: { interactiveWithoutAccount: false },
    });
  });

  it.each<[string, WamAnswer | Error, string]>([
    [
      "no WAM",
      nativeError("unavailable", { hresult: 0x80040154, stage: "RoGetActivationFactory" }),
      "wam_missing",
    ],
    ["no plug-in", { provider: null }, "provider_missing"],
  ])("says why there is none: %s", async (_what, answer, reason) => {
    const { broker } = brokerIn({ first: () => answer });
    expect(await broker.probe()).toMatchObject({
      available: false,
      platform: "windows",
      error: { code: "broker_unavailable", reason },
    });
  });

  it("says that the addon is missing, or that this is another system", async () => {
    const broker = createWindowsBroker({
      loadBinding: () => {
        throw new Error("No native build was found");
      },
    });
    const reason = process.platform === "win32" ? "native_addon_missing" : "unsupported_platform";
    expect(await broker.probe()).toMatchObject({ available: false, error: { reason } });
    expect(describeNativeBinding(() => new FakeWam(answering()))).toEqual({ loaded: true });
  });
});

type Ask = (world: World, options: OperationOptions) => { wam: FakeWam; call: Promise<unknown> };

const common = "https://login.microsoftonline.com/common";
const pop = { resourceRequestMethod: "GET", resourceRequestUrl: "https://example.com/", nonce: "n" };

/** Flows with every kind of step there is. */
const flows: [string, Ask][] = [
  [
    "getAccounts",
    (world, options) => {
      const { broker, wam } = brokerIn(world);
      return { wam, call: broker.getAccounts({ clientId }, options) };
    },
  ],
  [
    "a renewed silent token with proof of possession",
    (world, options) => {
      const { broker, wam } = brokerIn({ response: () => workResponse({ shr: "a.b.c" }), ...world });
      const changes = { authority: common, loginHint: username, forceRefresh: true, proofOfPossession: pop };
      return { wam, call: broker.acquireTokenSilently(request(changes), options) };
    },
  ],
  [
    "a token in a window after the picker, by transfer",
    (world, options) => {
      const { broker, wam } = brokerIn({ picks: "consumers", ...world });
      return { wam, call: broker.acquireTokenInteractively(request({ msaPassthrough: true }), options) };
    },
  ],
  [
    "signOut",
    (world, options) => {
      const { broker, wam } = brokerIn(world);
      return { wam, call: broker.signOut({ clientId, account: account() }, options) };
    },
  ],
];

describe.each(flows)("%s, given up on", (_name, ask) => {
  /** How many calls the flow makes when nobody gives up. */
  async function length(): Promise<number> {
    const { wam, call } = ask({}, {});
    await call.catch(() => {});
    return wam.calls.length;
  }

  it("ends at once at every step, and cancels what is under way", async () => {
    const steps = await length();
    expect(steps).toBeGreaterThan(2);
    for (let step = 0; step < steps; step++) {
      const controller = new AbortController();
      let asked = 0;
      const { wam, call } = ask(
        {
          first: () => {
            if (asked++ !== step) return undefined;
            controller.abort(new Error("enough"));
            return new Promise(() => {});
          },
        },
        { abortSignal: controller.signal, correlationId },
      );
      const error = await failure(call);
      expect(error).toMatchObject({ name: "AbortError", correlationId, cause: { message: "enough" } });
      const made = wam.calls.filter(({ call: name }) => name !== "async.Cancel");
      expect(wam.calls.at(-1)).toMatchObject({ call: "async.Cancel", op: made.at(-1)?.call });
      expect(made).toHaveLength(step + 1);
      expect(wam.stats()).toMatchObject({ operations: 0, turns: 0 });
    }
  });

  it("does not ask at all where the signal has fired already", async () => {
    const { wam, call } = ask({}, { abortSignal: AbortSignal.abort() });
    expect((await failure(call)).name).toBe("AbortError");
    expect(wam.calls).toEqual([]);
  });

  it("ends when its time is up", async () => {
    const { wam, call } = ask({ first: () => new Promise(() => {}) }, { timeoutInMs: 10, correlationId });
    expect(await failure(call)).toMatchObject({ code: "timed_out", correlationId, retryable: true });
    expect(wam.stats()).toMatchObject({ operations: 0, turns: 0 });
  });
});

describe("the package", () => {
  it("never lets an operation hold the process by itself: whoever waits does that", async () => {
    const { broker, wam } = brokerIn();
    await broker.getAccounts({ clientId });
    await broker.acquireTokenInteractively(request({ authority: common }));
    await broker.signOut({ clientId, account: account({ native }) });
    expect(wam.calls.length).toBeGreaterThan(8);
    expect(wam.calls.every(({ keepAlive }) => keepAlive === false)).toBe(true);
  });

  it("ends its calls when it is closed, and a later call goes on", async () => {
    let stuck = true;
    const { broker, wam } = brokerIn({ first: () => (stuck ? new Promise(() => {}) : undefined) });
    const calls = [
      broker.getAccounts({ clientId }),
      broker.acquireTokenSilently(request()),
      broker.acquireTokenInteractively(request()),
      broker.acquireTokenInteractively(request()),
    ].map(failure);
    await new Promise((resolve) => setImmediate(resolve));
    await broker.close();
    for (const call of calls)
      expect(await call).toMatchObject({ code: "broker_unavailable", reason: "connection_closed" });
    expect(wam.stats()).toMatchObject({ operations: 0, turns: 0 });
    stuck = false;
    expect((await broker.acquireTokenSilently(request())).silent).toBe(true);
    await broker.close();
  });

  it("names the call in the tenant's logs", async () => {
    const { broker, wam } = brokerIn();
    const token = await broker.acquireTokenSilently(request(), { correlationId });
    expect(token.correlationId).toBe(correlationId);
    expect(onlyTokenCall(wam).correlationId).toBe(correlationId);
  });

  it("answers many calls at once, each with its own", async () => {
    const people = Array.from({ length: 20 }, (_, index) => {
      const oid = `${objectId.slice(0, -2)}${10 + index}`;
      return { oid, account: jane({ id: `id-${index}`, userName: `p${index}@contoso.com` }) };
    });
    const { broker } = brokerIn({
      accounts: people.map((one) => one.account),
      response: ({ webAccount }) => {
        const person = people.find((one) => one.account.id === webAccount);
        const oid = person?.oid ?? "";
        return workResponse(
          {
            wamcompat_client_info: clientInfo(oid, tenantId),
            wamcompat_id_token: `e30.${encoded({ oid, tid: tenantId })}.c2ln`,
          },
          { token: `token of ${oid}`, ...(person && { account: person.account }) },
        );
      },
    });
    const calls = Array.from({ length: 200 }, async (_, index) => {
      const person = people[index % people.length];
      if (person === undefined) throw new Error("There is nobody.");
      const token = await broker.acquireTokenSilently(request({ loginHint: person.account.userName }));
      return token.accessToken === `token of ${person.oid}`;
    });
    expect(await Promise.all(calls)).toEqual(calls.map(() => true));
  });

  it("refuses options that are none", () => {
    const options = { loadBinding: 1 } as unknown as Parameters<typeof createWindowsBroker>[0];
    expect(() => createWindowsBroker(options)).toThrow(TypeError);
  });

  it("is for Windows, and knows its version", async () => {
    const { readFileSync } = await import("node:fs");
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(packageVersion).toBe(manifest.version);
    expect(platform).toBe("windows");
    expect(brokerIn().broker.platform).toBe("windows");
    expect(manifest.publishConfig.os).toEqual(["win32"]);
  });

  it("has nothing to give that WAM has not", () => {
    expect(brokerIn().broker).not.toHaveProperty("acquireSsoCookies");
    expect(brokerIn().broker).not.toHaveProperty("signHttpRequest");
  });
});

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
