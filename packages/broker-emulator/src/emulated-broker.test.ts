import { type BrokerErrorCode, isBrokerError } from "@x/broker-contract";
import { describe, expect, it, vi } from "vitest";
import { createEmulatedBroker } from "./emulated-broker.js";
import { EmulatedTenant } from "./tenant/emulated-tenant.js";
import type { PolicyEffect } from "./tenant/policy.js";
import { clientId, storageScope } from "./testing/token-requests.js";

const authority = "https://login.microsoftonline.com/common";
const request = { clientId, authority, scopes: [storageScope] };

function world() {
  const tenant = new EmulatedTenant();
  tenant.registerApp({ clientId });
  const person = tenant.addAccount({ username: "ada@contoso.example", name: "Ada Lovelace" });
  return { tenant, person, broker: createEmulatedBroker(tenant) };
}

async function errorOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isBrokerError(error)) throw new Error(`expected a BrokerError, got ${String(error)}`);
  return error;
}

describe("createEmulatedBroker", () => {
  it("says that it is an emulator", async () => {
    const { broker } = world();
    expect(await broker.probe()).toMatchObject({ available: true, emulated: true, platform: "linux" });
    expect(createEmulatedBroker(new EmulatedTenant(), { platform: "windows" }).platform).toBe("windows");
  });

  it.each<[string, unknown[], string]>([
    ["no tenant", [], "`tenant` must be an EmulatedTenant, got undefined."],
    ["something else", [{ addAccount: () => {} }], "`tenant` must be an EmulatedTenant, got an object."],
    ["an unknown platform", [new EmulatedTenant(), { platform: "win32" }], 'got "win32".'],
    [
      "an unknown option",
      [new EmulatedTenant(), { os: "linux" }],
      'unknown property "os"; it can have platform.',
    ],
    ["options of another kind", [new EmulatedTenant(), "linux"], "`options` must be an object with platform"],
  ])("refuses %s", (_what, args, message) => {
    const create = createEmulatedBroker as (...args: unknown[]) => unknown;
    expect(() => create(...args)).toThrow(TypeError);
    expect(() => create(...args)).toThrow(`createEmulatedBroker: `);
    expect(() => create(...args)).toThrow(message);
  });

  it("tells in whole sentences who refused what", async () => {
    const { broker, tenant } = world();
    tenant.user.script = [{ kind: "cancels" }];
    const canceled = await errorOf(broker.acquireTokenInteractively(request));
    expect(canceled.message).toContain(`canceled by the user. It was about ${storageScope}.`);
    const unknown = { ...request, scopes: ["https://nope.example/.default"] };
    const refused = await errorOf(broker.acquireTokenSilently(unknown));
    expect(refused).toMatchObject({
      code: "invalid_request",
      aadsts: "AADSTS500011",
      scopes: unknown.scopes,
    });
    expect(refused.message).toContain("wrong tenant. It was about https://nope.example/.default.");
    expect(refused.message).not.toContain("..");
  });

  it("lists accounts and gives tokens", async () => {
    const { broker, tenant, person } = world();
    const [account] = await broker.getAccounts({ clientId });
    expect(account).toMatchObject({ homeAccountId: person.homeAccountId, username: person.username });
    const token = await broker.acquireTokenSilently(
      { ...request, ...(account && { account }) },
      { correlationId: "c-1" },
    );
    expect(token).toMatchObject({
      tokenType: "Bearer",
      silent: true,
      correlationId: "c-1",
      tenantId: tenant.tenantId,
      account: { homeAccountId: person.homeAccountId },
      scopes: expect.arrayContaining([storageScope]),
    });
    expect(tenant.verify(token.accessToken)["emulated"]).toBe("@x/broker-emulator");
    expect(token.idTokenClaims).toMatchObject({ aud: clientId });
    expect((await broker.acquireTokenSilently(request)).accessToken).toBe(token.accessToken);
    const fresh = await broker.acquireTokenSilently({ ...request, forceRefresh: true });
    expect(fresh.accessToken).not.toBe(token.accessToken);
  });

  it("declares client capabilities beside other claims", async () => {
    const { broker, tenant } = world();
    const token = await broker.acquireTokenSilently({
      ...request,
      claims: '{"access_token":{"acrs":{"value":"c1"}}}',
      clientCapabilities: ["CP1"],
    });
    expect(tenant.verify(token.accessToken)).toMatchObject({ xms_cc: ["CP1"], acrs: ["c1"] });
  });

  it("proves possession, and signs requests", async () => {
    const { broker, tenant } = world();
    const proofOfPossession = {
      resourceRequestMethod: "GET",
      resourceRequestUrl: "https://api.contoso.example:8443/v1/me?x=1",
      nonce: "N",
    };
    const token = await broker.acquireTokenSilently({ ...request, proofOfPossession });
    expect(token.tokenType).toBe("pop");
    const { request: signed } = tenant.verifySignedHttpRequest(token.accessToken);
    expect(signed).toMatchObject({ m: "GET", u: "api.contoso.example:8443", p: "/v1/me", nonce: "N" });
    const { account } = token;
    const answer = await broker.signHttpRequest?.({
      clientId,
      account,
      proofOfPossession,
      clientClaims: "{}",
    });
    const { claims } = tenant.deviceKey.verifyJwt(answer?.signedHttpRequest ?? "");
    expect(claims).toMatchObject({ m: "GET", client_claims: "{}" });
  });

  it.each([true, false])("keeps the process alive or not (%s)", async (keepProcessAlive) => {
    const { broker, tenant } = world();
    tenant.addPolicy({}, { kind: "slow", delayInMs: 60_000 });
    const timers = vi.spyOn(globalThis, "setTimeout");
    const controller = new AbortController();
    const options = { timeoutInMs: 60_000, abortSignal: controller.signal, keepProcessAlive };
    const call = broker.acquireTokenSilently(request, options);
    await new Promise((resolve) => setImmediate(resolve));
    const holding = timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef());
    timers.mockRestore();
    expect(holding).toEqual([keepProcessAlive, keepProcessAlive]);
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
  });

  it("gives cookies", async () => {
    const { broker } = world();
    const ssoUrl = "https://login.microsoftonline.com/?sso_nonce=N";
    const cookies = await broker.acquireSsoCookies?.({ clientId, authority, ssoUrl });
    expect(cookies?.map(({ name }) => name)).toEqual(["x-ms-RefreshTokenCredential"]);
  });

  it("signs in the person, and out again", async () => {
    const { broker, tenant } = world();
    tenant.addAccount({ username: "grace@contoso.example", signedIn: false });
    tenant.user.script = [{ kind: "signs_in", as: "grace@contoso.example" }];
    const { account, silent } = await broker.acquireTokenInteractively({
      ...request,
      prompt: "select_account",
    });
    expect([account.username, silent]).toEqual(["grace@contoso.example", false]);
    expect(tenant.user.dialogs).toMatchObject([{ prompt: "select_account" }]);
    await broker.signOut({ clientId, account });
    expect((await errorOf(broker.acquireTokenSilently({ ...request, account }))).code).toBe(
      "account_not_found",
    );
  });

  it("never hands on an answer for somebody else", async () => {
    const { broker, tenant } = world();
    const [account] = await broker.getAccounts({ clientId });
    tenant.addAccount({ username: "eve@contoso.example" });
    tenant.addPolicy({}, { kind: "wrong_account", username: "eve@contoso.example" });
    const named = { ...request, ...(account && { account }) };
    expect((await errorOf(broker.acquireTokenSilently(named))).code).toBe("account_mismatch");
    const hinted = { ...request, loginHint: "ada@contoso.example" };
    expect((await errorOf(broker.acquireTokenSilently(hinted))).code).toBe("account_mismatch");
  });

  it("shows one dialog at a time, in order, also when somebody gives up waiting", async () => {
    const { broker, tenant } = world();
    tenant.user.script = [{ kind: "never_acts" }, { kind: "signs_in" }];
    const [first, second] = [new AbortController(), new AbortController()];
    const ask = (signal?: AbortSignal) =>
      broker.acquireTokenInteractively({ ...request, prompt: "login" }, signal && { abortSignal: signal });
    const calls = [ask(first.signal), ask(second.signal), ask()].map((call) =>
      call.catch((error: Error) => error.name),
    );
    await vi.waitFor(() => expect(tenant.user.dialogs).toHaveLength(1));
    second.abort();
    expect(await calls[1]).toBe("AbortError");
    expect(tenant.user.dialogs).toHaveLength(1);
    first.abort();
    expect(await calls[0]).toBe("AbortError");
    expect(await calls[2]).toMatchObject({ silent: false });
    expect(tenant.user.maxConcurrentDialogs).toBe(1);
  });

  it.each<[PolicyEffect, BrokerErrorCode, string | undefined]>([
    [{ kind: "interaction_required" }, "interaction_required", undefined],
    [{ kind: "consent_required" }, "interaction_required", undefined],
    [{ kind: "no_network" }, "no_network", undefined],
    [{ kind: "temporarily_unavailable" }, "temporarily_unavailable", undefined],
    [{ kind: "account_unusable" }, "interaction_required", "account_unusable"],
    [{ kind: "not_enrolled" }, "broker_unavailable", "not_enrolled"],
    [{ kind: "keyring_locked" }, "keyring_locked", undefined],
    [{ kind: "dies" }, "broker_unavailable", "broker_died"],
    [{ kind: "garbage", text: "x" }, "protocol_error", undefined],
    [{ kind: "raw_reply", json: {} }, "protocol_error", undefined],
    [{ kind: "dbus_error", name: "a.b", message: "x" }, "broker_failed", undefined],
    [{ kind: "wire_error", status: 0 }, "broker_failed", undefined],
  ])("turns %j into %s", async (effect, code, reason) => {
    const { broker, tenant } = world();
    tenant.addPolicy({}, effect);
    const error = await errorOf(broker.acquireTokenSilently(request, { correlationId: "c-1" }));
    expect(error).toMatchObject({ code, reason, correlationId: "c-1", platform: "linux" });
    expect(error.hint).not.toBe("");
  });

  it("passes on the claims of a challenge", async () => {
    const { broker, tenant } = world();
    const claims = '{"access_token":{"acrs":{"value":"c1"}}}';
    tenant.addPolicy({}, { kind: "claims_challenge", claims });
    const error = await errorOf(broker.acquireTokenSilently(request));
    expect(error).toMatchObject({ code: "interaction_required", claims, aadsts: "AADSTS50076" });
    await broker.acquireTokenSilently({ ...request, claims });
  });

  it.each<[string, object, BrokerErrorCode]>([
    ["no scopes", { scopes: [] }, "invalid_request"],
    ["no client id", { clientId: "" }, "invalid_request"],
    ["an unknown app", { clientId: "nobody" }, "invalid_request"],
    ["another redirect URI", { redirectUri: "http://localhost" }, "redirect_uri_mismatch"],
    ["a parameter the protocol owns", { extraParameters: { Prompt: "none" } }, "invalid_request"],
    ["a foreign authority", { authority: "https://evil.example/common" }, "untrusted_authority"],
    ["claims that are no JSON", { claims: "{" }, "invalid_request"],
    [
      "claims that are no JSON, with capabilities",
      { claims: "{", clientCapabilities: ["CP1"] },
      "invalid_request",
    ],
    [
      "a relative URL to prove possession for",
      { proofOfPossession: { resourceRequestMethod: "GET", resourceRequestUrl: "/x" } },
      "invalid_request",
    ],
  ])("refuses %s", async (_what, changes, code) => {
    const { broker } = world();
    expect((await errorOf(broker.acquireTokenSilently({ ...request, ...changes }))).code).toBe(code);
  });

  it("says in errors what was asked for", async () => {
    const { broker, tenant } = world();
    tenant.addPolicy({}, { kind: "interaction_required" }, { times: 1 });
    const refused = await errorOf(broker.acquireTokenSilently(request));
    expect(refused.scopes).toEqual([storageScope]);
    expect(refused.message).toContain(storageScope);
    const redirectUri = "http://localhost:1234";
    const mismatch = await errorOf(broker.acquireTokenSilently({ ...request, redirectUri }));
    expect(mismatch.redirectUri).toBe(redirectUri);
    expect(mismatch.message).toContain(redirectUri);
  });

  it("hands on no token that has expired", async () => {
    const { broker, tenant } = world();
    tenant.addPolicy({}, { kind: "expires_in", seconds: -60 });
    expect((await errorOf(broker.acquireTokenSilently(request))).code).toBe("protocol_error");
  });

  it("logs what it did, and no secret", async () => {
    const { broker, tenant } = world();
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const logger = { error: write, warning: write, info: write, verbose: write };
    const token = await broker.acquireTokenSilently(request, { logger, correlationId: "c-1" });
    tenant.addPolicy({}, { kind: "no_network" });
    await errorOf(broker.acquireTokenSilently(request, { logger, correlationId: "c-2" }));
    expect(lines).toEqual([
      "Emulated broker: acquireTokenSilently answered (correlation id: c-1)",
      "Emulated broker: acquireTokenSilently ended with no_network (correlation id: c-2)",
    ]);
    expect(lines.join()).not.toContain(token.accessToken);
  });

  it("names nobody in errors", async () => {
    const { broker, tenant } = world();
    const [account] = await broker.getAccounts({ clientId });
    tenant.setSignedIn(account?.homeAccountId ?? "", false);
    const error = await errorOf(broker.acquireTokenSilently({ ...request, ...(account && { account }) }));
    expect(JSON.stringify(error)).not.toContain("ada@");
    expect(error.stack).not.toContain("ada@");
  });

  it("can be aborted before and while it waits, and runs out of time", async () => {
    const { broker, tenant } = world();
    tenant.addPolicy({}, { kind: "never_answers" });
    await expect(
      broker.acquireTokenSilently(request, { abortSignal: AbortSignal.abort(), correlationId: "c-1" }),
    ).rejects.toMatchObject({ name: "AbortError", correlationId: "c-1" });
    const later = new AbortController();
    const pending = broker.acquireTokenSilently(request, { abortSignal: later.signal });
    later.abort("enough");
    await expect(pending).rejects.toMatchObject({ name: "AbortError", cause: "enough" });
    expect((await errorOf(broker.acquireTokenSilently(request, { timeoutInMs: 5 }))).code).toBe("timed_out");
  });

  it("answers many calls at once without a warning", async () => {
    const { broker, tenant } = world();
    const warning = vi.spyOn(process, "emitWarning");
    tenant.addPolicy({}, { kind: "slow", delayInMs: 5 });
    await Promise.all(Array.from({ length: 50 }, () => broker.acquireTokenSilently(request)));
    expect(warning).not.toHaveBeenCalled();
    warning.mockRestore();
  });

  it("rejects what is in flight when it is closed, and goes on afterwards", async () => {
    const { broker, tenant } = world();
    const policy = tenant.addPolicy({}, { kind: "never_answers" });
    const pending = errorOf(broker.acquireTokenSilently(request));
    await broker.close();
    expect(await pending).toMatchObject({ code: "broker_unavailable", reason: "connection_closed" });
    policy.remove();
    expect((await broker.acquireTokenSilently(request)).tokenType).toBe("Bearer");
  });
});
