import type { Deadline } from "@x/broker-protocol";

interface Turns {
  /** Settles when everybody who came so far has had a turn, or left. */
  last: Promise<void>;
}

/**
 * Shared by all copies of this package in a thread (an app may load it as an ES module and as CommonJS). Worker
 * threads have each their own, for they share no objects.
 */
const key = Symbol.for("@x/broker-linux.wsl.interactive-turns");

function sharedTurns(): Turns {
  const scope = globalThis as { [key]?: Turns };
  scope[key] ??= { last: Promise.resolve() };
  return scope[key];
}

/**
 * Does work in turn: two sign-in windows at once cannot be told apart by a person. `work` gets a function to keep
 * the turn beyond its own end.
 */
export async function inTurn<T>(
  deadline: Deadline,
  work: (keepTurnUntil: (end: Promise<unknown>) => void) => Promise<T>,
): Promise<T> {
  const turns = sharedTurns();
  const before = turns.last;
  const kept: Promise<unknown>[] = [];
  let leave: () => void = () => {};
  const mine = new Promise<void>((resolve) => {
    leave = resolve;
  });
  turns.last = before.then(() => mine);
  try {
    await deadline.race(before, () => {});
    return await work((end) => void kept.push(end));
  } finally {
    void Promise.allSettled(kept).then(() => leave());
  }
}
