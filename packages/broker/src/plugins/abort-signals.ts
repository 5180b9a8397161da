import { type AbortSignalLike, onAbort } from "@x/broker-contract";

/** Two signals as one, and how to stop listening to them. */
export interface EitherSignal {
  readonly signal: AbortSignalLike | undefined;
  leave(): void;
}

/** A signal that fires with either of two. */
export function eitherSignal(
  left: AbortSignalLike | undefined,
  right: AbortSignalLike | undefined,
): EitherSignal {
  if (left === undefined || right === undefined) return { signal: left ?? right, leave: () => {} };
  const controller = new AbortController();
  const both = [left, right];
  const fired = both.find(({ aborted }) => aborted);
  if (fired !== undefined) controller.abort(fired.reason);
  const listening = fired === undefined ? both : [];
  const leaving = listening.map((one) => onAbort(one, () => controller.abort(one.reason)));
  return {
    signal: controller.signal,
    leave: () => {
      for (const leave of leaving) leave();
    },
  };
}
