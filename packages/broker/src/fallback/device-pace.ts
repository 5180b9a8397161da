import { AbortError, onAbort } from "@x/broker-contract";

const defaultIntervalInSeconds = 5;
/** RFC 8628, section 3.5: how much slower from the next request on. */
const slowDownInSeconds = 5;

/**
 * Waits between a device's questions whether its code was entered. In the place of msal-node, which cannot be woken
 * from its waiting, and which gives up when it is told to ask less often.
 */
export class DevicePace {
  readonly #signal: AbortSignal;
  #intervalInSeconds = defaultIntervalInSeconds;
  #hasAsked = false;

  /** @param signal Ends the waiting. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** @throws AbortError when the signal fires. */
  async beforeRequest(form: string): Promise<void> {
    if (this.#signal.aborted) throw new AbortError();
    if (new URLSearchParams(form).get("device_code") === null) return;
    if (this.#hasAsked) await this.#wait();
    this.#hasAsked = true;
  }

  /** What msal-node is told of an answer. */
  afterAnswer(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    if (typeof body["device_code"] === "string") {
      const { interval } = body;
      if (typeof interval === "number" && interval > 0) this.#intervalInSeconds = interval;
      return { ...body, interval: 0 };
    }
    if (body["error"] !== "slow_down") return body;
    this.#intervalInSeconds += slowDownInSeconds;
    return { ...body, error: "authorization_pending" };
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        leave();
        resolve();
      }, this.#intervalInSeconds * 1000);
      const leave = onAbort(this.#signal, () => {
        clearTimeout(timer);
        reject(new AbortError());
      });
    });
  }
}
