/** How long to wait before the next attempt. */
export interface Backoff {
  readonly kind: 'fixed' | 'exponential';
  /** Delay before attempt 2, in ms (0 to 86,400,000). */
  readonly delayMs: number;
  /** Upper bound of an exponential delay, in ms. Default 300,000. */
  readonly maxDelayMs?: number;
  /** Share of the delay that is random, 0 to 1, so that jobs that failed together do not come back together. Default 0.2. */
  readonly jitter?: number;
}

export const DEFAULT_BACKOFF: Backoff = { kind: 'exponential', delayMs: 1_000, maxDelayMs: 300_000, jitter: 0.2 };

/**
 * Delay in ms after the given failed attempt (1 = the first).
 * @param random a number in [0, 1); the jitter is spread evenly around the delay.
 */
export function backoffDelayMs(backoff: Backoff, failedAttempt: number, random: number = Math.random()): number {
  const ceiling = backoff.maxDelayMs ?? 300_000;
  const growth = backoff.kind === 'exponential' ? 2 ** Math.min(failedAttempt - 1, 30) : 1;
  const delay = Math.min(backoff.delayMs * growth, Math.max(ceiling, backoff.delayMs));
  const jitter = backoff.jitter ?? 0.2;
  return Math.round(delay * (1 - jitter / 2 + jitter * random));
}
