/** How many calls may begin in one turn of the event loop: a fraction of a millisecond of work. */
const callsPerTurn = 10;

/** As it was when this module was loaded: a test's fake clock shall not stop calls. */
const inNextTurn = setImmediate;

let begun = 0;
let turn: Promise<void> | undefined;

/**
 * Waits until a call may begin, if it has to: who starts a thousand calls at once shall not keep timers and sockets
 * waiting until all of them are written. Calls begin in the order they were made.
 */
export function fairStart(): Promise<void> | undefined {
  if (turn === undefined && begun < callsPerTurn) {
    begun++;
    return undefined;
  }
  return waitForTurn();
}

async function waitForTurn(): Promise<void> {
  do {
    turn ??= new Promise((resolve) => {
      inNextTurn(() => {
        begun = 0;
        turn = undefined;
        resolve();
      });
    });
    await turn;
  } while (begun >= callsPerTurn);
  begun++;
}
