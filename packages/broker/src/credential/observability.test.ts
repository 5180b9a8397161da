import { inspect } from "node:util";
import { type Instrumenter, type TracingSpan, useInstrumenter } from "@azure/core-tracing";
import { AzureLogger, setLogLevel } from "@azure/logger";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ada, FakeBroker, failure, gate, scope } from "../testing/fake-broker.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";

const jwt = `eyJhbGciOiJSUzI1NiJ9.${"a".repeat(80)}.${"b".repeat(80)}`;
let lines: string[] = [];
const log = AzureLogger.log;

/** A broker that says what it should not. */
class TalkativeBroker extends FakeBroker {
  constructor() {
    super();
    this.onSilent = this.onInteractive = (_, operation) => {
      operation.logger?.info(`The broker works for ${ada.username}.`);
      operation.logger?.verbose(`The token is ${jwt}.`);
    };
  }
}

beforeEach(() => {
  lines = [];
  AzureLogger.log = (...args: unknown[]) => {
    lines.push(args.join(" "));
  };
  setLogLevel("verbose");
});
afterEach(() => {
  setLogLevel(undefined);
  AzureLogger.log = log;
});

async function everyCall(options: object): Promise<string[]> {
  const broker = new TalkativeBroker();
  const credential = new InteractiveBrowserBrokerCredential({
    fallback: "none",
    broker,
    loginHint: ada.username,
    ...options,
  });
  const { token } = await credential.getToken(scope);
  await credential.getToken(scope);
  await credential.authenticate(scope);
  await credential.getAccounts();
  broker.onSilent = () => {
    throw new Error(`Something broke for ${ada.username} with ${jwt}`);
  };
  await credential.getToken("https://graph.microsoft.com/.default").catch(() => {});
  await credential.signOut();
  expect(lines.join("\n")).not.toContain(token);
  expect(lines.join("\n")).not.toContain(jwt);
  return lines;
}

describe("logs", () => {
  it("have the form of the Azure SDK", async () => {
    const text = (await everyCall({})).join("\n");
    expect(text).toContain(
      `azure:broker:info InteractiveBrowserBrokerCredential => getToken() => SUCCESS. Scopes: ${scope}.`,
    );
    expect(text).toContain(
      "azure:broker:warning InteractiveBrowserBrokerCredential => getToken() => ERROR. Scopes: https://graph.microsoft.com/.default. Error message: The broker's client failed: Error: Something broke for",
    );
  });

  it("hold no token and no user name", async () => {
    const text = (await everyCall({})).join("\n");
    expect(text).toContain("The broker works for [user]");
    expect(text).not.toContain(ada.username);
  });

  it("hold no scope that is a secret or a user name", async () => {
    const credential = new InteractiveBrowserBrokerCredential({ broker: new FakeBroker() });
    await credential.getToken([scope, ada.username, jwt]);
    expect(lines.join("\n")).toContain(`SUCCESS. Scopes: ${scope}, [user], [token].`);
  });

  it("name accounts with support logging, but hold no token", async () => {
    const text = (await everyCall({ enableSupportLogging: true })).join("\n");
    expect(text).toContain(`The broker works for ${ada.username}.`);
    expect(text).toContain("The token is [token]");
    expect(text).toContain(`SUCCESS. Scopes: ${scope}. Account: ${ada.username}.`);
  });

  it("are silent about tokens in a failed background refresh", async () => {
    const broker = new TalkativeBroker();
    broker.refreshInMs = 1;
    const credential = new InteractiveBrowserBrokerCredential({ broker, useDefaultBrokerAccount: true });
    const { token } = await credential.getToken(scope);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
    try {
      const wait = gate();
      broker.onSilent = async () => {
        await wait.passed;
        throw failure("no_network");
      };
      for (const _ of [1, 2, 3]) {
        await credential.getToken(scope);
        vi.setSystemTime(Date.now() + 31_000);
      }
      wait.open();
      await expect.poll(() => lines.join("\n")).toContain("=> refresh() => ERROR.");
    } finally {
      vi.useRealTimers();
    }
    expect(lines.join("\n")).not.toContain(token);
    // Nobody joined it when its token came due again.
    expect(lines.filter((line) => line.includes("=> refresh() =>"))).toHaveLength(1);
  });

  it("call a wish to stop no fault", async () => {
    const broker = new FakeBroker();
    broker.onInteractive = () => {
      throw failure("user_canceled");
    };
    await new InteractiveBrowserBrokerCredential({ broker }).getToken(scope).catch(() => {});
    expect(lines.filter((line) => line.includes("ERROR."))).toEqual([
      expect.stringContaining("azure:broker:info"),
    ]);
  });
});

describe("errors", () => {
  it("hold no user name and no token", async () => {
    const broker = new FakeBroker();
    broker.accounts = [];
    const options = { broker, loginHint: ada.username, disableInteractiveFallback: true };
    const error = await new InteractiveBrowserBrokerCredential(options)
      .getToken(scope)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "AuthenticationRequiredError", code: "account_not_found" });
    expect(JSON.stringify([error, (error as Error).message, (error as Error).stack])).not.toContain(
      ada.username,
    );
  });
});

describe("an error that the contract does not know", () => {
  it.each(["silent", "interactive", "accounts", "signOut"])(
    "is told without its secrets (%s)",
    async (way) => {
      const broker = new FakeBroker();
      const fault = (): never => {
        throw new TypeError(`Something broke for ${ada.username} with ${jwt}`, { cause: jwt });
      };
      if (way === "silent") broker.onSilent = fault;
      if (way === "interactive") broker.onInteractive = fault;
      if (way === "accounts") broker.onAccounts = fault;
      if (way === "signOut") broker.onSignOut = fault;
      const credential = new InteractiveBrowserBrokerCredential({
        broker,
        useDefaultBrokerAccount: way === "silent",
      });
      const calls: Record<string, () => Promise<unknown>> = {
        silent: () => credential.getToken(scope),
        interactive: () => credential.getToken(scope),
        accounts: () => credential.getAccounts(),
        signOut: () => credential.signOut(ada),
      };
      const error: unknown = await calls[way]?.().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        name: "BrokerError",
        code: "broker_failed",
        message: expect.stringContaining("TypeError: Something broke for [user] with [token]"),
        correlationId: expect.any(String),
      });
      expect(inspect(error, { depth: 9 })).not.toContain(ada.username);
      expect(inspect(error, { depth: 9 })).not.toContain(jwt);
    },
  );

  it("of the app's own window function is left as it is", async () => {
    const cause = new Error(`No window is open for ${ada.username}.`);
    const credential = new InteractiveBrowserBrokerCredential({
      broker: new FakeBroker(),
      parentWindowHandle: () => {
        throw cause;
      },
    });
    await expect(credential.getToken(scope)).rejects.toBe(cause);
    // But it stays out of the log.
    expect(lines.join("\n")).toContain("Error message: No window is open for [user].");
    expect(lines.join("\n")).not.toContain(ada.username);
  });
});

describe("spans", () => {
  const spans: { name: string; status: unknown; ended: boolean }[] = [];
  const context = { setValue: () => context, getValue: () => undefined, deleteValue: () => context };

  beforeEach(() => {
    spans.length = 0;
    useInstrumenter({
      startSpan(name) {
        const record = { name, status: undefined as unknown, ended: false };
        spans.push(record);
        const span: TracingSpan = {
          setStatus: (status) => {
            record.status = status;
          },
          setAttribute: () => {},
          recordException: () => {},
          addEvent: () => {},
          isRecording: () => true,
          end: () => {
            record.ended = true;
          },
        };
        return { span, tracingContext: context };
      },
      withContext: (_, callback, ...args) => callback(...args),
      parseTraceparentHeader: () => undefined,
      createRequestHeaders: () => ({}),
    } satisfies Instrumenter);
  });

  it("are made for getToken() and authenticate(), with the error on them", async () => {
    const broker = new FakeBroker();
    const credential = new InteractiveBrowserBrokerCredential({ broker });
    await credential.authenticate(scope);
    const cause = failure("no_network");
    broker.onSilent = () => {
      throw cause;
    };
    await expect(credential.getToken("other")).rejects.toBe(cause);
    expect(spans).toEqual([
      { name: "InteractiveBrowserBrokerCredential.authenticate", status: { status: "success" }, ended: true },
      {
        name: "InteractiveBrowserBrokerCredential.getToken",
        status: { status: "error", error: cause },
        ended: true,
      },
    ]);
  });

  it("are made for getAccounts() and signOut() as well", async () => {
    const credential = new InteractiveBrowserBrokerCredential({ broker: new FakeBroker() });
    await credential.getAccounts();
    await credential.signOut(ada);
    expect(spans).toEqual(
      ["getAccounts", "signOut"].map((method) => ({
        name: `InteractiveBrowserBrokerCredential.${method}`,
        status: { status: "success" },
        ended: true,
      })),
    );
  });

  it("hold no secret and no user name", async () => {
    const broker = new FakeBroker();
    broker.onAccounts = broker.onInteractive = () => {
      throw new Error(`Something broke for ${ada.username} with ${jwt}`, { cause: jwt });
    };
    const credential = new InteractiveBrowserBrokerCredential({ broker });
    await credential.getToken(scope).catch(() => {});
    await credential.getAccounts().catch(() => {});
    expect(spans).toHaveLength(2);
    expect(inspect(spans, { depth: 9 })).toContain("Something broke for [user] with [token]");
    expect(inspect(spans, { depth: 9 })).not.toContain(ada.username);
    expect(inspect(spans, { depth: 9 })).not.toContain(jwt);
  });

  it("are made for an answer from memory when the caller traces", async () => {
    const credential = new InteractiveBrowserBrokerCredential({ broker: new FakeBroker() });
    await credential.getToken(scope);
    await credential.getToken(scope, { tracingOptions: { tracingContext: context } });
    expect(spans).toHaveLength(2);
  });
});
