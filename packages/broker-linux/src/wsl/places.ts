import type { Deadline } from "@x/broker-protocol";

/** Places for work that may be done side by side, up to a limit; more waits in the order it came. */
export class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Does work at a place of its own; whoever gives up waiting for one leaves the queue. */
  async at<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    await this.#take(deadline);
    try {
      return await work();
    } finally {
      this.#give();
    }
  }

  async #take(deadline: Deadline): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    let enter: () => void = () => {};
    const turn = new Promise<void>((resolve) => {
      enter = resolve;
      this.#waiting.push(resolve);
    });
    try {
      await deadline.race(turn, () => {});
    } catch (error) {
      const index = this.#waiting.indexOf(enter);
      if (index >= 0) this.#waiting.splice(index, 1);
      // It had just been called: the place is for somebody else.
      else this.#give();
      throw error;
    }
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
