/** How many calls may begin in one turn of the event loop: a fraction of a millisecond of work. */
const callsPerTurn = 10;

/** As it was when this module was loaded: a test's fake clock shall not stop calls. */
const inNextTurn = setImmediate;

/** Calls that began and, as far as is known here, did so in this turn. */
let begun = 0;
/** Lets those begin who wait, the first come first. */
const waiting: (() => void)[] = [];

/**
 * Waits until a call may begin, if it has to: who starts a thousand calls at once shall not keep timers and sockets
 * waiting until all of them are written. Calls begin in the order they were made. Each that began has to be told to
 * {@link hasEnded} when it is over.
 */
export function fairStart(): Promise<void> | undefined {
  if (waiting.length === 0 && begun < callsPerTurn) {
    begun++;
    return undefined;
  }
  return new Promise((resolve) => {
    if (waiting.length === 0) inNextTurn(beginSome);
    waiting.push(resolve);
  });
}

/** A call that began has ended. It took an answer, which comes in a later turn: another one may begin in its place. */
export function hasEnded(): void {
  if (begun > 0) begun--;
}

function beginSome(): void {
  const some = waiting.splice(0, callsPerTurn);
  begun = some.length;
  if (waiting.length > 0) inNextTurn(beginSome);
  for (const begin of some) begin();
}
