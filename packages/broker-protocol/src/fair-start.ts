/** How many calls may begin in one turn of the event loop: a fraction of a millisecond of work. */
const callsPerTurn = 10;
/**
 * How many are in flight while answers keep coming. More would wait in queues, and in memory, instead of here: a
 * thousand at once then take 54 us each instead of 47, and keep the event loop for 5 ms at a time instead of 3 (measured
 * against a broker that answers at once; 64 and 200 are no better).
 */
const enoughInFlight = 100;
/** A broker that has answered nothing for so long takes its time over each: then all of them may as well be asked. */
const patienceInMs = 5;
/** Nobody waits longer than this for others to be answered. */
const longestWaitInMs = 50;

/** As they were when this module was loaded: a test's fake clock shall not stop calls. */
const inNextTurn = setImmediate;
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;
const now = performance.now.bind(performance);

/** Calls that wait, the first come first. */
const waiting: { readonly since: number; readonly begin: () => void }[] = [];
/** Calls that began and, as far as is known here, did so in this turn. */
let begun = 0;
let inFlight = 0;
/** Calls that ended since some were last let begin. */
let ended = 0;
/** When a call last ended, or began while there was no other. */
let lastSignAt = 0;
let isTurnComing = false;
let timer: NodeJS.Timeout | undefined;

/**
 * Waits until a call may begin, if it has to: who starts a thousand calls at once shall not keep timers and sockets
 * waiting until all of them are written, nor have a thousand in memory that the broker has not come to. Calls begin in
 * the order they were made. Each that began has to be told to {@link hasEnded} when it is over.
 */
export function fairStart(): Promise<void> | undefined {
  if (waiting.length === 0 && begun < callsPerTurn) {
    begun++;
    hasBegun();
    return undefined;
  }
  return new Promise((begin) => {
    waiting.push({ since: now(), begin });
    beginSomeSoon();
  });
}

/** @param answered - Whether it took an answer. That comes in a later turn: another call may begin in its place. */
export function hasEnded(answered: boolean): void {
  inFlight--;
  ended++;
  lastSignAt = now();
  if (answered && begun > 0) begun--;
  if (waiting.length > 0) beginSomeSoon();
}

function hasBegun(): void {
  if (inFlight++ === 0) lastSignAt = now();
}

function beginSomeSoon(): void {
  if (isTurnComing) return;
  isTurnComing = true;
  inNextTurn(beginSome);
}

function beginSome(): void {
  isTurnComing = false;
  stopTimer(timer);
  const some = waiting.splice(0, room());
  begun = some.length;
  ended = 0;
  for (const { begin } of some) {
    hasBegun();
    begin();
  }
  if (waiting.length === 0) return;
  if (some.length > 0) beginSomeSoon();
  else timer = startTimer(beginSome, patienceInMs);
}

function room(): number {
  const time = now();
  const isSlow = time - lastSignAt >= patienceInMs;
  if (isSlow || time - (waiting[0]?.since ?? time) >= longestWaitInMs) return callsPerTurn;
  // One for every two that ended: where too many are in flight they become fewer, but those that are stuck stop nobody.
  return Math.min(callsPerTurn, Math.max(enoughInFlight - inFlight, Math.ceil(ended / 2)));
}
