import type { AzureLogger } from "@azure/logger";
import { type BrokerLogger, redactSecrets, redactSensitive } from "@x/broker-contract";

let logger: AzureLogger | undefined;
let loading: Promise<void> | undefined;

/** Loads the Azure SDK's logger, with the first call: nothing is logged before. */
export function loadLogger(): Promise<void> {
  loading ??= import("@azure/logger").then(({ createClientLogger }) => {
    logger = createClientLogger("broker");
  });
  return loading;
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
      error: (message) => logger?.error(text(message)),
      warning: (message) => logger?.warning(text(message)),
      info: (message) => logger?.info(text(message)),
      verbose: (message) => logger?.verbose(text(message)),
    };
  }

  success(method: string, scopes: readonly string[], username: string | undefined): void {
    if (!logger?.info.enabled) return;
    const account = this.#personal && username !== undefined ? ` Account: ${username}.` : "";
    logger.info(`${this.#credential} => ${method}() => SUCCESS.${this.#scopes(scopes)}${account}`);
  }

  failure(method: string, scopes: readonly string[], error: unknown): void {
    const message = this.#text(error instanceof Error ? error.message : String(error));
    const text = `${this.#credential} => ${method}() => ERROR.${this.#scopes(scopes)} Error message: ${message}`;
    // The user's or the app's own wish to stop is no fault.
    if (isCancelled(error)) logger?.info(text);
    else logger?.warning(text);
  }

  /** Something a person should know who did not ask. */
  notice(message: string): void {
    if (logger?.warning.enabled) logger.warning(`${this.#credential} => ${this.#text(message)}`);
  }

  step(message: string): void {
    if (logger?.verbose.enabled) logger.verbose(`${this.#credential} => ${this.#text(message)}`);
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
