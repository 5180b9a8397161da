import { type Broker, BrokerError, type BrokerErrorCode } from "@x/broker-contract";
import { createEmulatedBroker, EmulatedTenant } from "@x/broker-emulator";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createRuntime } from "./create-runtime.js";
import {
  type Account,
  type AsyncHandle,
  type AuthParameters,
  type AuthResult,
  type DiscoverAccountsResult,
  ErrorStatus,
  LogLevel,
  type MsalNodeRuntime,
  type MsalRuntimeError,
} from "./types.js";

const clientId = "d7b530a4-7680-4c23-a8bf-c52c121d2e87";
const correlationId = "6a0b3ec6-46a1-4dbd-a0e1-0d2a4e1c9f10";
const username = "ada@contoso.example";
const noWindow = Buffer.alloc(8);

let tenant: EmulatedTenant;
let broker: Broker;
let runtime: MsalNodeRuntime;

beforeEach(() => {
  tenant = new EmulatedTenant({ domain: "contoso.example" });
  tenant.registerApp({ clientId });
  tenant.addAccount({ username, name: "Ada Lovelace" });
  broker = createEmulatedBroker(tenant);
  runtime = createRuntime(broker);
});

function parameters(change: (parameters: AuthParameters) => void = () => {}): AuthParameters {
  const made = new runtime.AuthParameters();
  made.CreateAuthParameters(clientId, `https://login.microsoftonline.com/${tenant.tenantId}/`);
  made.SetRedirectUri("https://login.microsoftonline.com/common/oauth2/nativeclient");
  made.SetRequestedScopes("https://storage.azure.com/.default");
  change(made);
  return made;
}

/** What a callback hears. */
function heard<Result>(start: (callback: (result: Result) => void) => AsyncHandle): Promise<Result> {
  return new Promise((resolve) => {
    start(resolve);
  });
}

function errorOf(result: { CheckError: () => void }): MsalRuntimeError {
  try {
    result.CheckError();
  } catch (error) {
    return error as MsalRuntimeError;
  }
  throw new Error("The call succeeded.");
}

async function account(): Promise<Account> {
  const { accounts } = await heard<DiscoverAccountsResult>((done) =>
    runtime.DiscoverAccountsAsync(clientId, correlationId, done),
  );
  const [first] = accounts;
  if (first === undefined) throw new Error("Nobody is there.");
  return first;
}

describe("tokens", () => {
  const ways: [string, (done: (result: AuthResult) => void) => Promise<AsyncHandle>, number][] = [
    ["SignInAsync", async (done) => runtime.SignInAsync(noWindow, parameters(), correlationId, "", done), 0],
    [
      "SignInAsync with a hint",
      async (done) => runtime.SignInAsync(noWindow, parameters(), correlationId, username, done),
      0,
    ],
    [
      "SignInSilentlyAsync",
      async (done) => runtime.SignInSilentlyAsync(parameters(), correlationId, done),
      0,
    ],
    [
      "SignInInteractivelyAsync",
      async (done) => runtime.SignInInteractivelyAsync(noWindow, parameters(), correlationId, "", done),
      1,
    ],
    [
      "AcquireTokenSilentlyAsync",
      async (done) => runtime.AcquireTokenSilentlyAsync(parameters(), correlationId, await account(), done),
      0,
    ],
    [
      "AcquireTokenInteractivelyAsync",
      async (done) =>
        runtime.AcquireTokenInteractivelyAsync(noWindow, parameters(), correlationId, await account(), done),
      0,
    ],
  ];

  it.each(ways)("%s gives one", async (_, start, dialogs) => {
    const result = await new Promise<AuthResult>((resolve) => void start(resolve));
    result.CheckError();
    expect(tenant.verify(result.accessToken)).toMatchObject({ upn: username });
    expect(result).toMatchObject({
      authorizationHeader: "",
      isPopAuthorization: false,
      account: { username, homeAccountId: expect.stringContaining(".") },
    });
    expect(result.grantedScopes.split(" ")).toContain("https://storage.azure.com/.default");
    expect(JSON.parse(result.idToken)).toMatchObject({ preferred_username: username, tid: tenant.tenantId });
    expect(result.rawIdToken.split(".")).toHaveLength(3);
    expect(result.expiresOn * 1000).toBeGreaterThan(Date.now());
    expect(result.expiresOn).toBeLessThan(1e10);
    expect(JSON.parse(result.telemetryData)).toMatchObject({ is_cache: false });
    expect(tenant.user.dialogs).toHaveLength(dialogs);
  });

  it("that prove possession come with their header", async () => {
    const pop = parameters((made) => made.SetPopParams("GET", "api.contoso.example", "/things", "n"));
    const result = await heard<AuthResult>((done) => runtime.SignInSilentlyAsync(pop, correlationId, done));
    expect(result.isPopAuthorization).toBe(true);
    expect(result.authorizationHeader).toBe(`pop ${result.accessToken}`);
    expect(tenant.verifySignedHttpRequest(result.accessToken)).toMatchObject({
      request: { m: "GET", p: "/things", nonce: "n" },
    });
  });

  it("SignInAsync shows a window only where the user gets any further", async () => {
    tenant.addPolicy({}, { kind: "no_network" }, { times: 1 });
    const failed = await heard<AuthResult>((done) =>
      runtime.SignInAsync(noWindow, parameters(), correlationId, "", done),
    );
    expect(errorOf(failed).errorStatus).toBe(ErrorStatus.NoNetwork);
    expect(tenant.user.dialogs).toHaveLength(0);
    tenant.addPolicy({}, { kind: "interaction_required" });
    await heard<AuthResult>((done) =>
      runtime.SignInAsync(noWindow, parameters(), correlationId, username, done),
    );
    expect(tenant.user.dialogs).toHaveLength(1);
  });
});

describe("what is asked for", () => {
  it("is what the parameters say when the call begins", async () => {
    const asked = vi.spyOn(broker, "acquireTokenSilently");
    const claims = '{"access_token":{"nbf":{"essential":true}}}';
    const made = parameters((one) => {
      one.SetRequestedScopes("https://storage.azure.com/.default  ");
      one.SetDecodedClaims(claims);
      one.SetAccessTokenToRenew("an.old.token");
      one.SetAdditionalParameter("msal_request_type", "consumer_passthrough");
    });
    const done = heard<AuthResult>((callback) => runtime.SignInSilentlyAsync(made, correlationId, callback));
    made.SetAdditionalParameter("later", "too late");
    await done;
    expect(asked.mock.calls[0]?.[0]).toEqual({
      authority: `https://login.microsoftonline.com/${tenant.tenantId}`,
      clientId,
      scopes: ["https://storage.azure.com/.default"],
      claims,
      msaPassthrough: true,
      forceRefresh: true,
      accessTokenToRenew: "an.old.token",
    });
    expect(asked.mock.calls[0]?.[1]).toMatchObject({ correlationId });
  });

  it.each([
    ["msauth.com.msauth.unsignedapp://auth", undefined],
    [`ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId}`, undefined],
    ["http://localhost", undefined],
    ["my.own://auth", "my.own://auth"],
  ])("leaves redirect URIs that Microsoft's plugin makes up to the broker: %s", async (given, sent) => {
    const asked = vi.spyOn(broker, "acquireTokenSilently");
    const made = parameters((one) => one.SetRedirectUri(given));
    await heard<AuthResult>((done) => runtime.SignInSilentlyAsync(made, correlationId, done));
    expect(asked.mock.calls[0]?.[0].redirectUri).toBe(sent);
  });
});

describe("accounts", () => {
  it("are described as Microsoft's runtime does", async () => {
    const { localAccountId, homeAccountId } = tenant.accounts[0] ?? {};
    expect(await account()).toEqual({
      accountId: localAccountId,
      homeAccountId,
      environment: "login.microsoftonline.com",
      realm: tenant.tenantId,
      localAccountId,
      username,
      givenName: "",
      familyName: "",
      middleName: "",
      displayName: "Ada Lovelace",
      additionalFieldsJson: "{}",
      homeEnvironment: "",
      clientInfo: "",
    });
  });

  it("are read by id, in a process that has listed none as well", async () => {
    const { accountId } = await account();
    const other = createRuntime(broker);
    const found = await heard<{ CheckError: () => void; account: Account }>((done) =>
      other.ReadAccountByIdAsync(accountId, correlationId, done),
    );
    found.CheckError();
    expect(found.account.username).toBe(username);
  });

  it("that are not there are told by an error, and by the account's own getter", async () => {
    const found = await heard<{ CheckError: () => void; account: Account }>((done) =>
      runtime.ReadAccountByIdAsync("nobody", correlationId, done),
    );
    expect(errorOf(found)).toMatchObject({ errorStatus: ErrorStatus.AccountNotFound });
    expect(() => found.account).toThrow();
  });

  it("are signed out", async () => {
    const signedOut = vi.spyOn(broker, "signOut");
    const signedIn = await account();
    const result = await heard<{ CheckError: () => void }>((done) =>
      runtime.SignOutSilentlyAsync(clientId, correlationId, signedIn, done),
    );
    result.CheckError();
    expect(signedOut.mock.calls[0]?.[0]).toMatchObject({ clientId, account: { username } });
  });
});

describe("failures", () => {
  const statuses: [BrokerErrorCode, ErrorStatus][] = [
    ["interaction_required", ErrorStatus.InteractionRequired],
    ["no_network", ErrorStatus.NoNetwork],
    ["temporarily_unavailable", ErrorStatus.ServerTemporarilyUnavailable],
    ["invalid_request", ErrorStatus.ApiContractViolation],
    ["user_canceled", ErrorStatus.UserCanceled],
    ["redirect_uri_mismatch", ErrorStatus.IncorrectConfiguration],
    ["untrusted_authority", ErrorStatus.AuthorityUntrusted],
    ["account_not_found", ErrorStatus.AccountNotFound],
    ["account_mismatch", ErrorStatus.AccountNotFound],
    ["broker_unavailable", ErrorStatus.Unexpected],
    ["protocol_error", ErrorStatus.Unexpected],
  ];

  it.each(statuses)("%s is status %i, as a plain object", async (code, errorStatus) => {
    vi.spyOn(broker, "acquireTokenSilently").mockRejectedValue(
      new BrokerError(code, { message: "It failed.", hint: "Help.", native: { errorCode: 5, tag: 7 } }),
    );
    const result = await heard<AuthResult>((done) =>
      runtime.SignInSilentlyAsync(parameters(), correlationId, done),
    );
    const error = errorOf(result);
    expect(error).toEqual({
      errorCode: 5,
      errorStatus,
      errorContext: expect.stringContaining("It failed. Help."),
      errorTag: 7,
    });
    // Microsoft's plugin tells its errors by these.
    expect(Object.hasOwn(error, "errorStatus")).toBe(true);
    expect(result).toMatchObject({ account: null, accessToken: "", expiresOn: 0, isPopAuthorization: false });
  });

  it("no client id", async () => {
    const result = await heard<{ CheckError: () => void; accounts: Account[] }>((done) =>
      runtime.DiscoverAccountsAsync("", correlationId, done),
    );
    expect(errorOf(result).errorStatus).toBe(ErrorStatus.ApiContractViolation);
    expect(result.accounts).toEqual([]);
  });

  it("a canceled call is told so at once", async () => {
    tenant.addPolicy({}, { kind: "never_answers" });
    const asked = vi.spyOn(broker, "acquireTokenSilently");
    const result = await heard<AuthResult>((done) => {
      const handle = runtime.SignInSilentlyAsync(parameters(), correlationId, done);
      void expect
        .poll(() => asked.mock.calls.length)
        .toBe(1)
        .then(() => handle.CancelAsyncOperation());
      return handle;
    });
    expect(errorOf(result).errorStatus).toBe(ErrorStatus.ApplicationCanceled);
    expect(asked.mock.calls[0]?.[1]?.abortSignal?.aborted).toBe(true);
  });

  it("a handle may be used after the end", async () => {
    let handle: AsyncHandle | undefined;
    await heard<AuthResult>((done) => {
      handle = runtime.SignInSilentlyAsync(parameters(), correlationId, done);
      return handle;
    });
    handle?.CancelAsyncOperation();
  });
});

describe("arguments that are none are refused at once", () => {
  it.each<[string, () => unknown, string]>([
    [
      "an authority left out",
      () => new runtime.AuthParameters().CreateAuthParameters(clientId, undefined as never),
      "A string was expected",
    ],
    [
      "a number for a text",
      () => parameters((made) => made.SetRedirectUri(5 as never)),
      "A string was expected",
    ],
    [
      "no callback",
      () => runtime.SignInSilentlyAsync(parameters(), correlationId, undefined as never),
      "Invalid argument",
    ],
    [
      "no parameters",
      () => runtime.SignInSilentlyAsync({} as never, correlationId, () => {}),
      "Invalid argument",
    ],
    [
      "an account of somebody else's making",
      () => runtime.AcquireTokenSilentlyAsync(parameters(), correlationId, {} as never, () => {}),
      "Invalid argument",
    ],
    [
      "a handle that is no buffer",
      () => runtime.SignInAsync("x" as never, parameters(), correlationId, "", () => {}),
      "Invalid argument",
    ],
    ["a logger that is none", () => runtime.RegisterLogger("x" as never, true), "Invalid argument"],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(message);
  });

  it("and so are parameters that were not created", () => {
    let error: unknown;
    try {
      new runtime.AuthParameters().SetRedirectUri("x");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ errorStatus: ErrorStatus.ApiContractViolation });
  });
});

describe("the logger", () => {
  it("hears what the broker does, without names unless they were asked for", async () => {
    const lines: [string, LogLevel, boolean][] = [];
    const sign = () =>
      heard<AuthResult>((done) => runtime.SignInSilentlyAsync(parameters(), correlationId, done));
    vi.spyOn(broker, "acquireTokenSilently").mockImplementation(async (_, options) => {
      options?.logger?.info(`Token eyJhbGciOiJub25lIn0.eyJmYWtlIjp0cnVlfQ.s of ${username}.`);
      throw new BrokerError("broker_failed", { message: "m", hint: "h" });
    });
    runtime.RegisterLogger((...line) => void lines.push(line), false);
    await sign();
    runtime.RegisterLogger((...line) => {
      lines.push(line);
      throw new Error("A bad logger.");
    }, true);
    await sign();
    expect(lines).toEqual([
      [`[${correlationId}] Token [token] of [user].`, LogLevel.Info, false],
      [`[${correlationId}] Token [token] of ${username}.`, LogLevel.Info, true],
    ]);
  });
});

it("there is no startup error where there may be a broker", () => {
  expect(runtime.StartupError).toBeUndefined();
});
