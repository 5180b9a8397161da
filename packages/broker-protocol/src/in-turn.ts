import type { Deadline } from "./deadline.js";

interface Turns {
  /** Settles when everybody who came so far has had a turn, or left. */
  last: Promise<void>;
}

/**
 * The queue of a name, shared by all copies of this code in a thread (an app may load a package as an ES module and as
 * CommonJS). Worker threads have each their own, for they share no objects.
 */
function sharedTurns(queue: string): Turns {
  const key = Symbol.for(`@x/broker.turns.${queue}`);
  const scope = globalThis as { [key: symbol]: Turns | undefined };
  const turns = scope[key] ?? { last: Promise.resolve() };
  scope[key] = turns;
  return turns;
}

/**
 * Does work in turn: two sign-in windows at once cannot be told apart by a person. `work` gets a function to keep
 * the turn beyond its own end.
 */
export async function inTurn<T>(
  queue: string,
  deadline: Deadline,
  work: (keepTurnUntil: (end: Promise<unknown>) => void) => Promise<T>,
): Promise<T> {
  const turns = sharedTurns(queue);
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
