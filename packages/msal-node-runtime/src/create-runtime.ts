import {
  accountNotFound,
  BrokerClient,
  type Candidate,
  readParentWindowHandle,
  type Session,
} from "@x/broker/internal";
import type { Broker, BrokerToken } from "@x/broker-contract";
import { AuthParameters } from "./auth-parameters.js";
import { requireArgument, requireText } from "./checks.js";
import {
  accountResult,
  accountsResult,
  authResult,
  brokerAccountOf,
  failedAccountResult,
  failedAccountsResult,
  failedAuthResult,
  failedSignOutResult,
  signOutResult,
} from "./results.js";
import { runtimeError, toRuntimeError } from "./runtime-error.js";
import { RuntimeLogger } from "./runtime-logger.js";
import {
  type AsyncHandle,
  type AuthResultCallback,
  ErrorStatus,
  type MsalNodeRuntime,
  type MsalRuntimeError,
} from "./types.js";

/** As long as a person may take; Microsoft's runtime waits for ever. */
const timeoutInMs = 300_000;

/**
 * A runtime over the broker of this operating system.
 * @param own - Asked in its place, for tests.
 */
export function createRuntime(own?: Broker): MsalNodeRuntime {
  const client = new BrokerClient(own);
  const logger = new RuntimeLogger();

  /** Begins a call; its callback hears of the end, whichever it is, once and never at once. */
  function begin<Token, Result>(
    apiName: string,
    correlationId: string,
    callback: (result: Result) => void,
    work: (session: Session) => Promise<Token>,
    succeed: (apiName: string, token: Token) => Result,
    fail: (apiName: string, error: MsalRuntimeError) => Result,
  ): AsyncHandle {
    requireText(correlationId);
    requireArgument(typeof callback === "function");
    const controller = new AbortController();
    const call = {
      doing: apiName,
      correlationId,
      abortSignal: controller.signal,
      timeoutInMs,
      logger: (id: string) => logger.forCall(id),
    };
    client
      .run(call, work)
      .then((token) => succeed(apiName, token))
      .catch((error: unknown) => fail(apiName, toRuntimeError(error)))
      // What a callback throws is the app's to see, as an exception that nobody caught.
      .then((result) => process.nextTick(callback, result));
    return { CancelAsyncOperation: () => controller.abort() };
  }

  function beginToken(
    apiName: string,
    correlationId: string,
    callback: AuthResultCallback,
    work: (session: Session) => Promise<BrokerToken>,
  ): AsyncHandle {
    return begin(apiName, correlationId, callback, work, authResult, failedAuthResult);
  }

  const hinted = (accountHint: string): Candidate => (accountHint === "" ? {} : { loginHint: accountHint });

  function readWindow(windowHandle: unknown): ReturnType<typeof readParentWindowHandle> {
    requireArgument(windowHandle instanceof Uint8Array);
    return readParentWindowHandle(windowHandle);
  }

  return {
    AuthParameters,

    get StartupError(): MsalRuntimeError {
      const forecast = client.forecast();
      // Absent means that nothing is wrong.
      return (forecast.possible ? undefined : toRuntimeError(forecast.error)) as MsalRuntimeError;
    },

    ReadAccountByIdAsync(accountId, correlationId, callback) {
      requireText(accountId);
      const work = async (session: Session) => {
        const account = await client.findByNativeId(session, accountId);
        if (account === undefined) throw accountNotFound(session.operation.correlationId);
        return account;
      };
      return begin("ReadAccountByIdAsync", correlationId, callback, work, accountResult, failedAccountResult);
    },

    SignInAsync(windowHandle, authParams, correlationId, accountHint, callback) {
      const readParentWindow = readWindow(windowHandle);
      const { request } = AuthParameters.read(authParams);
      requireText(accountHint);
      return beginToken("SignInAsync", correlationId, callback, async (session) =>
        client.signIn(session, request, hinted(accountHint), { parentWindow: await readParentWindow() }),
      );
    },

    SignInSilentlyAsync(authParams, correlationId, callback) {
      const { request, renewal } = AuthParameters.read(authParams);
      return beginToken("SignInSilentlyAsync", correlationId, callback, (session) =>
        client.askSilently(session, request, {}, renewal),
      );
    },

    SignInInteractivelyAsync(windowHandle, authParams, correlationId, accountHint, callback) {
      const readParentWindow = readWindow(windowHandle);
      const { request } = AuthParameters.read(authParams);
      requireText(accountHint);
      // Microsoft's plugin asks for this when a window is wanted, and does not say why.
      const prompt = accountHint === "" ? ({ prompt: "select_account" } as const) : {};
      return beginToken("SignInInteractivelyAsync", correlationId, callback, async (session) =>
        client.askInWindow(session, request, hinted(accountHint), {
          ...prompt,
          parentWindow: await readParentWindow(),
        }),
      );
    },

    AcquireTokenSilentlyAsync(authParams, correlationId, account, callback) {
      const { request, renewal } = AuthParameters.read(authParams);
      const candidate = { account: brokerAccountOf(account) };
      return beginToken("AcquireTokenSilentlyAsync", correlationId, callback, (session) =>
        client.askSilently(session, request, candidate, renewal),
      );
    },

    AcquireTokenInteractivelyAsync(windowHandle, authParams, correlationId, account, callback) {
      const readParentWindow = readWindow(windowHandle);
      const { request } = AuthParameters.read(authParams);
      const candidate = { account: brokerAccountOf(account) };
      return beginToken("AcquireTokenInteractivelyAsync", correlationId, callback, async (session) =>
        client.askInWindow(session, request, candidate, { parentWindow: await readParentWindow() }),
      );
    },

    SignOutSilentlyAsync(clientId, correlationId, account, callback) {
      requireText(clientId);
      const brokerAccount = brokerAccountOf(account);
      const work = (session: Session) => client.signOut(session, clientId, brokerAccount);
      return begin("SignOutSilentlyAsync", correlationId, callback, work, signOutResult, failedSignOutResult);
    },

    RegisterLogger(callback, isPiiEnabled) {
      logger.register(callback, isPiiEnabled);
    },

    DiscoverAccountsAsync(clientId, correlationId, callback) {
      requireText(clientId);
      const work = async (session: Session) => {
        if (clientId === "") throw runtimeError(ErrorStatus.ApiContractViolation, "The client id is empty.");
        return client.listAccounts(session, clientId);
      };
      return begin(
        "DiscoverAccountsAsync",
        correlationId,
        callback,
        work,
        accountsResult,
        failedAccountsResult,
      );
    },
  };
}
