import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type DoubleBuild,
  type ExtensionRequest,
  loadDouble,
  needDouble,
} from "../../../test/doubles/authentication-services/double.js";
import type { NativeBinding, NativeRequest } from "./native.js";
import { failureOf, identityProviderUrl, requestOf, until, whileServing } from "./testing/native-requests.js";

/** The addon against the double of AuthenticationServices; see test/doubles. */
describe("the macOS addon", () => {
  let extension: DoubleBuild["extension"];
  let binding: NativeBinding;
  let received: ExtensionRequest[];

  beforeEach((test) => {
    needDouble(test);
    const double = loadDouble();
    extension = double.extension;
    binding = double.loadBinding();
    extension.reset();
    received = [];
    extension.onRequest((request) => received.push(request));
  });
  afterEach(async () => {
    // Only a test that was skipped has none.
    if (binding === undefined) return;
    expect(binding.stats()).toEqual({ requestsInFlight: 0 });
    // A thread that has just answered may hold the last ones for a moment.
    const isLeft = ({ liveControllers, liveDelegates } = extension.facts()) =>
      liveControllers + liveDelegates > 0;
    await until(() => !isLeft());
  });

  /** Sends a request and waits until the extension has it. */
  async function send(parts: Partial<NativeRequest> = {}) {
    const before = received.length;
    const pending = binding.perform(requestOf(parts));
    await until(() => received.length > before);
    const request = received.at(-1);
    if (request === undefined) throw new Error("unreachable");
    return { pending, request };
  }

  const served = <T>(work: Promise<T>) => whileServing(binding, work);

  describe("canPerform", () => {
    it("asks each time", async () => {
      for (const value of [true, false, true]) {
        extension.setCanPerform(value);
        expect(await binding.canPerform(identityProviderUrl)).toBe(value);
        expect(binding.canPerformNow(identityProviderUrl)).toBe(value);
      }
    });

    it("does not stop the event loop, however long the system takes", async () => {
      extension.setCanPerform(undefined);
      const asked = [1, 2, 3].map(() => binding.canPerform(identityProviderUrl));
      let isSettled = false;
      void Promise.race(asked).then(() => {
        isSettled = true;
      });
      for (let turn = 0; turn < 50; turn += 1) await nextTurn();
      expect(isSettled).toBe(false);
      extension.setCanPerform(false);
      expect(await Promise.all(asked)).toEqual([false, false, false]);
    });

    it.each([
      ["no string", 1],
      ["no URL", "not a url"],
      ["a path", "/common"],
      ["a NUL", "https://a.example/\0"],
    ])("refuses %s", async (_what, url) => {
      expect(await failureOf(binding.canPerform(url as string))).toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining("identityProviderUrl"),
      });
      expect(() => binding.canPerformNow(url as string)).toThrow("identityProviderUrl");
    });

    it("tells of an exception", async () => {
      extension.raiseNext("NSInvalidArgumentException");
      expect(await failureOf(binding.canPerform(identityProviderUrl))).toMatchObject({
        code: "platform_exception",
        exceptionName: "NSInvalidArgumentException",
      });
      expect(await binding.canPerform(identityProviderUrl)).toBe(true);
      extension.raiseNext("NSInvalidArgumentException");
      expect(() => binding.canPerformNow(identityProviderUrl)).toThrow(
        expect.objectContaining({ code: "platform_exception" }),
      );
    });
  });

  describe("a request", () => {
    it("reaches the extension as it was given", async () => {
      const options = [
        ["claims", '{"access_token":{"x":null}}'],
        ["reserved", "a=b&c%20d+e#f"],
        ["words", "grüß 🙂"],
        ["empty", ""],
        ["twice", "1"],
        ["twice", "2"],
      ] as const;
      const { pending, request } = await send({ operation: "get_accounts_operation", options });
      expect(request).toMatchObject({
        id: 1,
        identityProviderUrl,
        operation: "get_accounts_operation",
        options,
        userInterfaceEnabled: false,
        hasPresentationContext: false,
        isOnMainThread: true,
      });
      expect(request.anchorWindow).toBeUndefined();
      pending.cancel();
      await failureOf(pending.result);
    });

    it("brings a presentation context if windows are allowed, with the view's window", async () => {
      const { view, window } = extension.createView();
      const { pending, request } = await send({ userInterfaceEnabled: true, anchorView: view });
      expect(request).toMatchObject({
        userInterfaceEnabled: true,
        hasPresentationContext: true,
        anchorWindow: window,
      });
      pending.cancel();
      await failureOf(pending.result);
    });

    it("brings one without a window if there is no view", async () => {
      const { pending, request } = await send({ userInterfaceEnabled: true });
      expect(request.hasPresentationContext).toBe(true);
      expect(request.anchorWindow).toBeUndefined();
      pending.cancel();
      await failureOf(pending.result);
    });

    it.each([
      ["nothing", undefined, "request"],
      ["no URL", requestOf({ identityProviderUrl: "common" }), "identityProviderUrl"],
      ["a NUL in the operation", requestOf({ operation: "re\0fresh" }), "request.operation"],
      ["a lone surrogate", requestOf({ options: [["a", "secret\ud800"]] }), "request.options[0][1]"],
      ["a number as a value", requestOf({ options: [["a", 4 as never]] }), "request.options[0][1]"],
      ["half an option", requestOf({ options: [["secret"] as never] }), "request.options[0]"],
      ["options that are no list", requestOf({ options: {} as never }), "request.options"],
      ["no word on windows", requestOf({ userInterfaceEnabled: 0 as never }), "request.userInterfaceEnabled"],
      ["a number as a view", requestOf({ anchorView: 1 as never }), "request.anchorView"],
      ["no address", requestOf({ anchorView: 0n }), "request.anchorView"],
      ["a view too far", requestOf({ anchorView: 1n << 64n }), "request.anchorView"],
    ])("is refused with %s", async (_what, request, name) => {
      const pending = binding.perform(request as NativeRequest);
      pending.cancel();
      const error = await failureOf(pending.result);
      expect(error).toMatchObject({ code: "invalid_argument" });
      expect(error.message).toMatch(name);
      expect(error.message).not.toContain("secret");
      expect(extension.facts().requests).toEqual([]);
    });

    it("that AuthenticationServices raises an exception at is refused", async () => {
      extension.raiseNext("NSInternalInconsistencyException");
      const error = await failureOf(binding.perform(requestOf()).result);
      expect(error).toMatchObject({
        code: "platform_exception",
        exceptionName: "NSInternalInconsistencyException",
      });
    });
  });

  describe("an answer", () => {
    it("comes as it is", async () => {
      const headers = {
        success: "1",
        operation: "refresh",
        payload: 'a "b", {c}; grüß',
        empty: "",
        cut: "a\0b",
      };
      const { pending, request } = await send();
      request.answer({ headers, status: 401, url: "https://idp.example/x?y=z" });
      const response = await served(pending.result);
      expect(response).toMatchObject({ status: 401, url: "https://idp.example/x?y=z" });
      expect(Object.fromEntries(response.headers)).toEqual(headers);
    });

    it("on the main thread waits for the run loop, which does not hold up the event loop", async () => {
      const { pending, request } = await send();
      request.answer({ headers: { success: "1" } });
      let isSettled = false;
      const settled = pending.result.finally(() => {
        isSettled = true;
      });
      for (let turn = 0; turn < 50; turn += 1) await nextTurn();
      expect(isSettled).toBe(false);
      binding.serveMainRunLoop();
      expect((await settled).status).toBe(200);
      expect(extension.facts().requests).toMatchObject([{ state: "answered", wasCalledOnMainThread: true }]);
    });

    it("on another thread waits for nothing", async () => {
      const { pending, request } = await send();
      request.answer({ headers: { success: "1" } }, { thread: "other" });
      expect((await pending.result).status).toBe(200);
      expect(extension.facts().requests).toMatchObject([{ state: "answered", wasCalledOnMainThread: false }]);
    });

    it("may come before performRequests returns", async () => {
      extension.answerInsidePerform({ headers: { success: "0" } });
      const pending = binding.perform(requestOf());
      expect(extension.facts().requests).toMatchObject([{ state: "answered" }]);
      expect((await pending.result).headers).toEqual([["success", "0"]]);
    });

    it("counts once, however often it comes", async () => {
      for (const thread of ["main", "other"] as const) {
        const { pending, request } = await send();
        request.answer({ headers: { success: "1" } }, { thread, times: 3 });
        expect((await served(pending.result)).headers).toEqual([["success", "1"]]);
      }
      // From another thread, the delegate may be gone by the second call.
      expect(extension.facts().requests[0]).toMatchObject({ delegateCalls: 3 });
    });

    it("of another class is an error that names the class", async () => {
      const { pending, request } = await send();
      request.answer({ credential: "other" });
      expect(await failureOf(served(pending.result))).toMatchObject({
        code: "unexpected_credential",
        className: "ASPasswordCredential",
      });
    });

    it("without a response is an error", async () => {
      const { pending, request } = await send();
      request.answer({ credential: "empty" });
      expect(await failureOf(served(pending.result))).toMatchObject({
        code: "unexpected_credential",
        className: "ASAuthorizationSingleSignOnCredential",
      });
    });

    it.each(["main", "other"] as const)(
      "that cannot be read is an error, on the %s thread",
      async (thread) => {
        const { pending, request } = await send();
        request.answer({ credential: "broken" }, { thread });
        expect(await failureOf(served(pending.result))).toMatchObject({
          code: "platform_exception",
          exceptionName: "BrokenCredential",
        });
      },
    );

    it("on another thread never is where a window ends, which AppKit allows on the main one alone", async () => {
      for (let round = 0; round < 50; round += 1) {
        const { view } = extension.createView();
        const { pending, request } = await send({ userInterfaceEnabled: true, anchorView: view });
        extension.closeWindows();
        request.answer({ headers: { success: "1" } }, { thread: "other" });
        await pending.result;
      }
      await until(() => extension.facts().liveDelegates === 0);
      expect(extension.facts().windowsFreedElsewhere).toBe(0);
    });

    it("comes to each of 200 at a time, 20 kB each", async () => {
      extension.onRequest((request) => {
        const number = new Map(request.options).get("number") ?? "";
        const headers: Record<string, string> = { number };
        for (let i = 0; i < 10; i += 1) headers[`field${i}`] = `${number}-${i}-`.padEnd(2048, "x");
        request.answer({ headers }, { thread: Number(number) % 2 === 0 ? "main" : "other" });
      });
      const numbers = Array.from({ length: 200 }, (_, index) => String(index));
      const all = numbers.map(
        (number) => binding.perform(requestOf({ options: [["number", number]] })).result,
      );
      expect(binding.stats()).toEqual({ requestsInFlight: 200 });
      const responses = await served(Promise.all(all));
      const headers = responses.map((response) => new Map(response.headers));
      expect(headers.map((each) => each.get("number"))).toEqual(numbers);
      expect(headers.every((each) => each.get("field9")?.length === 2048)).toBe(true);
      expect(headers[7]?.get("field3")).toMatch(/^7-3-x+$/);
    });
  });

  describe("an error", () => {
    it("brings the whole chain", async () => {
      const { pending, request } = await send();
      request.answer({
        error: {
          domain: "com.apple.AuthenticationServices.AuthorizationError",
          code: 1000,
          userInfo: { NSLocalizedDescription: "no luck, alice@contoso.example" },
          underlying: {
            domain: "MSALErrorDomain",
            code: -50000,
            userInfo: {
              MSALErrorDescriptionKey: "redirect uri",
              MSALInternalErrorCodeKey: -42000,
              MSALSTSErrorCodesKey: [50076, 50079],
              yes: true,
              half: 0.5,
              nested: { a: "b" },
              where: { $url: "https://idp.example/a?b" },
              bytes: { $data: "not told" },
              nothing: null,
              ["__proto__"]: "own",
            },
            underlying: { domain: "Deepest", code: 2_147_483_647 },
            allUnderlying: [
              { domain: "First", code: 1, underlying: { domain: "BeneathFirst", code: 2 } },
              { domain: "Second", code: 3 },
            ],
          },
        },
      });
      const error = await failureOf(served(pending.result));
      expect(error.code).toBe("request_failed");
      expect(error.errors?.map(({ domain, code }) => [domain, code])).toEqual([
        ["com.apple.AuthenticationServices.AuthorizationError", 1000],
        ["MSALErrorDomain", -50000],
        ["Deepest", 2_147_483_647],
        ["First", 1],
        ["BeneathFirst", 2],
        ["Second", 3],
      ]);
      expect(error.errors?.[0]?.localizedDescription).toBe("no luck, alice@contoso.example");
      expect(error.message).not.toContain("alice");
      const { userInfo = {} } = error.errors?.[1] ?? {};
      const told = Object.entries(userInfo).map(([key, text]) => [key, text.replaceAll(": ", ":")]);
      expect(told.sort()).toEqual([
        ["MSALErrorDescriptionKey", "redirect uri"],
        ["MSALInternalErrorCodeKey", "-42000"],
        ["MSALSTSErrorCodesKey", "[50076,50079]"],
        ["__proto__", "own"],
        ["half", "0.5"],
        ["nested", '{"a":"b"}'],
        ["where", "https://idp.example/a?b"],
        ["yes", "1"],
      ]);
    });

    it("ends a chain that is too long", async () => {
      type Link = { domain: string; code: number; underlying?: Link };
      let chain: Link = { domain: "Deepest", code: 0 };
      for (let code = 1; code <= 100; code += 1) chain = { domain: "Link", code, underlying: chain };
      const { pending, request } = await send();
      request.answer({ error: chain });
      const error = await failureOf(served(pending.result));
      expect(error.errors).toHaveLength(32);
      expect(error.errors?.[0]?.code).toBe(100);
    });
  });

  describe("cancel", () => {
    it("rejects here and now, and tells the extension", async () => {
      const { pending, request } = await send();
      pending.cancel();
      expect(binding.stats()).toEqual({ requestsInFlight: 0 });
      expect(extension.facts().requests).toMatchObject([{ state: "canceled" }]);
      expect(await failureOf(pending.result)).toMatchObject({ code: "canceled" });
      // The late answer, and AuthenticationServices' own word of the cancelling, find nobody.
      request.answer({ headers: { success: "1" } });
      for (let pass = 0; pass < 5; pass += 1) binding.serveMainRunLoop();
      expect(extension.facts().requests).toMatchObject([{ state: "canceled", delegateCalls: 0 }]);
      pending.cancel();
    });

    it("ends what was never answered, without the run loop", async () => {
      extension.onRequest(undefined);
      const all = Array.from({ length: 20 }, () => binding.perform(requestOf()));
      for (let pass = 0; pass < 5; pass += 1) binding.serveMainRunLoop();
      for (const pending of all) pending.cancel();
      const codes = await Promise.all(all.map(async ({ result }) => (await failureOf(result)).code));
      expect(new Set(codes)).toEqual(new Set(["canceled"]));
    });

    it("of an answered request changes nothing", async () => {
      const { pending, request } = await send();
      request.answer({ headers: { success: "1" } });
      const response = await served(pending.result);
      pending.cancel();
      expect(response.status).toBe(200);
      expect(extension.facts().requests).toMatchObject([{ state: "answered" }]);
    });

    it("loses or wins against an answer on another thread, but breaks nothing", async () => {
      const outcomes = new Set<string>();
      for (let round = 0; round < 200; round += 1) {
        const { pending, request } = await send();
        request.answer({ headers: { round: String(round) } }, { thread: "other" });
        for (let turn = 0; turn < round % 4; turn += 1) await nextTurn();
        pending.cancel();
        const outcome = await pending.result.catch((error) => error.code);
        outcomes.add(typeof outcome === "string" ? outcome : "answered");
      }
      expect([...outcomes].filter((outcome) => outcome !== "canceled" && outcome !== "answered")).toEqual([]);
    });
  });

  describe("the process", () => {
    it("is on its main thread", () => {
      expect(binding.isMainThread()).toBe(true);
    });

    it("is an application once NSApp runs", () => {
      const answers = [undefined, false, true].map((value) => {
        extension.setApplicationRunning(value);
        return binding.isApplicationRunning();
      });
      expect(answers).toEqual([false, false, true]);
    });

    it.each([
      {},
      { signingIdentifier: "node" },
      {
        bundleIdentifier: "com.example.app",
        signingIdentifier: "com.example.app",
        teamIdentifier: "AB12CD34EF",
      },
    ])("is told as the system tells it: %o", (caller) => {
      extension.setCaller(caller);
      expect(binding.caller()).toEqual(caller);
    });
  });
});
