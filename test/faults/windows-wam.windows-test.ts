// What the Web Account Manager of a Windows in trouble does: through the shipped addon, in Windows' Node.js.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmulatedTenant } from "@x/broker-emulator";
import { createWindowsBroker, type NativeBinding } from "@x/broker-win";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { WamAnswer, WamCall } from "../doubles/wam/fake-wam.js";
import { startWindowsStage, type WindowsStage } from "../windows/windows-stage.js";
import { failureOf } from "./expect-failure.js";

const clientId = "5b1f4a10-4f2e-4c39-9d2b-3f5c0a6f7e21";
const managerClass = "Windows.Security.Authentication.Web.Core.WebAuthenticationCoreManager";
const requestClass = "Windows.Security.Authentication.Web.Core.WebTokenRequest";
const paneClass = "Windows.UI.ApplicationSettings.AccountsSettingsPane";
const request = {
  authority: "https://login.microsoftonline.com/organizations",
  clientId,
  scopes: ["https://graph.microsoft.com/User.Read"],
};
const common = { ...request, authority: "https://login.microsoftonline.com/common" };

describe("an addon that Windows does not load", () => {
  it.each<[string, string | undefined]>([
    ["no file at all", undefined],
    ["a file of another kind", "not a library"],
  ])("is told with what to do: %s", async (_what, content) => {
    const folder = mkdtempSync(join(tmpdir(), "broker-win-"));
    try {
      const file = join(folder, "broker-win.node");
      if (content !== undefined) writeFileSync(file, content);
      const loadBinding = () => createRequire(file)(file) as NativeBinding;
      const broker = createWindowsBroker({ loadBinding });
      const failure = await failureOf(broker.acquireTokenSilently(request));
      expect(failure.code).toBe("broker_unavailable");
      expect(failure.hint).toMatch(/[.!]$/);
      expect(await broker.probe()).toMatchObject({ available: false });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a Windows in trouble", () => {
  let tenant: EmulatedTenant;
  let stage: WindowsStage;
  beforeEach(() => {
    tenant = new EmulatedTenant();
    tenant.registerApp({ clientId });
    tenant.addAccount({ username: "ann@contoso.example" });
    stage = startWindowsStage(tenant);
  });
  afterEach(() => stage.stop());

  const calls = () => stage.wam.log().map(({ call }) => call);
  /** Intercepts the calls that `pattern` matches. */
  const intercept = (pattern: RegExp, answer: (call: WamCall) => WamAnswer | Promise<WamAnswer>) => {
    stage.intercept = (call) => (pattern.test(call.call) ? answer(call) : undefined);
  };
  const never = () => new Promise<WamAnswer>(() => {});

  describe("without some of its classes", () => {
    it.each([managerClass, requestClass])("%s: there is no broker, and it says so", async (missing) => {
      stage.restart({ missingClasses: [missing] });
      const failure = await failureOf(stage.broker.acquireTokenSilently(request));
      expect(failure).toMatchObject({
        code: "broker_unavailable",
        reason: "wam_missing",
        native: { hresult: "0x80040154" },
      });
      expect(failure.hint).toMatch(/Windows 10 1809/);
    });

    it("the probe tells it, and the doctor", async () => {
      stage.restart({ missingClasses: [managerClass] });
      expect(await stage.broker.probe()).toMatchObject({
        available: false,
        error: { reason: "wam_missing" },
      });
      const outcomes: string[] = [];
      for await (const { id, outcome } of stage.broker.diagnose()) outcomes.push(`${id} ${outcome}`);
      expect(outcomes).toContain("native-addon ok");
      expect(outcomes).toContain("wam fail");
      expect(outcomes).toContain("default-account skip");
    });

    it("without the picker, tenants can still be signed in to", async () => {
      stage.restart({ missingClasses: [paneClass] });
      const failure = await failureOf(stage.broker.acquireTokenInteractively(common));
      expect(failure.code).toBe("broker_unavailable");
      expect((await stage.broker.acquireTokenInteractively(request)).account.username).toBe(
        "ann@contoso.example",
      );
    });
  });

  describe("of an older version", () => {
    it("without IWebTokenRequest3 the correlation id goes another way", async () => {
      stage.restart({ missingInterfaces: ["IWebTokenRequest3"] });
      const correlationId = "9f1c2d3e-0000-4000-8000-00000000000c";
      await stage.broker.acquireTokenSilently(request, { correlationId });
      const asked = stage.wam.log().find(({ call }) => call === "GetTokenSilentlyAsync");
      expect(asked).toMatchObject({ correlationId: "", properties: { correlationId } });
    });

    it("without IWebAuthenticationCoreManagerStatics4 accounts cannot be listed, but the default one signs in", async () => {
      stage.restart({ missingInterfaces: ["IWebAuthenticationCoreManagerStatics4"] });
      expect(await failureOf(stage.broker.getAccounts({ clientId }))).toMatchObject({
        code: "not_supported",
        reason: "windows_too_old",
      });
      expect((await stage.broker.acquireTokenSilently(request)).account.username).toBe("ann@contoso.example");
    });
  });

  it.each([
    ["organizations", "work and school"],
    ["consumers", "personal"],
  ])("without the provider for %s: says which", async (name, words) => {
    intercept(/^FindAccountProviderWithAuthority/, () => ({ provider: null }));
    const authority = `https://login.microsoftonline.com/${name}`;
    const failure = await failureOf(stage.broker.acquireTokenSilently({ ...request, authority }));
    expect(failure).toMatchObject({ code: "broker_unavailable", reason: "provider_missing" });
    expect(failure.message).toContain(words);
  });

  describe("that does not answer", () => {
    const steps: [string, RegExp, () => (options: object) => Promise<unknown>][] = [
      ["probe", /^FindAccountProvider/, () => (options) => stage.broker.getAccounts({ clientId }, options)],
      ["listing", /^FindAllAccounts/, () => (options) => stage.broker.getAccounts({ clientId }, options)],
      ["silent", /^GetToken/, () => (options) => stage.broker.acquireTokenSilently(request, options)],
      [
        "window",
        /^RequestToken/,
        () => (options) => stage.broker.acquireTokenInteractively(request, options),
      ],
      [
        "picker",
        /^pane\.commands/,
        () => (options) => stage.broker.acquireTokenInteractively(common, options),
      ],
    ];

    it.each(steps)(
      "the caller's abort ends a call and tells Windows: %s",
      async (_name, pattern, operation) => {
        const canceled: string[] = [];
        intercept(pattern, (call) => {
          call.signal.addEventListener("abort", () => canceled.push(call.call));
          return never();
        });
        const controller = new AbortController();
        const call = operation()({ abortSignal: controller.signal });
        await expect.poll(() => calls().some((one) => pattern.test(one)), { timeout: 20_000 }).toBe(true);
        controller.abort();
        await expect(call).rejects.toMatchObject({ name: "AbortError" });
        await expect.poll(() => canceled.some((one) => pattern.test(one)), { timeout: 20_000 }).toBe(true);
        stage.intercept = undefined;
        expect((await stage.broker.acquireTokenInteractively(request)).account.username).toBe(
          "ann@contoso.example",
        );
      },
    );

    it.each(steps)("the caller's time limit holds: %s", async (_name, pattern, operation) => {
      intercept(pattern, never);
      expect((await failureOf(operation()({ timeoutInMs: 100 }))).code).toBe("timed_out");
      stage.intercept = undefined;
      await expect(operation()({ timeoutInMs: 20_000 })).resolves.toBeDefined();
    });

    it("close() ends what is under way", async () => {
      intercept(/^GetToken/, never);
      const call = failureOf(stage.broker.acquireTokenSilently(request));
      await expect.poll(calls, { timeout: 20_000 }).toContain("GetTokenSilentlyAsync");
      await stage.broker.close?.();
      expect(await call).toMatchObject({ code: "broker_unavailable", reason: "connection_closed" });
    });
  });

  describe("whose calls fail", () => {
    const everyCall = /^(?:Find|GetToken|RequestToken)/;

    it.each([
      [0x80070005, "call", "broker_failed"],
      [0x80070005, "operation", "broker_failed"],
      [0x80070520, "operation", "broker_failed"],
      [0x800706ba, "operation", "broker_unavailable"],
      [0x800704c7, "operation", "user_canceled"],
    ] as const)("with 0x%s, in the %s", async (hresult, from, code) => {
      intercept(/^GetToken/, () => ({ hresult, from }));
      const failure = await failureOf(stage.broker.acquireTokenSilently(request));
      expect(failure).toMatchObject({
        code,
        native: { hresult: `0x${hresult.toString(16).padStart(8, "0")}` },
      });
    });

    it("all of them: each operation says what failed, none hangs", async () => {
      intercept(everyCall, () => ({ hresult: 0x8000ffff, from: "call" }));
      for (const call of [
        () => stage.broker.getAccounts({ clientId }),
        () => stage.broker.acquireTokenSilently(request),
        () => stage.broker.acquireTokenInteractively(request),
      ]) {
        const failure = await failureOf(call());
        expect(failure).toMatchObject({ code: "broker_failed", native: { hresult: "0x8000ffff" } });
        expect(failure.native["stage"]).toMatch(everyCall);
      }
    });

    it("or are answered at once, before they return", async () => {
      tenant.addAccount({ username: "bob@contoso.example" });
      intercept(/^FindAccountProvider/, (call) => ({
        provider: {
          id: "https://login.microsoft.com",
          displayName: "At once (emulator)",
          authority: "organizations",
        },
        completes: call.n % 2 === 0 ? "immediately" : "later",
      }));
      expect((await stage.broker.acquireTokenSilently(request)).account.username).toBe("ann@contoso.example");
      expect(await stage.broker.getAccounts({ clientId })).toHaveLength(2);
    });
  });

  it.each<[string, WamAnswer]>([
    ["a success without a response", { status: 0, responses: [] }],
    ["an empty token", { status: 0, responses: [{ token: "", properties: {} }] }],
    ["no properties", { status: 0, responses: [{ token: "t", properties: {} }] }],
    ["a status that there is not", { status: 17 }],
  ])("nonsense is told as such: %s", async (_what, answer) => {
    intercept(/^GetToken/, () => answer);
    const failure = await failureOf(stage.broker.acquireTokenSilently(request));
    expect(["protocol_error", "broker_failed"]).toContain(failure.code);
    expect(failure.message).toMatch(/^[A-Z]/);
  });

  describe("the parent window", () => {
    const shownAbove = () => stage.wam.log().find(({ call }) => call.startsWith("RequestToken"));

    it("is the one that was given", async () => {
      const window = stage.wam.openWindow();
      try {
        await stage.broker.acquireTokenInteractively({ ...request, parentWindow: window });
        expect(shownAbove()).toMatchObject({ hwnd: Number(window), isWindow: true });
      } finally {
        stage.wam.closeWindow(window);
      }
    });

    it("is replaced when it is gone, and found by itself when none is given", async () => {
      const window = stage.wam.openWindow();
      stage.wam.closeWindow(window);
      await stage.broker.acquireTokenInteractively({ ...request, parentWindow: window });
      expect(shownAbove()).toMatchObject({ isWindow: true, windowClass: "#32769" });
      stage.restart();
      await stage.broker.acquireTokenInteractively(request);
      expect(shownAbove()).toMatchObject({ isWindow: true, windowClass: "#32769" });
    });
  });

  it("a main thread that is a single-threaded apartment, as Electron's, is no obstacle", async () => {
    expect(stage.wam.enterSta()).toBe(true);
    tenant.user.script = [{ kind: "signs_in", as: "ann@contoso.example" }];
    expect((await stage.broker.acquireTokenSilently(request)).silent).toBe(true);
    expect((await stage.broker.acquireTokenInteractively(common)).account.username).toBe(
      "ann@contoso.example",
    );
    const requests = stage.wam.log().filter(({ call }) => /^(?:GetToken|RequestToken)/.test(call));
    expect(requests.map(({ apt }) => apt)).not.toContain("STA");
  });
});
