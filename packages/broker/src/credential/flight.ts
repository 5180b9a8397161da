import { AbortError, type AbortSignalLike, BrokerError, onAbort } from "@x/broker-contract";

/** Where a caller sets how long a call may take. */
export type TimeoutOption = "timeoutInMs" | "requestOptions.timeout";

/** How long one caller is prepared to wait. */
export interface Patience {
  readonly abortSignal?: AbortSignalLike | undefined;
  /** In milliseconds; `0` for no limit. */
  readonly timeoutInMs: number;
  /** The option that set the limit, for the error. */
  readonly timeoutOption: TimeoutOption;
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
  readonly correlationId: string;
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  readonly #onEnd: () => void;
  #waiting = 0;
  #ended = false;

  constructor(
    start: FlightWork<T>,
    onEnd: () => void = () => {},
    correlationId: string = crypto.randomUUID(),
  ) {
    this.#onEnd = onEnd;
    this.correlationId = correlationId;
    this.#result = start(this.#controller.signal, this.correlationId);
    // Every caller may have left by the time it fails.
    this.#result.then(
      () => this.#end(),
      () => this.#end(),
    );
  }

  join({ abortSignal, timeoutInMs, timeoutOption, doing, background = false }: Patience): Promise<T> {
    this.#waiting += 1;
    return new Promise<T>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let leaveSignal: (() => void) | undefined;
      let left = false;
      const leave = (): void => {
        if (left) return;
        left = true;
        clearTimeout(timer);
        leaveSignal?.();
        this.#waiting -= 1;
        if (this.#waiting === 0 && !this.#ended) this.abort();
      };
      const onAborted = (): void => {
        leave();
        reject(abortErrorOf(abortSignal, this.correlationId));
      };
      const onTimeout = (): void => {
        leave();
        reject(timeoutError(doing, timeoutInMs, timeoutOption, this.correlationId));
      };
      if (abortSignal?.aborted === false) leaveSignal = onAbort(abortSignal, onAborted);
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
      if (abortSignal?.aborted) onAborted();
    });
  }

  /** Ends the call, whoever waits for it: the work hears of it and fails. */
  abort(): void {
    this.#end();
    this.#controller.abort();
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

  /** Whether one is under way. */
  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Lets nobody else join those under way whose key is one of these. */
  seal(isOne: (key: string) => boolean): void {
    for (const key of [...this.#byKey.keys()].filter(isOne)) this.#byKey.delete(key);
  }

  /** Ends those under way whose key is one of these, whoever waits for them. */
  abort(isOne: (key: string) => boolean): void {
    for (const [key, flight] of [...this.#byKey]) if (isOne(key)) flight.abort();
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
    if (signal.aborted) reject(abortErrorOf(signal));
    const leave = onAbort(signal, () => reject(abortErrorOf(signal)));
    promise.then(resolve, reject).finally(leave);
  });
}

function abortErrorOf(signal: AbortSignalLike | undefined, correlationId?: string): AbortError {
  return new AbortError("The operation was aborted.", {
    cause: signal?.reason,
    ...(correlationId === undefined ? {} : { correlationId }),
  });
}

function timeoutError(
  doing: string,
  timeoutInMs: number,
  option: TimeoutOption,
  correlationId: string,
): BrokerError {
  return new BrokerError("timed_out", {
    message: `${doing} took longer than the ${timeoutInMs} ms that were allowed.`,
    hint: `Allow more time with the option ${option}, or see what the broker is waiting for with \`npx @x/broker doctor\`.`,
    correlationId,
    retryable: true,
  });
}
