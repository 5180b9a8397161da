// Answers that Microsoft's client reads in a way that was captured, good or bad. The emulator can give each of
// them, and this shows that it gives the right one: Microsoft's client does what it did at the capture.
import type { PolicyEffect } from "@x/broker-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MsalResult, RuntimeAccount, RuntimeToken } from "./client-results.js";
import { whyMicrosoftClientCannotRun } from "./requirements.js";
import { type Interop, startInterop } from "./start-interop.js";

/** Wire status to the runtime's public status, as captured. 12 is left out: msal-node never settles on it. */
const publicStatus: readonly (readonly [number, number])[] = [
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14].map((status) => [status, status] as const),
  [15, 17],
  [16, 18],
  [17, 20],
  [18, 15],
  [19, 16],
  [20, 19],
  [21, 21],
  [22, 0],
  [23, 0],
  [24, 0],
];

const dbusError = (name: string): PolicyEffect => ({
  kind: "dbus_error",
  name: `org.freedesktop.DBus.Error.${name}`,
  message: "made by a policy",
});
const error = { kind: "wire_error", status: 2, context: "c", errorCode: 5, tag: 5 } as const;

/** Answers it cannot use, with the tag of its complaint. */
const unusableAnswers: readonly (readonly [
  string,
  PolicyEffect,
  { errorStatus: number; errorTag: number },
])[] = [
  ["no text", { kind: "garbage", text: "" }, { errorStatus: 0, errorTag: 507316096 }],
  ["no JSON", { kind: "garbage", text: "not JSON" }, { errorStatus: 0, errorTag: 507316096 }],
  [
    "JSON cut off",
    { kind: "garbage", text: '{"brokerTokenResponse":{' },
    { errorStatus: 0, errorTag: 507316096 },
  ],
  ["an empty object", { kind: "raw_reply", json: {} }, { errorStatus: 0, errorTag: 507316096 }],
  [
    "a null answer",
    { kind: "raw_reply", json: { brokerTokenResponse: null } },
    { errorStatus: 6, errorTag: 553763207 },
  ],
  [
    "an empty answer",
    { kind: "raw_reply", json: { brokerTokenResponse: {} } },
    { errorStatus: 0, errorTag: 553944274 },
  ],
  [
    "a number for a string",
    { kind: "dbus_reply", signature: "i", body: [5] },
    { errorStatus: 0, errorTag: 509097814 },
  ],
  ["an error without tag", { ...error, tag: null }, { errorStatus: 0, errorTag: 553769180 }],
  ["an error without code", { ...error, errorCode: null }, { errorStatus: 0, errorTag: 553927449 }],
  ["an error without status", { ...error, status: null }, { errorStatus: 0, errorTag: 553769181 }],
  ["a status in text", { ...error, status: "2" }, { errorStatus: 2, errorTag: 5 }],
  ["an error at the top", { ...error, place: "top" }, { errorStatus: 2, errorTag: 5 }],
  ["ServiceUnknown", dbusError("ServiceUnknown"), { errorStatus: 0, errorTag: 508605726 }],
  ["NoReply", dbusError("NoReply"), { errorStatus: 0, errorTag: 508605727 }],
  ["TimedOut", dbusError("TimedOut"), { errorStatus: 0, errorTag: 509097813 }],
  ["UnknownObject", dbusError("UnknownObject"), { errorStatus: 0, errorTag: 507377563 }],
  ["Failed", dbusError("Failed"), { errorStatus: 0, errorTag: 508605725 }],
  ["a broker that dies", { kind: "dies", comesBack: true }, { errorStatus: 0, errorTag: 508605727 }],
];

describe("Microsoft's client reads the emulator's answers as it read those of the captures", () => {
  const cannotRun = whyMicrosoftClientCannotRun();
  let interop: Interop;
  let accountId: string;

  beforeAll(async () => {
    if (cannotRun !== undefined) return;
    interop = await startInterop();
    const { account } = await interop.microsoft.call<MsalResult>("acquireTokenInteractive", {
      scopes: ["User.Read"],
      prompt: "login",
    });
    accountId = account.nativeAccountId;
  });
  afterAll(async () => {
    await interop?.stop();
  });
  beforeEach((ctx) => {
    if (cannotRun !== undefined) ctx.skip(cannotRun);
    interop.tenant.clearPolicies();
    interop.emulator.clearRequests();
  });

  // A scope of its own for each call, so that the client's cache has nothing to answer with.
  let calls = 0;
  const request = () => ({ accountId, scopes: [`https://api.contoso.example/scope-${++calls}`] });
  const answerSilentCallsWith = (effect: PolicyEffect) =>
    interop.tenant.addPolicy({ method: "acquireTokenSilently" }, effect);

  it.each(publicStatus)("wire status %i is status %i", async (status, errorStatus) => {
    answerSilentCallsWith({ kind: "wire_error", status, context: "ctx", errorCode: 77, tag: 1234 });
    const outcome = await interop.microsoft.callExpectingError("acquireTokenSilently", request());
    expect(outcome).toMatchObject({ errorStatus, errorCode: 77, errorTag: 1234, errorContext: "ctx" });
    expect(interop.emulator.countRequests()).toBe(1);
  });

  it.each(unusableAnswers)("%s", async (_what, effect, expected) => {
    answerSilentCallsWith(effect);
    const outcome = await interop.microsoft.callExpectingError("acquireTokenSilently", request());
    expect(outcome).toMatchObject(expected);
    expect(interop.emulator.countRequests()).toBe(1);
    await expect.poll(() => interop.emulator.isOnBus, { timeout: 20_000 }).toBe(true);
  });

  it("a missing access token is a success with an empty one", async () => {
    answerSilentCallsWith({
      kind: "patch_response",
      patch: ({ brokerTokenResponse, ...rest }) => {
        const { accessToken: _left, ...others } = brokerTokenResponse as Record<string, unknown>;
        return { brokerTokenResponse: others, ...rest };
      },
    });
    const token = await interop.microsoft.call<RuntimeToken>("acquireTokenSilently", request());
    expect(token.accessToken ?? "").toBe("");
    expect(token.account.homeAccountId).toBe(interop.person.homeAccountId);
  });

  it("another user's token is taken in a silent call, with the user name, under the id asked for", async () => {
    const { tenant, microsoft, person } = interop;
    const other = tenant.addAccount({ username: "bob@contoso.example" });
    answerSilentCallsWith({ kind: "wrong_account", username: other.username });
    const token = await microsoft.call<RuntimeToken>("acquireTokenSilently", request());
    expect(tenant.verify(token.accessToken)).toMatchObject({ oid: other.localAccountId });
    expect(token.account).toMatchObject({ homeAccountId: person.homeAccountId, username: other.username });
  });

  it("an error without a text ends its whole process", async () => {
    answerSilentCallsWith({ ...error, context: null });
    const doomed = await interop.startClient();
    await expect(doomed.call("acquireTokenSilently", request())).rejects.toThrow(/signal SIGABRT/);
  });

  it("status 23 in an interactive call makes it call again and again", async () => {
    interop.tenant.addPolicy({ method: "acquireTokenInteractively" }, { ...error, status: 23 });
    const doomed = await interop.startClient();
    const call = doomed.call("acquireTokenInteractively", request());
    call.catch(() => {});
    await expect
      .poll(() => interop.emulator.countRequests("acquireTokenInteractively"), { timeout: 20_000 })
      .toBeGreaterThan(20);
    await doomed.stop();
    await expect(call).rejects.toThrow(/signal SIGKILL/);
  });
});

describe("Microsoft's client before anybody used it", () => {
  const cannotRun = whyMicrosoftClientCannotRun();

  it("takes a locked keyring for nobody being signed in", async (ctx) => {
    if (cannotRun !== undefined) ctx.skip(cannotRun);
    const interop = await startInterop();
    try {
      interop.tenant.addPolicy({}, { kind: "keyring_locked" });
      expect(await interop.microsoft.call<RuntimeAccount[]>("discoverAccounts")).toEqual([]);
      expect(interop.emulator.countRequests("getAccounts")).toBe(1);
    } finally {
      await interop.stop();
    }
  });
});
