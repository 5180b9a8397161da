import { type BrokerLogger, isBrokerError, type OperationOptions } from "@x/broker-contract";

/** Writes what one public call does: what, how long, how it ended. Never a token, a cookie or an account. */
export class CallLog {
  readonly #operation: string;
  readonly #correlationId: string;
  readonly #logger: BrokerLogger | undefined;

  constructor(operation: string, correlationId: string, options: OperationOptions) {
    this.#operation = operation;
    this.#correlationId = correlationId;
    this.#logger = options.logger;
  }

  note(text: string): void {
    this.#logger?.verbose(this.#line(text));
  }

  warn(text: string): void {
    this.#logger?.warning(this.#line(text));
  }

  /** Notes something that names people, if the user asked for such logs. */
  notePersonal(text: () => string): void {
    if (this.#logger?.includePersonalData === true) this.note(text());
  }

  succeeded(elapsedInMs: number): void {
    this.#logger?.info(this.#line(`SUCCESS after ${Math.round(elapsedInMs)} ms.`));
  }

  failed(error: unknown, elapsedInMs: number): void {
    if (this.#logger === undefined) return;
    const after = `after ${Math.round(elapsedInMs)} ms.`;
    if (isBrokerError(error)) {
      const reason = error.reason === undefined ? "" : ` (${error.reason})`;
      const text = this.#line(`ERROR ${error.code}${reason} ${after} ${error.message}`);
      if (expectedCodes.has(error.code)) this.#logger.info(text);
      else this.#logger.error(text);
      return;
    }
    const name = error instanceof Error ? error.name : "unknown error";
    this.#logger.info(this.#line(`${name} ${after}`));
  }

  #line(text: string): string {
    return `${this.#operation} => ${text} (correlation id ${this.#correlationId})`;
  }
}

/** Failures that belong to a normal sign-in. */
const expectedCodes = new Set(["interaction_required", "user_canceled", "account_not_found"]);
