/** How many calls may begin in one turn of the event loop: a fraction of a millisecond of work. */
const callsPerTurn = 10;
/** How many are in flight while answers keep coming: more would wait in queues, and in memory, instead of here. */
const enoughInFlight = 100;
/** A broker that has answered nothing for so long takes its time over each: then all of them may as well be asked. */
const patienceInMs = 5;

/** As they were when this module was loaded: a test's fake clock shall not stop calls. */
const inNextTurn = setImmediate;
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;
const now = performance.now.bind(performance);

/** Begins those that wait, the first come first. */
const waiting: (() => void)[] = [];
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
 * Begins a call, now or a little later: who starts a thousand calls at once shall not keep timers and sockets waiting
 * until all of them are written, nor have a thousand in memory that the broker has not come to. Calls begin in the
 * order they were made.
 */
export function startFairly<T>(call: () => Promise<T>): Promise<T> {
  if (waiting.length === 0 && begun < callsPerTurn) {
    begun++;
    return begin(call);
  }
  // Nothing more than this is kept of a call that waits.
  return new Promise((resolve) => {
    waiting.push(() => resolve(begin(call)));
    beginSomeSoon();
  });
}

function begin<T>(call: () => Promise<T>): Promise<T> {
  if (inFlight++ === 0) lastSignAt = now();
  const result = call();
  result.then(end, end);
  return result;
}

function end(): void {
  inFlight--;
  ended++;
  lastSignAt = now();
  // It took an answer, which comes in a later turn: another call may begin in its place.
  if (begun > 0) begun--;
  if (waiting.length > 0) beginSomeSoon();
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
  for (const one of some) one();
  if (waiting.length === 0) return;
  if (some.length > 0) beginSomeSoon();
  else timer = startTimer(beginSome, patienceInMs);
}

function room(): number {
  if (now() - lastSignAt >= patienceInMs) return callsPerTurn;
  // One for every two that ended: where too many are in flight they become fewer, but those that are stuck stop nobody.
  return Math.min(callsPerTurn, Math.max(enoughInFlight - inFlight, Math.ceil(ended / 2)));
}
