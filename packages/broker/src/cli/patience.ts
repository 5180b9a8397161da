import { Flight } from "../credential/flight.js";
import type { CliIo } from "./cli-io.js";

/** How long nothing may happen before the person is told what it is that takes so long. */
const silenceInMs = 2_000;

/** The flag of a command that takes `--timeout`, in seconds; `0` for no limit. */
export interface TimeoutFlag {
  readonly timeout: number;
}

/** What a command's work is given while it has time. */
export interface Time {
  /** Fires on Ctrl+C and when the time is over. */
  readonly signal: AbortSignal;
  /** Says what is waited for from now on, for the line that is written when it takes long. */
  waitFor(what: string): void;
}

/**
 * Gives a command the time that `--timeout` allows, and tells the person what it waits for when that takes long.
 * @throws BrokerError `timed_out` when the time is over, AbortError on Ctrl+C.
 */
export async function withPatience<T>(
  io: CliIo,
  { timeout }: TimeoutFlag,
  doing: string,
  work: (time: Time) => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const waitFor = (what: string): void => {
    clearTimeout(timer);
    if (over) return;
    timer = setTimeout(() => io.note(`Waiting for ${what}… (Ctrl+C cancels)`), silenceInMs);
    // It is the work that keeps the process alive.
    timer.unref();
  };
  const flight = new Flight((signal) => work({ signal, waitFor }));
  try {
    return await flight.join({
      abortSignal: io.interrupted,
      timeoutInMs: timeout * 1000,
      timeoutOption: "timeoutInMs",
      doing,
    });
  } finally {
    over = true;
    clearTimeout(timer);
  }
}
