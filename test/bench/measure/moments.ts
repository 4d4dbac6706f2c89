/**
 * Two clocks cannot be read at one instant, and the first readings of a process are slow: the second clock is read late, by
 * up to a millisecond. The closest of many pairs is the one that counts.
 */
function offsetMs(): number {
  let closest = Number.NEGATIVE_INFINITY;
  for (let pair = 0; pair < 1_000; pair++) {
    closest = Math.max(closest, Number(process.hrtime.bigint()) / 1e6 - performance.now());
  }
  return closest;
}

const offset = offsetMs();

/** Now in ms on the machine's monotonic clock: the same in every process on it, and not moved by a clock that is set. */
export const now = (): number => performance.now() + offset;
