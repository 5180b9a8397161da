import { randomUUID } from "node:crypto";
import { AbortError, type AbortSignalLike, BrokerError } from "@x/broker-contract";

/** How long one caller is prepared to wait. */
export interface Patience {
  readonly abortSignal?: AbortSignalLike | undefined;
  /** In milliseconds; `0` for no limit. */
  readonly timeoutInMs: number;
  /** What was being done, for the error, e.g. `"Getting a token"`. */
  readonly doing: string;
  /** Set for work nobody awaits: its timer must not keep the process alive. */
  readonly background?: boolean;
}

/** What a flight does; `correlationId` names it in every log. */
export type FlightWork<T> = (signal: AbortSignal, correlationId: string) => Promise<T>;

/**
 * One call that any number of callers wait for. Each leaves alone, by its own signal or timeout; when the last
 * has left, the call itself is aborted.
 */
export class Flight<T> {
  readonly correlationId: string = randomUUID();
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  readonly #onEnd: () => void;
  #waiting = 0;
  #ended = false;

  constructor(start: FlightWork<T>, onEnd: () => void = () => {}) {
    this.#onEnd = onEnd;
    this.#result = start(this.#controller.signal, this.correlationId);
    // Every caller may have left by the time it fails.
    this.#result.then(
      () => this.#end(),
      () => this.#end(),
    );
  }

  join({ abortSignal, timeoutInMs, doing, background = false }: Patience): Promise<T> {
    this.#waiting += 1;
    return new Promise<T>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let left = false;
      const leave = (): void => {
        if (left) return;
        left = true;
        clearTimeout(timer);
        abortSignal?.removeEventListener("abort", onAbort);
        this.#waiting -= 1;
        if (this.#waiting === 0 && !this.#ended) {
          this.#end();
          this.#controller.abort();
        }
      };
      const onAbort = (): void => {
        leave();
        reject(abortErrorOf(abortSignal, this.correlationId));
      };
      const onTimeout = (): void => {
        leave();
        reject(timeoutError(doing, timeoutInMs, this.correlationId));
      };
      abortSignal?.addEventListener("abort", onAbort);
      if (timeoutInMs > 0) {
        timer = setTimeout(onTimeout, timeoutInMs);
        if (background) timer.unref();
      }
      this.#result.then(
        (value) => {
          leave();
          resolve(value);
        },
        (error: unknown) => {
          leave();
          reject(error);
        },
      );
      if (abortSignal?.aborted) onAbort();
    });
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
  }
}

/** Flights by key: callers that want the same share one. */
export class Flights<T> {
  readonly #byKey = new Map<string, Flight<T>>();

  join(key: string, start: FlightWork<T>, patience: Patience): Promise<T> {
    const flight = this.#byKey.get(key) ?? this.#begin(key, start);
    return flight.join(patience);
  }

  /** Lets nobody else join what is under way. */
  seal(): void {
    this.#byKey.clear();
  }

  #begin(key: string, start: FlightWork<T>): Flight<T> {
    const flight: Flight<T> = new Flight(start, () => {
      if (this.#byKey.get(key) === flight) this.#byKey.delete(key);
    });
    this.#byKey.set(key, flight);
    return flight;
  }
}

/** Refuses a call whose signal fired before it began. */
export function throwIfAborted(abortSignal: AbortSignalLike | undefined): void {
  if (abortSignal?.aborted) throw abortErrorOf(abortSignal);
}

/** Waits for something that cannot itself be aborted. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortErrorOf(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function abortErrorOf(signal: AbortSignalLike | undefined, correlationId?: string): AbortError {
  return new AbortError("The operation was aborted.", {
    cause: signal?.reason,
    ...(correlationId === undefined ? {} : { correlationId }),
  });
}

function timeoutError(doing: string, timeoutInMs: number, correlationId: string): BrokerError {
  return new BrokerError("timed_out", {
    message: `${doing} took longer than the ${timeoutInMs} ms that were allowed.`,
    hint: "Allow more time with the option timeoutInMs, or see what the broker is waiting for with `npx broker doctor`.",
    correlationId,
    retryable: true,
  });
}
