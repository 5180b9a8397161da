/** No token lasts longer; a time beyond is no time, but a mistaken unit. */
const longestLifeInMs = 366 * 24 * 60 * 60_000;
/** Numbers below are seconds: as milliseconds they would be before March 1973. */
const secondsBelow = 1e11;
/** How far the broker's word may be from the token's own before the token is believed. */
const toleranceInMs = 5 * 60_000;

/**
 * When a token ends, in epoch milliseconds; `undefined` if nobody plausibly says. `told` is the broker's
 * `expiresOn`: milliseconds by the protocol, seconds in some brokers, and in himmelblau's a lifetime in seconds
 * added to a time in milliseconds, which looks like a token of a few seconds. `tokenExp` is the token's own `exp`
 * (seconds). `now` is in epoch milliseconds.
 */
export function tokenExpiry(
  told: number | undefined,
  tokenExp: number | undefined,
  now: number,
): number | undefined {
  const own = plausibleTime(tokenExp, now);
  const inMs = plausibleTime(told, now);
  if (own === undefined || inMs === undefined) return own ?? inMs;
  return Math.abs(inMs - own) <= toleranceInMs ? Math.min(inMs, own) : own;
}

/** A time in seconds or milliseconds as milliseconds, if a token may end then; one that has ended is plausible. */
function plausibleTime(time: number | undefined, now: number): number | undefined {
  if (time === undefined || !(time > 0)) return undefined;
  const inMs = time < secondsBelow ? time * 1000 : time;
  return inMs <= now + longestLifeInMs ? inMs : undefined;
}
