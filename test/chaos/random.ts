/** A stream of numbers that is the same for the same seed and label, whatever else was drawn. */
export interface Random {
  /** 0 (included) to 1 (excluded). */
  next(): number;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
  pick<T>(of: readonly T[]): T;
  chance(share: number): boolean;
  /** Waiting time until the next event of a steady stream with this mean, ms: events do not march in step. */
  gapMs(meanMs: number): number;
}

/** Mulberry32 over a hash of the label: each user has a stream of its own, so adding one does not shift the others. */
export function randomOf(seed: number, label: string): Random {
  let state = seed >>> 0;
  for (const character of label) state = Math.imul(state ^ character.charCodeAt(0), 2_654_435_761) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick<T>(of: readonly T[]): T {
      const chosen = of[Math.floor(next() * of.length)];
      if (chosen === undefined) throw new Error('nothing to pick from');
      return chosen;
    },
    chance: (share) => next() < share,
    gapMs: (meanMs) => -Math.log(1 - next()) * meanMs,
  };
}
