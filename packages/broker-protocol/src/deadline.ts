import {
  AbortError,
  type AbortSignalLike,
  BrokerError,
  type BrokerPlatform,
  type OperationOptions,
  onAbort,
} from "@x/broker-contract";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The longest time Node's timers can wait; a longer one would fire at once. */
const longestTimerInMs = 2 ** 31 - 1;

/** The caller's patience with one public call: its abort signal and the time it allows, kept in one place. */
export class Deadline {
  /** The caller's correlation id, or a new one if that is no UUID (as Microsoft's client does). */
  readonly correlationId: string;
  /** Whether the caller's waiting keeps the process alive. */
  readonly keepProcessAlive: boolean;
  readonly #operation: string;
  readonly #platform: BrokerPlatform;
  readonly #abortSignal: AbortSignalLike | undefined;
  readonly #timeoutInMs: number;
  readonly #startedAt = performance.now();

  /**
   * @param operation Name of the public call, for messages.
   * @param defaultTimeoutInMs Used when the caller names none; 0 means no limit.
   * @throws TypeError or RangeError for options that are none.
   */
  constructor(
    operation: string,
    platform: BrokerPlatform,
    options: OperationOptions,
    defaultTimeoutInMs: number,
  ) {
    const { abortSignal, timeoutInMs = defaultTimeoutInMs, correlationId, keepProcessAlive = true } = options;
    if (typeof timeoutInMs !== "number") throw new TypeError("timeoutInMs must be a number.");
    if (!(timeoutInMs >= 0)) throw new RangeError("timeoutInMs must be 0 (no limit) or more.");
    if (abortSignal !== undefined && typeof abortSignal.addEventListener !== "function") {
      throw new TypeError("abortSignal must be an AbortSignal.");
    }
    if (correlationId !== undefined && typeof correlationId !== "string") {
      throw new TypeError("correlationId must be a string.");
    }
    if (typeof keepProcessAlive !== "boolean") throw new TypeError("keepProcessAlive must be a boolean.");
    this.keepProcessAlive = keepProcessAlive;
    this.correlationId =
      correlationId !== undefined && uuid.test(correlationId) ? correlationId : crypto.randomUUID();
    this.#operation = operation;
    this.#platform = platform;
    this.#abortSignal = abortSignal;
    this.#timeoutInMs = timeoutInMs;
  }

  /** Milliseconds since the call began. */
  get elapsedInMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Time left in milliseconds, at least 1; 0 if there is no limit. What a native call takes as its timeout. */
  get remainingInMs(): number {
    if (this.#timeoutInMs === 0 || this.#timeoutInMs === Number.POSITIVE_INFINITY) return 0;
    return Math.min(Math.max(1, Math.ceil(this.#timeoutInMs - this.elapsedInMs)), longestTimerInMs);
  }

  /** The same patience for a part of the call that may take no longer than this, in milliseconds. */
  within(longestInMs: number): Deadline {
    const left = this.remainingInMs;
    return new Deadline(
      this.#operation,
      this.#platform,
      {
        timeoutInMs: left === 0 ? longestInMs : Math.min(left, longestInMs),
        correlationId: this.correlationId,
        keepProcessAlive: this.keepProcessAlive,
        ...(this.#abortSignal !== undefined && { abortSignal: this.#abortSignal }),
      },
      longestInMs,
    );
  }

  /** Throws if the caller's patience is already at its end. */
  throwIfOver(): void {
    if (this.#abortSignal?.aborted === true) throw this.#aborted();
    if (this.remainingInMs !== 0 && this.elapsedInMs >= this.#timeoutInMs) throw this.timedOut();
  }

  /**
   * Waits for `work`, but no longer than the caller does: then `giveUp` is called and the promise rejects at
   * once, whatever `work` does later. It is the waiting that keeps the process alive, since the work may be
   * shared with callers who do not want that.
   */
  race<T>(work: Promise<T>, giveUp: () => void): Promise<T> {
    const signal = this.#abortSignal;
    // One promise, and not Promise.race over several: every call comes through here.
    return new Promise<T>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let leaveSignal: (() => void) | undefined;
      const leave = () => {
        clearTimeout(timer);
        leaveSignal?.();
      };
      const end = (error: Error) => {
        leave();
        // First: giving up may make `work` reject at once, and that is not what the caller should hear.
        reject(error);
        giveUp();
      };
      work.then(
        (value) => {
          leave();
          resolve(value);
        },
        (error: unknown) => {
          leave();
          reject(error);
        },
      );
      if (signal?.aborted === true) {
        end(this.#aborted());
        return;
      }
      leaveSignal = signal && onAbort(signal, () => end(this.#aborted()));
      const remaining = this.remainingInMs;
      timer =
        remaining === 0
          ? setInterval(() => {}, longestTimerInMs)
          : setTimeout(() => end(this.timedOut()), remaining);
      if (!this.keepProcessAlive) timer.unref();
    });
  }

  /** Waits a while, unless the caller's patience ends first. */
  async pause(durationInMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, durationInMs);
      if (!this.keepProcessAlive) timer.unref();
    });
    await this.race(over, () => clearTimeout(timer));
  }

  /** The error for a call that took too long. */
  timedOut(cause?: unknown): BrokerError {
    const limit = this.#timeoutInMs > 0 ? ` within ${this.#timeoutInMs} ms` : " in time";
    return new BrokerError("timed_out", {
      message: `${this.#operation} got no answer from the broker${limit}.`,
      hint: "Try again, allow more time with timeoutInMs, or run `npx @x/broker doctor` to see whether the broker still answers.",
      platform: this.#platform,
      correlationId: this.correlationId,
      retryable: true,
      cause,
    });
  }

  #aborted(): AbortError {
    return new AbortError(`${this.#operation} was aborted.`, {
      correlationId: this.correlationId,
      cause: this.#abortSignal?.reason,
    });
  }
}
