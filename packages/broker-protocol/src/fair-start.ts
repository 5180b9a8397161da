/** How many calls may begin in one turn of the event loop: a fraction of a millisecond of work. */
const callsPerTurn = 10;

/** As it was when this module was loaded: a test's fake clock shall not stop calls. */
const inNextTurn = setImmediate;

/** Calls that began and, as far as is known here, did so in this turn. */
let begun = 0;
/** Begins those that wait, the first come first. */
const waiting: (() => void)[] = [];

/**
 * Begins a call, now or a few turns later: who starts a thousand calls at once shall not keep timers and sockets
 * waiting until all of them are written. Calls begin in the order they were made.
 */
export function startFairly<T>(call: () => Promise<T>): Promise<T> {
  if (waiting.length === 0 && begun < callsPerTurn) {
    begun++;
    return begin(call);
  }
  // Nothing more than this is kept of a call that waits: a thousand are, for as long as it takes.
  return new Promise((resolve) => {
    if (waiting.length === 0) inNextTurn(beginSome);
    waiting.push(() => resolve(begin(call)));
  });
}

function begin<T>(call: () => Promise<T>): Promise<T> {
  const result = call();
  result.then(makeRoom, makeRoom);
  return result;
}

/** A call that ends took an answer, which comes in a later turn: another one may begin in its place. */
function makeRoom(): void {
  if (begun > 0) begun--;
}

function beginSome(): void {
  const some = waiting.splice(0, callsPerTurn);
  begun = some.length;
  if (waiting.length > 0) inNextTurn(beginSome);
  for (const one of some) one();
}
