import { describe, expect, it } from "vitest";
import { acquire, clientId, populate, storageScope, tokenRequest } from "../testing/token-requests.js";
import { EmulatedTenant } from "./emulated-tenant.js";
import { type BrokerMethod, PolicyBook, type PolicyEffect, type PolicySubject } from "./policy.js";
import type { RefusalKind } from "./refusal.js";

const subject: PolicySubject = {
  method: "acquireTokenSilently",
  clientId,
  username: "ada@contoso.example",
  resource: "https://storage.azure.com",
};
const noNetwork: PolicyEffect = { kind: "no_network" };
const kinds = (effects: readonly PolicyEffect[]) => effects.map(({ kind }) => kind);

/** As JavaScript would call it: whatever the arguments are. */
function unchecked() {
  const book = new PolicyBook();
  return { book, add: book.add.bind(book) as (...args: unknown[]) => unknown };
}

describe("PolicyBook", () => {
  it.each([
    [{}, true],
    [{ clientId: clientId.toUpperCase() }, true],
    [{ clientId: "other" }, false],
    [{ username: "ADA@contoso.example" }, true],
    [{ username: "grace@contoso.example" }, false],
    [{ resource: "https://STORAGE.azure.com/" }, true],
    [{ resource: "https://storage.azure.com/.default" }, true],
    [{ resource: "https://storage.azure.com/user_impersonation" }, true],
    [{ resource: "e406a681-f3d4-42a8-90b6-c2b029497af1" }, true],
    [{ resource: "https://graph.microsoft.com" }, false],
    [{ resource: "api://orders/.default" }, false],
    [{ method: "acquireTokenSilently" }, true],
    [{ method: "*" }, true],
    [{ method: "getAccounts" }, false],
    [{ clientId, username: "grace@contoso.example" }, false],
  ] as const)("matches %j: %s", (match, applies) => {
    const book = new PolicyBook();
    const handle = book.add(match, noNetwork);
    expect(kinds(book.take(subject))).toEqual(applies ? ["no_network"] : []);
    expect(handle.applied).toBe(applies ? 1 : 0);
  });

  it.each<[PolicyEffect, readonly BrokerMethod[]]>([
    [noNetwork, ["acquireTokenSilently", "acquireTokenInteractively"]],
    [{ kind: "interaction_required" }, ["acquireTokenSilently"]],
    [{ kind: "consent_required" }, ["acquireTokenSilently"]],
    [
      { kind: "keyring_locked" },
      ["getAccounts", "acquireTokenSilently", "acquireTokenInteractively", "acquirePrtSsoCookie"],
    ],
  ])("knows which methods %j is for", (effect, methods) => {
    const every: readonly BrokerMethod[] = [
      "getAccounts",
      "acquireTokenSilently",
      "acquireTokenInteractively",
      "cancelInteractiveFlow",
      "acquirePrtSsoCookie",
      "generateSignedHttpRequest",
      "removeAccount",
      "getLinuxBrokerVersion",
    ];
    const book = new PolicyBook();
    book.add({}, effect);
    expect(every.filter((method) => book.take({ method }).length > 0)).toEqual(methods);
  });

  it("lets the latest win, and the others back in when it is removed", () => {
    const book = new PolicyBook();
    book.add({}, noNetwork);
    const handle = book.add({}, { kind: "temporarily_unavailable" });
    expect(kinds(book.take(subject))).toEqual(["temporarily_unavailable"]);
    handle.remove();
    expect(kinds(book.take(subject))).toEqual(["no_network"]);
    book.clear();
    expect(book.take(subject)).toEqual([]);
  });

  it("applies as often as asked", () => {
    const book = new PolicyBook();
    const handle = book.add({}, noNetwork, { times: 2 });
    expect([1, 2, 3].map(() => book.take(subject).length)).toEqual([1, 1, 0]);
    expect(handle.applied).toBe(2);
  });

  it("puts delays, lifetimes and patches together with what else happens", () => {
    const book = new PolicyBook();
    book.add({}, { kind: "slow", delayInMs: 1 });
    book.add({}, noNetwork);
    book.add({}, { kind: "expires_in", seconds: 1 });
    expect(kinds(book.take(subject)).sort()).toEqual(["expires_in", "no_network", "slow"]);
  });

  it.each<[string, unknown[], string]>([
    ["nothing", [], "`match` must be an object with clientId, username, resource, method, got undefined."],
    ["no effect", [{}], '`effect` must be an object such as { kind: "no_network" }, got undefined.'],
    ["an effect's name", [{}, "no_network"], "`effect` must be an object such as"],
    ["an effect without kind", [{}, {}], "`effect.kind` must be one of interaction_required, "],
    ["a misspelt effect", [{}, { kind: "no_netwrk" }], 'got "no_netwrk".'],
    ["a kind that every object has", [{}, { kind: "constructor" }], 'got "constructor".'],
    [
      "a misspelt match",
      [{ ressource: "https://vault.azure.net" }, noNetwork],
      'unknown property "ressource"',
    ],
    [
      "a short name for an API",
      [{ resource: "storage" }, noNetwork],
      "`match.resource` must be an API's identifier",
    ],
    [
      "somebody who is nobody",
      [{ username: "ada" }, noNetwork],
      "`match.username` must be a user principal name",
    ],
    [
      "an empty client id",
      [{ clientId: "" }, noNetwork],
      "`match.clientId` must be a non-empty string, got an empty",
    ],
    ["an unknown method", [{ method: "acquireToken" }, noNetwork], 'got "acquireToken".'],
    ["slowness without delay", [{}, { kind: "slow" }], "`effect.delayInMs` must be a number of milliseconds"],
    ["a delay in words", [{}, { kind: "slow", delayInMs: "1" }], "got a string."],
    ["a misspelt part", [{}, { kind: "slow", delayInMs: 1, delay: 1 }], 'unknown property "delay"'],
    [
      "a challenge without claims",
      [{}, { kind: "claims_challenge" }],
      "`effect.claims` must be the JSON text",
    ],
    ["claims that are no JSON", [{}, { kind: "claims_challenge", claims: "{" }], "`effect.claims` must be"],
    [
      "claims that are no object",
      [{}, { kind: "claims_challenge", claims: "[]" }],
      "`effect.claims` must be",
    ],
    [
      "an error without status",
      [{}, { kind: "wire_error" }],
      "`effect.status` must be a number, numeric text",
    ],
    [
      "a patch that is none",
      [{}, { kind: "patch_response", patch: {} }],
      "must be a function, got an object.",
    ],
    ["garbage without text", [{}, { kind: "garbage" }], "`effect.text` must be a string"],
    ["unknown options", [{}, noNetwork, { time: 1 }], '`options` has an unknown property "time"'],
    ["a count that is no number", [{}, noNetwork, { times: "2" }], "`options.times` must be a whole number"],
  ])("refuses %s at once", (_what, args, message) => {
    const { add } = unchecked();
    expect(() => add(...args)).toThrow(TypeError);
    expect(() => add(...args)).toThrow(`addPolicy: `);
    expect(() => add(...args)).toThrow(message);
  });

  it.each<[string, unknown[]]>([
    ["no times at all", [{}, noNetwork, { times: 0 }]],
    ["half a time", [{}, noNetwork, { times: 1.5 }]],
    ["a code of more than 32 bits", [{}, { kind: "wam_error", code: 2 ** 32 }]],
    ["a delay in the past", [{}, { kind: "slow", delayInMs: -1 }]],
    ["a delay no timer can wait", [{}, { kind: "slow", delayInMs: 2 ** 31 }]],
    ["an end that never comes", [{}, { kind: "expires_in", seconds: Number.NaN }]],
  ])("refuses %s as out of range", (_what, args) => {
    expect(() => unchecked().add(...args)).toThrow(RangeError);
  });

  it("never repeats a user name that it refuses", () => {
    expect(() => unchecked().add({ username: "ada lovelace" }, noNetwork)).not.toThrow(/lovelace/);
    expect(() => unchecked().add({}, { kind: "wrong_account", username: "ada" })).not.toThrow(/"ada"/);
  });

  it("takes every effect that there is", () => {
    const { book } = unchecked();
    const effects: { readonly [K in PolicyEffect["kind"]]: Extract<PolicyEffect, { kind: K }> } = {
      interaction_required: { kind: "interaction_required", suberror: "s", aadsts: "AADSTS50079" },
      consent_required: { kind: "consent_required", afterSignIn: "still_required" },
      claims_challenge: { kind: "claims_challenge", claims: "{}" },
      no_network: noNetwork as Extract<PolicyEffect, { kind: "no_network" }>,
      temporarily_unavailable: { kind: "temporarily_unavailable" },
      account_unusable: { kind: "account_unusable" },
      not_enrolled: { kind: "not_enrolled" },
      keyring_locked: { kind: "keyring_locked" },
      slow: { kind: "slow", delayInMs: 0 },
      never_answers: { kind: "never_answers" },
      dies: { kind: "dies", comesBack: true },
      garbage: { kind: "garbage", text: "" },
      raw_reply: { kind: "raw_reply", json: null },
      wire_error: { kind: "wire_error", status: null, tag: null, place: "top" },
      dbus_error: { kind: "dbus_error", name: "a.b", message: "" },
      dbus_reply: { kind: "dbus_reply", signature: "", body: [] },
      extension_error: { kind: "extension_error", error: { domain: "a.b", code: -1 } },
      wam_error: { kind: "wam_error", code: 0xcaa2_0003, message: "", status: 3, failsCall: false },
      wrong_account: { kind: "wrong_account", username: "eve@contoso.example" },
      expires_in: { kind: "expires_in", seconds: -1 },
      patch_response: { kind: "patch_response", patch: (json) => json },
    };
    for (const effect of Object.values(effects)) {
      book.clear();
      book.add({ method: "*" }, effect, { times: Number.POSITIVE_INFINITY });
      expect(book.take(subject)).toEqual([effect]);
    }
  });
});

describe("a tenant's policies", () => {
  function world() {
    const tenant = new EmulatedTenant();
    return { tenant, ...populate(tenant) };
  }

  it.each<[PolicyEffect, RefusalKind, Record<string, string>]>([
    [
      { kind: "interaction_required", suberror: "basic_action", aadsts: "AADSTS50079" },
      "interaction_required",
      { suberror: "basic_action", aadsts: "AADSTS50079" },
    ],
    [
      { kind: "consent_required" },
      "interaction_required",
      { suberror: "consent_required", aadsts: "AADSTS65001" },
    ],
    [{ kind: "no_network" }, "no_network", {}],
    [{ kind: "temporarily_unavailable" }, "temporarily_unavailable", { aadsts: "AADSTS90033" }],
    [{ kind: "account_unusable" }, "account_unusable", {}],
    [{ kind: "not_enrolled" }, "not_enrolled", {}],
  ])("refuse with %j", async (effect, kind, details) => {
    const { tenant, service } = world();
    tenant.addPolicy({}, effect);
    await expect(acquire(service, tokenRequest())).rejects.toMatchObject({ kind, details });
  });

  it("let the user satisfy a demand, for that app, account and resource", async () => {
    const { tenant, service } = world();
    tenant.addPolicy({}, { kind: "interaction_required" });
    const interactive = tokenRequest({
      method: "acquireTokenInteractively",
      username: "ada@contoso.example",
    });
    expect((await acquire(service, interactive)).dialogShown).toBe(true);
    await acquire(service, tokenRequest());
    await expect(acquire(service, tokenRequest({ scopes: ["User.Read"] }))).rejects.toMatchObject({
      kind: "interaction_required",
    });
    expect((await acquire(service, interactive)).dialogShown).toBe(false);
  });

  it("can demand the user each time", async () => {
    const { tenant, service } = world();
    tenant.addPolicy({}, { kind: "interaction_required", afterSignIn: "still_required" });
    await acquire(service, tokenRequest({ method: "acquireTokenInteractively" }));
    await expect(acquire(service, tokenRequest())).rejects.toMatchObject({ kind: "interaction_required" });
  });

  it("challenge for claims until a request carries them", async () => {
    const { tenant, service } = world();
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    tenant.addPolicy({ resource: "https://storage.azure.com" }, { kind: "claims_challenge", claims });
    await expect(acquire(service, tokenRequest())).rejects.toMatchObject({
      kind: "interaction_required",
      details: { claims },
    });
    const others = '{"access_token":{"acrs":{"value":"c2"}}}';
    await expect(acquire(service, tokenRequest({ claims: others }))).rejects.toMatchObject({
      details: { claims },
    });
    const merged = '{"access_token":{"acrs":{"value":"c1","essential":true},"xms_cc":{"values":["cp1"]}}}';
    const grant = await acquire(service, tokenRequest({ claims: merged }));
    expect(tenant.verify(grant.accessToken)).toMatchObject({ acrs: ["c1"], xms_cc: ["CP1"] });
    await acquire(service, tokenRequest());
  });

  it("answer for somebody else", async () => {
    const { tenant, service, account } = world();
    const eve = tenant.addAccount({ username: "eve@contoso.example" });
    tenant.addPolicy({}, { kind: "wrong_account", username: eve.username }, { times: 1 });
    const request = tokenRequest({ homeAccountId: account.homeAccountId });
    expect((await acquire(service, request)).account.homeAccountId).toBe(eve.homeAccountId);
    expect((await acquire(service, request)).account.homeAccountId).toBe(account.homeAccountId);
  });

  it("set a token's lifetime", async () => {
    const { tenant, service } = world();
    const policy = tenant.addPolicy({}, { kind: "expires_in", seconds: 60 });
    const { accessToken } = await acquire(service, tokenRequest({ scopes: [storageScope] }));
    const { exp, iat } = tenant.verify(accessToken);
    expect(Number(exp) - Number(iat)).toBe(60);
    policy.remove();
    expect((await acquire(service, tokenRequest())).lifetimeInSeconds).toBe(3600);
  });
});
