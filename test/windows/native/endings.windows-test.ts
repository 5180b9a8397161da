// How operations end other than well, and who may do what: failures, cancellation, turns, threads, garbage.
import { describe, expect, it } from "vitest";
import type {
  NativeBinding,
  NativeOperation,
  NativeProvider,
  NativeTurn,
} from "../../../packages/broker-win/src/native.js";
import type { WamAnswer, WamCall } from "../../doubles/wam/fake-wam.js";
import {
  addon,
  collectGarbage,
  fake,
  findAccount,
  findProvider,
  later,
  logged,
  never,
  openWindow,
  personal,
  script,
  silently,
  takeTurn,
  token,
  work,
} from "./scripted-wam.js";

type Start = (
  provider: NativeProvider,
  turn: NativeTurn,
) => Promise<NativeOperation<unknown>> | NativeOperation<unknown>;

/** Every operation that ends in Windows: its name in the script, its stage in errors, and how to start it. */
const operations: readonly (readonly [WamCall["call"], string, Start])[] = [
  ["FindAccountProviderAsync", "FindAccountProviderAsync", () => addon.findProvider({ id: work.id })],
  [
    "FindAllAccountsWithClientIdAsync",
    "FindAllAccountsAsync",
    (provider) => addon.findAccounts({ provider, clientId: "client-id" }),
  ],
  ["FindAccountAsync", "FindAccountAsync", (provider) => addon.findAccount({ provider, accountId: "id" })],
  ["GetTokenSilentlyAsync", "GetTokenSilentlyAsync", (provider) => addon.requestToken(silently(provider))],
  [
    "RequestTokenForWindowAsync",
    "RequestTokenForWindowAsync",
    (provider, turn) =>
      addon.requestToken({ ...silently(provider), mode: "window", turn, window: openWindow() }),
  ],
  [
    "account.SignOutWithClientIdAsync",
    "SignOutAsync",
    async (provider) => addon.signOut({ account: await findAccount(provider), clientId: "client-id" }),
  ],
  [
    "result.InvalidateCacheAsync",
    "InvalidateCacheAsync",
    async (provider) =>
      addon.invalidateCache({ result: await addon.requestToken(silently(provider)).result }),
  ],
  [
    "pane.commands",
    "ShowManageAccountsForWindowAsync",
    (provider, turn) =>
      addon.pickProvider({ turn, window: openWindow(), headerText: "", providers: [provider] }),
  ],
];

/** Scripts the call under test; the provider that the test itself needs first is always found. */
function scriptOperation(
  call: WamCall["call"],
  answer: (asked: WamCall) => WamAnswer | Promise<WamAnswer>,
): void {
  let needed = call === "FindAccountProviderAsync";
  script({
    [call]: (asked: WamCall) => {
      if (!needed) return answer(asked);
      needed = false;
      return { provider: work };
    },
  });
}

describe.each(operations)("%s", (call, stage, start) => {
  it("fails as Windows says when the operation fails", async () => {
    scriptOperation(call, () => ({ hresult: 0x80070490 }));
    const turn = await takeTurn();
    const { result } = await start(await findProvider(), turn);
    await expect(result).rejects.toMatchObject({ code: "failed", hresult: 0x80070490, stage });
    await expect(result).rejects.toThrow(`${stage} failed (0x80070490)`);
  });

  it("works when the operation is over before the call returns", async () => {
    scriptOperation(call, (asked) => ({ ...goodAnswer(asked.call), completes: "immediately" }));
    const turn = await takeTurn();
    const { result } = await start(await findProvider(), turn);
    await result;
  });

  it("rejects at once when it is cancelled, and tells Windows", async () => {
    const asked = later<WamCall>();
    scriptOperation(call, (pending) => {
      asked.resolve(pending);
      return never;
    });
    const turn = await takeTurn();
    const operation = await start(await findProvider(), turn);
    const { signal } = await asked.promise;
    operation.cancel();
    operation.cancel();
    await expect(operation.result).rejects.toMatchObject({ code: "canceled" });
    await expect.poll(() => signal.aborted).toBe(true);
    turn.end();
    await expect.poll(() => addon.stats()).toMatchObject({ operations: 0, turns: 0 });
  });

  it("can be cancelled before it has begun", async () => {
    script();
    const turn = await takeTurn();
    const operation = await start(await findProvider(), turn);
    operation.cancel();
    await expect(operation.result).rejects.toMatchObject({ code: "canceled" });
    turn.end();
    await expect.poll(() => addon.stats()).toMatchObject({ operations: 0, turns: 0 });
  });

  it("takes no harm from being cancelled after the end", async () => {
    script();
    const turn = await takeTurn();
    const operation = await start(await findProvider(), turn);
    const before = await operation.result;
    operation.cancel();
    expect(await operation.result).toBe(before);
  });
});

function goodAnswer(call: WamCall["call"]): WamAnswer {
  if (call === "FindAccountProviderAsync") return { provider: work };
  if (call === "FindAllAccountsWithClientIdAsync") return { status: 0 };
  if (call === "FindAccountAsync") return { account: null };
  if (call === "pane.commands") return { choice: 0 };
  return call.startsWith("account.") || call.startsWith("result.") ? { done: true } : token;
}

// The pane's commands are asked for after the call has returned.
describe.each(operations.filter(([call]) => call !== "pane.commands"))("%s", (call, stage, start) => {
  it("fails as Windows says when the call itself fails", async () => {
    scriptOperation(call, () => ({ hresult: 0x80070005, from: "call" }));
    const turn = await takeTurn();
    const { result } = await start(await findProvider(), turn);
    await expect(result).rejects.toMatchObject({ code: "failed", hresult: 0x80070005, stage });
  });

  it("tells when Windows cancelled by itself", async () => {
    scriptOperation(call, () => ({ choice: null, ends: "canceled" }));
    const turn = await takeTurn();
    const { result } = await start(await findProvider(), turn);
    await expect(result).rejects.toMatchObject({ code: "canceled", stage });
  });
});

describe("classes that this Windows does not have", () => {
  it.each([
    ["Windows.Security.Authentication.Web.Core.WebAuthenticationCoreManager", "WebAuthenticationCoreManager"],
  ])("%s", async (missing, stage) => {
    script({}, { missingClasses: [missing] });
    const { result } = addon.findProvider({ id: work.id });
    await expect(result).rejects.toMatchObject({ code: "unavailable", hresult: 0x80040154, stage });
  });

  it.each([
    ["Windows.UI.ApplicationSettings.AccountsSettingsPane", "AccountsSettingsPane"],
    ["Windows.UI.ApplicationSettings.WebAccountProviderCommand", "WebAccountProviderCommand"],
  ])("%s", async (missing, stage) => {
    script({}, { missingClasses: [missing] });
    const turn = await takeTurn();
    const providers = [await findProvider()];
    const { result } = addon.pickProvider({ turn, window: openWindow(), headerText: "", providers });
    await expect(result).rejects.toMatchObject({ code: "unavailable", hresult: 0x80040154, stage });
  });
});

describe("the account picker", () => {
  const pick = async (
    answer: { choice: number | null; ends?: "completed" | "canceled" },
    headerText = "",
  ) => {
    script({
      FindAccountProviderWithAuthorityAsync: { provider: personal },
      "pane.commands": answer,
    });
    const providers = [
      (await addon.findProvider({ id: work.id, authority: "consumers" }).result) as NativeProvider,
      await findProvider(),
    ];
    const turn = await takeTurn();
    const window = openWindow();
    const chosen = await addon.pickProvider({ turn, window, headerText, providers }).result;
    turn.end();
    return { chosen, providers };
  };

  it.each([0, 1])("gives the very provider that was chosen (%i)", async (choice) => {
    const { chosen, providers } = await pick({ choice }, "Sign in to Contoso");
    expect(chosen).toBe(providers[choice]);
    expect(logged("pane.put_HeaderText")).toMatchObject([{ text: "Sign in to Contoso" }]);
    expect(logged("pane.commands")).toMatchObject([{ providers: ["consumers", "organizations"] }]);
  });

  it("gives null when nothing was chosen", async () => {
    expect((await pick({ choice: null })).chosen).toBeNull();
    expect(logged("pane.put_HeaderText")).toEqual([]);
  });

  it("gives null when Windows tells that as cancelled", async () => {
    expect((await pick({ choice: null, ends: "canceled" })).chosen).toBeNull();
  });

  it("runs on a single-threaded apartment of its own, over a window of that thread", async () => {
    await pick({ choice: 0 });
    const [pane] = logged("pane.GetForWindow");
    expect(pane).toMatchObject({ isWindow: true, ownWindow: true });
    expect(pane?.apt).toMatch(/STA$/);
    expect(pane?.["windowThread"]).toBe(pane?.tid);
    const threads = fake.log().filter(({ call }) => /^pane\.(?!commands)/.test(call));
    expect(new Set(threads.map(({ tid }) => tid)).size).toBe(1);
    expect(logged("pane.remove_AccountCommandsRequested")).toHaveLength(1);
  });

  it("lets go of everything", async () => {
    await pick({ choice: 0 });
    await expect
      .poll(async () => {
        await collectGarbage();
        return fake.liveObjects();
      })
      .toBe(0);
  });
});

describe("turns to show windows", () => {
  it("come one after another, in the order they were asked for", async () => {
    const order: number[] = [];
    const waiting = [0, 1, 2].map((n) =>
      addon.beginInteractive().result.then((turn) => {
        order.push(n);
        return turn;
      }),
    );
    const first = await waiting[0];
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([0]);
    expect(addon.stats().turns).toBe(1);
    first?.end();
    first?.end();
    const second = await waiting[1];
    expect(order).toEqual([0, 1]);
    second?.end();
    (await waiting[2])?.end();
    await expect.poll(() => addon.stats()).toMatchObject({ operations: 0, turns: 0 });
  });

  it("are not waited for any more by who has cancelled", async () => {
    const first = await addon.beginInteractive().result;
    const second = addon.beginInteractive();
    const third = addon.beginInteractive();
    second.cancel();
    await expect(second.result).rejects.toMatchObject({ code: "canceled" });
    first.end();
    (await third.result).end();
  });

  it("pass on only when what they were used for has ended in Windows", async () => {
    const answer = later<typeof token>();
    script({ RequestTokenForWindowAsync: () => answer.promise });
    const provider = await findProvider();
    const turn = await takeTurn();
    const open = addon.requestToken({ ...silently(provider), mode: "window", turn, window: openWindow() });
    turn.end();
    const next = addon.beginInteractive();
    let granted = false;
    void next.result.then(() => {
      granted = true;
    });
    await expect.poll(() => logged("RequestTokenForWindowAsync").length).toBe(1);
    expect(granted).toBe(false);
    answer.resolve(token);
    await open.result;
    (await next.result).end();
  });

  it("are needed, and only good until their end", async () => {
    script();
    const provider = await findProvider();
    const turn = await takeTurn();
    turn.end();
    const request = { ...silently(provider), mode: "window", turn, window: openWindow() } as const;
    await expect(addon.requestToken(request).result).rejects.toMatchObject({
      code: "invalid_argument",
      message: "request.turn must be a turn that has not ended",
    });
  });

  it("end when nobody refers to them any more", async () => {
    await (async () => void (await addon.beginInteractive().result))();
    const next = addon.beginInteractive();
    await expect
      .poll(async () => {
        await collectGarbage();
        return addon.stats().operations;
      })
      .toBe(0);
    (await next.result).end();
  });
});

describe("arguments", () => {
  const wrong: readonly (readonly [
    string,
    (provider: NativeProvider) => NativeOperation<unknown>,
    string,
  ])[] = [
    ["nothing", () => call("findProvider", undefined), "request must be an object"],
    ["no id", () => call("findProvider", {}), "request.id must be a string"],
    ["NUL", () => call("findProvider", { id: "a\0b" }), "request.id must be a string without NUL characters"],
    [
      "a lone surrogate",
      () => call("findProvider", { id: "\ud800" }),
      "request.id must be well-formed Unicode, without lone surrogates",
    ],
    [
      "a provider that is a plain object",
      () => call("findAccount", { provider: { ...work }, accountId: "id" }),
      "request.provider must be an account provider that this addon has found",
    ],
    [
      "a provider for an account",
      (provider) => call("signOut", { account: provider, clientId: "client-id" }),
      "request.account must be an account that this addon has found",
    ],
    [
      "a mode that is none",
      (provider) => call("requestToken", { ...silently(provider), mode: "loud" }),
      'request.mode must be "silent" or "window"',
    ],
    [
      "a prompt type that is no integer",
      (provider) => call("requestToken", { ...silently(provider), promptType: 0.5 }),
      "request.promptType must be an integer of 32 bits",
    ],
    [
      "a property that is no string",
      (provider) => call("requestToken", { ...silently(provider), properties: { claims: 1 } }),
      "request.properties.claims must be a string",
    ],
    [
      "app properties that are no object",
      (provider) => call("requestToken", { ...silently(provider), appProperties: "a=b" }),
      "request.appProperties must be an object of strings",
    ],
    [
      "a hold that is no boolean",
      (provider) => call("requestToken", { ...silently(provider), keepAlive: 1 }),
      "request.keepAlive must be a boolean",
    ],
    [
      "a result that is none",
      (provider) => call("invalidateCache", { result: provider }),
      "request.result must be a result of requestToken",
    ],
    [
      "no turn",
      (provider) => call("requestToken", { ...silently(provider), mode: "window", window: 1n }),
      "request.turn must be a turn from beginInteractive",
    ],
    ["options that are none", () => call("beginInteractive", 1), "options must be an object"],
  ];

  it.each(wrong)("refuses %s", async (_, start, message) => {
    script();
    const operation = start(await findProvider());
    await expect(operation.result).rejects.toMatchObject({ code: "invalid_argument", message });
    operation.cancel();
  });

  it("refuses a window that does not exist, or no longer", async () => {
    script();
    const provider = await findProvider();
    const turn = await takeTurn();
    const closed = fake.openWindow();
    fake.closeWindow(closed);
    await expect.poll(() => addon.windowFacts(closed).exists).toBe(false);
    for (const window of [0n, closed]) {
      const request = { ...silently(provider), mode: "window", turn, window } as const;
      await expect(addon.requestToken(request).result).rejects.toMatchObject({
        message: "request.window must be the handle of a window that exists",
      });
    }
    const request = { turn, window: openWindow(), headerText: "", providers: [] };
    await expect(addon.pickProvider(request).result).rejects.toMatchObject({
      message: "request.providers must be at least one",
    });
  });

  it("never repeats what it was given", async () => {
    script({ GetTokenSilentlyAsync: { hresult: 0x80004005 } });
    const secret = "a-secret-that-nobody-shall-read";
    const request = silently(await findProvider(), {
      scope: secret,
      clientId: secret,
      properties: { LoginHint: secret },
      appProperties: { shr_nonce: secret },
      correlationId: secret,
    });
    const error: unknown = await addon.requestToken(request).result.catch((reason) => reason);
    expect(error).toMatchObject({ code: "failed" });
    expect(JSON.stringify([String(error), error, (error as Error).stack])).not.toContain(secret);
  });

  function call(name: keyof NativeBinding, argument: unknown): NativeOperation<unknown> {
    return (addon[name] as (argument: unknown) => NativeOperation<unknown>)(argument);
  }
});

describe("threads", () => {
  it("calls WAM from the multithreaded apartment, also when JavaScript runs in a single-threaded one", async () => {
    expect(fake.enterSta()).toBe(true);
    script();
    const provider = await findProvider();
    await addon.requestToken(silently(provider)).result;
    const turn = await takeTurn();
    await addon.requestToken({ ...silently(provider), mode: "window", turn, window: openWindow() }).result;
    turn.end();
    const asked = fake.log().filter(({ call }) => /^(Find|GetToken|RequestToken)/.test(call));
    expect(asked.length).toBe(3);
    for (const { apt } of asked) expect(apt).toMatch(/^MTA/);
  });

  it("keeps a thousand silent requests in flight", async () => {
    const answer = later<typeof token>();
    script({ GetTokenSilentlyAsync: () => answer.promise });
    const provider = await findProvider();
    const started = Array.from({ length: 1000 }, () => addon.requestToken(silently(provider)));
    await expect.poll(() => logged("GetTokenSilentlyAsync").length, { timeout: 60_000 }).toBe(1000);
    expect(addon.stats().operations).toBe(1000);
    answer.resolve(token);
    const results = await Promise.all(started.map(({ result }) => result));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set([0]));
    expect(new Set(logged("GetTokenSilentlyAsync").map(({ tid }) => tid)).size).toBeLessThanOrEqual(8);
    await expect.poll(() => addon.stats().operations).toBe(0);
  }, 120_000);

  it("cancels a thousand at once", async () => {
    script({ GetTokenSilentlyAsync: () => never });
    const provider = await findProvider();
    const started = Array.from({ length: 1000 }, () => addon.requestToken(silently(provider)));
    await expect.poll(() => logged("GetTokenSilentlyAsync").length, { timeout: 60_000 }).toBe(1000);
    for (const operation of started) operation.cancel();
    const ended = await Promise.allSettled(started.map(({ result }) => result));
    expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    await expect.poll(() => addon.stats().operations, { timeout: 60_000 }).toBe(0);
  }, 120_000);
});

describe("objects", () => {
  it("are let go of when JavaScript has collected them", async () => {
    script();
    await (async () => {
      const provider = await findProvider();
      const account = await findAccount(provider);
      await addon.requestToken(silently(provider, { account })).result;
      expect(addon.stats().objects).toBeGreaterThanOrEqual(3);
    })();
    await expect
      .poll(async () => {
        await collectGarbage();
        return [addon.stats().objects, fake.liveObjects()];
      })
      .toEqual([0, 0]);
  });
});
