import {
  AbortError,
  type AccountsRequest,
  type Broker,
  type BrokerAccount,
  BrokerError,
  type BrokerErrorCode,
  type BrokerErrorReason,
  type BrokerStatus,
  type BrokerToken,
  type DiagnoseOptions,
  type DiagnosticCheck,
  type InteractiveTokenRequest,
  type OperationOptions,
  type SignOutRequest,
  type SilentTokenRequest,
  type TokenRequest,
} from "@x/broker-contract";

export const tenantA = "f52f0148-c8bb-4ee1-899b-8f93b0e4d63d";
export const tenantB = "0b3bd2cf-7f31-4c5c-8d1c-6f0c64a6b1aa";
export const scope = "https://storage.azure.com/.default";

export function fakeAccount(name: string, objectId: string, tenantId = tenantA): BrokerAccount {
  return {
    homeAccountId: `${objectId}.${tenantId}`,
    localAccountId: objectId,
    tenantId,
    environment: "login.windows.net",
    username: `${name}@contoso.example`,
    native: { handle: objectId },
  };
}

export const ada = fakeAccount("ada", "a975168d-a362-458b-af1c-a8982b1e8aac");
export const bob = fakeAccount("bob", "b1f2bb4c-8d5c-4a58-8c6b-5d1d3f0d9a11");

export function failure(code: BrokerErrorCode, reason?: BrokerErrorReason): BrokerError {
  return new BrokerError(code, {
    message: `The fake broker says ${code}.`,
    hint: "Do what the test says.",
    ...(reason === undefined ? {} : { reason }),
  });
}

/** A call the fake broker got. */
export type FakeCall =
  | { readonly method: "silent"; readonly request: SilentTokenRequest; readonly operation: OperationOptions }
  | {
      readonly method: "interactive";
      readonly request: InteractiveTokenRequest;
      readonly operation: OperationOptions;
    }
  | { readonly method: "accounts"; readonly request: AccountsRequest; readonly operation: OperationOptions }
  | { readonly method: "signOut"; readonly request: SignOutRequest; readonly operation: OperationOptions };

type Behaviour = (request: TokenRequest, operation: OperationOptions) => void | Promise<void>;

/**
 * A broker in memory. It refuses what a real one refuses: requests without scopes, tenant or client id, prompts
 * mixed with accounts it does not know, other people's tokens; and it honours aborts.
 */
export class FakeBroker implements Broker {
  readonly platform = "linux";
  readonly calls: FakeCall[] = [];
  accounts: BrokerAccount[] = [ada, bob];
  /** Whom the user picks in a window without an account; a hint is followed. */
  picks: BrokerAccount = ada;
  /** What to do before an answer: throw, or wait. */
  onSilent: Behaviour = () => {};
  onInteractive: Behaviour = () => {};
  onAccounts: () => void | Promise<void> = () => {};
  onSignOut: () => void | Promise<void> = () => {};
  /** Changes an answer, to make it a wrong one. */
  alter: (token: BrokerToken) => BrokerToken = (token) => token;
  lifetimeInMs = 60 * 60_000;
  refreshInMs: number | undefined;
  checks: DiagnosticCheck[] | undefined;
  status: BrokerStatus = {
    available: true,
    platform: "linux",
    brokerVersion: "3.0.2-fake",
    emulated: false,
    capabilities: {
      interactiveWithoutAccount: true,
      proofOfPossession: true,
      claims: true,
      ssoCookies: false,
      signOut: true,
    },
    facts: {},
  };
  closed = false;
  #tokens = 0;

  get silent(): SilentTokenRequest[] {
    return this.calls.flatMap((call) => (call.method === "silent" ? [call.request] : []));
  }

  get interactive(): InteractiveTokenRequest[] {
    return this.calls.flatMap((call) => (call.method === "interactive" ? [call.request] : []));
  }

  async probe(): Promise<BrokerStatus> {
    return this.status;
  }

  async getAccounts(request: AccountsRequest, operation: OperationOptions = {}): Promise<BrokerAccount[]> {
    this.calls.push({ method: "accounts", request, operation });
    await untilAborted(operation, this.onAccounts());
    return this.accounts;
  }

  async acquireTokenSilently(
    request: SilentTokenRequest,
    operation: OperationOptions = {},
  ): Promise<BrokerToken> {
    this.calls.push({ method: "silent", request, operation });
    refuseBadRequest(request);
    await untilAborted(operation, this.onSilent(request, operation));
    const account = this.#silentAccount(request);
    return this.alter(this.#token(request, account, operation, true));
  }

  async acquireTokenInteractively(
    request: InteractiveTokenRequest,
    operation: OperationOptions = {},
  ): Promise<BrokerToken> {
    this.calls.push({ method: "interactive", request, operation });
    refuseBadRequest(request);
    await untilAborted(operation, this.onInteractive(request, operation));
    const account = request.account ?? this.#named(request.loginHint) ?? this.picks;
    if (!this.accounts.some((known) => known.homeAccountId === account.homeAccountId))
      this.accounts.push(account);
    return this.alter(this.#token(request, account, operation, false));
  }

  async signOut(request: SignOutRequest, operation: OperationOptions = {}): Promise<void> {
    this.calls.push({ method: "signOut", request, operation });
    await untilAborted(operation, this.onSignOut());
    this.accounts = this.accounts.filter(
      (account) => account.homeAccountId !== request.account.homeAccountId,
    );
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #silentAccount(request: SilentTokenRequest): BrokerAccount {
    const { account, loginHint } = request;
    const found =
      account !== undefined
        ? this.accounts.find((known) => known.homeAccountId === account.homeAccountId)
        : loginHint !== undefined
          ? this.#named(loginHint)
          : this.accounts[0];
    if (found === undefined) throw failure("account_not_found");
    return found;
  }

  #named(username: string | undefined): BrokerAccount | undefined {
    return this.accounts.find((known) => known.username === username);
  }

  #token(
    request: TokenRequest,
    account: BrokerAccount,
    operation: OperationOptions,
    silent: boolean,
  ): BrokerToken {
    const asked = new URL(request.authority).pathname.slice(1);
    const now = Date.now();
    this.#tokens += 1;
    return {
      accessToken: `eyJhbGciOiJub25lIn0.eyJmYWtlIjp0cnVlfQ.signature${this.#tokens}`,
      tokenType: request.proofOfPossession === undefined ? "Bearer" : "pop",
      expiresOn: now + this.lifetimeInMs,
      ...(this.refreshInMs === undefined ? {} : { refreshOn: now + this.refreshInMs }),
      scopes: request.scopes,
      account,
      tenantId: /^[0-9a-f-]{36}$/.test(asked) ? asked : account.tenantId,
      authority: request.authority,
      correlationId: operation.correlationId ?? "none",
      silent,
      telemetry: {},
    };
  }
}

/** A broker that also tells the doctor about its platform. */
export class DiagnosingFakeBroker extends FakeBroker {
  constructor(checks: readonly DiagnosticCheck[]) {
    super();
    this.checks = [...checks];
  }

  /** What the doctor asked for. */
  diagnosed: DiagnoseOptions | undefined;

  async *diagnose(options?: DiagnoseOptions): AsyncGenerator<DiagnosticCheck> {
    this.diagnosed = options;
    yield* this.checks ?? [];
  }
}

/** A promise that its test settles. */
export function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

function refuseBadRequest(request: TokenRequest): void {
  const { pathname, protocol } = new URL(request.authority);
  if (protocol !== "https:" || pathname.length < 2 || pathname.endsWith("/"))
    throw failure("invalid_request");
  if (request.clientId === "" || request.scopes.length === 0) throw failure("invalid_request");
  for (const name of Object.keys(request.extraParameters ?? {}))
    if (["scope", "prompt", "claims", "client_id", "redirect_uri"].includes(name))
      throw failure("invalid_request");
}

async function untilAborted(operation: OperationOptions, work: void | Promise<void>): Promise<void> {
  const signal = operation.abortSignal;
  if (signal === undefined) return work;
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new AbortError());
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
