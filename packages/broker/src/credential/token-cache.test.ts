import type { BrokerToken } from "@x/broker-contract";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ada, bob, FakeBroker, failure, gate, scope, tenantA, tenantB } from "../testing/fake-broker.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";
import { cacheEntry, claimRefresh, TokenCache, tokenKey } from "./token-cache.js";

const minute = 60_000;
const graph = "https://graph.microsoft.com/.default";
const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';

function setUp() {
  const broker = new FakeBroker();
  return {
    broker,
    credential: new InteractiveBrowserBrokerCredential({ broker, useDefaultBrokerAccount: true }),
  };
}

function token(expiresOn: number, more: Partial<BrokerToken> = {}): BrokerToken {
  return {
    accessToken: "secret",
    tokenType: "Bearer",
    expiresOn,
    scopes: [scope],
    account: ada,
    tenantId: tenantA,
    authority: `https://login.microsoftonline.com/${tenantA}`,
    correlationId: "id",
    silent: true,
    telemetry: {},
    ...more,
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("tokens in memory", () => {
  it("are given again without asking the broker, however the same scopes are written", async () => {
    const { broker, credential } = setUp();
    const first = await credential.getToken([scope, "b"]);
    expect(await credential.getToken(["b", scope, "b"])).toEqual(first);
    expect(await credential.getToken([scope, "b"], { enableCae: false, requestOptions: {} })).toEqual(first);
    expect(broker.calls).toHaveLength(1);
  });

  it("are not confused: tenant, CAE and scopes each have their own", async () => {
    const { broker, credential } = setUp();
    const asked: [string | string[], object][] = [
      [scope, {}],
      [scope, { enableCae: true }],
      [scope, { tenantId: tenantB }],
      [scope, { tenantId: tenantB, enableCae: true }],
      [graph, {}],
      [[graph, "b"], {}],
    ];
    for (const _ of [1, 2]) for (const [scopes, options] of asked) await credential.getToken(scopes, options);
    const tokens = await Promise.all(asked.map(([scopes, options]) => credential.getToken(scopes, options)));
    expect(new Set(tokens.map((each) => each.token)).size).toBe(asked.length);
    expect(broker.silent).toHaveLength(asked.length);
  });

  it("are not another account's", async () => {
    const { broker, credential } = setUp();
    await credential.getToken(scope);
    await credential.signOut();
    const second = await credential.getToken(scope);
    expect(broker.silent).toHaveLength(2);
    expect(broker.accounts).toEqual([bob]);
    expect(await credential.getToken(scope)).toEqual(second);
  });

  it("cannot be changed by a caller", async () => {
    const { credential } = setUp();
    const first = await credential.getToken(scope);
    const { token: original } = first;
    first.token = "changed";
    expect((await credential.getToken(scope)).token).toBe(original);
  });

  it("are bypassed and replaced by a claims challenge", async () => {
    const { broker, credential } = setUp();
    const first = await credential.getToken(scope, { enableCae: true });
    const challenged = await credential.getToken(scope, { enableCae: true, claims });
    expect(challenged.token).not.toBe(first.token);
    expect((await credential.getToken(scope, { enableCae: true })).token).toBe(challenged.token);
    await credential.getToken(scope, { enableCae: true, claims });
    expect(broker.silent).toHaveLength(3);
  });

  it("are never signed HTTP requests", async () => {
    const { broker, credential } = setUp();
    const proofOfPossessionOptions = {
      nonce: "n",
      resourceRequestMethod: "GET" as const,
      resourceRequestUrl: "https://graph.microsoft.com/v1.0/me?x=1",
    };
    const calls = await Promise.all(
      [1, 2].map(() => credential.getToken(graph, { proofOfPossessionOptions })),
    );
    expect(calls).toMatchObject([{ tokenType: "pop" }, { tokenType: "pop" }]);
    expect(calls[0]?.token).not.toBe(calls[1]?.token);
    await credential.getToken(graph);
    expect(broker.silent).toHaveLength(3);
    const { nonce, resourceRequestMethod, resourceRequestUrl } = proofOfPossessionOptions;
    expect(broker.silent[0]?.proofOfPossession).toEqual({ nonce, resourceRequestMethod, resourceRequestUrl });
  });

  it("are not taken for proof of possession, nor the other way round", async () => {
    const { broker, credential } = setUp();
    broker.alter = (given) => ({ ...given, tokenType: given.tokenType === "pop" ? "Bearer" : "pop" });
    await expect(credential.getToken(scope)).rejects.toMatchObject({ code: "protocol_error" });
    const proofOfPossessionOptions = {
      nonce: "n",
      resourceRequestMethod: "GET" as const,
      resourceRequestUrl: "https://a.example/",
    };
    await expect(credential.getToken(scope, { proofOfPossessionOptions })).rejects.toMatchObject({
      code: "protocol_error",
    });
  });

  it("are asked for anew five minutes before their end", async () => {
    const { broker, credential } = setUp();
    const first = await credential.getToken(scope);
    vi.setSystemTime(first.expiresOnTimestamp - 5 * minute);
    expect((await credential.getToken(scope)).token).not.toBe(first.token);
    expect(broker.silent).toHaveLength(2);
    expect(broker.silent[1]).not.toHaveProperty("forceRefresh");
  });

  it("are not kept when the answer comes after a sign-out", async () => {
    const { broker, credential } = setUp();
    await credential.getToken(graph);
    const wait = gate();
    broker.onSilent = () => wait.passed;
    const late = credential.getToken(scope);
    await expect.poll(() => broker.silent.length).toBe(2);
    await credential.signOut();
    broker.accounts = [ada];
    wait.open();
    await late;
    await credential.getToken(scope);
    expect(broker.silent).toHaveLength(3);
  });
});

describe("refreshing ahead", () => {
  it("happens in the background, once, while the old token is handed out", async () => {
    const { broker, credential } = setUp();
    broker.refreshInMs = 30 * minute;
    const first = await credential.getToken(scope);
    expect(first.refreshAfterTimestamp).toBe(Date.now() + 30 * minute);
    vi.setSystemTime(Date.now() + 29 * minute);
    await credential.getToken(scope);
    expect(broker.silent).toHaveLength(1);
    vi.setSystemTime(Date.now() + minute);
    const wait = gate();
    broker.onSilent = () => wait.passed;
    const meanwhile = await Promise.all([1, 2, 3].map(() => credential.getToken(scope)));
    expect(meanwhile).toEqual([first, first, first]);
    await expect.poll(() => broker.silent.length).toBe(2);
    expect(broker.silent[1]).toMatchObject({
      account: ada,
      forceRefresh: true,
      accessTokenToRenew: first.token,
    });
    // Nobody awaits the second one, so the process must not either.
    expect(broker.calls.map(({ operation }) => operation.keepProcessAlive)).toEqual([undefined, false]);
    wait.open();
    await expect.poll(async () => (await credential.getToken(scope)).token).not.toBe(first.token);
    expect(broker.silent).toHaveLength(2);
  });

  it("opens no window, throws nothing, and tries again after a pause", async () => {
    const { broker, credential } = setUp();
    broker.refreshInMs = 30 * minute;
    const first = await credential.getToken(scope);
    vi.setSystemTime(Date.now() + 31 * minute);
    broker.onSilent = () => {
      throw failure("interaction_required");
    };
    expect(await credential.getToken(scope)).toEqual(first);
    await expect.poll(() => broker.silent.length).toBe(2);
    expect(await credential.getToken(scope)).toEqual(first);
    expect(broker.silent).toHaveLength(2);
    vi.setSystemTime(Date.now() + 30_000);
    expect(await credential.getToken(scope)).toEqual(first);
    await expect.poll(() => broker.silent.length).toBe(3);
    expect(broker.interactive).toEqual([]);
  });

  it.each([
    [60 * minute, undefined, 50 * minute],
    [4 * 60 * minute, undefined, 2 * 60 * minute],
    [12 * minute, undefined, 6 * minute],
    [60 * minute, 20 * minute, 20 * minute],
    [60 * minute, 90 * minute, 50 * minute],
  ])("of a token of %i ms that says %s begins after %i ms", (lifetime, refreshIn, expected) => {
    const now = Date.now();
    const more = refreshIn === undefined ? {} : { refreshOn: now + refreshIn };
    expect(cacheEntry(token(now + lifetime, more), 1, now).refreshAfter - now).toBe(expected);
  });

  it("is claimed by one caller per pause", () => {
    const now = Date.now();
    const entry = cacheEntry(token(now + 60 * minute, { refreshOn: now - 1 }), 1, now);
    expect(claimRefresh(entry, now)).toBe(false);
    expect(claimRefresh(entry, now + 30_000)).toBe(true);
    expect(claimRefresh(entry, now + 30_001)).toBe(false);
  });
});

describe("one request in flight", () => {
  it("serves all callers that want the same", async () => {
    const { broker, credential } = setUp();
    const tokens = await Promise.all(Array.from({ length: 100 }, () => credential.getToken(scope)));
    expect(new Set(tokens.map((each) => each.token)).size).toBe(1);
    expect(broker.calls).toHaveLength(1);
  });

  it("is not shared with callers that bring other claims", async () => {
    const { broker, credential } = setUp();
    await credential.getToken(scope);
    await Promise.all(
      [claims, claims, '{"access_token":{}}'].map((each) => credential.getToken(scope, { claims: each })),
    );
    expect(broker.silent.map((request) => request.claims)).toEqual([
      undefined,
      claims,
      '{"access_token":{}}',
    ]);
  });

  it("goes on when one caller leaves, and is aborted when the last one has", async () => {
    const { broker, credential } = setUp();
    const wait = gate();
    broker.onSilent = () => wait.passed;
    const controllers = [new AbortController(), new AbortController()];
    const [first, second] = controllers.map((each) =>
      credential.getToken(scope, { abortSignal: each.signal }),
    );
    const third = expect(
      credential.getToken(scope, { requestOptions: { timeout: 20 } }),
    ).rejects.toMatchObject({
      code: "timed_out",
    });
    await expect.poll(() => broker.calls.length).toBe(1);
    controllers[0]?.abort();
    await expect(first).rejects.toMatchObject({ name: "AbortError" });
    await third;
    const signal = broker.calls[0]?.operation.abortSignal;
    expect(signal?.aborted).toBe(false);
    controllers[1]?.abort();
    await expect(second).rejects.toMatchObject({ name: "AbortError" });
    expect(signal?.aborted).toBe(true);
    wait.open();
    expect(await credential.getToken(scope)).toMatchObject({ tokenType: "Bearer" });
    expect(broker.calls).toHaveLength(2);
  });

  it("gives its failure to all, and is forgotten", async () => {
    const { broker, credential } = setUp();
    broker.onSilent = () => {
      throw failure("no_network");
    };
    const both = await Promise.allSettled([credential.getToken(scope), credential.getToken(scope)]);
    expect(both).toMatchObject([{ reason: { code: "no_network" } }, { reason: { code: "no_network" } }]);
    expect(broker.calls).toHaveLength(1);
    broker.onSilent = () => {};
    expect(await credential.getToken(scope)).toMatchObject({ tokenType: "Bearer" });
  });

  it("says each caller's own scopes and options in the error", async () => {
    const broker = new FakeBroker();
    const credential = new InteractiveBrowserBrokerCredential({
      broker,
      disableAutomaticAuthentication: true,
    });
    const options = [{ enableCae: false }, {}];
    const both = await Promise.allSettled(options.map((each) => credential.getToken(scope, each)));
    expect(both.map((each) => each.status === "rejected" && each.reason.getTokenOptions)).toEqual(options);
  });
});

describe("TokenCache", () => {
  const now = 1_800_000_000_000;

  it("drops the least recently used", () => {
    const cache = new TokenCache(2);
    for (const key of ["a", "b"]) cache.put(key, cacheEntry(token(now + 60 * minute), 1, now));
    cache.get("a", now);
    cache.put("c", cacheEntry(token(now + 60 * minute), 1, now));
    expect(["a", "b", "c"].map((key) => cache.get(key, now) !== undefined)).toEqual([true, false, true]);
    expect(cache.size).toBe(2);
  });

  it("drops what has come to its end", () => {
    const cache = new TokenCache();
    cache.put("a", cacheEntry(token(now + 6 * minute), 1, now));
    expect(cache.get("a", now)).toBeDefined();
    expect(cache.get("a", now + minute)).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it("keeps the answer to the later request", () => {
    const cache = new TokenCache();
    const late = cacheEntry(token(now + 60 * minute), 2, now);
    cache.put("a", late);
    cache.put("a", cacheEntry(token(now + 60 * minute), 1, now));
    expect(cache.get("a", now)).toBe(late);
  });

  it("forgets one account", () => {
    const cache = new TokenCache();
    cache.put("a", cacheEntry(token(now + 60 * minute), 1, now));
    cache.put("b", cacheEntry(token(now + 60 * minute, { account: bob }), 1, now));
    cache.forget(ada.homeAccountId);
    expect(["a", "b"].map((key) => cache.get(key, now)?.token.account)).toEqual([undefined, bob]);
  });

  it("has a key for everything that changes a token", () => {
    const keys = [
      tokenKey("a", "t", false, "s"),
      tokenKey("b", "t", false, "s"),
      tokenKey("a", "u", false, "s"),
      tokenKey("a", "t", true, "s"),
      tokenKey("a", "t", false, "s t"),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
