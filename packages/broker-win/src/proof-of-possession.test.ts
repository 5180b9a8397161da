import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createWindowsBroker } from "./index.js";
import { brokerIn, failure, onlyTokenCall, request, tokenCalls } from "./testing/broker.js";
import { nativeError, type WamAnswer, type WamCall } from "./testing/fake-wam.js";
import {
  clientInfo,
  idTokenOf,
  jane,
  jwt,
  personalResponse,
  tenantId,
  workResponse,
} from "./testing/people.js";

const proofOfPossession = {
  resourceRequestMethod: "POST",
  resourceRequestUrl: "https://api.example.com:8443/a/b?query=1",
  nonce: "nonce-1",
};
const consumers = "https://login.microsoftonline.com/consumers";

/** The key a token request names. */
function keyOf({ properties }: WamCall): Record<string, unknown> {
  return JSON.parse(Buffer.from(properties?.["req_cnf"] ?? "", "base64url").toString()) as Record<
    string,
    unknown
  >;
}

/** Answers with a token bound to the key that was named. */
function bound(call: WamCall) {
  return workResponse({}, { token: jwt({ cnf: { kid: keyOf(call)["kid"] } }) });
}

function partsOf(signed: string) {
  const [header = "", payload = "", signature = ""] = signed.split(".");
  const read = (text: string) => JSON.parse(Buffer.from(text, "base64url").toString());
  return { header: read(header), payload: read(payload), signature, input: `${header}.${payload}` };
}

describe("where WAM binds tokens to a key of its own", () => {
  it("has WAM sign the request", async () => {
    const { broker, wam } = brokerIn({ response: () => workResponse({ shr: "a.b.c" }) });
    const token = await broker.acquireTokenSilently(request({ proofOfPossession }));
    expect(token).toMatchObject({ tokenType: "pop", accessToken: "a.b.c" });
    expect(onlyTokenCall(wam)).toMatchObject({
      properties: { token_type: "shr" },
      appProperties: {
        shr_method: "POST",
        shr_u: "api.example.com:8443",
        shr_p: "/a/b",
        shr_nonce: "nonce-1",
        shr_add_timestamp: "1",
      },
    });
  });

  it("believes no signature for an earlier request", async () => {
    const signed = (nonce: string) => jwt({ at: "opaque", nonce });
    const { broker } = brokerIn({ response: () => workResponse({ shr: signed("an-older-nonce") }) });
    const error = await failure(broker.acquireTokenSilently(request({ proofOfPossession })));
    expect(error.code).toBe("protocol_error");
    const fresh = brokerIn({ response: () => workResponse({ shr: signed("nonce-1") }) });
    const token = await fresh.broker.acquireTokenSilently(request({ proofOfPossession }));
    expect(token.accessToken).toBe(signed("nonce-1"));
  });

  it("asks about it once per process", async () => {
    const { broker, wam } = brokerIn({ response: () => workResponse({ shr: "a.b.c" }) });
    const second = createWindowsBroker({ loadBinding: () => wam });
    for (const one of [broker, second, broker])
      await one.acquireTokenSilently(request({ proofOfPossession }));
    const probes = wam.calls.filter(({ scope }) => scope === "IsFeatureSupported:TokenBinding");
    expect(probes).toHaveLength(1);
    expect(probes[0]).toMatchObject({ clientId: "", correlationId: "", properties: {}, appProperties: {} });
  });

  it("takes a key of this process where WAM promised and did not sign, without a second window", async () => {
    const { broker, wam } = brokerIn({
      response: (call) => (call.properties?.["req_cnf"] === undefined ? workResponse() : bound(call)),
    });
    const token = await broker.acquireTokenInteractively(request({ proofOfPossession }));
    expect(token).toMatchObject({ tokenType: "pop", silent: false });
    expect(tokenCalls(wam).map(({ call, webAccount }) => [call, webAccount])).toEqual([
      ["RequestTokenForWindowAsync", ""],
      ["GetTokenSilentlyWithWebAccountAsync", jane().id],
    ]);
    expect(partsOf(token.accessToken).payload.u).toBe("api.example.com:8443");
    // What makes a plug-in show something would make a silent request fail.
    const [shown, silent] = tokenCalls(wam);
    expect(shown).toMatchObject({ promptType: 1, properties: { prompt: "select_account" } });
    expect(silent?.promptType).toBe(0);
    expect(silent?.properties).not.toHaveProperty("prompt");
  });

  it("takes that key's token of nobody but who signed in", async () => {
    const eve = "eeeeeeee-0000-4000-8000-000000000000";
    const evesAnswer = {
      wamcompat_client_info: clientInfo(eve, tenantId),
      wamcompat_id_token: idTokenOf({ oid: eve, preferred_username: "eve@contoso.com" }),
    };
    const { broker } = brokerIn({
      response: (call) =>
        call.properties?.["req_cnf"] === undefined
          ? workResponse()
          : workResponse(evesAnswer, { token: bound(call).token }),
    });
    const error = await failure(broker.acquireTokenInteractively(request({ proofOfPossession })));
    expect(error).toMatchObject({ code: "account_mismatch", reason: "wrong_account" });
  });
});

describe("where it does not", () => {
  it("signs with a key that the token is bound to", async () => {
    const { broker, wam } = brokerIn({ tokenBinding: false, response: bound });
    const token = await broker.acquireTokenSilently(request({ proofOfPossession }));
    const call = onlyTokenCall(wam);
    expect(call.properties?.["token_type"]).toBe("pop");
    expect(call.appProperties).toEqual({});
    expect(keyOf(call)).toEqual({ kid: expect.stringMatching(/^[\w-]{43}$/), xms_ksl: "sw" });

    const { header, payload, signature, input } = partsOf(token.accessToken);
    expect(header).toEqual({ alg: "RS256" });
    expect(payload).toEqual({
      at: bound(call).token,
      cnf: { jwk: { e: "AQAB", kty: "RSA", n: expect.any(String) } },
      m: "POST",
      nonce: "nonce-1",
      p: "/a/b",
      ts: expect.any(Number),
      u: "api.example.com:8443",
    });
    const key = createPublicKey({ key: payload.cnf.jwk, format: "jwk" });
    expect(verify("sha256", Buffer.from(input), key, Buffer.from(signature, "base64url"))).toBe(true);
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });

  it("does not keep anybody waiting for its key who has given up", async () => {
    const { broker, wam } = brokerIn({ tokenBinding: false, response: bound });
    const controller = new AbortController();
    const waiting = failure(
      broker.acquireTokenSilently(request({ proofOfPossession }), { abortSignal: controller.signal }),
    );
    while (!wam.calls.some(({ scope }) => scope?.startsWith("IsFeature")))
      await new Promise((resolve) => setImmediate(resolve));
    // The answer to the question has come: the key is being made.
    while (wam.stats().operations > 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect((await waiting).name).toBe("AbortError");
    expect(tokenCalls(wam)).toEqual([]);
    await broker.acquireTokenSilently(request({ proofOfPossession }));
  });

  it("keeps to one key", async () => {
    const { broker, wam } = brokerIn({ tokenBinding: false, response: bound });
    await Promise.all([1, 2, 3].map(() => broker.acquireTokenSilently(request({ proofOfPossession }))));
    expect(new Set(tokenCalls(wam).map((call) => keyOf(call)["kid"])).size).toBe(1);
  });

  it.each<[string, WamAnswer | Error]>([
    ["fails", nativeError("failed", { hresult: 0x80004005, stage: "GetTokenSilentlyAsync" })],
    ["finds no network", { status: 5, error: { code: 0xcaa82ee7 } }],
  ])("takes a question that %s for a no, and asks again the next time", async (_what, answer) => {
    const { broker, wam } = brokerIn({
      response: bound,
      first: ({ scope }) => (scope?.startsWith("IsFeature") ? answer : undefined),
    });
    for (const probes of [1, 2]) {
      const token = await broker.acquireTokenSilently(request({ proofOfPossession }));
      expect(token.tokenType).toBe("pop");
      expect(tokenCalls(wam).at(-1)?.properties?.["token_type"]).toBe("pop");
      expect(wam.calls.filter(({ scope }) => scope?.startsWith("IsFeature"))).toHaveLength(probes);
    }
  });

  it.each([
    ["a bearer token", () => workResponse({}, { token: jwt({ aud: "x" }) })],
    ["a token bound to another key", () => workResponse({}, { token: jwt({ cnf: { kid: "other" } }) })],
  ])("refuses %s: it would prove nothing", async (_what, response) => {
    const { broker } = brokerIn({ tokenBinding: false, response });
    const error = await failure(broker.acquireTokenSilently(request({ proofOfPossession })));
    expect(error).toMatchObject({ code: "not_supported", reason: "pop_not_available" });
  });

  it("renews whatever WAM holds: a signed request is new each time", async () => {
    const { broker, wam } = brokerIn({ tokenBinding: false, response: bound });
    const changes = { proofOfPossession, forceRefresh: true, accessTokenToRenew: "an.old.one" };
    await broker.acquireTokenSilently(request(changes));
    expect(wam.names).toContain("result.InvalidateCacheAsync");
  });
});

describe("a personal account", () => {
  it("is never asked about the feature, and is believed what its plug-in says of the token", async () => {
    const answer = (type: string) => ({
      silent: { status: 0, responses: [personalResponse({ token_type: type })] },
    });
    const { broker, wam } = brokerIn(answer("pop"));
    const changes = { authority: consumers, proofOfPossession };
    expect((await broker.acquireTokenSilently(request(changes))).tokenType).toBe("pop");
    expect(wam.calls.some(({ scope }) => scope?.startsWith("IsFeature"))).toBe(false);
    const bearer = brokerIn(answer("bearer"));
    expect((await failure(bearer.broker.acquireTokenSilently(request(changes)))).reason).toBe(
      "pop_not_available",
    );
  });
});
