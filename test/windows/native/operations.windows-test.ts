// Every operation of the addon, over the fake WAM: what it asks Windows, and what it tells of the answer.
import { describe, expect, it } from "vitest";
import type { NativeTokenRequest } from "../../../packages/broker-win/src/native.js";
import {
  addon,
  findAccount,
  findProvider,
  jane,
  logged,
  openWindow,
  personal,
  script,
  silently,
  takeTurn,
  token,
  work,
} from "./scripted-wam.js";

const isWine = process.env["WINEPREFIX"] !== undefined;
const correlationId = "11111111-2222-3333-4444-555555555555";

describe("findProvider", () => {
  it("asks for the default account's provider", async () => {
    script();
    expect(await findProvider()).toEqual(work);
    expect(logged("FindAccountProviderAsync")).toMatchObject([{ id: "https://login.windows.local" }]);
  });

  it("asks for the provider of an authority", async () => {
    script({ FindAccountProviderWithAuthorityAsync: { provider: personal } });
    const { result } = addon.findProvider({ id: work.id, authority: "consumers" });
    expect(await result).toEqual(personal);
    expect(logged("FindAccountProviderWithAuthorityAsync")).toMatchObject([
      { id: work.id, authority: "consumers" },
    ]);
  });

  it("tells an empty authority from none", async () => {
    script();
    await addon.findProvider({ id: work.id, authority: "" }).result;
    expect(logged("FindAccountProviderWithAuthorityAsync")).toMatchObject([{ authority: "" }]);
  });

  it("tells that there is none", async () => {
    script({ FindAccountProviderAsync: { provider: null } });
    expect(await addon.findProvider({ id: "https://login.windows.local" }).result).toBeNull();
  });

  it("leaves out the authority where this Windows does not tell it", async () => {
    script({}, { missingInterfaces: ["IWebAccountProvider2"] });
    expect(await findProvider()).toEqual({ id: work.id, displayName: work.displayName });
  });
});

describe("findAccounts", () => {
  it("lists accounts with all that is known of them", async () => {
    const properties = { "": "empty name", ["__proto__"]: "odd name", OID: "ünïcödé 🔑" };
    script({
      FindAllAccountsWithClientIdAsync: {
        status: 0,
        accounts: [jane, { ...jane, id: "2", userName: "", state: 2, properties }],
      },
    });
    const { status, accounts, providerError } = await addon.findAccounts({
      provider: await findProvider(),
      clientId: "client-id",
    }).result;
    expect({ status, providerError }).toEqual({ status: 0, providerError: undefined });
    expect(accounts).toHaveLength(2);
    expect(accounts[0]).toEqual({
      id: jane.id,
      userName: jane.userName,
      state: 1,
      properties: jane.properties,
    });
    expect(accounts[1]).toMatchObject({ id: "2", userName: "", state: 2 });
    expect(Object.entries(accounts[1]?.properties ?? {}).sort()).toEqual(Object.entries(properties).sort());
    expect(logged("FindAllAccountsWithClientIdAsync")).toMatchObject([
      { provider: "organizations", clientId: "client-id" },
    ]);
  });

  it("tells that the provider refuses", async () => {
    const error = { code: 0x80070005, message: "not allowed", properties: { why: "policy" } };
    script({ FindAllAccountsWithClientIdAsync: { status: 1, error } });
    const request = { provider: await findProvider(), clientId: "client-id" };
    expect(await addon.findAccounts(request).result).toEqual({
      status: 1,
      accounts: [],
      providerError: error,
    });
  });

  it("is unavailable where Windows is too old", async () => {
    script({}, { missingInterfaces: ["IWebAuthenticationCoreManagerStatics4"] });
    const request = { provider: await findProvider(), clientId: "client-id" };
    await expect(addon.findAccounts(request).result).rejects.toMatchObject({
      code: "unavailable",
      hresult: 0x80004002,
      stage: "FindAllAccountsAsync",
    });
  });
});

describe("findAccount", () => {
  it("finds one by WAM's id", async () => {
    script();
    const provider = await findProvider();
    expect(await addon.findAccount({ provider, accountId: jane.id }).result).toMatchObject({ id: jane.id });
    expect(logged("FindAccountAsync")).toMatchObject([{ id: jane.id }]);
  });

  it("tells that there is none", async () => {
    script({ FindAccountAsync: { account: null } });
    expect(
      await addon.findAccount({ provider: await findProvider(), accountId: "unknown" }).result,
    ).toBeNull();
  });

  it("leaves out id and properties where this Windows does not tell them", async () => {
    script({}, { missingInterfaces: ["IWebAccount2"] });
    const account = await findAccount(await findProvider());
    expect(account).toEqual({ userName: jane.userName, state: 1, properties: {} });
    await expect(addon.signOut({ account, clientId: "client-id" }).result).rejects.toMatchObject({
      code: "unavailable",
      stage: "SignOutAsync",
    });
  });
});

describe("requestToken", () => {
  it("sends the request as it is told, silently", async () => {
    script();
    const request = silently(await findProvider(), {
      scope: "user.read offline_access",
      promptType: 1,
      properties: { z: "1", a: "", "nön-äscii": "🔑" },
      appProperties: { shr_u: "example.com" },
      correlationId,
    });
    expect(await addon.requestToken(request).result).toEqual({
      status: 0,
      responses: [
        {
          token: "a-token",
          account: { id: jane.id, userName: jane.userName, state: 1, properties: jane.properties },
          properties: { a: "b" },
        },
      ],
    });
    expect(logged("GetTokenSilentlyAsync")).toMatchObject([
      {
        provider: { id: work.id, authority: work.authority },
        clientId: "client-id",
        scope: "user.read offline_access",
        promptType: 1,
        correlationId,
        webAccount: "",
        properties: request.properties,
        appProperties: request.appProperties,
      },
    ]);
    expect(logged("WebTokenRequest.CreateWithPromptType")).toHaveLength(1);
  });

  it("uses the factory without a prompt type when it is told none", async () => {
    script();
    const { promptType: _, ...request } = silently(await findProvider(), { clientId: "" });
    await addon.requestToken(request).result;
    expect(logged("WebTokenRequest.Create")).toMatchObject([{ scope: "user.read", clientId: "" }]);
    expect(logged("WebTokenRequest.CreateWithPromptType")).toEqual([]);
  });

  it("names the account", async () => {
    script();
    const provider = await findProvider();
    await addon.requestToken(silently(provider, { account: await findAccount(provider) })).result;
    expect(logged("GetTokenSilentlyWithWebAccountAsync")).toMatchObject([{ webAccount: jane.id }]);
  });

  it.each([1, 2, 3, 4, 5])("tells status %i with the provider's error", async (status) => {
    const error = { code: 0xcaa20003, message: "invalid_grant", properties: { sub: "code" } };
    script({ GetTokenSilentlyAsync: { status, error } });
    const { result } = addon.requestToken(silently(await findProvider()));
    expect(await result).toEqual({ status, responses: [], error });
  });

  it("tells the error of a response", async () => {
    const error = { code: 1, message: "", properties: {} };
    script({ GetTokenSilentlyAsync: { status: 0, responses: [{ token: "", error }] } });
    const { responses } = await addon.requestToken(silently(await findProvider())).result;
    expect(responses).toEqual([{ token: "", properties: {}, providerError: error }]);
  });

  it("sets the correlation id as a property where Windows is too old", async () => {
    script({}, { missingInterfaces: ["IWebTokenRequest3"] });
    await addon.requestToken(silently(await findProvider(), { correlationId })).result;
    expect(logged("GetTokenSilentlyAsync")).toMatchObject([
      { correlationId: "", properties: { correlationId } },
    ]);
  });

  it("is unavailable where app properties are wanted and Windows is too old", async () => {
    script({}, { missingInterfaces: ["IWebTokenRequest2"] });
    const provider = await findProvider();
    await addon.requestToken(silently(provider)).result;
    const { result } = addon.requestToken(silently(provider, { appProperties: { shr_u: "a" } }));
    await expect(result).rejects.toMatchObject({
      code: "unavailable",
      stage: "WebTokenRequest.AppProperties",
    });
  });

  it.each([
    [false, "RequestTokenForWindowAsync"],
    [true, "RequestTokenWithWebAccountForWindowAsync"],
  ])("shows a window above the given one (with an account: %s)", async (withAccount, call) => {
    script();
    const provider = await findProvider();
    const turn = await takeTurn();
    const window = openWindow();
    const request: NativeTokenRequest = { ...silently(provider), mode: "window", turn, window };
    const asked = withAccount ? { ...request, account: await findAccount(provider) } : request;
    expect(await addon.requestToken(asked).result).toMatchObject({ status: token.status });
    expect(logged(call)).toMatchObject([
      {
        hwnd: Number(window),
        isWindow: true,
        windowClass: "FakeWamTestWindow",
        webAccount: withAccount ? jane.id : "",
      },
    ]);
  });

  it("is unavailable where Windows cannot show windows for desktop programs", async () => {
    script({}, { missingInterfaces: ["IWebAuthenticationCoreManagerInterop"] });
    const turn = await takeTurn();
    const request = {
      ...silently(await findProvider()),
      mode: "window",
      turn,
      window: openWindow(),
    } as const;
    await expect(addon.requestToken(request).result).rejects.toMatchObject({
      code: "unavailable",
      stage: "RequestTokenForWindowAsync",
    });
  });
});

describe("after the token", () => {
  it("invalidates the cached token of an answer", async () => {
    script();
    const result = await addon.requestToken(silently(await findProvider())).result;
    expect(await addon.invalidateCache({ result }).result).toBeUndefined();
    expect(logged("result.InvalidateCacheAsync")).toHaveLength(1);
  });

  it("signs out of one application", async () => {
    script();
    const account = await findAccount(await findProvider());
    expect(await addon.signOut({ account, clientId: "client-id" }).result).toBeUndefined();
    expect(logged("account.SignOutWithClientIdAsync")).toMatchObject([
      { id: jane.id, clientId: "client-id" },
    ]);
  });
});

describe("facts about windows and the session", () => {
  it("tells whether a window exists, and whose it is", () => {
    script();
    const window = openWindow();
    expect(addon.windowFacts(window)).toEqual({
      exists: true,
      processId: process.pid,
      threadId: expect.any(Number),
      visible: false,
      sameDesktop: true,
      className: "FakeWamTestWindow",
    });
    expect(addon.windowFacts(0n)).toEqual({ exists: false });
    expect(addon.windowFacts(0xffff_ffff_ffff_fffen)).toEqual({ exists: false });
  });

  it("knows the desktop's window, and the console's if there is one", () => {
    expect(addon.windowFacts(addon.desktopWindow()).exists).toBe(true);
    const console = addon.consoleWindow();
    expect(addon.windowFacts(console).exists).toBe(console !== 0n);
    if (isWine) expect(console).toBe(0n);
  });

  it("tells the session", () => {
    const session = addon.session();
    expect(session).toEqual({
      sessionId: expect.any(Number),
      integrityLevel: expect.any(Number),
      elevated: expect.any(Boolean),
      visibleStation: expect.any(Boolean),
      stationName: expect.any(String),
    });
    // What Wine says of every process.
    const wines = { sessionId: 1, integrityLevel: 0x3000, elevated: true, stationName: "WinSta0" };
    if (isWine) expect(session).toMatchObject(wines);
  });

  it.each([["1"], [1], [undefined], [-1n], [2n ** 64n]])("refuses %s for a window", (window) => {
    expect(() => addon.windowFacts(window as bigint)).toThrow(
      expect.objectContaining({ code: "invalid_argument", message: "window must be a bigint of 64 bits" }),
    );
  });
});
