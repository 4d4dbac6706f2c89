/** Middle value; the mean of the two middle ones of an even number. @throws RangeError when there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('no values');
  return (upper + lower) / 2;
}

/** The smallest value that at least `share` (0 to 1) of the values do not exceed. @throws RangeError when there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (found === undefined) throw new RangeError('no values');
  return found;
}

export interface Spread {
  readonly low: number;
  readonly high: number;
}

/** Lowest and highest run: with five rounds, anything finer would only look like statistics. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('no values');
  return { low: Math.min(...values), high: Math.max(...values) };
}

export interface Ratio extends Spread {
  readonly ratio: number;
}

/**
 * Ours over theirs within one round, where the two ran next to each other: the median of the rounds, the lowest and the
 * highest. The machine is faster in one round than in another, so that the quotient of two medians, of different rounds,
 * says less. It stands in where no round has both (runs failed).
 */
export function ratioOf(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): Ratio | undefined {
  const has = (value: number | undefined): value is number => value !== undefined;
  const [mine, other] = [ours.filter(has), theirs.filter(has)];
  if (mine.length === 0 || other.length === 0) return undefined;
  const pairs = ours.flatMap((value, round) => {
    const beside = theirs[round];
    return has(value) && has(beside) ? [value / beside] : [];
  });
  const ratios = pairs.length > 0 ? pairs : [median(mine) / median(other)];
  return { ratio: median(ratios), ...spread(ratios) };
}

/**
 * Things a second between the moments `from` and the last one, given the moment of each (ms, any order).
 * The first part is left out: processes that have just begun are connecting, and compiling their own code.
 */
export function steadyRate(momentsMs: Float64Array, warmShare: number): number {
  const sorted = Float64Array.from(momentsMs).sort();
  const from = Math.floor(sorted.length * warmShare);
  const [start, end] = [sorted[from], sorted.at(-1)];
  if (start === undefined || end === undefined || end <= start) throw new RangeError('too few moments for a rate');
  return ((sorted.length - 1 - from) / (end - start)) * 1000;
}
