import { type BrokerLogger, redactSecrets, redactSensitive } from "@x/broker-contract";
import { packageVersion } from "../version.js";
import type { LoggerOptions } from "./msal-types.js";

/** msal-node's levels. */
const levels = { Error: 0, Warning: 1, Info: 2, Verbose: 3 } as const;
type LevelName = keyof typeof levels;

/**
 * Logs to the callback that an app gave msal-node, in the form of msal-node's own messages. Never a token; accounts
 * only where the app set `piiLoggingEnabled`, and then marked as personal.
 */
export class MsalLogger {
  readonly #callback: LoggerOptions["loggerCallback"];
  readonly #logLevel: number;
  readonly #personal: boolean;

  constructor(options: LoggerOptions | undefined) {
    const { loggerCallback, logLevel, piiLoggingEnabled } = options ?? {};
    this.#callback = typeof loggerCallback === "function" ? loggerCallback : undefined;
    this.#logLevel = logLevel ?? levels.Info;
    this.#personal = piiLoggingEnabled === true;
  }

  /** For the broker's messages about one call. */
  forCall(correlationId: string): BrokerLogger {
    const at = (level: LevelName) => (message: string) => this.log(level, message, correlationId);
    return {
      includePersonalData: this.#personal,
      error: at("Error"),
      warning: at("Warning"),
      info: at("Info"),
      verbose: at("Verbose"),
    };
  }

  log(level: LevelName, message: string, correlationId: string): void {
    if (this.#callback === undefined || levels[level] > this.#logLevel) return;
    const impersonal = redactSensitive(message);
    const text = this.#personal ? redactSecrets(message) : impersonal;
    const line = `[${new Date().toUTCString()}] : [${correlationId}] : @x/broker@${packageVersion} : ${level} - ${text}`;
    try {
      this.#callback(levels[level], line, text !== impersonal);
    } catch {
      // What goes wrong in an app's logger is no reason to fail a sign-in.
    }
  }
}
