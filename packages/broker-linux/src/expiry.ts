/** An `expiresOn` beyond this (the year 5138) is neither seconds nor milliseconds. */
const latestInMs = 1e14;
/** Numbers below are seconds: as milliseconds they would be before March 1973. */
const secondsBelow = 1e11;
/** How far the broker's word may be from the token's own before the token is believed. */
const toleranceInMs = 5 * 60_000;

/**
 * When a token ends, in epoch milliseconds; `undefined` if nobody says. `told` is the broker's `expiresOn`:
 * milliseconds by the protocol, seconds in some brokers, and in himmelblau's a lifetime in seconds added to a
 * time in milliseconds, which looks like a token of a few seconds. `tokenExp` is the token's own `exp` (seconds).
 */
export function tokenExpiry(told: number | undefined, tokenExp: number | undefined): number | undefined {
  const own = tokenExp === undefined ? undefined : tokenExp * 1000;
  const plausible = told !== undefined && told > 0 && told < latestInMs;
  if (!plausible) return own;
  const inMs = told < secondsBelow ? told * 1000 : told;
  if (own === undefined) return inMs;
  return Math.abs(inMs - own) <= toleranceInMs ? Math.min(inMs, own) : own;
}
