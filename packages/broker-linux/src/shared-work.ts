import type { Deadline } from "./deadline.js";

interface Run<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Work that several callers wait for together, each with its own patience. It is stopped when the last of
 * them has given up, so that nothing keeps running (and the process alive) for nobody.
 */
export class SharedWork<T> {
  readonly #start: (signal: AbortSignal) => Promise<T>;
  #run: Run<T> | undefined;

  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.#start = start;
  }

  /** Joins the work under way, or starts it. */
  async join(deadline: Deadline): Promise<T> {
    const run = this.#run ?? this.#begin();
    run.waiting++;
    try {
      return await deadline.race(run.promise, () => {});
    } finally {
      run.waiting--;
      if (run.waiting === 0 && this.#run === run) {
        this.#run = undefined;
        run.controller.abort();
      }
    }
  }

  #begin(): Run<T> {
    const controller = new AbortController();
    const run: Run<T> = { promise: this.#start(controller.signal), controller, waiting: 0 };
    this.#run = run;
    return run;
  }
}
