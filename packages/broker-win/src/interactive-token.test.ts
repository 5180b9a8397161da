import type { Prompt } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { createWindowsBroker } from "./index.js";
import { brokerIn, failure, onlyTokenCall, request, tokenCalls } from "./testing/broker.js";
import { desktop, FakeWam, nativeError } from "./testing/fake-wam.js";
import {
  account,
  clientId,
  clientInfo,
  idTokenOf,
  jane,
  personalAccount,
  personalResponse,
  personalUsername,
  tenantId,
  username,
  workResponse,
} from "./testing/people.js";
import { answering } from "./testing/world.js";

const common = "https://login.microsoftonline.com/common";
const consumers = "https://login.microsoftonline.com/consumers";
const native = { provider: "organizations", wamAccountIds: { [clientId]: "aad-web-account-id" } };

describe("how a person is asked", () => {
  it("for the account that is given, without a way to another one", async () => {
    const { broker, wam } = brokerIn();
    const token = await broker.acquireTokenInteractively(request({ account: account({ native }) }));
    expect(token).toMatchObject({ silent: false, account: { homeAccountId: account().homeAccountId } });
    expect(onlyTokenCall(wam)).toMatchObject({
      call: "RequestTokenWithWebAccountForWindowAsync",
      webAccount: "aad-web-account-id",
      promptType: 0,
      properties: { hsu: "1" },
    });
  });

  it("for an account that WAM does not know yet, by its name", async () => {
    const { broker, wam } = brokerIn({ accounts: [] });
    await broker.acquireTokenInteractively(request({ account: account() }));
    expect(onlyTokenCall(wam)).toMatchObject({
      call: "RequestTokenForWindowAsync",
      promptType: 1,
      properties: { LoginHint: username },
    });
    expect(onlyTokenCall(wam).properties).not.toHaveProperty("hsu");
  });

  it("for a personal account that WAM does not know yet", async () => {
    const { broker, wam } = brokerIn({ found: [] });
    await broker.acquireTokenInteractively(request({ authority: common, account: personalAccount() }));
    expect(wam.names).not.toContain("pane.commands");
    expect(onlyTokenCall(wam)).toMatchObject({
      provider: { authority: "consumers" },
      promptType: 1,
      properties: { LoginHint: personalUsername, Client_uiflow: "new_account" },
    });
  });

  it("for anybody: to choose an account", async () => {
    const { broker, wam } = brokerIn();
    await broker.acquireTokenInteractively(request());
    expect(onlyTokenCall(wam)).toMatchObject({ promptType: 1, properties: { prompt: "select_account" } });
  });

  it.each<Prompt>(["login", "select_account", "consent", "create"])(
    "with the prompt %s, which always shows something",
    async (prompt) => {
      const { broker, wam } = brokerIn();
      await broker.acquireTokenInteractively(request({ prompt }));
      expect(onlyTokenCall(wam)).toMatchObject({ promptType: 1, properties: { prompt } });
    },
  );

  it("with a prompt and the account that is given", async () => {
    const { broker, wam } = brokerIn();
    await broker.acquireTokenInteractively(request({ account: account({ native }), prompt: "login" }));
    expect(onlyTokenCall(wam)).toMatchObject({
      webAccount: "aad-web-account-id",
      promptType: 1,
      properties: { prompt: "login", hsu: "1" },
    });
  });

  it("with a prompt for a personal account, whose plug-in knows no prompts", async () => {
    const { broker, wam } = brokerIn({ picks: "consumers" });
    await broker.acquireTokenInteractively(request({ authority: consumers, prompt: "login" }));
    expect(onlyTokenCall(wam)).toMatchObject({ promptType: 1, properties: { Client_uiflow: "new_account" } });
    expect(onlyTokenCall(wam).properties).not.toHaveProperty("prompt");
  });

  it("to choose an account although the hint names one", async () => {
    const { broker, wam } = brokerIn();
    await broker.acquireTokenInteractively(request({ loginHint: username, prompt: "select_account" }));
    expect(onlyTokenCall(wam)).toMatchObject({ webAccount: "", properties: { prompt: "select_account" } });
  });

  it("to make an account: none may be given then", async () => {
    const { broker, wam } = brokerIn();
    await broker.acquireTokenInteractively(request({ loginHint: username, prompt: "create" }));
    expect(onlyTokenCall(wam)).toMatchObject({
      webAccount: "",
      promptType: 1,
      properties: { prompt: "create" },
    });
  });

  it("refuses a prompt there is not", async () => {
    const { broker, wam } = brokerIn();
    const prompt = "none" as Prompt;
    expect((await failure(broker.acquireTokenInteractively(request({ prompt })))).code).toBe(
      "invalid_request",
    );
    expect(wam.calls).toEqual([]);
  });

  it("to choose again, although an account is given", async () => {
    const { broker, wam } = brokerIn();
    const changes = { account: account({ native }), prompt: "select_account" as const };
    await broker.acquireTokenInteractively(request(changes));
    expect(onlyTokenCall(wam)).toMatchObject({
      webAccount: "aad-web-account-id",
      promptType: 1,
      properties: { prompt: "select_account" },
    });
    expect(onlyTokenCall(wam).properties).not.toHaveProperty("hsu");
  });

  it("without the picker where personal accounts are switched off", async () => {
    const without = (missing: (authority: string) => boolean) =>
      brokerIn({
        first: ({ call, authority = "" }) =>
          call === "FindAccountProviderWithAuthorityAsync" && missing(authority)
            ? { provider: null }
            : undefined,
      });
    const { broker, wam } = without((authority) => authority === "consumers");
    await broker.acquireTokenInteractively(request({ authority: common }));
    expect(wam.names).not.toContain("pane.commands");
    expect(onlyTokenCall(wam)).toMatchObject({ provider: { authority: "organizations" } });
    const none = without(() => true);
    const error = await failure(none.broker.acquireTokenInteractively(request({ authority: common })));
    expect(error).toMatchObject({ code: "broker_unavailable", reason: "provider_missing" });
    const personal = without((authority) => authority === "consumers");
    expect(
      await failure(personal.broker.acquireTokenInteractively(request({ authority: consumers }))),
    ).toMatchObject({ reason: "provider_missing", native: { provider: "consumers" } });
  });

  it("after the picker, with the hint and the prompt", async () => {
    const { broker, wam } = brokerIn({ accounts: [] });
    await broker.acquireTokenInteractively(
      request({ authority: common, loginHint: "new@contoso.com", prompt: "login" }),
    );
    expect(wam.names).toContain("pane.commands");
    expect(onlyTokenCall(wam)).toMatchObject({
      promptType: 1,
      properties: { authority: common, LoginHint: "new@contoso.com", prompt: "login" },
    });
  });
});

describe("what comes back", () => {
  const eve = "eeeeeeee-0000-4000-8000-000000000000";
  const evesAnswer = workResponse(
    {
      wamcompat_id_token: idTokenOf({ oid: eve, preferred_username: "eve@contoso.com", name: "Eve" }),
      wamcompat_client_info: clientInfo(eve, tenantId),
    },
    { account: jane({ id: "eve", userName: "eve@contoso.com" }) },
  );

  it.each([0, 2])("is whoever the user chose, where no account was given (status %i)", async (status) => {
    const { broker } = brokerIn({ window: { status, responses: [evesAnswer] } });
    const token = await broker.acquireTokenInteractively(request({ loginHint: username }));
    expect(token.account).toMatchObject({ username: "eve@contoso.com", homeAccountId: `${eve}.${tenantId}` });
  });

  it("is none where the plug-in for personal accounts tells of a switch, as Microsoft's client has it", async () => {
    const { broker } = brokerIn({ window: { status: 2, responses: [personalResponse()] } });
    const changes = { authority: consumers, loginHint: personalUsername };
    const error = await failure(broker.acquireTokenInteractively(request(changes)));
    expect(error).toMatchObject({ code: "broker_failed", native: { wamStatusName: "AccountSwitch" } });
  });

  it("is refused for another account than the one given", async () => {
    const { broker } = brokerIn({ window: { status: 2, responses: [evesAnswer] } });
    const error = await failure(broker.acquireTokenInteractively(request({ account: account({ native }) })));
    expect(error).toMatchObject({ code: "account_mismatch", reason: "wrong_account" });
  });

  it("is told to the next silent call", async () => {
    const { broker, wam } = brokerIn({ accounts: [], found: [jane()] });
    await broker.acquireTokenInteractively(request());
    wam.calls.length = 0;
    await broker.acquireTokenSilently(request({ account: account() }));
    expect(onlyTokenCall(wam).webAccount).toBe("aad-web-account-id");
  });

  it("is not asked for again when it failed for a moment: nobody wants a second window", async () => {
    const { broker, wam } = brokerIn({ window: { status: 5, error: { code: 0xcaad0001 } } });
    const error = await failure(broker.acquireTokenInteractively(request()));
    expect(error).toMatchObject({ code: "temporarily_unavailable", retryable: true });
    expect(tokenCalls(wam)).toHaveLength(1);
  });

  it("says that the user closed the window, or the picker", async () => {
    const canceled = brokerIn({ window: { status: 1 } });
    expect((await failure(canceled.broker.acquireTokenInteractively(request()))).code).toBe("user_canceled");
    const closed = brokerIn({ picks: null });
    const error = await failure(closed.broker.acquireTokenInteractively(request({ authority: common })));
    expect(error).toMatchObject({ code: "user_canceled", reason: "picker_closed" });
    expect(tokenCalls(closed.wam)).toEqual([]);
  });
});

describe("MSA passthrough in a window", () => {
  it("has the plug-in for personal accounts vouch for the user who picked it", async () => {
    const { broker, wam } = brokerIn({ picks: "consumers" });
    await broker.acquireTokenInteractively(request({ msaPassthrough: true }));
    const [first, second] = tokenCalls(wam);
    expect(first).toMatchObject({
      call: "RequestTokenForWindowAsync",
      provider: { authority: "consumers" },
      scope: "openid service::login.microsoftonline.com::PURPOSE_AAD_WAM_TRANSFER email profile",
    });
    expect(second).toMatchObject({
      call: "RequestTokenForWindowAsync",
      provider: { authority: "organizations" },
      properties: {
        SamlAssertion: "fake-transfer-code",
        SamlAssertionType: "SAMLV1",
        authority: "https://login.microsoftonline.com/organizations",
      },
    });
  });

  it("is as ever for a work account", async () => {
    const { broker, wam } = brokerIn();
    await broker.acquireTokenInteractively(request({ msaPassthrough: true }));
    expect(onlyTokenCall(wam).properties).toMatchObject({
      authority: "https://login.microsoftonline.com/organizations",
    });
  });
});

describe("where windows can be shown", () => {
  it("refuses in the session of the services, before anything is asked", async () => {
    const { broker, wam } = brokerIn();
    wam.sessionFacts = { sessionId: 0, visibleStation: false };
    const error = await failure(broker.acquireTokenInteractively(request()));
    expect(error).toMatchObject({
      code: "broker_unavailable",
      reason: "session_0",
      native: { sessionId: 0 },
    });
    expect(wam.calls).toEqual([]);
  });

  it("refuses without a desktop, but still gets tokens silently", async () => {
    const { broker, wam } = brokerIn();
    wam.sessionFacts = { sessionId: 2, visibleStation: false };
    const error = await failure(broker.acquireTokenInteractively(request()));
    expect(error).toMatchObject({ code: "broker_unavailable", reason: "no_desktop" });
    expect((await broker.acquireTokenSilently(request())).silent).toBe(true);
  });

  it.each([{ elevated: true }, { integrityLevel: 0x3000 }])(
    "shows no picker to an administrator, who is told (%o)",
    async (facts) => {
      const { broker, wam } = brokerIn();
      wam.sessionFacts = facts;
      const error = await failure(broker.acquireTokenInteractively(request({ authority: common })));
      expect(error).toMatchObject({ code: "not_supported", reason: "elevated_process" });
      expect(wam.calls).toEqual([]);
    },
  );

  it("signs an administrator in wherever no picker is needed", async () => {
    const { broker, wam } = brokerIn();
    wam.sessionFacts = { elevated: true };
    await broker.acquireTokenInteractively(request());
    await broker.acquireTokenInteractively(request({ authority: common, loginHint: username }));
    await broker.acquireTokenInteractively(request({ authority: consumers }));
    expect(wam.names).not.toContain("pane.commands");
    expect(tokenCalls(wam).at(-1)).toMatchObject({
      promptType: 1,
      properties: { Client_uiflow: "new_account" },
    });
    const unknown = request({ authority: common, loginHint: "new@contoso.com" });
    expect((await failure(broker.acquireTokenInteractively(unknown))).reason).toBe("elevated_process");
  });

  it("takes the test's word for the session", async () => {
    const wam = new FakeWam(answering());
    const broker = createWindowsBroker({
      loadBinding: () => wam,
      readSession: () => ({ sessionId: 0 }),
    });
    expect((await failure(broker.acquireTokenInteractively(request()))).reason).toBe("session_0");
  });
});

describe("the window to show above", () => {
  const seen = { exists: true, visible: true, sameDesktop: true };
  const shownAbove = async (
    parentWindow: bigint | "auto" | undefined,
    prepare: (wam: FakeWam) => void = () => {},
  ) => {
    const { broker, wam } = brokerIn();
    prepare(wam);
    const changes = parentWindow === undefined ? {} : { parentWindow };
    await broker.acquireTokenInteractively(request(changes));
    return BigInt(onlyTokenCall(wam).hwnd ?? 0);
  };

  it("is the app's", async () => {
    expect(await shownAbove(0x70n, (wam) => wam.windows.set(0x70n, seen))).toBe(0x70n);
  });

  it.each([undefined, "auto" as const, 0n, 0x99n])(
    "is the console's or its terminal's for %s",
    async (given) => {
      const window = await shownAbove(given, (wam) => {
        wam.console = 0x50n;
        wam.windows.set(0x50n, seen);
      });
      expect(window).toBe(0x50n);
    },
  );

  it.each([
    ["there is no console", 0n, seen],
    ["the console's window is hidden", 0x50n, { ...seen, visible: false }],
    ["the console is on another desktop", 0x50n, { ...seen, sameDesktop: false }],
    ["the console's window is gone", 0x50n, { exists: false }],
  ])("is the desktop where %s", async (_why, console, facts) => {
    const window = await shownAbove("auto", (wam) => {
      wam.console = console;
      wam.windows.set(0x50n, facts);
    });
    expect(window).toBe(desktop);
  });

  it("is refused on another desktop: the user would see nothing", async () => {
    const { broker, wam } = brokerIn();
    wam.windows.set(0x70n, { ...seen, sameDesktop: false });
    const error = await failure(broker.acquireTokenInteractively(request({ parentWindow: 0x70n })));
    expect(error).toMatchObject({ code: "invalid_request", reason: "foreign_parent_window" });
    expect(wam.calls).toEqual([]);
    expect(wam.stats().turns).toBe(0);
  });

  it.each([-1n, 2n ** 64n])("is refused where it is no handle: %s", async (parentWindow) => {
    const { broker } = brokerIn();
    const error = await failure(broker.acquireTokenInteractively(request({ parentWindow })));
    expect(error).toMatchObject({ code: "invalid_request", reason: "invalid_parent_window" });
  });

  it("has to be a bigint", async () => {
    const { broker } = brokerIn();
    const changes = { parentWindow: 5 as unknown as bigint };
    expect(await failure(broker.acquireTokenInteractively(request(changes)))).toBeInstanceOf(TypeError);
  });
});

describe("turns", () => {
  it("are taken one at a time, in the order of the calls", async () => {
    const hints: string[] = [];
    const { broker, wam } = brokerIn({
      first: async ({ call, properties }) => {
        if (!call.startsWith("RequestToken")) return undefined;
        hints.push(properties?.["LoginHint"] ?? "");
        await new Promise((resolve) => setTimeout(resolve, 5));
        return undefined;
      },
    });
    const names = ["a@x.example", "b@x.example", "c@x.example"];
    await Promise.all(names.map((loginHint) => broker.acquireTokenInteractively(request({ loginHint }))));
    expect(hints).toEqual(names);
    expect(wam.mostTurns).toBe(1);
  });

  it("pass on after a failure, an abort while waiting, and a time limit", async () => {
    let open = (): void => {};
    const shown = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { broker, wam } = brokerIn({
      first: async ({ call, properties }) => {
        if (properties?.["LoginHint"] !== "first@x.example" || !call.startsWith("RequestToken"))
          return undefined;
        await shown;
        return nativeError("failed", { hresult: 0x80004005, stage: call });
      },
    });
    const controller = new AbortController();
    const calls = [
      failure(broker.acquireTokenInteractively(request({ loginHint: "first@x.example" }))),
      failure(broker.acquireTokenInteractively(request(), { abortSignal: controller.signal })),
      failure(broker.acquireTokenInteractively(request(), { timeoutInMs: 20 })),
      broker.acquireTokenInteractively(request()),
    ] as const;
    controller.abort();
    expect((await calls[1]).name).toBe("AbortError");
    expect((await calls[2]).code).toBe("timed_out");
    expect(tokenCalls(wam)).toHaveLength(1);
    open();
    expect((await calls[0]).code).toBe("broker_failed");
    expect((await calls[3]).silent).toBe(false);
    expect(wam.stats()).toMatchObject({ operations: 0, turns: 0 });
  });

  it("that come too late are given back", async () => {
    const wam = new FakeWam(answering());
    const ended: string[] = [];
    let give = (): void => {};
    wam.beginInteractive = () => ({
      // As an addon might that was just about to give the turn.
      result: new Promise((resolve) => {
        give = () => resolve({ end: () => void ended.push("ended") });
      }),
      cancel: () => {},
    });
    const broker = createWindowsBroker({ loadBinding: () => wam });
    const controller = new AbortController();
    const waiting = failure(broker.acquireTokenInteractively(request(), { abortSignal: controller.signal }));
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect((await waiting).name).toBe("AbortError");
    expect(ended).toEqual([]);
    give();
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toEqual(["ended"]);
  });

  it("that come in the very moment in which the waiting is given up are given back", async () => {
    const wam = new FakeWam(answering());
    const controller = new AbortController();
    let ends = 0;
    wam.beginInteractive = () => {
      const result = Promise.resolve({ end: () => void ends++ });
      // After the turn has come, before anybody has learned of it.
      void result.then(() => {}).then(() => controller.abort());
      return { result, cancel: () => {} };
    };
    const broker = createWindowsBroker({ loadBinding: () => wam });
    const waiting = broker.acquireTokenInteractively(request(), { abortSignal: controller.signal });
    expect((await failure(waiting)).name).toBe("AbortError");
    expect(ends).toBe(1);
  });

  it("do not hold silent calls up", async () => {
    const { broker } = brokerIn({
      first: ({ call }) => (call.startsWith("RequestToken") ? new Promise(() => {}) : undefined),
    });
    const open = failure(broker.acquireTokenInteractively(request()));
    expect((await broker.acquireTokenSilently(request())).silent).toBe(true);
    await broker.close();
    expect((await open).reason).toBe("connection_closed");
  });
});
