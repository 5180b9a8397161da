import { type BrokerLogger, redactSecrets, redactSensitive } from "@x/broker-contract";
import { requireArgument } from "./checks.js";
import { type LoggerCallback, LogLevel } from "./types.js";

/** Logs to the callback that was registered for the process. Never a token; accounts only where that was asked for. */
export class RuntimeLogger {
  #callback: LoggerCallback | undefined;
  #personal = false;

  /** @throws Error for anything but a function and a boolean */
  register(callback: LoggerCallback, isPiiEnabled: boolean): void {
    requireArgument(typeof callback === "function" && typeof isPiiEnabled === "boolean");
    this.#callback = callback;
    this.#personal = isPiiEnabled;
  }

  forCall(correlationId: string): BrokerLogger {
    const at = (level: LogLevel) => (message: string) => this.#log(level, `[${correlationId}] ${message}`);
    return {
      includePersonalData: this.#personal,
      error: at(LogLevel.Error),
      warning: at(LogLevel.Warning),
      info: at(LogLevel.Info),
      verbose: at(LogLevel.Debug),
    };
  }

  #log(level: LogLevel, message: string): void {
    const impersonal = redactSensitive(message);
    const text = this.#personal ? redactSecrets(message) : impersonal;
    try {
      this.#callback?.(text, level, text !== impersonal);
    } catch {
      // What goes wrong in an app's logger is no reason to fail a sign-in.
    }
  }
}
