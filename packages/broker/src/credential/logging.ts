import type { AzureLogger } from "@azure/logger";
import { type BrokerLogger, redactSecrets, redactSensitive } from "@x/broker-contract";

type Level = "error" | "warning" | "info" | "verbose";

let logger: AzureLogger | undefined;
let loading: Promise<void> | undefined;
/** What was logged before the logger was there; `undefined` once it is, or cannot be had. */
let waiting: (() => void)[] | undefined = [];

/** Loads the Azure SDK's logger, and has it write what waited for it. Never rejects: no call fails for want of a log. */
export function loadLogger(): Promise<void> {
  loading ??= import("@azure/logger").then(
    ({ createClientLogger }) => {
      logger = createClientLogger("broker");
      writeAllThatWaited();
    },
    () => {
      waiting = undefined;
    },
  );
  return loading;
}

function writeAllThatWaited(): void {
  const lines = waiting ?? [];
  waiting = undefined;
  for (const line of lines) line();
}

/** @param text - Called only if somebody reads it. */
function write(level: Level, text: () => string): void {
  if (waiting !== undefined) waiting.push(() => write(level, text));
  else if (logger?.[level].enabled) logger[level](text());
}

/** Logs for one credential, in the words of the Azure SDK. User names only with support logging, tokens never. */
export class CredentialLogger {
  readonly #credential: string;
  readonly #personal: boolean;
  /** A text as it may be logged: support logging lets user names stand, and nothing else. */
  readonly #text: (text: string) => string;
  /** For the broker's own messages. */
  readonly broker: BrokerLogger;

  constructor(credential: string, personal: boolean) {
    this.#credential = credential;
    this.#personal = personal;
    const text = personal ? redactSecrets : redactSensitive;
    this.#text = text;
    this.broker = {
      includePersonalData: personal,
      error: (message) => write("error", () => text(message)),
      warning: (message) => write("warning", () => text(message)),
      info: (message) => write("info", () => text(message)),
      verbose: (message) => write("verbose", () => text(message)),
    };
  }

  success(method: string, scopes: readonly string[], username: string | undefined): void {
    write("info", () => {
      const account = this.#personal && username !== undefined ? ` Account: ${username}.` : "";
      return `${this.#credential} => ${method}() => SUCCESS.${this.#scopes(scopes)}${account}`;
    });
  }

  failure(method: string, scopes: readonly string[], error: unknown): void {
    // The user's or the app's own wish to stop is no fault.
    write(isCancelled(error) ? "info" : "warning", () => {
      const message = this.#text(error instanceof Error ? error.message : String(error));
      return `${this.#credential} => ${method}() => ERROR.${this.#scopes(scopes)} Error message: ${message}`;
    });
  }

  /** Something a person should know who did not ask. */
  notice(message: string): void {
    write("warning", () => `${this.#credential} => ${this.#text(message)}`);
  }

  step(message: string): void {
    write("verbose", () => `${this.#credential} => ${this.#text(message)}`);
  }

  #scopes(scopes: readonly string[]): string {
    return scopes.length === 0 ? "" : ` Scopes: ${this.#text(scopes.join(", "))}.`;
  }
}

function isCancelled(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === "AbortError" || ("code" in error && error.code === "user_canceled"))
  );
}
