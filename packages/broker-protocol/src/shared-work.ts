/** Somebody who waits for work, for as long as they please; a `Deadline` is one. */
export interface Waiter {
  /** Waits for `work`, or calls `giveUp` and rejects at once. */
  race<T>(work: Promise<T>, giveUp: () => void): Promise<T>;
}

interface Run<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Work that several callers wait for together, each with its own patience. It is stopped when the last of
 * them has given up, so that nothing keeps running for nobody.
 */
export class SharedWork<T> {
  readonly #start: (signal: AbortSignal) => Promise<T>;
  #run: Run<T> | undefined;

  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.#start = start;
  }

  /** Joins the work under way, or starts it. */
  async join(waiter: Waiter): Promise<T> {
    const run = this.#run ?? this.#begin();
    run.waiting++;
    try {
      return await waiter.race(run.promise, () => {});
    } finally {
      run.waiting--;
      if (run.waiting === 0) this.#stop(run);
    }
  }

  /** Stops the work under way, whoever waits for it. Who joins from now on starts it anew. */
  stop(reason: Error): void {
    if (this.#run !== undefined) this.#stop(this.#run, reason);
  }

  #stop(run: Run<T>, reason?: Error): void {
    if (this.#run === run) this.#run = undefined;
    run.controller.abort(reason);
  }

  #begin(): Run<T> {
    const controller = new AbortController();
    const run: Run<T> = { promise: this.#start(controller.signal), controller, waiting: 0 };
    this.#run = run;
    return run;
  }
}

/** Work that waits for other work until it is stopped itself; then it rejects with the signal's reason. */
export function waiterFor(signal: AbortSignal): Waiter {
  return {
    race: (work, giveUp) =>
      new Promise((resolve, reject) => {
        const onAbort = () => {
          reject(signal.reason);
          giveUp();
        };
        if (signal.aborted) {
          onAbort();
          return;
        }
        signal.addEventListener("abort", onAbort, { once: true });
        work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
      }),
  };
}
