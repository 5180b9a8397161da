import type { AbortSignalLike } from "./operation.js";

/** Everybody who waits for one signal, behind the only listener it gets. */
class Waiting {
  readonly #signal: AbortSignalLike;
  readonly #callbacks = new Set<() => void>();

  constructor(signal: AbortSignalLike) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#fire);
    waitingFor.set(signal, this);
  }

  add(callback: () => void): () => void {
    // Two who wait with the same function are still two.
    const call = (): void => callback();
    this.#callbacks.add(call);
    return () => {
      this.#callbacks.delete(call);
      if (this.#callbacks.size === 0) this.#stop();
    };
  }

  readonly #fire = (): void => {
    this.#stop();
    // Whom an earlier callback made leave is not called.
    for (const call of this.#callbacks) call();
  };

  #stop(): void {
    this.#signal.removeEventListener("abort", this.#fire);
    if (waitingFor.get(this.#signal) === this) waitingFor.delete(this.#signal);
  }
}

const waitingFor = new WeakMap<AbortSignalLike, Waiting>();

/**
 * Calls back once when a signal fires; it must not have fired yet. The answer takes the callback away again.
 * However many callers wait for one signal, it gets a single listener: an app that brings the same signal to
 * hundreds of calls should see no MaxListenersExceededWarning.
 */
export function onAbort(signal: AbortSignalLike, callback: () => void): () => void {
  return (waitingFor.get(signal) ?? new Waiting(signal)).add(callback);
}
