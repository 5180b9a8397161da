/** @param {readonly number[]} values @param {number} share between 0 and 1 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** @param {readonly number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * What one side measured in all rounds. The spread is from the lowest to the highest round.
 * @param {readonly number[]} values
 */
export function summary(values) {
  return {
    median: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
    rounds: values.length,
  };
}

/**
 * Ratios round by round, since what disturbs this machine disturbs both sides of one round. A side that took fewer
 * rounds is held against its own.
 * @param {readonly number[] | undefined} above
 * @param {readonly number[] | undefined} below
 */
export function ratios(above, below) {
  if (above === undefined || below === undefined) return undefined;
  const pairs = above.slice(0, below.length).map((value, round) => value / (below[round] ?? Number.NaN));
  const usable = pairs.filter((ratio) => Number.isFinite(ratio) && ratio > 0);
  return usable.length === 0 ? undefined : summary(usable);
}
